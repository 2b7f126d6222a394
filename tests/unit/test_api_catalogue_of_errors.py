"""Every code the program raises stands in the table with a Chinese and an English text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hotline
from hotline.api.error_texts import PARTS
from hotline.api.errors import CATALOGUE
from hotline.core.errors import HotlineError

pytestmark = pytest.mark.unit

ROOT = Path(hotline.__file__).parent
# Whose errors can reach a client of the API: its own, and what it calls.
FOLDERS = ("api", "routing", "store/repositories", "store/passwords.py", "store/demo.py")
CORE = ("core/board.py", "core/triage.py", "core/masking.py", "core/forms.py")
RAISED = re.compile(r"""\b(?:HotlineError|Rejected|Invalid|Missing|Forbidden)\(\s*["']([a-z_]+\.[a-z_]+)["']""")
ANSWERED = re.compile(r"""["']code["']:\s*["']([a-z_]+\.[a-z_]+)["']""")


def codes() -> dict[str, str]:
    found: dict[str, str] = {}
    files = [file for name in FOLDERS for file in ((ROOT / name).rglob("*.py") if (ROOT / name).is_dir() else [ROOT / name])]
    for file in [*files, *(ROOT / name for name in CORE)]:
        text = file.read_text("utf-8")
        for pattern in (RAISED, ANSWERED):
            for code in pattern.findall(text):
                found[code] = str(file.relative_to(ROOT))
    return found


def test_the_search_finds_what_is_raised() -> None:
    found = codes()
    assert {"offer.gone", "auth.forbidden", "form.incomplete", "password.too_short"} & set(found)
    assert len(found) > 20


def test_every_code_is_in_the_table() -> None:
    missing = {code: file for code, file in codes().items() if code not in CATALOGUE}
    assert not missing


def test_no_code_stands_twice() -> None:
    assert sum(len(part.ENTRIES) for part in PARTS) == len(CATALOGUE) > 250


def test_every_entry_has_both_texts_and_a_sensible_status() -> None:
    for code, entry in CATALOGUE.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", code)
        assert re.search(r"[\u4e00-\u9fff]", entry.zh), code
        assert re.search(r"[a-z]{3}", entry.en), code
        assert entry.status in (401, 403, 404, 405, 409, 413, 416, 422, 429, 500, 503), code


def test_what_the_contract_promises_is_there() -> None:
    text = (ROOT.parent / "docs" / "protocol.md").read_text("utf-8")
    # Rows of tables only: elsewhere the same shape names a setting.
    text = "\n".join(line for line in text.splitlines() if line.startswith("| "))
    promised = set(re.findall(r"`((?:offer|call|agent|transfer|form|routing)\.[a-z_]+)`", text))
    assert "offer.gone" in promised
    assert promised - set(CATALOGUE) == set()


def test_an_error_is_only_its_code_and_details() -> None:
    assert str(HotlineError("form.invalid", fields={})) == "form.invalid"
