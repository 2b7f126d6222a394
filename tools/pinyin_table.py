"""Makes `hotline/store/data/pinyin.txt`: how each common Chinese character is read, for search by pinyin.

    pip install pypinyin==0.55.0
    python tools/pinyin_table.py

The readings of a character are those it has in at least a twentieth of the 47,000 phrases of pypinyin (MIT licence, Huang
Huang and contributors), most frequent first, three at most: so 行 is `xing` and `hang`, and 重 `zhong` and `chong`. A character
that is in no phrase has its first reading. Only the file is used at run time: a dictionary of phrases would cost the API
process some 30 MB.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from pathlib import Path

from pypinyin.contrib.tone_convert import to_normal
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

TARGET = Path(__file__).resolve().parents[1] / "hotline" / "store" / "data" / "pinyin.txt"
SHARE = 0.05
MOST = 3
FIRST, LAST = 0x4E00, 0x9FA5
HEAD = """\
# Readings of the characters U+4E00 to U+9FA5 without tones, most frequent first: readings, a tab, the characters.
# Made by tools/pinyin_table.py from pypinyin 0.55.0 (MIT licence). ü is written u.
"""


def plain(reading: str) -> str:
    """Without tone, ü as u: people type both `lv` and `lu` for 律, and search folds them."""
    return to_normal(reading, v_to_u=True).replace("ü", "u").replace("v", "u")


def main() -> None:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, readings in phrases_dict.items():
        if len(phrase) == len(readings):
            for char, options in zip(phrase, readings, strict=True):
                counted[char][plain(options[0])] += 1
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for point in range(FIRST, LAST + 1):
        known = pinyin_dict.get(point)
        if not known:
            continue
        char = chr(point)
        total = counted[char].total()
        found = [one for one, count in counted[char].most_common(MOST) if count >= total * SHARE]
        found = found or [plain(known.split(",")[0])]
        groups[tuple(one for one in found if one.isascii() and one.isalpha())].append(char)
    lines = ["{}\t{}".format(" ".join(key), "".join(chars)) for key, chars in sorted(groups.items()) if key]
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")
    characters = sum(len(one) for one in itertools.chain(groups.values()))
    print(f"{TARGET.name}: {characters} characters, {len(groups)} readings, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
