"""Settings: one file, every key by environment too, errors that name the key."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hotline.bootstrap.checks import check_flows, check_machine
from hotline.settings import SettingsError, load

pytestmark = pytest.mark.unit


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hotline.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "[sip]\nport = 5080\ndomain = 'a.example'\n")
    monkeypatch.setenv("HOTLINE_SIP__PORT", "5090")
    found = load(path)
    assert (found.sip.port, found.sip.domain) == (5090, "a.example")


def test_the_example_is_right() -> None:
    assert load(Path(__file__).resolve().parents[2] / "hotline.example.toml").trunks[0].name == "demo"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[sip]\nport = 70000\n", "hotline.toml:2: sip.port"),
        ("[sip]\nprot = 5060\n", "hotline.toml:2: sip.prot"),
        ("log_level = 'LOUD'\n", "hotline.toml:1: log_level"),
        ("[[trunks]]\nname = 'a'\n[[trunks]]\nname = 'b'\nallowed = ['nowhere']\n", "hotline.toml:5: trunks.1.allowed"),
        ("[media]\nport_from = 40000\nport_to = 30000\n", "media.port_from"),
        ("[sip\n", "line 1"),
    ],
)
def test_a_wrong_key_is_named_with_its_line(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named.replace(".", r"\.")):
        load(write(tmp_path, text))


def test_a_config_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_CONFIG", "/nowhere/hotline.toml")
    with pytest.raises(SettingsError, match="HOTLINE_CONFIG"):
        load()


def test_a_port_in_use_names_the_key(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        problems = check_machine(load(home=tmp_path, http={"port": port}))
    assert any("http.port" in problem.text and str(port) in problem.text for problem in problems)


def test_a_broken_flow_is_refused_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text(
        "title: {zh: 测, en: t}\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a:\n    say: [no_such_prompt]\n    go: b\n", "utf-8"
    )
    problems = check_flows(load(home=tmp_path, flows={"directory": str(tmp_path)}))
    assert problems
    assert "main.yaml:" in problems[0].text
