"""Calendars, year tables and lines in the database, on both engines."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from hotline.core.calendars import look
from hotline.core.calendars.days import ZONE, Row
from hotline.core.errors import Invalid, Missing
from hotline.store.engine import Store
from hotline.store.models import Calendar
from hotline.store.repositories import calendars

pytestmark = pytest.mark.contract
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE).timestamp()


def test_an_imported_year_replaces_the_shipped_one(store: Store) -> None:
    with store.write() as session:
        assert calendars.known_years(session) == {2025, 2026}
        rows = [
            Row(date(2027, 1, 1), date(2027, 1, 3), "off", "元旦"),
            Row(date(2026, 11, 23), date(2026, 11, 23), "off", "试"),
        ]
        assert calendars.import_days(session, rows, source="通知", now=NOW) == (2026, 2027)
    with store.write() as session:
        assert calendars.known_years(session) == {2025, 2026, 2027}
        assert calendars.seed(session, NOW) == 3
        found = calendars.calendars(session)["cal_5x8"]
        assert look(found, NOW).state == "holiday"
        assert found.table.working(date(2026, 10, 1)), "the shipped 2026 is gone"
        # The corrected table again: no row of the first import stays.
        calendars.import_days(session, [Row(date(2026, 10, 1), date(2026, 10, 1), "off")], source="更正", now=NOW)
        found = calendars.calendars(session)["cal_5x8"]
        assert (found.table.working(date(2026, 11, 23)), found.table.working(date(2027, 1, 1))) == (True, False)


def test_regional_days_belong_to_calendars_of_the_region(store: Store) -> None:
    with store.write() as session:
        calendars.import_days(session, [Row(date(2026, 11, 23), date(2026, 11, 23), "off", "节", "540000")], source="", now=NOW)
        calendars.seed(session, NOW)
        calendars.put_calendar(session, "cal_xz", now=NOW, name="西藏", tier="5x8", region_code="540100")
        found = calendars.calendars(session)
    assert (look(found["cal_5x8"], NOW).state, look(found["cal_xz"], NOW).state) == ("open", "holiday")
    assert look(found["cal_xz"], NOW).name == "节"


def test_lines_special_days_and_the_timetable(store: Store) -> None:
    with store.write() as session:
        calendars.seed(session, NOW)
        calendars.put_line(session, "12348", now=NOW, name="热线", calendar_id="cal_7x24", position=1)
        calendars.put_line(session, "8012348", now=NOW, name="县", calendar_id="cal_5x8", flow="direct", position=0)
        with pytest.raises(Missing):
            calendars.put_line(session, "1", now=NOW, name="x", calendar_id="cal_none")
        table = calendars.timetable(session, NOW)
        assert [row.number for row in calendars.lines(session)] == ["8012348", "12348"]
    assert (table.state("8012348", NOW), table.state("12348", NOW), table.state("1", NOW)) == ("open", "open", "unknown")
    assert table.lines["8012348"].flow == "direct"
    assert table.years == (2025, 2026)
    with store.write() as session:
        calendars.put_special(session, "cal_5x8", date(2026, 11, 23), [], reason="停电", actor="acc_admin", now=NOW)
        calendars.put_special(
            session, "cal_5x8", date(2026, 11, 23), [(600, 660)], reason="部分停电", actor="acc_admin", now=NOW
        )
        assert [day.reason for day in calendars.special_days(session, "cal_5x8")] == ["部分停电"]
        table = calendars.timetable(session, NOW)
        with pytest.raises(Missing):
            calendars.put_special(session, "cal_none", date(2026, 11, 23), [], reason="x", actor="a", now=NOW)
    assert (table.state("8012348", NOW), table.state("8012348", NOW + 3600)) == ("closed", "open")


@pytest.mark.parametrize(
    "hours", [[[0, 1441]], [[1440, 60]], [[-1, 5]], [[60, 120], [90, 180]], [[600, 60], [700, 800]], [[1, 2]] * 5]
)
def test_hours_that_cannot_be_are_refused(store: Store, hours: list[list[int]]) -> None:
    with store.write() as session, pytest.raises(Invalid) as caught:
        calendars.put_calendar(session, "c", now=NOW, name="x", weekly=[hours, [], [], [], [], [], []])
    assert caught.value.code == "calendar.hours"


def test_presets_and_seeding(store: Store) -> None:
    with store.write() as session:
        with pytest.raises(Invalid):
            calendars.put_calendar(session, "c", now=NOW, name="x", tier="9x9")
        with pytest.raises(Invalid):
            calendars.put_calendar(session, "c", now=NOW, name="x")
        with pytest.raises(Invalid):
            calendars.put_calendar(session, "c", now=NOW, name="x", tier="5x8", holidays="maybe")
        calendars.put_calendar(session, "own", now=NOW, name="自定", tier="7x12", weekly=[[[480, 960]]] * 7)
        assert calendars.seed(session, NOW) == 0, "where somebody made calendars, nothing is added"
        assert session.get_one(Calendar, "own").weekly[6] == [[480, 960]]
        assert session.get_one(Calendar, "own").holidays == "open"
