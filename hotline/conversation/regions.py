"""Where a number was once issued: a hint for the desk, never a jurisdiction (numbers are carried along; about a third of a
city's tickets are from elsewhere). Mobile prefixes and area codes come from the data of the `phone` package.
"""

from __future__ import annotations

from typing import Any

from phone import Phone as PhoneData


class RegionHints:
    """Loaded once by the fork server (4 MB, shared by all workers)."""

    def __init__(self) -> None:
        self._data: Any = PhoneData()
        self._areas = self._area_codes()

    def hint(self, national: str) -> str:
        """`浙江杭州` for a Chinese mobile or landline in national form; empty when it is not known."""
        if national.startswith("1") and len(national) == 11:
            found = self._data.find(national)
            return _place(found["province"], found["city"]) if found else ""
        if national.startswith("0"):
            return self._areas.get(national[:3], "") or self._areas.get(national[:4], "")
        return ""

    def _area_codes(self) -> dict[str, str]:
        """Area code → place, out of the records that mobile prefixes point at (`province|city|postcode|area code`)."""
        start, end = self._data.head_fmt_length, self._data.first_phone_record_offset
        areas: dict[str, str] = {}
        for raw in self._data.buf[start:end].split(b"\0"):
            province, _, rest = raw.decode("utf-8", "ignore").partition("|")
            parts = rest.split("|")
            if len(parts) == 3 and parts[2].startswith("0"):
                areas.setdefault(parts[2], _place(province, parts[0]))
        return areas


def _place(province: str, city: str) -> str:
    return province if province == city else province + city
