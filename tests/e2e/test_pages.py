"""Every page of the console in one browser on one running hotline: WCAG 2.2 AA by axe in light, dark and large type, nothing
that runs over the edge from right to left, menus that keep the keyboard's place, and looks that are remembered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.secrecy import Secrecy
from hotline.store.engine import Store
from hotline.store.repositories.ticket_acts import House
from tests.e2e.browser import environment, missing, run
from tests.fakes.tickets import add_matter
from tests.system.running import Hotline

pytestmark = pytest.mark.e2e

PAGES = {
    *("login", "desk-ready", "desk-in-call", "calls", "tickets", "tasks", "call", "password", "board", "wall", "restrictions"),
    *("emergencies", "letters", "notices", "progress", "progress-found", "progress-phone"),
    *("pool", "roster", "import", "firms", "people", "lines", "hours", "hotlines", "flows", "flow", "prompts", "trunks"),
    *("ledgers", "bounces", "plans", "centres", "rules"),
    *("changes", "flow-picture", "person", "menu"),
    *("owed", "owed-task", "ticket-kept", "safety"),
}
BOSS = Actor("acc_supervisor", "supervisor")


def owe(hotline: Hotline) -> None:
    """A ticket whose follow-up is owed, a confidential one of a minor at risk, and three that two towns sent back."""
    now = time.time()
    store = Store(hotline.settings, Secrecy.from_dir(hotline.settings.keys_dir))
    told = add_matter(store, now=now - 3600, service_type="S17", facts="邻里排水纠纷", request="请求上门调解")
    add_matter(store, now=now, service_type="S17", number="13800000002", risk_flags=["R04"], facts="孩子身上有伤")
    back = [
        (centre, add_matter(store, now=now - 7200, service_type="S17", number=f"1380000010{n}", facts="邻里纠纷"))
        for n, centre in enumerate(("ctr_990102101", "ctr_990102101", "ctr_990103101"))
    ]
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("accept", {}),
        ("assign", {"centre_id": "ctr_990102101"}),
        ("sign", {}),
        ("handle", {}),
        ("finish", {"result": "双方达成协议，已签调解书"}),
        ("tell", {"way": "phone"}),
    )
    with store.write() as session:
        for name, given in acts:
            who = BOSS if name in ("accept", "assign") else Actor("acc_town", "centre", "ctr_990102101")
            House(session, Limits(), Warn()).do(told, name, who, given, now=now)
        for centre, ticket in back:
            house = House(session, Limits(), Warn())
            house.do(ticket, "accept", BOSS, {}, now=now)
            house.do(ticket, "assign", BOSS, {"centre_id": centre}, now=now)
            house.do(ticket, "object", Actor("acc_town", "centre", centre), {"reason": "area", "basis": "地址在邻镇"}, now=now)
    store.close()


@pytest.fixture
def hotline() -> Iterator[Hotline]:
    if reason := missing():
        pytest.skip(reason)
    own = Hotline(demo={"trickle": True, "calls_per_minute": 4})
    try:
        own.start()
        owe(own)
        yield own
        assert own.stop() == 0, own.printed()[-3000:]
    finally:
        own.remove()


@pytest.mark.timeout(420)
def test_every_page_by_day_by_night_in_large_type_and_from_right_to_left(hotline: Hotline) -> None:
    result = run(environment(f"http://127.0.0.1:{hotline.settings.http.port}"), "pages.mjs", 360)
    assert set(result["pages"]) >= PAGES
    assert result["violations"] == []
    assert result["overflow"] == [], "\n".join(result["overflow"])
    assert result["problems"] == []
