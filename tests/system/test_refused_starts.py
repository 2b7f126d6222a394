"""What cannot work is refused at start: one clear line that says what to do, and nothing is left running."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.running import ROOT, Hotline, Said

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]


@pytest.fixture
def idle() -> Iterator[Hotline]:
    """A home with settings, from which nothing runs."""
    made = Hotline()
    yield made
    assert made.processes() == []
    made.remove()


def refusal(said: Said, code: int = 1) -> str:
    """The one line it said."""
    assert said.code == code, said
    lines = said.err.strip().splitlines()
    assert len(lines) == 1, said.err
    assert "Traceback" not in said.err
    return lines[0]


def test_a_second_one_in_the_same_home(hotline: Hotline) -> None:
    before = hotline.parts()
    line = refusal(hotline.cli("run"))
    assert "run.already" in line
    assert str(hotline.home) in line
    assert {name: part["pid"] for name, part in hotline.parts().items()} == {n: p["pid"] for n, p in before.items()}
    assert hotline.status()["running"] is True


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sip.port", socket.SOCK_DGRAM),
        ("sip.inside_port", socket.SOCK_DGRAM),
        ("sip.websocket_port", socket.SOCK_STREAM),
        ("http.port", socket.SOCK_STREAM),
        ("redis.port", socket.SOCK_STREAM),
        ("media.control_port", socket.SOCK_DGRAM),
    ],
)
def test_a_port_in_use(idle: Hotline, key: str, kind: int) -> None:
    section, name = key.split(".")
    port = idle.values[section][name]
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        line = refusal(idle.cli("run"))
    assert key in line
    assert str(port) in line


@pytest.mark.parametrize(
    ("section", "name", "value"), [("queue", "offer_seconds", -1), ("sip", "prot", 5060), ("rating", "keys", ["x"])]
)
def test_a_wrong_setting(idle: Hotline, section: str, name: str, value: object) -> None:
    idle.values.setdefault(section, {})
    idle.values[section] = {**idle.values[section], name: value}
    idle.write()
    said = idle.cli("run")
    assert said.code != 0
    line = refusal(said, said.code)
    assert f"{section}.{name}" in line
    assert str(idle.file) in line


def test_settings_that_are_not_toml(idle: Hotline) -> None:
    idle.file.write_text("[sip\nport = 1\n", "utf-8")
    said = idle.cli("run")
    assert said.code != 0
    line = refusal(said, said.code)
    assert str(idle.file) in line
    assert "line 1" in line


def test_a_broken_flow(idle: Hotline) -> None:
    flow = idle.home / "flows" / "main.yaml"
    text = flow.read_text("utf-8")
    assert text.count("go: menu\n") == 1
    flow.write_text(text.replace("go: menu\n", "go: nowhere\n"), "utf-8")
    said = idle.cli("run")
    assert said.code == 1
    wrong = text[: text.index("go: menu")].count("\n") + 1
    lines = said.err.strip().splitlines()
    assert any(f"{flow}:{wrong}" in line and "nowhere" in line for line in lines), said.err


def test_a_flow_that_is_not_yaml(idle: Hotline) -> None:
    flow = idle.home / "flows" / "quick.yaml"
    flow.write_text("title: {zh: 未完\nstart: x\n", "utf-8")
    line = refusal(idle.cli("run"))
    assert f"{flow}:" in line


def test_a_missing_prompt(idle: Hotline) -> None:
    flow = idle.home / "flows" / "quick.yaml"
    text = flow.read_text("utf-8").replace("[connecting]", "[never_recorded]")
    flow.write_text(text, "utf-8")
    said = idle.cli("run")
    assert said.code == 1
    wrong = text[: text.index("never_recorded")].count("\n") + 1
    lines = said.err.strip().splitlines()
    assert lines, said
    assert all(f"{flow}:{wrong}" in line and "never_recorded" in line for line in lines), said.err


def test_an_unwritable_home(idle: Hotline, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", "utf-8")
    line = refusal(idle.cli("run", HOTLINE_HOME=str(tmp_path / "file" / "home")))
    assert "HOTLINE_HOME" in line


def test_check_says_the_same_without_starting(idle: Hotline) -> None:
    assert idle.cli("check").code == 0
    shutil.copy(ROOT / "ivr_flows" / "main.yaml", idle.home / "flows" / "Bad Name.yaml")
    flow = idle.home / "flows" / "quick.yaml"
    flow.write_text(flow.read_text("utf-8").replace("hang_up: completed", "hang_up: whatever"), "utf-8")
    said = idle.cli("check")
    assert said.code == 1
    assert str(flow) in said.err
