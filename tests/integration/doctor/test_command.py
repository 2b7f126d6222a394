"""The command `hotline doctor`: its words, its exit codes, and that it makes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.integration.doctor.home import CALL, NO_REDIS, Home

pytestmark = pytest.mark.integration


def run(home: Home, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    config = home.settings.home / "hotline.toml"
    config.write_text(f'home = "{home.settings.home}"\n[redis]\nurl = "{NO_REDIS["url"]}"\n')
    monkeypatch.setenv("HOTLINE_CONFIG", str(config))
    return CliRunner().invoke(_app(), ["doctor", *arguments])


def _app() -> Any:
    import typer

    from hotline.cli_doctor import doctor as command

    alone = typer.Typer()
    alone.command("doctor")(command)
    alone.command("other")(lambda: None)
    return alone


def test_the_command(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    good = run(home, monkeypatch)
    assert good.exit_code == 0, good.output
    assert "I17" in good.output
    home.sql(f"UPDATE calls SET talk_seconds = 99 {CALL}")
    bad = run(home, monkeypatch)
    assert bad.exit_code == 1
    assert "call_a" in bad.output
    found = json.loads(run(home, monkeypatch, "--json").output)
    entry = next(item for item in found["invariants"] if item["id"] == "I13")
    assert not found["clean"]
    assert entry["state"] == "broken"
    assert entry["first"]["subject"] == "call_a"
    assert "99" in entry["first"]["zh"]
    assert "99" in entry["first"]["en"]


def test_nothing_to_look_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.store.close()
    for path in home.settings.home.glob("hotline.db*"):
        path.unlink()
    result = run(home, monkeypatch, "--json")
    assert result.exit_code == 2
    assert not (home.settings.home / "hotline.db").exists(), "the doctor makes nothing"
