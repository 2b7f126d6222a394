"""What the bureau has published for callers to hear is what was checked, and is there."""

from __future__ import annotations

import hashlib
from collections import Counter

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from hotline.ivr.parser import parse_flow
from hotline.ivr.problems import FlowError
from hotline.jobs.doctor.report import Report
from hotline.store.models import FlowPublication, FlowVersion, PromptUpload


def examine(session: Session, report: Report) -> None:
    """F22."""
    if not inspect(session.connection()).has_table("flow_versions"):
        return  # an older database, not migrated yet
    kept = {(row.name, row.version) for row in session.scalars(select(FlowVersion))}
    for row in session.scalars(select(FlowPublication)):
        report.looked("F22")
        if row.version and (row.name, row.version) not in kept:
            report.say("F22", "flow.published_unknown", row.name, version=row.version)
    for version in session.scalars(select(FlowVersion)):
        report.looked("F22")
        try:
            same = parse_flow(version.text, version.name).version == version.version
        except FlowError:
            same = False
        if not same:
            report.say("F22", "flow.changed", version.name, version=version.version)
    in_force: Counter[str] = Counter()
    for prompt in session.scalars(select(PromptUpload).where(PromptUpload.in_force)):
        report.looked("F22")
        name = f"{prompt.language}/{prompt.prompt}".lstrip("/")
        in_force[name] += 1
        if hashlib.sha256(prompt.wav).hexdigest() != prompt.sha256:
            report.say("F22", "prompt.changed", name)
    for name, count in in_force.items():
        if count > 1:
            report.say("F22", "prompt.doubled", name, count=count)
