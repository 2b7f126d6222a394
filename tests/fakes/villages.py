"""A town with a village that has a telephone and no computer, for tests."""

from __future__ import annotations

from typing import Any, Final

from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.store.engine import Store
from hotline.store.models import Account, Centre, Region, StaffPhone
from hotline.store.repositories.sealing import seal
from hotline.store.repositories.ticket_acts import House
from tests.fakes.tickets import add_matter

PHONE: Final = "13700000111"
BOSS: Final = Actor("acc_boss", "supervisor")
TOWN: Final = "ctr_town"
VILLAGE: Final = "ctr_village"


def add_village(store: Store) -> None:
    """The centres, and the clerk with a telephone."""
    with store.write() as session:
        session.add(Region(code="990101", name="镇", level="town", parent_code=None))
        session.flush()
        session.add(Centre(id=TOWN, name="镇工作站", level="town", region_code="990101"))
        session.flush()
        session.add(Centre(id=VILLAGE, name="村工作室", level="village", region_code="990101", parent_id=TOWN, by_phone=True))
        session.flush()
        session.add(
            Account(
                id="acc_clerk",
                username="clerk",
                password_hash="-",
                role="centre",
                display_name="文书",
                centre_id=VILLAGE,
                created_at=0,
            )
        )
        session.flush()
        session.add(
            StaffPhone(
                id="acc_clerk",
                kind="clerk",
                number="7101",
                phone_enc=seal(store.secrecy, "staff_phones.phone_enc", "acc_clerk", f"+86{PHONE}"),
                phone_masked="137****0111",
                phone_hash=store.secrecy.index(PHONE),
                pin_hash="-",
                updated_at=0,
            )
        )


def matter_there(store: Store, now: float, **more: Any) -> str:
    """A ticket assigned to the village; its number."""
    number = add_matter(store, now=now, **more)
    with store.write() as session:
        house = House(session, Limits(), Warn())
        house.do(number, "accept", BOSS, {}, now=now)
        house.do(number, "assign", BOSS, {"centre_id": VILLAGE}, now=now)
    return number
