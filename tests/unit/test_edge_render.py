"""What the settings become: conditions, lists, refused values; and what `kamailio -c` thinks of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hotline.edge import kamailio, programs, rtpengine, trunks
from hotline.edge.errors import EdgeError
from hotline.settings import Settings, TrunkSettings, load

pytestmark = pytest.mark.unit

PHONE = kamailio.Phone("8001", "0123456789abcdef" * 2)


def _settings(tmp_path: Path, **values: Any) -> Settings:
    return load(home=tmp_path, **values)


def test_sources_and_ports() -> None:
    assert trunks.source_condition(["192.0.2.1"], []) == "(src_ip == 192.0.2.1)"
    assert (
        trunks.source_condition(["192.0.2.0/24", "198.51.100.7"], [5060, 5062])
        == "(src_ip == 192.0.2.0/24 || src_ip == 198.51.100.7) && (src_port == 5060 || src_port == 5062)"
    )
    assert trunks.source_condition([], []) == "1 == 0"


def test_numbers() -> None:
    assert trunks.number_condition(["12348"], "t") == '$rU == "12348"'
    assert trunks.number_condition([], "t") == "1 == 0"
    assert trunks.number_condition(["*"], "t") == "$rU != $null"


@pytest.mark.parametrize("number", ['1" || 1 == 1', "$var(x)", "12\n348", "a\\b", ""])
def test_a_number_cannot_become_a_statement(number: str) -> None:
    with pytest.raises(EdgeError) as caught:
        trunks.number_condition([number], "t")
    assert caught.value.code == "edge.bad_value"


def test_prefixes_are_digits() -> None:
    assert trunks.prefixes(["+861"], "k") == ["861"]
    for wrong in ("861", "+", "+86.*", "+86x"):
        with pytest.raises(EdgeError):
            trunks.prefixes([wrong], "transfer.allowed_prefixes")


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"sip": {"host": "0.0.0.0"}}, "sip.host"),
        ({"sip": {"host": "edge.example"}}, "sip.host"),
        ({"sip": {"domain": 'x" exit; "'}}, "sip.domain"),
        ({"redis": {"url": "rediss://192.0.2.1/0"}}, "redis.url"),
        ({"trunks": [{"name": "a", "domain": 'b"c'}]}, "trunks.a.domain"),
        ({"transfer": {"allowed_prefixes": ["86"]}}, "transfer.allowed_prefixes"),
    ],
)
def test_settings_that_cannot_be_written_are_named(tmp_path: Path, values: dict[str, Any], key: str) -> None:
    with pytest.raises(EdgeError) as caught:
        kamailio.render(_settings(tmp_path, **values), [])
    assert caught.value.details["key"] == key


@pytest.mark.parametrize("phone", [kamailio.Phone('80"01', "0" * 32), kamailio.Phone("8001", "secret")])
def test_phones_are_checked(tmp_path: Path, phone: kamailio.Phone) -> None:
    with pytest.raises(EdgeError):
        kamailio.render(_settings(tmp_path), [phone])


def test_a_home_too_deep_for_a_socket(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="too long"):
        kamailio.render(_settings(tmp_path / ("x" * 100)), [])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"media": {"relay": "never"}},
        {"sip": {"host": "192.0.2.7"}},
        {"trunks": []},
        {"trunks": [{"name": "a", "options_ping": False, "allowed": ["192.0.2.0/24", "2001:db8::1"]}, {"name": "b"}]},
        {"transfer": {"allowed_prefixes": [], "barred_prefixes": []}},
        {"redis": {"url": "redis://:pass@192.0.2.1:6380/3"}},
    ],
)
def test_kamailio_accepts_what_is_rendered(tmp_path: Path, values: dict[str, Any]) -> None:
    path = kamailio.render(_settings(tmp_path, **values), [PHONE])
    kamailio.check(path)
    assert os.stat(path).st_mode & 0o077 == 0


def test_a_broken_configuration_is_refused_with_its_line(tmp_path: Path) -> None:
    path = kamailio.render(_settings(tmp_path), [PHONE])
    lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("request_route"))
    lines[at + 1] = "\tthis is no statement;"
    path.write_text("\n".join(lines))
    with pytest.raises(EdgeError) as caught:
        kamailio.check(path)
    assert caught.value.code == "edge.config"
    assert caught.value.details["line"] == at + 2


def test_commands(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    command = kamailio.command(settings)
    assert command[1:3] == ["-DD", "-E"]
    assert "-P" not in command
    command = rtpengine.command(settings)
    text = (settings.run_dir / "rtpengine.conf").read_text()
    assert command[1] == f"--config-file={settings.run_dir.resolve()}/rtpengine.conf"
    assert "table = -1" in text
    assert "interface = 127.0.0.1\n" in text
    assert f"final-timeout = {int(settings.limits.max_call_seconds) + 60}" in text
    away = _settings(tmp_path, sip={"host": "192.0.2.7"})
    rtpengine.render(away)
    assert "interface = inside/127.0.0.1;outside/192.0.2.7" in (away.run_dir / "rtpengine.conf").read_text()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_SBIN", ())
    monkeypatch.setattr(programs, "_MODULE_ROOTS", ("/nonexistent",))
    monkeypatch.setenv("PATH", "/nonexistent")
    assert programs.missing_packages() == list(programs.PACKAGES)
    assert programs.missing_packages(relay=False) == ["kamailio", "kamailio-redis-modules", "kamailio-websocket-modules"]
    with pytest.raises(EdgeError, match="kamailio"):
        programs.program("kamailio")
    assert "apt-get install" in programs.package_hint(["kamailio"])


def test_a_trunk_that_is_not_pinged_is_left_out_of_the_list() -> None:
    items = [TrunkSettings(name="a", options_ping=False), TrunkSettings(name="b", outbound_proxy="sip:192.0.2.1:5060")]
    assert trunks.ping_list(items) == "2 sip:192.0.2.1:5060 0 0\n"
