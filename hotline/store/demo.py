"""The demo city, 临江市: centres, people, rosters and rules, so that a newcomer has somebody to call.

Everything here is invented; the region codes start with 99, which GB/T 2260 gives to nobody. The passwords are for the
demo only: without `demo.enabled` nothing of this is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy.orm import Session

from hotline.core.errors import Rejected
from hotline.settings import Settings
from hotline.store import demo_advisers, demo_knowledge, demo_pool, demo_slots
from hotline.store.catalogue import rows
from hotline.store.engine import Store
from hotline.store.models import Account, Agent, Centre, DispatchRule, Expert, Region, RosterShift
from hotline.store.passwords import hash_password
from hotline.store.repositories import calendars, experts, firms
from hotline.store.repositories.agents import ha1

DEMO_PASSWORD: Final = "12348-demo"
"""Log-in password of every demo account."""
DEMO_SIP_PASSWORD: Final = "12348-desk-phone"
"""Digest password of every demo desk phone; the simulated agents register with it."""
DEMO_CITY: Final = "990100"

# id, name, skills, languages
_AGENTS: Final = (
    ("8001", "陈静", ["MF", "LB", "CT", "GN"], ["zh-CN", "en"]),
    ("8002", "李伟", ["LB", "GN"], ["zh-CN"]),
    ("8003", "王芳", ["MF", "GN"], ["zh-CN"]),
    ("8004", "赵敏", ["CT", "GN"], ["zh-CN", "en"]),
    ("8005", "刘洋", ["LB", "CT", "GN"], ["zh-CN"]),
    ("8006", "孙丽", ["MF", "SV", "GN"], ["zh-CN", "dialect"]),
)
_SUPERVISOR_SEAT: Final = ("8000", "班长", ["GN"], ["zh-CN", "en"])
"""A supervisor has a phone too: to listen, and to take over. Offline unless they say "ready", so nobody is offered to it."""
# name, kind, firm, licence, skills, region, stars
_EXPERTS: Final = (
    ("周明", "lawyer", "临江正平律师事务所", "19901200010001", ["MF", "GN"], "990102", 5),
    ("吴涛", "lawyer", "临江正平律师事务所", "19901200010002", ["LB", "GN"], "990103", 4),
    ("郑洁", "lawyer", "江畔律师事务所", "19901200020003", ["CT", "GN"], "990102", 4),
    ("冯磊", "lawyer", "江畔律师事务所", "19901200020004", ["LB", "CT", "GN"], "990121", 3),
    ("褚兰", "notary", "临江市公证处", "N990001", ["MF", "CT"], "990100", 4),
    ("卫东", "appraiser", "临江司法鉴定中心", "F990001", ["LB", "GN"], "990100", 3),
    ("蒋和", "mediator", "江北区人民调解委员会", "M990001", ["MF", "LB", "GN"], "990102", 5),
    ("沈安", "legal_aid", "临江市法律援助中心", "A990001", ["LB", "MF", "GN"], "990100", 4),
)
# Duty staff of the bureau: no skills, so that they are called for the night only.
_DUTY: Final = ("韩冬", "杨夏", "朱秋")
DEMO_OFFICE_LINE: Final = "09998012348"
"""The county's own number, open in office hours: what happens at night can be tried there at any time."""
# username, role, name
_OFFICE: Final = (
    ("admin", "admin", "系统管理员"),
    # Without a seat first: programs that only look take that one, and throw nobody out of theirs.
    ("wall", "supervisor", "大屏"),
    ("supervisor", "supervisor", "班长"),
    ("centre", "centre", "江北区中心"),
    ("director", "centre", "江北区中心主任"),
    ("city", "centre", "市中心主任"),
    ("town", "centre", "白沙镇工作站"),
    # A village without a computer: an administrator notes its telephone (docs/operations.md).
    ("village", "centre", "沙湾村工作室"),
    ("stats", "statistician", "统计员"),
    ("auditor", "auditor", "审计员"),
)
_CENTRE_OF: Final = {"centre": "990102", "director": "990102", "city": "990100", "town": "990102101", "village": "990102101201"}
_DIRECTORS: Final = frozenset({"director", "city"})
_HOURS: Final = {"city": "周一至周日 8:30-20:30", "county": "周一至周六 8:30-17:30"}


def demo_logins() -> list[tuple[str, str, str]]:
    """(username, password, role) of every demo account, to be printed at start."""
    desk = [(f"desk{index}", DEMO_PASSWORD, "agent") for index in range(1, len(_AGENTS) + 1)]
    return [(username, DEMO_PASSWORD, role) for username, role, _ in _OFFICE] + desk


def demo_expert_numbers() -> dict[str, str]:
    """Expert id → E.164 number, for the simulated carrier."""
    return {_expert_id(index): _expert_phone(index) for index in range(1, len(_EXPERTS) + 1)}


def demo_duty_numbers() -> dict[str, str]:
    """The same for the duty staff, in the order they are called the first time."""
    first = len(_EXPERTS) + 1
    return {_expert_id(index): _expert_phone(index) for index in range(first, first + len(_DUTY))}


def load_demo(store: Store, settings: Settings) -> bool:
    """Put the demo city in; what is there already stays as it is, so that this can run at every start.

    True when anything was added. Raises Rejected (`demo.disabled`) where `demo.enabled` is off.
    """
    if not settings.demo.enabled:
        raise Rejected("demo.disabled")
    with store.read() as session:
        known = {account for (account,) in session.query(Account.username)}
    # Hashing is slow on purpose, and must not happen while the write lock is held.
    # The password of the demo is no secret, and one hash serves all its accounts.
    new = {name: password for name, password, _ in demo_logins() if name not in known}
    hashed = {password: hash_password(password) for password in sorted(set(new.values()))}
    hashes = {name: hashed[password] for name, password in new.items()}
    with store.write() as session:
        added = _add(session, _places())
        added += _add(session, _agents(settings))
        _follow_settings(session, settings)
        duty: list[tuple[Any, ...]] = [(name, "duty", "临江市司法局", "", [], DEMO_CITY, 0) for name in _DUTY]
        for index, values in enumerate([*_EXPERTS, *duty], 1):
            added += _add_expert(session, store, settings, index, values)
        added += calendars.seed(session, time.time())
        _keep_hours(session)
        added += _add_lines(session, time.time())
        if session.query(DispatchRule).first() is None:
            session.add_all(_rules())
            added += 1
        added += _add(session, _accounts(hashes, time.time()))
        demo_pool.load(session, store.secrecy, time.time())
        added += demo_advisers.load(session, time.time())
        added += demo_slots.load(session)
        added += demo_knowledge.load(session, time.time())
    return added > 0


def _add(session: Session, items: Iterable[Any]) -> int:
    """Add the rows whose primary key is not there yet, in order; each may refer to those before."""
    count = 0
    for item in items:
        model = type(item)
        if session.get(model, item.code if model is Region else item.id) is None:
            session.add(item)
            session.flush()
            count += 1
    return count


def _places() -> Iterable[Region | Centre]:
    regions = rows("demo_regions.csv")
    for row in regions:
        yield Region(code=row["code"], name=row["zh"], name_en=row["en"], parent_code=row["parent"] or None, level=row["level"])
    for number, row in enumerate(regions, 1):
        yield Centre(
            id=centre_id(row["code"]),
            name=f"{row['zh']}公共法律服务{_KIND[row['level']]}",
            level=row["level"],
            parent_id=centre_id(row["parent"]) if row["parent"] else None,
            region_code=row["code"],
            phone=f"0999-12348{number:02d}",
            hours=_HOURS.get(row["level"], "周一至周五 8:30-17:00"),
        )


def _keep_hours(session: Session) -> None:
    """The centres' days end at the close of business: the limits of their tickets go by it."""
    for row in rows("demo_regions.csv"):
        centre = session.get(Centre, centre_id(row["code"]))
        if centre is not None and centre.calendar_id is None:
            centre.calendar_id = calendars.tier_id("5x8")
    session.flush()


_KIND: Final = {"city": "中心", "county": "中心", "town": "工作站", "village": "工作室"}


def centre_id(region: str) -> str:
    """Id of the demo centre of a region."""
    return f"ctr_{region}"


def agent_id(extension: str) -> str:
    """Id of the demo agent with that extension."""
    return f"agt_{extension}"


def _agents(settings: Settings) -> Iterable[Agent]:
    for extension, name, skills, languages in (_SUPERVISOR_SEAT, *_AGENTS):
        yield Agent(
            id=agent_id(extension),
            name=name,
            extension=extension,
            phone_uri=f"sip:{extension}@{settings.sip.domain}",
            sip_password_ha1=ha1(extension, settings.sip.domain, DEMO_SIP_PASSWORD),
            skills=skills,
            languages=languages,
            desired_state="offline",
        )


def _follow_settings(session: Session, settings: Settings) -> None:
    """The digest secret contains the realm: when `sip.domain` was changed, the demo phones move with it."""
    for wanted in _agents(settings):
        row = session.get(Agent, wanted.id)
        if row is not None and row.phone_uri.startswith(f"sip:{row.extension}@") and row.phone_uri != wanted.phone_uri:
            row.phone_uri, row.sip_password_ha1 = wanted.phone_uri, wanted.sip_password_ha1


def _expert_id(index: int) -> str:
    return f"exp_{index:02d}"


def _expert_phone(index: int) -> str:
    return f"+861390001{index:04d}"


def _add_expert(session: Session, store: Store, settings: Settings, index: int, values: tuple[Any, ...]) -> int:
    if session.get(Expert, _expert_id(index)) is not None:
        return 0
    name, kind, firm, licence, skills, region, stars = values
    trunks = [trunk.name for trunk in settings.trunks]
    house = firms.ensure(session, firm, expert_kind=kind, now=time.time())
    expert = experts.add(
        session,
        store.secrecy,
        id=_expert_id(index),
        phone=_expert_phone(index),
        name=name,
        kind=kind,
        firm_id=house.id if house else None,
        licence=licence,
        skills=skills,
        languages=["zh-CN"],
        region_code=region,
        trunk="demo" if "demo" in trunks or not trunks else trunks[0],
        stars=stars,
    )
    expert.shifts = [RosterShift(weekday=day, from_minute=0, to_minute=1440) for day in range(7)]
    session.flush()
    return 1


def _add_lines(session: Session, now: float) -> int:
    """The main line never closes, so that `make run` shows a call at night too; the county's keeps office hours."""
    if calendars.lines(session):
        return 0
    tiers = (
        ("12348", "临江市12348公共法律服务热线", "7x24", DEMO_CITY),
        (DEMO_OFFICE_LINE, "青溪县公共法律服务热线", "5x8", "990121"),
    )
    for position, (number, name, tier, region) in enumerate(tiers):
        values = {"name": name, "calendar_id": calendars.tier_id(tier), "region_code": region, "position": position}
        calendars.put_line(session, number, now=now, **values)
    return len(tiers)


def _rules() -> Iterable[DispatchRule]:
    for row in rows("demo_dispatch_rules.csv"):
        yield DispatchRule(
            service_type=row["service_type"],
            region_code=row["region"] or None,
            level=row["level"],
            reason=row["reason_zh"],
        )


def _accounts(hashes: dict[str, str], now: float) -> Iterable[Account]:
    for username, role, name in _OFFICE:
        if username in hashes:
            seat = agent_id(_SUPERVISOR_SEAT[0]) if username == "supervisor" else None
            yield _account(
                username, hashes[username], role, name, now, agent=seat, centre=centre_id(_CENTRE_OF.get(username, "990102"))
            )
    for index, (extension, name, _skills, _languages) in enumerate(_AGENTS, 1):
        if f"desk{index}" in hashes:
            yield _account(f"desk{index}", hashes[f"desk{index}"], "agent", name, now, agent=agent_id(extension))


def _account(
    username: str, password_hash: str, role: str, name: str, now: float, *, agent: str | None = None, centre: str = ""
) -> Account:
    return Account(
        id=f"acc_{username}",
        username=username,
        password_hash=password_hash,
        role=role,
        display_name=name,
        agent_id=agent,
        centre_id=centre if role == "centre" else None,
        director=username in _DIRECTORS,
        created_at=now,
    )
