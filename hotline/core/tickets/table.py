"""The ticket's whole life in one table: what may be done in which state, where it leads, and who may do it.

登记 registered → 受理 accepted / 补正 to_complete / 不予受理 declined → 分派 assigned → 签收 signed → 办理 handling →
办结 done → 告知 told → 回访 followed_up → 归档 archived. Beside it: 退回异议 objected, 挂起 suspended, 并单 merged,
撤回 withdrawn are states of their own; 延期 (extension), 督办 (supervision) and 重办 (redo) happen to a ticket without
taking it off its way.

Source of the steps: the city rule on physical centres (register, accept or say once what is missing, handle, tell, follow up).
What is not in the table cannot be done: :func:`hotline.core.tickets.decide.decide` raises `ticket.transition`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

REGISTERED, ACCEPTED, TO_COMPLETE, DECLINED = "registered", "accepted", "to_complete", "declined"
ASSIGNED, SIGNED, HANDLING, DONE, TOLD = "assigned", "signed", "handling", "done", "told"
FOLLOWED_UP, ARCHIVED = "followed_up", "archived"
OBJECTED, SUSPENDED, MERGED, WITHDRAWN = "objected", "suspended", "merged", "withdrawn"

STATES: Final = (
    REGISTERED, ACCEPTED, TO_COMPLETE, DECLINED, ASSIGNED, SIGNED, HANDLING, DONE, TOLD, FOLLOWED_UP, ARCHIVED,
    OBJECTED, SUSPENDED, MERGED, WITHDRAWN,
)  # fmt: skip
OVER: Final = frozenset({ARCHIVED, DECLINED, MERGED, WITHDRAWN})
"""Nothing more is owed to the caller; only archiving is left."""
OPEN: Final = tuple(state for state in STATES if state not in OVER)
BEFORE_DONE: Final = (REGISTERED, ACCEPTED, TO_COMPLETE, ASSIGNED, SIGNED, HANDLING, OBJECTED, SUSPENDED)

HANDABLE: Final = (REGISTERED, ACCEPTED, TO_COMPLETE, SIGNED, HANDLING, SUSPENDED, DONE, TOLD)
"""Where a ticket may change hands besides its way: what was assigned is signed or sent back, what was sent back is decided."""

Who = Literal["owner", "above", "director", "bureau", "desk", "other", "keeper", "recipient", "system"]
"""`owner`: staff of the centre that has it, or of a centre above that one. `above`: of a centre above only. `director`: head
of one of these. `bureau`: the bureau's supervisors, and the head of the topmost centre; they may do whatever `owner`,
`above` and `director` may. `desk`: the hotline's agents and supervisors. `other`: any of these but the handler himself
(rules E.41). `keeper`: whoever answers for it now (the first receiver until somebody signed it). `recipient`: to whom a
hand-over is offered. `system`: the sweep of the clocks."""
Kind = Literal[
    "text", "code", "centre", "codes", "texts", "ticket", "amount", "time", "score", "answers", "accused", "person"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that must be given with an act. `codes`: name of the list that a `code` comes from. `optional`: may be left
    out. `limit`: most characters of a text, most entries of a list, highest amount."""

    name: str
    kind: Kind
    codes: str = ""
    limit: int = 2000
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One row. `to` is `` where the state stays and `<` where it goes back to what it was before (挂起)."""

    name: str
    sources: tuple[str, ...]
    to: str
    who: tuple[Who, ...]
    needs: tuple[Need, ...] = ()


WHY: Final = Need("why", "text", limit=1000)
NOTE: Final = Need("why", "text", limit=1000, optional=True)
CENTRE: Final = Need("centre_id", "centre")

# fmt: off
TABLE: Final[tuple[Act, ...]] = (
    #   act                  from                                  to           who                        what must be said
    Act("accept",            (REGISTERED, TO_COMPLETE),            ACCEPTED,    ("owner", "desk"),         (NOTE,)),
    Act("ask_papers",        (REGISTERED,),                        TO_COMPLETE, ("owner", "desk"),         (
        Need("materials", "codes", "materials", 30), Need("others", "texts", limit=10, optional=True),
        Need("way", "code", "notice_ways"), NOTE)),
    Act("decline",           (REGISTERED, TO_COMPLETE, ACCEPTED),  DECLINED,    ("owner", "desk"),         (
        Need("reason", "code", "decline_reasons"), Need("route", "text", limit=500), Need("way", "code", "notice_ways"), NOTE)),
    Act("assign",            (ACCEPTED,),                          ASSIGNED,    ("owner", "desk"),         (CENTRE, NOTE)),
    Act("sign",              (ASSIGNED,),                          SIGNED,      ("owner",),                (NOTE,)),
    Act("object",            (ASSIGNED,),                          OBJECTED,    ("owner",),                (
        Need("reason", "code", "objection_reasons"), Need("basis", "text", limit=500),
        Need("centre_id", "centre", optional=True))),
    Act("reassign",          (OBJECTED,),                          ASSIGNED,    ("owner",),                (CENTRE, WHY)),
    Act("adjudicate",        (OBJECTED,),                          ASSIGNED,    ("bureau",),               (CENTRE, WHY)),
    Act("handle",            (SIGNED,),                            HANDLING,    ("owner",),                (NOTE,)),
    Act("finish",            (HANDLING,),                          DONE,        ("owner",),                (
        Need("result", "text"),)),
    Act("tell",              (DONE,),                              TOLD,        ("owner", "desk"),         (
        Need("way", "code", "notice_ways"), NOTE)),
    Act("follow_up",         (TOLD,),                              FOLLOWED_UP, ("other",),                (
        Need("matter", "score", limit=5), Need("handler", "score", limit=5), Need("text", "text"),
        Need("answers", "answers", "follow_up_questions", optional=True))),
    Act("archive",           (FOLLOWED_UP, DECLINED, WITHDRAWN, MERGED), ARCHIVED, ("owner", "desk"),      (NOTE,)),
    # beside the way
    Act("redo",              (DONE, TOLD, FOLLOWED_UP),            HANDLING,    ("director",),             (WHY,)),
    Act("suspend",           (SIGNED, HANDLING),                   SUSPENDED,   ("director",),             (
        Need("reason", "code", "suspend_reasons"), WHY)),
    Act("resume",            (SUSPENDED,),                         "<",         ("owner",),                (NOTE,)),
    Act("withdraw",          BEFORE_DONE,                          WITHDRAWN,   ("owner", "desk", "system"), (
        Need("reason", "code", "withdraw_reasons"), NOTE)),
    Act("merge",             (REGISTERED, ACCEPTED, TO_COMPLETE, ASSIGNED, SIGNED, HANDLING), MERGED, ("owner", "desk"), (
        Need("into", "ticket"), NOTE)),
    Act("unmerge",           (MERGED,),                            "<",         ("director",),             (WHY,)),
    # from hand to hand: only when the other accepts; until then the old one answers for it (rules B.26)
    Act("offer_handover",    HANDABLE,                             "",          ("owner", "keeper"),       (
        Need("person_id", "person", optional=True), Need("centre_id", "centre", optional=True), WHY)),
    Act("accept_handover",   HANDABLE,                             "",          ("recipient",),            (NOTE,)),
    Act("refuse_handover",   HANDABLE,                             "",          ("recipient",),            (WHY,)),
    Act("recall_handover",   HANDABLE,                             "",          ("owner", "keeper"),       (NOTE,)),
    Act("expire_handover",   HANDABLE,                             "",          ("system",),               ()),
    Act("ask_extension",     (SIGNED, HANDLING),                   "",          ("owner",),                (
        Need("amount", "amount", limit=60), WHY)),
    Act("grant_extension",   (SIGNED, HANDLING),                   "",          ("director",),             (
        Need("way", "code", "notice_ways"), NOTE)),
    Act("refuse_extension",  (SIGNED, HANDLING),                   "",          ("director",),             (WHY,)),
    Act("supervise",         OPEN,                                 "",          ("above", "bureau"),       (
        Need("way", "code", "supervision_ways"), WHY)),
    Act("end_supervision",   STATES,                               "",          ("above", "bureau"),       (
        Need("result", "text", limit=1000),)),
    Act("report_minor",      STATES,                               "",          ("owner", "desk"),         (
        Need("told", "codes", "report_offices", 5), Need("receiver", "text", limit=100), Need("proof", "text", limit=500),
        Need("reported_at", "time"))),
    Act("find_minor",        OPEN,                                 "",          ("owner", "desk"),         (WHY,)),
    # what comes after: the try that reached nobody, the quality of the work, a bad rating put right
    Act("try_follow_up",     (TOLD,),                              "",          ("other",),                (
        Need("outcome", "code", "follow_up_outcomes"), NOTE)),
    Act("unreachable",       (TOLD,),                              FOLLOWED_UP, ("other",),                (NOTE,)),
    Act("check_quality",     (DONE, TOLD, FOLLOWED_UP),            "",          ("other",),                (
        Need("score", "score", limit=5), Need("text", "text"))),
    Act("rectify",           (HANDLING, SUSPENDED, DONE, TOLD, FOLLOWED_UP), "", ("director",),            (
        Need("cause", "text"), Need("fix", "text"))),
    # complaints: the handler's report, the director's opinion, the bureau's decision
    Act("open_complaint",    (REGISTERED, ACCEPTED, ASSIGNED, SIGNED, HANDLING), ACCEPTED, ("owner", "desk"), (
        Need("accused", "accused"), WHY)),
    Act("report_complaint",  (HANDLING,),                          "",          ("owner",),                (
        Need("report", "text"),)),
    Act("give_opinion",      (HANDLING,),                          "",          ("director",),             (
        Need("opinion", "text"),)),
    Act("decide_complaint",  (HANDLING,),                          DONE,        ("bureau",),               (
        Need("outcome", "code", "complaint_outcomes"), Need("result", "text"))),
    # avoidance of interest
    Act("ask_avoidance",     (ASSIGNED, SIGNED, HANDLING),         "",          ("owner", "desk"),         (
        Need("side", "code", "avoidance_sides"), WHY)),
    Act("grant_avoidance",   (ASSIGNED, SIGNED, HANDLING),         ASSIGNED,    ("director",),             (CENTRE, WHY)),
    Act("refuse_avoidance",  (ASSIGNED, SIGNED, HANDLING),         "",          ("director",),             (WHY,)),
    # secrecy
    Act("keep_secret",       STATES,                               "",          ("owner", "desk"),         (
        Need("reason", "code", "secrecy_reasons"), NOTE)),
    Act("end_secrecy",       STATES,                               "",          ("bureau",),               (WHY,)),
    Act("put_clock",         OPEN,                                 "",          ("owner", "desk"),         (
        Need("rule", "code", "clock_rules"), Need("at", "time"), NOTE)),
    Act("stop_clock",        OPEN,                                 "",          ("director",),             (
        Need("rule", "code", "clock_rules"), WHY)),
    Act("note",              STATES,                               "",          ("owner", "desk"),         (WHY,)),
)
# fmt: on

ACTS: Final[Mapping[str, Act]] = MappingProxyType({act.name: act for act in TABLE})
BY_SYSTEM: Final = (
    "registered", "dispatched", "repeated", "unrepeated", "recounted", "shared", "share_ended", "granted", "grant_ended",
    "safety_set", "letter_asked", "letter_sent", "letter_unsure", "letter_failed", "letter_retried", "letter_settled",
    "unreached", "appointment",
)  # fmt: skip
"""Names of events that are no act of this table: the ticket's beginning, a further call about the same matter (or one that was
counted and is none), a deadline counted anew with a new year table, who else was let see it, who was let see a confidential
one, how its person may be reached in safety, what became of letters about it, that a centre's clerk could not be
had by telephone, and what came of an appointment."""


def from_state(state: str) -> tuple[Act, ...]:
    """What the table allows in a state, whoever asks. Raises ValueError for a word that is no state."""
    if state not in STATES:
        raise ValueError(f"no such state: {state}")
    return tuple(act for act in TABLE if state in act.sources)
