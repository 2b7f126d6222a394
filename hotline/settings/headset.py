"""Settings of the browser headset."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hotline.settings.section import Seconds, Section


class HeadsetSettings(Section):
    """A headset in the browser, next to desk phones."""

    enabled: bool = True
    credential_seconds: Annotated[float, Field(ge=60, le=3600)] = 300
    """How long the password of a log-in's headset holds; the console fetches the next one before that."""
    max_connections: Annotated[int, Field(ge=1, le=10_000)] = 400
    """Browsers with a headset at once."""
    echo_seconds: Annotated[float, Field(ge=5, le=120)] = 25
    """Longest self-test."""
    silent_seconds: Annotated[float, Field(ge=0.5, le=10)] = 1.5
    """A headset that has sent nothing for so long is lost: the caller hears music. Browsers send 50 packets a second, muted or
    not."""
    redial_seconds: Annotated[float, Field(ge=0.5, le=30)] = 1.5
    """How often a lost headset is dialled again."""
    return_seconds: Seconds = 30
    """An agent whose headset is not back by then has lost the call: the caller goes to another, ahead of later ones."""
