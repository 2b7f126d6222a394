"""Settings of recordings shown to a colleague by a link."""

from __future__ import annotations

from pydantic import Field

from hotline.settings.section import Section


class SharingSettings(Section):
    """How long a link opens. No authority names a figure: three days serve a review on the next working day."""

    hours: float = Field(72.0, gt=0, le=8760)
    """Hours, when whoever shares says nothing."""
    max_hours: float = Field(720.0, gt=0, le=8760)
    """Longest that may be asked for."""
