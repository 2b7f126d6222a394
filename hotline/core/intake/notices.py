"""The one-time notice (一次性告知; city rule, 法律援助法 43): everything that is missing, said at once, as words to read out
and to send. What a service usually wants is data (`materials.csv`); the agent ticks, and may add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST: Final = 20
"""Items of one notice: what is longer nobody can take down on the telephone."""


@dataclass(frozen=True, slots=True)
class Material:
    """One paper that a service usually wants."""

    service: str
    code: str
    zh: str
    en: str
    source: str

    def to_json(self) -> dict[str, Any]:
        return {"service": self.service, "code": self.code, "zh": self.zh, "en": self.en, "source": self.source}


def materials_of(rows: Iterable[Mapping[str, str]]) -> tuple[Material, ...]:
    """The table out of its rows."""
    return tuple(Material(row["service_type"], row["code"], row["zh"], row["en"], row["source"]) for row in rows)


_NUMERALS: Final = "一二三四五六七八九十"


def _numeral(n: int) -> str:
    """1–20 as they are read out: 第十二项.

    >>> _numeral(1), _numeral(10), _numeral(12), _numeral(20)
    ('一', '十', '十二', '二十')
    """
    if n <= 10:
        return _NUMERALS[n - 1]
    return "二十" if n == 20 else "十" + _NUMERALS[n - 11]


def notice(items: Iterable[str], materials: Iterable[Material], service: str, service_names: tuple[str, str]) -> dict[str, str]:
    """The notice in both languages, `zh` and `en`; empty when nothing is missing. `items` are codes of `materials`, or words
    of the agent's own. Legal aid adds what the law says of papers that do not come (法律援助法 43)."""
    known = {one.code: one for one in materials}
    wanted = [item.strip() for item in items if item.strip()][:MOST]
    if not wanted:
        return {"zh": "", "en": ""}
    zh = [known[item].zh if item in known else item for item in wanted]
    en = [known[item].en if item in known else item for item in wanted]
    of_zh, of_en = service_names
    aid = service == "S02"
    listed_zh = "".join(f"第{_numeral(n)}项，{text}；" for n, text in enumerate(zh, 1)).rstrip("；") + "。"
    listed_en = " ".join(f"{n}. {text};" for n, text in enumerate(en, 1)).rstrip(";") + "."
    return {
        "zh": f"您办理{of_zh or '此事项'}还需补充材料，共{len(zh)}项，现一次性告知：{listed_zh}"
        + ("未按要求补充材料的，视为撤回申请；补齐后可以再次申请。" if aid else "请一次备齐后提交，以免往返。")
        + "如材料确有困难，请告诉我们。",
        "en": f"For {of_en or 'this matter'} {len(en)} more paper(s) are needed; this is the complete list: {listed_en} "
        + (
            "If they do not come, the application counts as withdrawn; you may apply again. "
            if aid
            else "Please hand them in together. "
        )
        + "If one of them is hard to get, please tell us.",
    }
