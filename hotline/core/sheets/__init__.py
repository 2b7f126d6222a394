"""Spreadsheets of experts and rosters: rows of text in, checked entries and a report of every bad cell out. Reading and
writing the files themselves is :mod:`hotline.store.sheets`'s.
"""

from __future__ import annotations

from hotline.core.sheets.columns import Column, SheetRow, Table, match
from hotline.core.sheets.experts import EXPERTS, ExpertEntry, read_experts
from hotline.core.sheets.problems import Problem
from hotline.core.sheets.roster import ROSTER, ShiftEntry, read_roster

__all__ = [
    "EXPERTS",
    "ROSTER",
    "Column",
    "ExpertEntry",
    "Problem",
    "SheetRow",
    "ShiftEntry",
    "Table",
    "match",
    "read_experts",
    "read_roster",
]
