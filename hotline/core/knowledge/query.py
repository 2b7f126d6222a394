"""What somebody typed, taken apart: Chinese words, pinyin in full or by initials, Latin words, numbers, in any mixture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hotline.core.knowledge.words import RUNS, is_han, plain

MOST_TERMS: Final = 24
"""A question read out whole has about twenty pairs; more would cost time and find nothing else."""
_UMLAUT: Final = re.compile(r"([ln])v")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be found: any of `words`, whole or (with `prefix`) as a beginning."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """`typed` is what was typed, `text` the same plainly written; `terms` are what the index is asked for."""

    typed: str
    text: str
    terms: tuple[Term, ...]

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse(text: str) -> Query:
    """Take a query apart. Nothing in it is ever read as an operator; one without letters or digits is empty."""
    simple = plain(text)
    terms: dict[Term, None] = {}
    for run in RUNS.findall(simple):
        if not is_han(run):
            # v stands for ü on keyboards; the index writes u (律 is both lv and lu to those who type it).
            terms[Term(tuple(dict.fromkeys((run, _UMLAUT.sub(r"\1u", run)))), prefix=True)] = None
        elif len(run) == 1:
            terms[Term((run,), prefix=True)] = None
        else:
            for place in range(len(run) - 1):
                terms[Term((run[place : place + 2],))] = None
    return Query(text.strip(), " ".join(simple.split()), tuple(terms)[:MOST_TERMS])
