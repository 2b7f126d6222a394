"""The words under which an entry is found: pairs of neighbouring Chinese characters, words of Latin letters and digits, and
pinyin from each character of title and keywords on, in full and by initials.

Pairs need no dictionary: any word of two characters is one term and is always hit, whatever a segmenter would have cut there
(劳动 in 劳动仲裁委员会, but also 动仲, which nobody asks for and which does no harm). See docs/adr on search.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

Readings = Callable[[str], tuple[str, ...]]
"""The readings of one character without tones, most frequent first; () for what is none."""

RUNS: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[a-z0-9]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
SYLLABLES: Final = 10
"""Pinyin goes so many characters far: nobody types more of a name."""
VARIANTS: Final = 4
"""Ways of reading one stretch that are indexed: 重庆 as `chongqing` and `zhongqing`, but no more than these."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """The words of the four fields that are searched; `title` and `keywords` weigh more than `body`."""

    title: tuple[str, ...]
    keywords: tuple[str, ...]
    body: tuple[str, ...]
    pinyin: tuple[str, ...]


def plain(text: str) -> str:
    """As everything is compared: wide letters narrow, small."""
    return unicodedata.normalize("NFKC", text).lower()


def is_han(text: str) -> bool:
    """Whether it begins with a Chinese character."""
    return bool(_HAN.match(text))


def words(text: str) -> Iterator[str]:
    """The terms of a text in order. The last character of a run stands alone too, so that any character begins a term."""
    for run in RUNS.findall(plain(text)):
        if is_han(run):
            yield from (run[place : place + 2] for place in range(len(run)))
        else:
            yield run


def pinyin_words(text: str, readings: Readings) -> Iterator[str]:
    """From each character on, what it sounds like in full and by initials: 劳动 gives laodong, ld, dong, d."""
    for run in re.findall(r"[\u4e00-\u9fff]+", text):
        sounds = [readings(char) for char in run]
        for start in range(len(run)):
            stretch = list(itertools.takewhile(bool, sounds[start : start + SYLLABLES]))
            if not stretch:
                continue
            # Second readings near the beginning matter most: the later ones vary last.
            for chosen in itertools.islice(_variants(stretch), VARIANTS):
                yield "".join(chosen)
                yield "".join(one[0] for one in chosen)


def _variants(stretch: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """All readings of a stretch: the usual one, then those that differ in one place, front to back, then the rest."""
    usual = tuple(options[0] for options in stretch)
    yield usual
    seen = {usual}
    for place, options in enumerate(stretch):
        for other in options[1:]:
            one = (*usual[:place], other, *usual[place + 1 :])
            seen.add(one)
            yield one
    yield from (one for one in itertools.product(*stretch) if one not in seen)


def phone_words(numbers: Iterable[str]) -> Iterator[str]:
    """Numbers as people type them: with and without area code, in one piece."""
    for number in numbers:
        parts = re.findall(r"\d+", number)
        yield "".join(parts)
        yield from parts


def index(title: str, keywords: Iterable[str], body: Iterable[str], phones: Iterable[str], readings: Readings) -> Indexed:
    """Everything under which an entry is found; every word once a field."""
    keywords = tuple(keywords)
    return Indexed(
        title=_once(words(title)),
        keywords=_once(itertools.chain(itertools.chain.from_iterable(map(words, keywords)), phone_words(phones))),
        body=_once(itertools.chain.from_iterable(map(words, body))),
        pinyin=_once(itertools.chain.from_iterable(pinyin_words(one, readings) for one in (title, *keywords))),
    )


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
