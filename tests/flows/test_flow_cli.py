"""`hotline flow …` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flow_texts import FLOWS, GOOD, spoil
from typer.testing import CliRunner

from hotline.cli_flow import app, read_answer
from hotline.ivr.session import Session
from hotline.ivr.waits import DigitsWait, QueueWait, RateWait

pytestmark = pytest.mark.flows


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """State in a place of its own; no settings file of whoever runs the tests; messages in English."""
    monkeypatch.delenv("HOTLINE_CONFIG", raising=False)
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)


def run(*words: str, keyed: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words), input=keyed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_check_finds_nothing_wrong_with_what_is_shipped() -> None:
    code, out, _ = run("check")
    assert (code, out.split(":")[0]) == (0, "8 flows")
    assert "main" in out


def test_check_names_file_and_line_and_fails(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    (flows / "golden").mkdir(parents=True)
    (flows / "good.yaml").write_text(GOOD.replace("info", "menu"), "utf-8")
    (flows / "spoiled.yaml").write_text(spoil(('      "0": desk', "      0: desk")), "utf-8")
    (flows / "golden" / "g.yaml").write_text("scenario: x\nflow: good\nsteps:\n  - waits: nothing\n", "utf-8")
    (flows / "golden" / "s.yaml").write_text("scenario: x\nflow: spoiled\nsteps:\n  - waits: nothing\n", "utf-8")
    code, out, _ = run("check", str(flows))
    assert code == 1
    lines = out.splitlines()
    assert [line.split(" ")[0:2] for line in lines] == [
        [f"{flows}/golden/g.yaml:4:", "[golden]"],
        [f"{flows}/spoiled.yaml:13:", "[yaml_key]"],
    ]


def test_check_reports_a_missing_prompt_and_an_unknown_queue(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "f.yaml").write_text(spoil(("queue: GN", "queue: XX")), "utf-8")
    code, out, _ = run("check", str(flows))
    assert code == 1
    assert "[queue_unknown] desk" in out
    assert "[prompt_missing] more: there is no prompt 'info' in zh-CN, en" in out
    assert "ug" in run("check", str(flows), "--languages", "zh-CN,ug")[1]


def test_check_speaks_chinese_where_the_reader_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    (tmp_path / "empty").mkdir()
    assert "目录里没有流程文件" in run("check", str(tmp_path / "empty"))[1]
    assert run("check", str(tmp_path / "none"))[0] == 2


def test_play_by_script_then_repro_then_check(tmp_path: Path) -> None:
    saved = tmp_path / "s.json"
    code, out, _ = run("play", "main", "--script", "open,1,talked,rated=5", "--save", str(saved))
    assert code == 0
    assert out.rstrip().endswith("hang up: completed")
    assert "本次通话将被录音" in out  # the words of the prompts
    session = Session.from_json(saved.read_text("utf-8"))
    assert [answer.outcome for answer in session.history] == ["open", "1", "talked", "rated"]
    assert session.variables["rate.score"] == "5"
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "main.yaml").write_text((FLOWS / "main.yaml").read_text("utf-8"), "utf-8")
    code, out, _ = run("repro", str(saved), "--directory", str(flows), "--name", "kept", "--title", "按 1")
    assert (code, out.strip()) == (0, str(flows / "golden" / "kept.yaml"))
    assert run("check", str(flows))[0] == 0
    assert run("repro", str(saved), "--directory", str(flows), "--name", "kept")[0] == 1  # not overwritten
    assert run("repro", str(saved), "--directory", str(flows), "--name", "kept", "--force")[0] == 0
    assert "does: rated" in run("repro", str(saved), "--stdout")[1]


def test_play_on_the_keyboard() -> None:
    code, out, _ = run("play", "main", keyed="\n7\ntired\ntalked\n3\n")
    assert code == 0
    assert "! 'tired'" not in out  # errors go to stderr
    assert out.count("→") == len([line for line in out.splitlines() if "→" in line]) + 2  # welcome → gate, greet → menu
    assert "general_desk" in out
    assert "hang up: completed" in out
    (saved,) = Path("home/played").glob("main-*.json")
    session = Session.from_json(saved.read_text("utf-8"))
    assert [answer.outcome for answer in session.history] == ["open", "invalid", "talked", "rated"]


def test_play_stops_where_the_keyboard_or_the_script_stops(tmp_path: Path) -> None:
    code, out, _ = run("play", "main", keyed="\n2\n")
    assert (code, out.rstrip().splitlines()[-1]) == (0, "— the caller hangs up")
    code, out, _ = run("play", "main", "--script", "open,2")
    assert (code, out.rstrip().splitlines()[-1]) == (0, "— stopped here")
    code, _, err = run("play", "main", "--script", "open,2,rated")
    assert code == 1
    assert "'rated': one of talked, timeout, closed, failed" in err


def test_play_of_a_broken_or_missing_flow_says_so(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(spoil(("start: welcome", "start: hello")), "utf-8")
    code, _, err = run("play", str(tmp_path / "f.yaml"))
    assert (code, err.strip()) == (1, f"{tmp_path}/f.yaml:2: [node_missing] there is no node 'hello'")
    assert run("play", "nothing")[0] == 1


def test_repro_refuses_what_is_not_a_session_of_a_flow(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{}", "utf-8")
    assert run("repro", str(bad))[0] == 1
    raw = {"flow": "../../etc/x", "version": "0", "node": "a", "language": "en", "variables": {}, "visits": {}}
    bad.write_text(json.dumps({**raw, "history": [], "began": {"language": "en", "variables": {}}, "ended": False}), "utf-8")
    code, _, err = run("repro", str(bad))
    assert code == 1
    assert "not the name of a flow" in err


def test_draw(tmp_path: Path) -> None:
    code, out, _ = run("draw", "main", "--svg", str(tmp_path / "main.svg"))
    assert code == 0
    assert out.startswith("flowchart TD")
    assert 'n_menu -->|"0, no_input, invalid"| n_general_desk' in out
    assert (tmp_path / "main.svg").read_text("utf-8").startswith("<svg")


def test_schema_is_the_one_that_editors_are_given() -> None:
    code, out, _ = run("schema")
    schema = json.loads(out)
    assert (code, schema["$schema"]) == (0, "https://json-schema.org/draft/2020-12/schema")
    assert set(schema["required"]) == {"languages", "start", "nodes"}
    assert "for" in schema["$defs"]["DigitsSpec"]["required"]
    assert out == (FLOWS / "flow.schema.json").read_text("utf-8"), "run: hotline flow schema > ivr_flows/flow.schema.json"


@pytest.mark.parametrize(
    ("wait", "typed", "outcome", "data"),
    [
        (DigitsWait(1, 5, 2, "", True, ("1", "0")), "1", "1", {}),
        (DigitsWait(1, 5, 2, "", True, ("1", "0")), "", "no_input", {}),
        (DigitsWait(1, 5, 2, "", True, ("1", "0")), "*", "invalid", {}),
        (DigitsWait(1, 5, 2, "", True, ("1", "0")), "no_input", "no_input", {}),
        (DigitsWait(2, 5, 2, "#", True, ("12",)), "12#", "12", {}),
        (QueueWait("GN", 0, "music", 9), "talked", "talked", {}),
        (RateWait("r", "r", "r", ("1", "2"), 8, 1), "2", "rated", {"score": "2"}),
        (RateWait("r", "r", "r", ("1", "2"), 8, 1), "9", "no_rating", {}),
        (RateWait("r", "r", "r", ("1", "2"), 8, 1), "", "no_rating", {}),
        (RateWait("r", "r", "r", ("1", "2"), 8, 1), "rated=2", "rated", {"score": "2"}),
        (RateWait("r", "r", "r", ("1", "2"), 8, 1), "skipped", "skipped", {}),
    ],
)
def test_what_is_typed(wait, typed: str, outcome: str, data: dict[str, str]) -> None:
    assert read_answer(wait, typed) == (outcome, data)
