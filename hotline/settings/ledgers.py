"""Settings of the ledgers: `[ledgers]` in `hotline.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.core.ledgers.advisers import Owed
from hotline.settings.section import Section


class LedgerSettings(Section):
    """Village advisers' duties and exports."""

    adviser_hours: Annotated[float, Field(gt=0, le=80)] = 4.0
    """Hours a month that a village's adviser is there (county plan, prefecture plan)."""
    adviser_lectures: Annotated[int, Field(ge=0, le=12)] = 1
    """Lectures a quarter (the same)."""
    export_rows: Annotated[int, Field(ge=100, le=1_000_000)] = 500_000
    """Rows of one export at most; a spreadsheet holds 1,048,576."""
    export_keep_hours: Annotated[float, Field(gt=0, le=720)] = 72.0
    """Exported files are deleted after this."""

    @property
    def owed(self) -> Owed:
        """As the rules want it."""
        return Owed(round(60 * self.adviser_hours), self.adviser_lectures)
