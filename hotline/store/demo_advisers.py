"""The demo city's village advisers: one who has done what is owed, one who is behind, one who has just
begun. Everything here is invented."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from hotline.core.ledgers.advisers import month_of
from hotline.store.models import AdviserEntry, VillageAdviser
from hotline.store.repositories.experts import ZONE

# id, village, name, firm, (kind, day of last month, from, to, people, what about)
_ADVISERS: Final = (
    ("vadv_demo1", "ctr_990102101201", "周明", "临江正平律师事务所", (
        ("onsite", 6, 540, 690, 7, "土地承包合同咨询，调解邻里排水纠纷"),
        ("lecture", 20, 870, 990, 46, "《民法典》婚姻家庭编讲座"),
    )),
    ("vadv_demo2", "ctr_990103101201", "郑洁", "江畔律师事务所", (("onsite", 13, 540, 630, 4, "务工合同咨询"),)),
    ("vadv_demo3", "ctr_990121101201", "冯磊", "江畔律师事务所", ()),
)  # fmt: skip


def load(session: Session, now: float) -> int:
    """Put them in, with what they did last month; how many were not there yet."""
    today = datetime.fromtimestamp(now, ZONE).date()
    last_month = month_of(month_of(today)[0] - timedelta(days=1))[0]
    count = 0
    for adviser_id, centre_id, name, firm, entries in _ADVISERS:
        if session.get(VillageAdviser, adviser_id) is not None:
            continue
        began = today if adviser_id == "vadv_demo3" else last_month - timedelta(days=400)
        session.add(VillageAdviser(id=adviser_id, centre_id=centre_id, name=name, firm=firm, since=began.isoformat()))
        session.flush()
        for n, (kind, day, first, last, people, topic) in enumerate(entries):
            session.add(
                AdviserEntry(
                    id=f"alog_{adviser_id}_{n}",
                    adviser_id=adviser_id,
                    centre_id=centre_id,
                    date=last_month.replace(day=day).isoformat(),
                    kind=kind,
                    from_minute=first,
                    to_minute=last,
                    topic=topic,
                    people=people,
                    by="system",
                    created_at=now,
                )
            )
        session.flush()
        count += 1
    return count
