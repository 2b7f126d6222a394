"""Reading flow files: what YAML 1.1 would turn into something else is refused, and every error names its line."""

from __future__ import annotations

import pytest
from flow_texts import FLOWS, GOOD, line_of, problems, spoil

from hotline.ivr.parser import load_flow, load_flows, parse_flow
from hotline.ivr.problems import TEXTS, FlowError
from hotline.ivr.waits import DigitsWait

pytestmark = pytest.mark.flows


def one(text: str) -> tuple[int, str, str]:
    found = problems(text)
    assert len(found) == 1, [each.show() for each in found]
    return found[0].line, found[0].node, found[0].code


@pytest.mark.parametrize(
    ("change", "part", "node", "code"),
    [
        # YAML 1.1: what is not in quotes
        (('      "1": more', "      1: more"), "      1: more", "menu", "yaml_key"),
        (('      "0": desk', "      0: desk"), "      0: desk", "menu", "yaml_key"),
        (('      "1": more', "      no: more"), "      no: more", "menu", "yaml_key"),
        (('      "1": more', "      1_0: more"), "      1_0: more", "menu", "yaml_key"),
        (('      "1": more', '      "1": no'), '      "1": no', "menu", "yaml_value"),
        (("queue: GN, seconds: 60", "queue: GN, seconds: 1:00"), "1:00", "desk", "yaml_value"),
        (("queue: GN, seconds: 60", "queue: GN, seconds: 074"), "074", "desk", "yaml_value"),
        (("queue: GN, seconds: 60", "queue: GN, seconds: 6e1"), "6e1", "desk", "field_invalid"),
        (("queue: GN, seconds: 60", "queue: on, seconds: 60"), "queue: on", "desk", "yaml_value"),
        (("      timeout: sorry", "      timeout:"), "      timeout:", "desk", "yaml_value"),
        (("    say: [info]", "    say: [2026-01-01]"), "2026-01-01", "more", "yaml_value"),
        # YAML itself
        (("  more:\n", "  more: &m\n"), "&m", "", "yaml_alias"),
        (("    say: [info]", "    say: [!!str info]"), "!!str", "", "yaml_alias"),
        (("    say: [info]", "    say: [info"), "    go: desk", "", "yaml"),
        (("    say: [info]", "\tsay: [info]"), "\tsay: [info]", "", "yaml"),
        (("      closed: sorry", "      timeout: sorry"), "timeout: sorry\n      failed", "desk", "yaml_duplicate"),
        # the schema
        (("queue: GN, seconds: 60", "queue: GN"), "queue: GN", "desk", "wait_without_limit"),
        (("{for: digits, seconds: 5}", "{for: digits}"), "{for: digits}", "menu", "wait_without_limit"),
        (("{for: rate, seconds: 8}", "{for: fax, seconds: 8}"), "for: fax", "rate", "wait_unknown"),
        (("{for: rate, seconds: 8}", "{seconds: 8}"), "{seconds: 8}", "rate", "wait_unknown"),
        (("queue: GN, seconds: 60", "queue: GN, seconds: 0"), "seconds: 0", "desk", "field_invalid"),
        (("queue: GN, seconds: 60", "queue: GN, priority: 4, seconds: 60"), "priority: 4", "desk", "field_invalid"),
        (("{for: digits, seconds: 5}", "{for: digits, max_digits: 4, seconds: 5}"), "max_digits", "menu", "field_unknown"),
        (("queue: GN, seconds: 60", 'queue: GN, seconds: "60"'), '"60"', "desk", "field_invalid"),
        (("queue: GN, seconds: 60", "queue: GN, seconds: .inf"), ".inf", "desk", "yaml_value"),
        (("queue: GN, seconds: 60", "queue: GN, second: 1, seconds: 60"), "second: 1", "desk", "field_unknown"),
        (("    go: menu", "    goto: menu\n    go: menu"), "goto", "welcome", "field_unknown"),
        (("start: welcome\n", ""), "languages", "", "field_missing"),
        (("    say: [info]", "    say: info"), "say: info", "more", "field_invalid"),
        (("    say: [info]", "    say: [../../etc/passwd]"), "passwd", "more", "field_invalid"),
        (("    hang_up: completed", "    hang_up: tired"), "tired", "bye", "field_invalid"),
        (("    hang_up: completed", "    hang_up: completed\n    go: menu"), "  bye:", "bye", "node_shape"),
        (("    hang_up: completed\n", ""), "  bye:", "bye", "node_shape"),
        (("    go: menu", "    go: menu\n    route: {talked: bye}"), "  welcome:", "welcome", "node_shape"),
        (("    say: [info]", "    set: {language: en}"), "  more:", "more", "node_shape"),
        (("  bye:\n", "  Bye:\n"), "  Bye:", "Bye", "field_invalid"),
    ],
)  # fmt: skip
def test_a_slip_is_found_on_its_line(change: tuple[str, str], part: str, node: str, code: str) -> None:
    text = spoil(change)
    assert one(text) == (line_of(text, part), node, code)


def test_the_key_is_told_how_to_be_written() -> None:
    (found,) = problems(spoil(('      "1": more', "      1: more")))
    assert '"1"' in found.text_en
    assert '"1"' in found.text_zh
    assert found.show() == f"f.yaml:{found.line}: [yaml_key] menu: {found.text_en}"
    assert found.show("zh_CN.UTF-8").endswith(found.text_zh)


@pytest.mark.parametrize(
    ("change", "part", "node", "code"),
    [
        (("start: welcome", "start: hello"), "start: hello", "", "node_missing"),
        (('      "1": more', '      "1": mor'), '"1": mor', "menu", "node_missing"),
        (("then: desk", "then: desks"), "desks", "menu", "node_missing"),
        (("      failed: sorry\n", ""), "talked: rate\n      timeout", "desk", "outcome_missing"),
        (("      no_input: desk\n", ""), '"1": more', "menu", "outcome_missing"),
        (("      failed: sorry", "      failed: sorry\n      dropped: bye"), "dropped", "desk", "outcome_extra"),
        (('      "1": more', '      "11": more'), '"11"', "menu", "outcome_extra"),
        (('      "1": more', '      "A": more'), '"A"', "menu", "outcome_extra"),
        (('      "1": more', '      "": more'), '"":', "menu", "outcome_extra"),
    ],
)
def test_a_flow_that_could_not_run_is_refused(change: tuple[str, str], part: str, node: str, code: str) -> None:
    text = spoil(change)
    line = line_of(text, part)
    if code == "outcome_missing":
        line -= 1  # the route itself
    assert (line, node, code) in [(each.line, each.node, each.code) for each in problems(text)]
    with pytest.raises(FlowError):
        parse_flow(text, "f")


def test_the_good_flow_has_no_problem() -> None:
    assert problems(GOOD) == []


def test_all_slips_are_told_at_once() -> None:
    text = spoil(("    hang_up: completed", "    hang_up: tired"), ("    go: menu", "    goto: menu"))
    assert {each.code for each in problems(text)} == {"field_invalid", "field_unknown"}


@pytest.mark.parametrize(
    "text", ["", "[]", "12348", "a: [", "\x00", '"\\UFFFFFFFF"', "[" * 5000, "? {a: b}\n: c", "--- a\n--- b\n"]
)
def test_rubbish_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(FlowError) as caught:
        parse_flow(text, "f")
    assert str(caught.value).startswith("f.yaml:")


def test_an_alias_bomb_is_refused_before_it_is_unfolded() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n" for n in range(60))
    assert one(bomb)[2] == "yaml_alias"
    assert problems("a: 1\n" * 50_001)[0].code == "yaml"


def test_version_is_that_of_the_content_not_of_the_layout() -> None:
    flow = parse_flow(GOOD, "f")
    assert len(flow.version) == 12
    assert int(flow.version, 16) >= 0
    assert parse_flow("# a comment\n\n" + spoil(('      "1": more', "      '1': more  # yes")), "f").version == flow.version
    assert parse_flow(spoil(("seconds: 60", "seconds: 61")), "f").version != flow.version


def test_keys_of_a_menu_are_those_of_its_route() -> None:
    wait = parse_flow(GOOD, "f").nodes["menu"].waiting
    assert wait == DigitsWait(1, 5, 5, "", True, ("1", "0"))
    assert wait.outcomes == ("1", "0", "no_input", "invalid")


@pytest.mark.parametrize(
    ("keyed", "outcome", "complete"),
    [("", "no_input", False), ("1", "1", False), ("12", "12", True), ("7", "invalid", True), ("10", "invalid", True)],
)
def test_longer_keys(keyed: str, outcome: str, complete: bool) -> None:
    wait = DigitsWait(2, 5, 2, "#", True, ("1", "12", "0"))
    assert (wait.outcome(keyed), wait.complete(keyed)) == (outcome, complete)


def test_files(tmp_path) -> None:
    (tmp_path / "a.yaml").write_text("\ufeff" + GOOD, "utf-8")  # Windows' Notepad
    (tmp_path / "golden").mkdir()
    (tmp_path / "golden" / "b.yaml").write_text("scenario: no flow", "utf-8")
    assert list(load_flows(tmp_path)) == ["a"]
    (tmp_path / "Main Menu.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "gbk.yaml").write_bytes("title: {zh: 热线}".encode("gbk"))
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FlowError) as caught:
        load_flows(tmp_path)
    assert [each.code for each in caught.value.problems] == ["file_name", "file_unreadable"]
    with pytest.raises(FlowError, match="gone"):
        load_flow(tmp_path / "gone.yaml")
    with pytest.raises(FlowError, match="no flow"):
        load_flows(tmp_path / "golden" / "nothing")


def test_the_shipped_flows_are_read() -> None:
    flows = load_flows(FLOWS)
    assert {"main", "direct"} <= set(flows)
    assert flows["main"].line("nodes", "menu", "route", "9") > flows["main"].line("nodes", "menu")


def test_every_text_has_both_languages() -> None:
    for code, (zh, en) in TEXTS.items():
        assert any("\u4e00" <= char <= "\u9fff" for char in zh), code
        assert en.isascii(), code
