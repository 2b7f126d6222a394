"""The ledgers as one table: which columns each has, what they are, and which are personal. Pure.

Pages, exports and tests read it. A personal column is masked for everybody; the roles in
:data:`WITHOUT_PERSONAL` do not get it at all, and only :data:`CLEAR` may ask for an export in clear, with a purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Kind = Literal["text", "time", "date", "number", "seconds", "hours", "code", "ticket_code", "state", "flag"]
"""`time`: Unix seconds; `date`: ISO; `hours`: with one decimal; `code`: of the catalogue's list `codes`; `ticket_code`: of the
tickets' own lists; `state`: a word of the ledger's own, `codes` says of which list; `flag`: yes or no."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `personal`: names, numbers, and what people wrote about persons. `clear`: its sealed value may be put in its
    place. `links`: what kind of page the value leads to."""

    key: str
    zh: str
    en: str
    kind: Kind = "text"
    codes: str = ""
    personal: bool = False
    clear: bool = False
    links: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger. `filters`: what it can be narrowed by, besides the time. `roles`: who may read it.
    `typed`: people write it."""

    name: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    roles: frozenset[str]
    typed: bool = False


_OFFICE: Final = frozenset({"supervisor", "admin", "statistician"})
_CENTRES: Final = _OFFICE | {"centre"}
WITHOUT_PERSONAL: Final = frozenset({"statistician"})
"""They count; nobody's words or names are needed for that."""
CLEAR: Final = frozenset({"supervisor", "director"})
"""Who may export names and numbers in clear: the bureau's supervisors, and the head of a centre for its own branch."""

_NUMBER: Final = Column("caller", "来电号码", "Caller's number", personal=True, clear=True)
_CENTRE: Final = Column("centre", "承办中心", "Centre")
_CATEGORY: Final = Column("category", "事项类别", "Matter", "code", "matter_categories")
_SERVICE: Final = Column("service_type", "服务类型", "Service", "code", "service_types")
_REGION: Final = Column("region", "地区", "Region")

_TICKET: Final = (
    Column("number", "工单号", "Ticket", links="ticket"),
    Column("created_at", "登记时间", "Registered", "time"),
    Column("state", "状态", "State", "state", "ticket_state"),
    _SERVICE, _CATEGORY, _REGION, _CENTRE,
    Column("keeper", "责任人", "Answers for it"),
    Column("caller_name", "来电人", "Caller", personal=True, clear=True),
    _NUMBER,
    Column("summary", "事项", "Matter in words", personal=True),
    Column("result", "办理结果", "Result", personal=True),
    Column("finished_at", "办结时间", "Finished", "time"),
    Column("due_at", "当前时限", "Due", "time"),
    Column("late", "超时限数", "Limits missed", "number"),
    Column("repeats", "重复来电", "Repeated calls", "number"),
)  # fmt: skip

_COMPLAINT: Final = (
    Column("report_by", "报告人", "Reported by"),
    Column("reported_at", "报告时间", "Reported", "time"),
    Column("report", "承办人核查报告", "Handler's report", personal=True),
    Column("opinion_by", "审核人", "Opinion by"),
    Column("opined_at", "审核时间", "Opinion given", "time"),
    Column("opinion", "负责人意见", "Director's opinion", personal=True),
    Column("decision_by", "决定人", "Decided by"),
    Column("decided_at", "决定时间", "Decided", "time"),
    Column("outcome", "认定结论", "Outcome", "ticket_code", "complaint_outcomes"),
    Column("decision", "主管机关决定", "Bureau's decision", personal=True),
    Column("told_at", "告知时间", "Told", "time"),
    Column("told_way", "告知方式", "Told how", "ticket_code", "notice_ways"),
)  # fmt: skip
"""What was said to a complaint, and told to its caller."""

_ALL: Final[tuple[Ledger, ...]] = (
    Ledger("visits", "来访台账", "Visits", (
        Column("at", "来访时间", "Time", "time"),
        _CENTRE,
        Column("visitor", "来访人", "Visitor", personal=True, clear=True),
        Column("phone", "联系电话", "Phone", personal=True, clear=True),
        Column("people", "人数", "People", "number"),
        _SERVICE, _CATEGORY,
        Column("matter", "来访事项", "Matter in words", personal=True),
        Column("outcome", "处理方式", "Outcome", "state", "visit_outcome"),
        Column("ticket_number", "工单号", "Ticket", links="ticket"),
        Column("received_by", "接待人", "Received by"),
        Column("voided", "作废原因", "Struck out because"),
    ), ("centre_id", "service_type", "category", "q"), _CENTRES, typed=True),
    Ledger("calls", "来电台账", "Calls", (
        Column("arrived_at", "来电时间", "Time", "time"),
        Column("direction", "方向", "Direction", "state", "call_direction"),
        _NUMBER, _REGION,
        Column("queue", "业务组", "Queue", "code", "skills"),
        Column("agent", "坐席", "Agent"),
        Column("expert", "专家", "Expert"),
        _CATEGORY,
        Column("disposition", "处理结果", "Disposition", "code", "dispositions"),
        Column("wait_seconds", "等待", "Wait", "seconds"),
        Column("talk_seconds", "通话", "Talk", "seconds"),
        Column("rating", "评价", "Rating", "code", "rating_keys"),
        Column("ticket_number", "工单号", "Ticket", links="ticket"),
    ), ("category", "disposition"), _CENTRES),
    Ledger("cases", "办件台账", "Cases", _TICKET, ("centre_id", "service_type", "category", "state"), _CENTRES),
    Ledger("complaints", "投诉台账", "Complaints", (*_TICKET, *_COMPLAINT), ("centre_id", "state"), _CENTRES),
    Ledger("duty", "值班台账", "Duty", (
        Column("date", "日期", "Date", "date"),
        Column("post", "岗位", "Post", "state", "duty_post"),
        Column("person", "值班人员", "On duty"),
        Column("firm", "机构", "Firm"),
        Column("planned", "排班时段", "Planned"),
        Column("signed_in", "签入", "Signed in", "time"),
        Column("signed_out", "签出", "Signed out", "time"),
        Column("hours", "值班小时", "Hours", "hours"),
        Column("ready_seconds", "就绪", "Ready", "seconds"),
        Column("paused_seconds", "暂停", "Paused", "seconds"),
        Column("change", "调班", "Changed by"),
        Column("talks", "接听次数", "Talks", "number"),
        Column("talk_seconds", "通话", "Talk", "seconds"),
    ), (), _OFFICE),
    Ledger("advisers", "村居法律顾问日志", "Village advisers' log", (
        Column("date", "日期", "Date", "date"),
        Column("adviser", "法律顾问", "Adviser"),
        Column("firm", "机构", "Firm"),
        Column("centre", "村居", "Village"),
        Column("kind", "工作", "Work", "state", "adviser_work"),
        Column("from_to", "时段", "From and to"),
        Column("hours", "小时", "Hours", "hours"),
        Column("topic", "内容", "What about"),
        Column("people", "服务人数", "People", "number"),
        Column("late", "补记", "Entered late", "flag"),
        Column("voided", "作废原因", "Struck out because"),
    ), ("centre_id",), _CENTRES, typed=True),
)  # fmt: skip

LEDGERS: Final[Mapping[str, Ledger]] = MappingProxyType({ledger.name: ledger for ledger in _ALL})


def columns_for(ledger: Ledger, role: str) -> tuple[Column, ...]:
    """What this role sees of it."""
    if role in WITHOUT_PERSONAL:
        return tuple(column for column in ledger.columns if not column.personal)
    return ledger.columns


def may_have_clear(role: str, director: bool) -> bool:
    """Whether an export may hold names and numbers in clear."""
    return role in CLEAR or (role == "centre" and director and "director" in CLEAR)
