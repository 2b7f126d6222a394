"""Settings of the triage desk's screen; joined in :mod:`hotline.settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.settings.section import Section


class DeskSettings(Section):
    """The form and what it says back (rules B.20–25)."""

    tables: str = ""
    """A folder with the bureau's own tables, looked up before the shipped ones: `legal_limits.csv`, `legal_aid_grounds.csv`,
    `materials.csv`, `wording.csv`, `risk_words.csv` (same columns)."""
    urgent_days: Annotated[int, Field(ge=1, le=60)] = 7
    """A limit of the law with less than this left makes the matter P1 (rules B.23; 法律援助法 44)."""
    near_days: Annotated[int, Field(ge=1, le=400)] = 30
    """With less than this left it is shown as a warning."""
    repeat_calls: Annotated[int, Field(ge=2, le=100)] = 3
    """So many calls of one number within `repeat_days` are repeated calls (risk flag R12)."""
    repeat_days: Annotated[int, Field(ge=1, le=400)] = 30
    """Also how far back the same matter is looked for (rules F.49)."""
    presence_seconds: Annotated[float, Field(ge=5, le=300)] = 20
    """Who has not said for so long that they look at a form is not shown on it any more."""
