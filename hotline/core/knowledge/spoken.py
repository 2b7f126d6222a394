"""An entry as an agent reads it to the caller, or sends it: whole sentences, numbers in groups."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hotline.core.knowledge.entries import phones
from hotline.core.knowledge.kinds import INSTITUTION_TYPES, KINDS


def read_out(kind: str, title: str, fields: Mapping[str, str]) -> str:
    """The text, in Chinese as the entry is. A script is its own wording and nothing else."""
    if kind == "script":
        return fields.get("text", "")
    if kind == "law":
        law, article = fields.get("law", ""), fields.get("article", "")
        return f"根据《{law}》{article}：{fields.get('text', '')}" if law else fields.get("text", "")
    sentences = [title]
    for part in KINDS.get(kind, ()):
        text = fields.get(part.key, "")
        if not text:
            continue
        if part.key == "type":
            if INSTITUTION_TYPES.get(text, (title,))[0] not in title:
                sentences.append(INSTITUTION_TYPES[text][0] if text in INSTITUTION_TYPES else text)
            continue
        if part.key == "phones":
            text = "，或 ".join(spell(number) for number in phones(text))
        sentences.append(f"{part.zh}：{text}")
    return "。\n".join(sentence.rstrip("。") for sentence in sentences) + "。"


def spell(number: str) -> str:
    """A number in groups, as it is said: `0999-1234801` → `0999 1234 801`, `13900001234` → `139 0000 1234`."""
    head, sep, extension = number.partition("转")
    groups = [_groups(part) for part in re.findall(r"\d+", head)]
    return " ".join(groups) + (f" 转 {extension}" if sep else "")


def _groups(digits: str) -> str:
    if len(digits) <= 5:
        return digits
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
