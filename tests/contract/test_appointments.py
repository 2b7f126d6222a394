"""Appointments on both databases: one place for one, closed days, reminders once, what is left behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hotline.core.appointments import KINDS, Plan, Rules, slots
from hotline.core.errors import HotlineError, Rejected
from hotline.core.tickets import Actor
from hotline.core.tickets.clocks import Warn
from hotline.core.tickets.model import Limits
from hotline.settings import Settings
from hotline.store.demo import load_demo
from hotline.store.engine import Store
from hotline.store.models import Appointment, AppointmentPlan, CallbackTask, Centre, Region, Ticket
from hotline.store.repositories import appointment_notes, appointments, letters, ticket_events
from hotline.store.repositories.ticket_acts import House
from tests.contract.test_village import at
from tests.fakes.tickets import add_matter

pytestmark = pytest.mark.contract

NOW = at("2026-02-12", "08:00")  # a Thursday; 02-14 is a worked Saturday, 02-15 to 02-23 are off
RULES = Rules()
CENTRE = "ctr_one"


@pytest.fixture
def house(store: Store) -> Store:
    with store.write() as session:
        session.add(Region(code="990101", name="镇", level="town", parent_code=None))
        session.flush()
        session.add(Centre(id=CENTRE, name="镇工作站", level="town", region_code="990101"))
        session.flush()
        session.add(
            AppointmentPlan(
                id="apl_1",
                centre_id=CENTRE,
                account_id="",
                kinds=["visit", "call"],
                weekdays=[0, 1, 2, 3, 4],
                from_minute=9 * 60,
                to_minute=11 * 60,
                slot_minutes=60,
                places=2,
            )
        )
    return store


def matter(store: Store, number: str = "13812345678", spoken: str = "") -> str:
    found = add_matter(store, now=NOW - 60, number=number, spoken=spoken)
    with store.write() as session:
        house = House(session, Limits(), Warn())
        house.do(found, "accept", Actor("b", "supervisor"), {}, now=NOW - 50)
        house.do(found, "assign", Actor("b", "supervisor"), {"centre_id": CENTRE}, now=NOW - 40)
    return found


def book(store: Store, number: str, starts_at: float, kind: str = "visit", now: float = NOW) -> str:
    with store.write() as session:
        ticket = session.get_one(Ticket, number)
        row = appointments.book(
            session, ticket, kind=kind, plan_id="apl_1", starts_at=starts_at, by="acc", now=now, rules=RULES
        )
        return row.id


def test_slots_keep_the_calendar(house: Store) -> None:
    number = matter(house)
    with house.read() as session:
        found = appointments.free(session, session.get_one(Ticket, number), "visit", NOW, RULES)
    days = [at(day, "00:00") for day in ("2026-02-12", "2026-02-13", "2026-02-14", "2026-02-24", "2026-02-25", "2026-02-26")]
    wanted = [day + hour * 3600 for day in days for hour in (9, 10)]
    assert [slot.starts_at for slot in found] == wanted[1:], "9:00 is too near; the holidays are left out, Saturday is worked"
    assert {slot.left for slot in found} == {2}
    with pytest.raises(Rejected, match="no_slot"):
        book(house, number, at("2026-02-16", "09:00"))


def test_hours_of_the_centre_bound_the_plan() -> None:
    plan = Plan("p", frozenset({"visit"}), frozenset(range(7)), 480, 720, 60)
    found = slots([plan], lambda when: [(510, 660)], {}, NOW, Rules(notice_seconds=0, ahead_days=0))
    assert [(slot.starts_at - NOW) / 3600 for slot in found] == [1.0, 2.0], "9:00 and 10:00 lie within 8:30–11:00"
    assert slots([plan], lambda when: [], {}, NOW, RULES) == []


def test_six_want_two_places_at_once(house: Store) -> None:
    numbers = [matter(house, f"1381234567{n}") for n in range(6)]
    when = at("2026-02-13", "09:00")

    def wanted(number: str) -> str:
        try:
            return book(house, number, when)
        except HotlineError as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(wanted, numbers))
    assert found.count("appointment.taken") == 4, found
    with house.read() as session:
        places = sorted(row.place for row in session.query(Appointment).filter_by(starts_at=when, state="booked"))
    assert places == [1, 2]


def test_what_happened_meanwhile_stands_before_it_in_the_story(house: Store) -> None:
    if house.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    number = matter(house)
    with house.write() as session:
        ticket = session.get_one(Ticket, number)
        with house.write() as other:
            House(other, Limits(), Warn()).do(number, "note", Actor("b", "supervisor"), {"why": "来电补充"}, now=NOW)
        when = at("2026-02-13", "09:00")
        appointments.book(session, ticket, kind="visit", plan_id="apl_1", starts_at=when, by="acc", now=NOW, rules=RULES)
    with house.read() as session:
        events = ticket_events.of_ticket(session, number)
        assert [event.name for event in events][-2:] == ["note", "appointment"]
        assert ticket_events.broken_at(events, session.get_one(Ticket, number)) is None


def test_a_place_given_back_can_be_had_again(house: Store) -> None:
    when = at("2026-02-13", "09:00")
    first, second, third = (matter(house, f"1381234567{n}") for n in range(3))
    given = book(house, first, when)
    book(house, second, when)
    with pytest.raises(Rejected, match="taken"):
        book(house, third, when)
    with house.write() as session:
        row = appointments.get(session, given)
        moved = appointments.move(
            session, row, plan_id="apl_1", starts_at=when + 3600, by="caller", why="", now=NOW, rules=RULES
        )
        assert row.moved_to == moved.id
    book(house, third, when)
    with house.write() as session, pytest.raises(Rejected, match="too_late"):
        appointments.cancel(
            session, appointments.get(session, moved.id), by="caller", why="", now=when + 3600 - 60, rules=RULES
        )


def test_a_move_that_fails_keeps_the_old_one(house: Store) -> None:
    when = at("2026-02-13", "09:00")
    given = book(house, matter(house), when)
    with pytest.raises(Rejected, match="no_slot"), house.write() as session:
        appointments.move(
            session,
            appointments.get(session, given),
            plan_id="apl_1",
            starts_at=at("2026-02-16", "09:00"),
            by="caller",
            why="",
            now=NOW,
            rules=RULES,
        )
    with house.read() as session:
        assert session.get_one(Appointment, given).state == "booked"


def test_reminded_once_and_called_at_the_time(house: Store, settings: Settings) -> None:
    far, near = book(house, matter(house), at("2026-02-25", "09:00")), ""
    near = book(house, matter(house, "13812345679"), at("2026-02-12", "10:00"), "call")

    def look(now: float) -> dict[str, int]:
        with house.write() as session:
            return appointment_notes.sweep(session, house.secrecy, settings, now)

    assert look(NOW) == {"reminded": 0, "calls": 0}, "booked a moment ago: nobody is reminded of that"
    called = at("2026-02-12", "09:56")
    assert look(called)["calls"] == 1
    assert look(called + 1)["calls"] == 0
    with house.read() as session:
        [task] = session.query(CallbackTask).filter_by(reason="appointment_call").all()
        assert task.due_at >= at("2026-02-12", "10:00")
        assert session.get_one(Appointment, near).task_id == task.id
    before = at("2026-02-24", "10:00")
    assert look(before)["reminded"] == 1
    assert look(before + 60)["reminded"] == 0
    with house.read() as session:
        assert session.get_one(Appointment, far).reminded_at == before
        assert letters.by_key(session, f"appointment:{far}:reminder") is not None
    with house.write() as session:  # cancelled after that: the reminder does not go out any more
        row = appointments.get(session, far)
        appointments.cancel(session, row, by="acc", why="停电", now=before + 90, rules=RULES)
        appointment_notes.changed(session, house.secrecy, settings, row, before + 90)
        assert row.told == "task", "tomorrow is too near for a message"
        reminder = letters.by_key(session, f"appointment:{far}:reminder")
        assert reminder is not None
        assert reminder.state == "cancelled"


def test_english_callers_are_told_in_english(house: Store, settings: Settings) -> None:
    number = matter(house, spoken="en")
    given = book(house, number, at("2026-02-25", "09:00"))
    before = at("2026-02-24", "10:00")
    with house.write() as session:
        appointment_notes.sweep(session, house.secrecy, settings, before)
    with house.write() as session:
        row = appointments.get(session, given)
        appointments.move(
            session, row, plan_id="apl_1", starts_at=at("2026-02-26", "09:00"), by="acc", why="", now=NOW, rules=RULES
        )
        appointment_notes.changed(session, house.secrecy, settings, row, NOW)
    with house.write() as session:
        House(session, Limits(), Warn()).do(number, "withdraw", Actor("b", "supervisor"), {"reason": "caller"}, now=NOW)
    with house.write() as session:
        appointment_notes.sweep(session, house.secrecy, settings, NOW + 60)
    with house.read() as session:
        rows = letters.of_ticket(session, number)
        said = {row.key.rpartition(":")[2]: letters.opened(house.secrecy, row)[2] for row in rows}
    assert said["reminder"].startswith(f"Your appointment on matter {number} is on 25 February at 09:00.")
    assert said["moved"].startswith(f"Your appointment of 25 February at 09:00 on matter {number} was moved.")
    assert "of 26 February at 09:00" in said["cancelled"]
    assert "(the matter is closed)" in said["cancelled"]
    assert all(text.isascii() for text in said.values())


def test_what_is_left_behind_is_cancelled_and_told(house: Store, settings: Settings) -> None:
    number = matter(house)
    given = book(house, number, at("2026-02-25", "09:00"))
    with house.write() as session:
        House(session, Limits(), Warn()).do(number, "withdraw", Actor("b", "supervisor"), {"reason": "caller"}, now=NOW)
    with house.write() as session:
        appointment_notes.sweep(session, house.secrecy, settings, NOW + 60)
    with house.read() as session:
        row = session.get_one(Appointment, given)
        assert (row.state, row.ended_by, row.told) == ("cancelled", "system", "letter")
        assert letters.by_key(session, f"appointment:{given}:cancelled") is not None


def test_the_demo_city_has_slots_that_can_be_booked(store: Store) -> None:
    load_demo(store, store.settings)
    assert load_demo(store, store.settings) is False
    kinds = {}
    with store.read() as session:
        for centre in ("ctr_990102", "ctr_990103", "ctr_990121", "ctr_990100"):
            ticket = Ticket(number="n", state="signed", centre_id=centre)
            for kind in KINDS:
                found = appointments.free(session, ticket, kind, NOW, RULES)
                kinds.setdefault(centre, []).append(bool(found))
    assert kinds.pop("ctr_990121") == [True, False, True]
    assert set(map(tuple, kinds.values())) == {(True, True, True)}
    with store.write() as session:  # what people change stays changed at the next start
        session.get_one(AppointmentPlan, "apl_demo_1").active = False
    load_demo(store, store.settings)
    with store.read() as session:
        assert not session.get_one(AppointmentPlan, "apl_demo_1").active
