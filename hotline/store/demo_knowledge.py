"""The demo city's catalogue at hand: its invented institutions, and public hotlines, guides and articles of law as they are.

Quotations are the beginnings of articles; whatever is not certain word by word is told in other words, as a guide.
"""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.core.knowledge.sheet import KNOWLEDGE, read_sheet
from hotline.store import sheets
from hotline.store.models import KnowledgeEntry, Region
from hotline.store.repositories import knowledge


def load(session: Session, now: float) -> int:
    """Fill an empty catalogue; how many entries. Goes through the reader that a bureau's own sheet goes through.

    Raises ValueError when a row of the shipped file is wrong (a test reads it)."""
    if session.scalar(select(func.count()).select_from(KnowledgeEntry)):
        return 0
    rows = sheets.read(files("hotline.store").joinpath("data/demo_knowledge.csv").read_bytes(), KNOWLEDGE)
    entries, problems = read_sheet(rows, {code: code for code in session.scalars(select(Region.code))})
    if problems:
        raise ValueError(f"demo_knowledge.csv: {problems[0]}")
    for entry in entries:
        knowledge.add(session, entry.draft, by="system", now=now, action="imported")
    return len(entries)
