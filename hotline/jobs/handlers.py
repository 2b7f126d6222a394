"""Every kind of job and what does it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from hotline.jobs import finish_call, seal_recording
from hotline.jobs.durable import Handler
from hotline.secrecy import Secrecy


def _seal(caller: Path, peer: Path, target: Path, secrecy: Secrecy, recording_id: str) -> seal_recording.Sealed:
    seal: seal_recording.Seal = importlib.import_module("hotline.store.sealing").seal
    return seal(caller, peer, target, secrecy, recording_id)


def handlers() -> Mapping[str, Handler]:
    """Kind of job → handler."""
    return {"finish_call": finish_call.run, "seal_recording": seal_recording.handler(_seal)}
