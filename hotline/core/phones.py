"""Telephone numbers as Chinese trunks deliver them: normalise, hint at the region, mask.

Shapes are decided by total length, not by stripping prefixes: `01012345678` is a Beijing landline (11 digits), while
`013812345678` is a remote mobile with a trunk 0 (12 digits). The raw value is always kept beside the normalised one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["mobile", "landline", "local", "privacy", "short", "foreign", "anonymous", "unknown"]

_MOBILE: Final = re.compile(r"^1[3-9]\d{9}$", re.ASCII)
# 010 and 02x take 8 subscriber digits; other area codes are 0xxx with 7 or 8.
_LANDLINE: Final = re.compile(r"^0(?:10\d{8}|2\d\d{8}|[3-9]\d{2}\d{7,8})$", re.ASCII)
_ANONYMOUS: Final = frozenset({"", "anonymous", "unavailable", "restricted", "unknown", "asterisk", "private"})


@dataclass(frozen=True, slots=True)
class Phone:
    """`e164` is `+86…` (or the foreign number), or `` when it cannot be dialled; `national` is how a person writes it."""

    raw: str
    kind: Kind
    national: str
    e164: str

    @property
    def dialable(self) -> bool:
        """Whether it can be called back."""
        return bool(self.e164)


def apply_rules(number: str, rules: Iterable[tuple[str, str]]) -> str:
    """The first (`pattern`, `replacement`) whose pattern matches the whole number is applied; else it stays as it is."""
    for pattern, replacement in rules:
        match = re.fullmatch(pattern, number)
        if match:
            return match.expand(replacement)
    return number


def normalise(raw: str, area_code: str = "") -> Phone:
    """Make sense of a calling number. `area_code` (with its 0) is the line's own, used for local numbers without one.

    Never raises: what cannot be read comes back as kind `unknown` with the raw digits kept.
    """
    text = raw.strip()
    if text.lower() in _ANONYMOUS:
        return Phone(raw, "anonymous", "", "")
    digits = re.sub(r"[\s\-().]", "", text)
    if not re.fullmatch(r"\+?[0-9]{2,20}", digits):
        return Phone(raw, "unknown", "", "")
    found = _china(digits, area_code)
    if found:
        return Phone(raw, *found)
    foreign = digits[1:] if digits.startswith("+") else digits[2:] if digits.startswith("00") else ""
    if foreign and not foreign.startswith("86") and 7 <= len(foreign) <= 15:
        return Phone(raw, "foreign", "00" + foreign, "+" + foreign)
    return Phone(raw, "unknown", digits.lstrip("+"), "")


def _china(digits: str, area_code: str) -> tuple[Kind, str, str] | None:
    for prefix in ("+86", "0086"):
        if digits.startswith(prefix):
            rest = digits[len(prefix) :]
            return _national(rest, area_code) or _national("0" + rest, area_code)
    if digits.startswith(("+", "00")):
        return None
    if (found := _national(digits, area_code)) is not None:
        return found
    if digits.startswith("86") and len(digits) in (12, 13):
        rest = digits[2:]
        if (found := _national(rest, area_code) or _national("0" + rest, area_code)) is not None:
            return found
    # 12583x: a second-number service puts its code before the mobile.
    if re.fullmatch(r"12583\d1[3-9]\d{9}", digits):
        return _national(digits[6:], area_code)
    # A PBX's outside-line 9 is only stripped when the rest is a whole number by itself.
    if digits.startswith("9") and len(digits) >= 11:
        return _national(digits[1:], area_code)
    return None


def _national(digits: str, area_code: str) -> tuple[Kind, str, str] | None:
    if _MOBILE.match(digits):
        return "mobile", digits, "+86" + digits
    if len(digits) == 12 and digits.startswith("0") and _MOBILE.match(digits[1:]):
        return "mobile", digits[1:], "+86" + digits[1:]
    if _LANDLINE.match(digits):
        return "landline", digits, "+86" + digits[1:]
    if len(digits) == 15 and digits.startswith("700"):
        return "privacy", digits, ""
    if re.fullmatch(r"[2-8]\d{6,7}", digits):
        if area_code and _LANDLINE.match(area_code + digits):
            return "landline", area_code + digits, "+86" + (area_code + digits)[1:]
        return "local", digits, ""
    if re.fullmatch(r"(1[0-2]\d|9[56]\d{3}|1[0-2]\d{3})", digits):
        return "short", digits, ""
    return None


def mask(number: str) -> str:
    """`13812345678` → `138****5678`; landlines keep area code and last two; short or empty numbers keep nothing useful.

    >>> mask("13812345678"), mask("01012345678"), mask("")
    ('138****5678', '010****78', '匿名')
    """
    digits = re.sub(r"\D", "", number)
    if not digits:
        return "匿名"
    if digits.startswith("86") and len(digits) in (12, 13):
        digits = digits[2:] if _MOBILE.match(digits[2:]) else "0" + digits[2:]
    if _MOBILE.match(digits):
        return digits[:3] + "****" + digits[-4:]
    if len(digits) >= 7:
        return digits[: 3 if digits.startswith(("010", "02")) else 4] + "****" + digits[-2:]
    return digits[:1] + "***"


def mask_id_number(number: str) -> str:
    """First 6 and last 2 of an ID number stay (rules J.65)."""
    return number[:6] + "*" * max(0, len(number) - 8) + number[-2:] if len(number) > 8 else "*" * len(number)


def mask_name(name: str) -> str:
    """The family name stays: 王小明 → 王**."""
    return name[:1] + "*" * (len(name) - 1) if name else ""
