"""Conflicts of interest (Lawyers Law, art. 39; rules C.29, C.30): nobody is asked to advise against somebody they, or their
firm, have advised or represent.

Names never travel: parties are compared as keyed hashes of what :mod:`hotline.core.conflicts.parties` makes of them.
"""

from __future__ import annotations

from hotline.core.conflicts.book import Book, Found, Mark, Parties, barred
from hotline.core.conflicts.paid import PaidCase, may_take_paid_case
from hotline.core.conflicts.parties import party_terms

__all__ = ["Book", "Found", "Mark", "PaidCase", "Parties", "barred", "may_take_paid_case", "party_terms"]
