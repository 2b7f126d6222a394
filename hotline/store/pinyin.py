"""How a Chinese character is read, from `data/pinyin.txt`: 42 kB of numbers and 650 tuples, loaded when first wanted."""

from __future__ import annotations

from array import array
from functools import cache
from importlib.resources import files
from typing import Final

FIRST: Final = 0x4E00
COUNT: Final = 0x9FA5 - FIRST + 1


@cache
def _table() -> tuple[array[int], list[tuple[str, ...]]]:
    places = array("H", bytes(2 * COUNT))
    text = files("hotline.store").joinpath("data/pinyin.txt").read_text("utf-8")
    known: list[tuple[str, ...]] = [()]
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        readings, _, chars = line.partition("\t")
        known.append(tuple(readings.split()))
        for char in chars:
            places[ord(char) - FIRST] = len(known) - 1
    return places, known


def readings(char: str) -> tuple[str, ...]:
    """The readings of a character without tones, most frequent first; () for anything else."""
    places, known = _table()
    place = ord(char) - FIRST
    return known[places[place]] if 0 <= place < COUNT else ()
