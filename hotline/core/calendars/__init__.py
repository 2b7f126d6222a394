"""Working days and opening hours. Pure: dates and Unix seconds in, answers out; nothing here looks at a clock.

* `days.py`: which days are worked (:class:`DayTable`), from year tables; an unknown year is *provisional*
* `yeartables.py`: reading a year table from CSV, with a report of bad rows
* `counting.py`: adding and counting working days (ticket clocks stand on it)
* `hours.py`: when a line is open (:class:`Calendar`), and why
* `tiers.py`: the usual tiers 5x8, 7x12, 7x24
* `timetable.py`: the next days of every line, laid out for those who have no database
"""

from hotline.core.calendars.counting import add_working_days, next_working_day, working_days_between
from hotline.core.calendars.days import ZONE, Day, DayTable, local_date
from hotline.core.calendars.hours import Calendar, Opening, Special, Standing, look, next_closing, next_opening
from hotline.core.calendars.tiers import TIERS, tier

__all__ = [
    "TIERS",
    "ZONE",
    "Calendar",
    "Day",
    "DayTable",
    "Opening",
    "Special",
    "Standing",
    "add_working_days",
    "local_date",
    "look",
    "next_closing",
    "next_opening",
    "next_working_day",
    "tier",
    "working_days_between",
]
