"""New notices ring at once: every half second the database is asked whether there are any, and whose they are, and the open
feeds of those people are told. What they say is read from `/api/notices`, with the rights of whoever reads.

Asking the database, and not being told by whoever wrote them: a notice is written in the transaction of its cause, by the jobs
or any API process, and rings exactly when that was committed, also while Redis is away.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from hotline import logs
from hotline.store.engine import Store
from hotline.store.models import Notice, NoticeReader

if TYPE_CHECKING:
    from hotline.api.context import Context

log = logs.get("hotline.api.bell")

LOOK_SECONDS: Final = 0.5
WINDOW: Final = 2_000
"""So many of the last numbers are looked at: on PostgreSQL a lower one may be committed after a higher one."""


class Bell:
    """Which notices there are, as far as this process knows. `first` look: only what comes after it rings."""

    def __init__(self) -> None:
        self._mark = (0, 0)
        self._known: frozenset[int] | None = None

    async def run(self, context: Context) -> None:
        """Until cancelled; a database that is away is asked again."""
        while True:
            if self._known is not None and not context.feeds.open:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            try:
                whose = await asyncio.to_thread(self.look, context.store)
            except SQLAlchemyError as error:
                log.warning("bell_failed", kind=type(error).__name__)
            else:
                for one in list(context.feeds.open):
                    if one.person.user_id in whose:
                        one.notices()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self, store: Store) -> frozenset[str]:
        """Accounts that have a notice which was not there at the last look."""
        with store.read() as session:
            top = int(session.scalar(select(func.max(Notice.id))) or 0)
            within = Notice.id > top - WINDOW
            mark = (top, int(session.scalar(select(func.count()).where(within)) or 0))
            if mark == self._mark and self._known is not None:
                return frozenset()
            ids = frozenset(session.scalars(select(Notice.id).where(within)))
            fresh = ids - self._known if self._known is not None else frozenset()
            query = select(NoticeReader.account_id).distinct()
            whose = frozenset(session.scalars(query.where(NoticeReader.notice_id.in_(fresh)))) if fresh else frozenset()
        self._mark, self._known = mark, ids
        return whose
