"""The words under which a ticket's text is found: pairs of neighbouring Chinese characters (the last one alone too), and
words of Latin letters and digits. Pairs need no dictionary. Pure.

Only what is in clear is indexed so (facts, request, number). Names and phone numbers are found by keyed hashes.
"""

from __future__ import annotations

from typing import Final

from hotline.core.knowledge.words import RUNS, is_han, plain, words

MOST_TERMS: Final = 12
MOST_WORDS: Final = 600
"""Of one ticket: some 1,500 characters of facts; whoever searches uses the beginning."""


def index_text(*texts: str) -> str:
    """All words of these texts, each once, with a space before and after each."""
    found = dict.fromkeys(word for text in texts for word in words(text))
    return f" {' '.join(list(found)[:MOST_WORDS])} "


def terms(query: str) -> list[tuple[str, bool]]:
    """What a query asks the index for: (word, whether it is only a beginning). All must be there. Empty for a query without
    letters or digits; nothing in it is an operator."""
    found: dict[tuple[str, bool], None] = {}
    for run in RUNS.findall(plain(query)):
        if not is_han(run) or len(run) == 1:
            found[run, True] = None
        else:
            found.update({(run[place : place + 2], False): None for place in range(len(run) - 1)})
    return list(found)[:MOST_TERMS]
