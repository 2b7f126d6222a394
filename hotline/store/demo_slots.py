"""When the demo city's centres have time for appointments: in person, by video, and to call back. Everything here is invented.

The simulated town books some of it by itself (`hotline.simulate.town_bookings`)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from hotline.store.models import Account, AppointmentPlan

WORKDAYS: Final = (0, 1, 2, 3, 4)
# id, centre, person, kinds, weekdays (0 Monday), from, to, minutes of a slot, places
_PLANS: Final = (
    ("apl_demo_1", "ctr_990102", "", ("visit",), WORKDAYS, 540, 690, 30, 2),
    ("apl_demo_2", "ctr_990102", "acc_centre", ("video",), (1, 3), 840, 960, 30, 1),
    ("apl_demo_3", "ctr_990102", "", ("call",), WORKDAYS, 840, 1020, 20, 2),
    ("apl_demo_4", "ctr_990103", "", ("visit", "video"), WORKDAYS, 540, 690, 30, 1),
    ("apl_demo_5", "ctr_990103", "", ("call",), (0, 2, 4), 840, 1020, 20, 1),
    ("apl_demo_6", "ctr_990121", "", ("visit", "call"), (0, 2, 4), 540, 660, 30, 1),
    ("apl_demo_7", "ctr_990100", "", ("visit", "video", "call"), WORKDAYS, 540, 1020, 30, 3),
    ("apl_demo_8", "ctr_990102101201", "", ("visit",), (2,), 540, 660, 60, 1),
)


def load(session: Session) -> int:
    """Put them in; how many were not there yet. What is there stays as people have made it."""
    count = 0
    for plan_id, centre_id, account_id, kinds, weekdays, first, last, minutes, places in _PLANS:
        if session.get(AppointmentPlan, plan_id) is not None:
            continue
        if account_id and session.get(Account, account_id) is None:
            continue
        session.add(
            AppointmentPlan(
                id=plan_id,
                centre_id=centre_id,
                account_id=account_id,
                kinds=list(kinds),
                weekdays=list(weekdays),
                from_minute=first,
                to_minute=last,
                slot_minutes=minutes,
                places=places,
            )
        )
        count += 1
    session.flush()
    return count
