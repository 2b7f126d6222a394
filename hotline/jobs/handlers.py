"""Every kind of job and what does it."""

from __future__ import annotations

from collections.abc import Mapping

from hotline.jobs import finish_call, seal_recording
from hotline.jobs.durable import Handler
from hotline.store.sealing import seal


def handlers() -> Mapping[str, Handler]:
    """Kind of job → handler."""
    return {"finish_call": finish_call.run, "seal_recording": seal_recording.handler(seal)}
