"""The catalogue at hand: what an entry holds, how it is found, how it is read out. Pure; "knowledge" is its word in code, table
and API, because "catalogue" is the code lists already.
"""

from __future__ import annotations

from hotline.core.knowledge.entries import Draft, read_draft
from hotline.core.knowledge.kinds import INSTITUTION_TYPES, KINDS, Part
from hotline.core.knowledge.query import Query, Term, parse
from hotline.core.knowledge.ranking import Candidate, rank
from hotline.core.knowledge.spoken import read_out
from hotline.core.knowledge.validity import standing
from hotline.core.knowledge.words import Indexed, Readings, index

__all__ = [
    "INSTITUTION_TYPES",
    "KINDS",
    "Candidate",
    "Draft",
    "Indexed",
    "Part",
    "Query",
    "Readings",
    "Term",
    "index",
    "parse",
    "rank",
    "read_draft",
    "read_out",
    "standing",
]
