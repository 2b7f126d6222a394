"""The staff's telephones in both databases: recognised by number, a PIN counted before it is looked at, numbers sealed."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hotline.core.errors import HotlineError, Invalid, Missing, Rejected
from hotline.core.phones import normalise
from hotline.store import passwords
from hotline.store.demo import demo_expert_numbers
from hotline.store.engine import Store
from hotline.store.repositories import staff

pytestmark = pytest.mark.contract

NOW = 1_795_312_800.0
PIN = "270914"
PHONE = "13700000006"


@pytest.fixture
def city(demo_store: Store) -> Store:
    store = demo_store
    put(store, "agent", "agt_8006", "6006", PHONE)
    put(store, "expert", "exp_01", "7001")
    return store


def put(store: Store, kind: str, person: str, number: str, phone: str = "", pin: str = PIN) -> None:
    with store.write() as session:
        staff.put(
            session,
            store.secrecy,
            kind=kind,
            person_id=person,
            number=number,
            pin_hash=passwords.hash_password(pin),
            phone=phone,
            trunk="",
            now=NOW,
        )


def attempt(store: Store, pin: str, now: float, person: str = "agt_8006") -> bool:
    """Both halves, as the house does them."""
    with store.write() as session:
        stored = staff.count_attempt(session, person, now, tries=3, lock_seconds=900)
    if not passwords.verify(stored, pin):
        return False
    with store.write() as session:
        staff.let_in(session, person)
    return True


def test_recognised_by_number(city: Store) -> None:
    with city.read() as session:
        clerk = staff.by_phone(session, city.secrecy.index(PHONE))
        assert clerk is not None
        assert (clerk.id, clerk.kind, clerk.phone_masked) == ("agt_8006", "agent", "137****0006")
        expert = staff.by_phone(session, city.secrecy.index(normalise(demo_expert_numbers()["exp_01"]).national))
        assert expert is not None
        assert expert.id == "exp_01", "an expert is known by the number that stands with the expert"
        assert staff.by_phone(session, city.secrecy.index("13711112222")) is None
        assert staff.by_phone(session, "") is None
        assert staff.by_number(session, "7001") is not None
        assert staff.by_number(session, "7777") is None
        assert staff.phones_of_agents(session).keys() == {"agt_8006"}


def test_a_telephone_that_two_share_names_nobody(city: Store) -> None:
    put(city, "agent", "agt_8005", "6005", PHONE)
    with city.read() as session:
        assert staff.by_phone(session, city.secrecy.index(PHONE)) is None


def test_three_wrong_pins_lock(city: Store) -> None:
    assert not attempt(city, "000111", NOW)
    assert not attempt(city, "000111", NOW)
    assert attempt(city, PIN, NOW), "a right one starts the count again"
    for _ in range(3):
        assert not attempt(city, "000111", NOW)
    with pytest.raises(HotlineError, match=r"staff\.locked"):
        attempt(city, PIN, NOW + 899)
    assert attempt(city, PIN, NOW + 901)
    assert not attempt(city, PIN, NOW, "nobody")


def test_attempts_count_before_they_are_looked_at(city: Store) -> None:
    for _ in range(3):
        with city.write() as session:
            staff.count_attempt(session, "agt_8006", NOW, tries=3, lock_seconds=900)
    with pytest.raises(HotlineError, match=r"staff\.locked"):
        attempt(city, PIN, NOW)


def test_the_number_is_sealed(city: Store) -> None:
    with city.read() as session:
        rows = str(session.execute(text("SELECT * FROM staff_phones")).all())
        sealed, _ = staff.phones_of_agents(session)["agt_8006"]
    assert PHONE not in rows
    assert PIN not in rows
    assert city.secrecy.open(sealed, "staff_phones.phone:agt_8006") == f"+86{PHONE}"


def test_what_is_refused(city: Store) -> None:
    with pytest.raises(Rejected, match=r"staff\.number_taken"):
        put(city, "agent", "agt_8005", "6006")
    with pytest.raises(Missing, match=r"staff\.person"):
        put(city, "agent", "agt_9999", "6009")
    with pytest.raises(Invalid, match=r"staff\.number"):
        put(city, "agent", "agt_8005", "60x6")
    with pytest.raises(Invalid, match=r"staff\.phone"):
        put(city, "agent", "agt_8005", "6005", "12")


@pytest.mark.parametrize("pin", ["123", "1234", "9876", "0000", "12a4", "7890", "1234567890123"])
def test_weak_pins(pin: str) -> None:
    with pytest.raises(Invalid, match=r"staff\.pin"):
        staff.check_pin(pin)


def test_a_good_pin() -> None:
    staff.check_pin(PIN)
