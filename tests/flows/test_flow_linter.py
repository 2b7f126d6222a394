"""The linter: each rule is broken once, and found on its line; what keeps the rules is left alone."""

from __future__ import annotations

import struct

import pytest
from flow_texts import FLOWS, GOOD, IDS, line_of, problems, spoil

from hotline.core.facts import CAUSES as ALL_CAUSES
from hotline.ivr.linter import MENU_SECONDS, lint
from hotline.ivr.parser import load_flows, parse_flow
from hotline.ivr.prompts import PromptIndex, read_prompts, wav_seconds
from hotline.ivr.schema import CAUSES

pytestmark = pytest.mark.flows

AGAIN = """\
  ask:
    say: [info]
    wait: {for: digits, seconds: 5}
    route: {"0": desk, no_input: desk, invalid: menu}
"""

REROUTED = """\
      "1": more
      "0": desk
      no_input: desk
      invalid: menu
"""


@pytest.mark.parametrize(
    ("changes", "part", "node", "code"),
    [
        ([('      "1": more\n', "")], "  more:", "more", "unreachable"),
        # loops
        ([("    at_most: {times: 2, then: desk}\n", "")], "  menu:", "menu", "loop_unbounded"),
        ([("then: desk}", "then: menu}")], "  menu:", "menu", "loop_without_wait"),
        ([("    say: [info]\n    go: desk", "    say: [info]\n    go: again\n  again: {go: more}")],
         "  more:", "more", "loop_without_wait"),
        ([("      timeout: sorry", "      timeout: desk")], "  desk:", "desk", "loop_unbounded"),
        # … by way of `then`, with a wait on the way: at_most alone does not end it
        ([("then: desk}", "then: ask}"), ("  desk:\n", AGAIN + "  desk:\n")], "  menu:", "menu", "loop_unbounded"),
        # ends
        ([("    hang_up: queue_timeout", "    wait: {for: queue, queue: GN, seconds: 9}\n"
           "    route: {talked: sorry, timeout: sorry, closed: sorry, failed: sorry}")], "  sorry:", "sorry", "no_end"),
        # humans
        ([("    go: menu", "    go: bye")], "start: welcome", "", "no_human"),
        ([('      "0": desk', '      "0": more')], None, "", ""),
        ([('      "0": desk', '      "0": bye')], '"0": bye', "menu", "zero_not_human"),
        ([('      "0": desk', '      "0": menu')], '"0": menu', "menu", "zero_not_human"),
        ([('      "0": desk', '      "2": desk')], "    route:\n      \"1\"", "menu", "zero_not_human"),
        ([("      no_input: desk", "      no_input: sorry")], "no_input: sorry", "menu", "key_not_human"),
        ([("      invalid: menu", "      invalid: bye")], "invalid: bye", "menu", "key_not_human"),
        ([("then: desk}", "then: sorry}")], "then: sorry", "menu", "key_not_human"),
        ([('      "1": more', '      "1": sorry'), ("  more:\n    say: [info]\n    go: desk\n", "")], None, "", ""),
        # silence
        ([("    say: [callback_promise]\n", "")], "timeout: sorry", "desk", "silent_end"),
        ([("    say: [goodbye]\n", "")], None, "", ""),
        # ratings
        ([("    say: [info]\n    go: desk", "    say: [info]\n    go: rate")],
         "{for: rate", "rate", "rate_without_talk"),
        # menus
        ([(REROUTED, '      "5": more\n      "2": more\n      "3": more\n      "4": more\n' + REROUTED)],
         "    route:\n      \"5\"", "menu", "menu_too_long"),
        ([(REROUTED, '      "2": more\n      "3": more\n      "4": more\n' + REROUTED)], None, "", ""),
        ([("{for: digits, seconds: 5}", "{for: digits, seconds: 5.5}")], "seconds: 5.5", "menu", "menu_wait_long"),
        # variables
        ([("    go: desk", "    choose: {variable: tpoic, when: {x: desk}, otherwise: desk}")],
         "tpoic", "more", "variable_unknown"),
        ([("    go: desk", "    set: {topic: x}\n    choose: {variable: topic, when: {x: desk}, otherwise: desk}")],
         None, "", ""),
        ([("    go: desk", "    choose: {variable: menu.score, when: {x: desk}, otherwise: desk}")], None, "", ""),
        ([("    go: desk", "    choose: {variable: bye.score, when: {x: desk}, otherwise: desk}")],
         "bye.score", "more", "variable_unknown"),
        # prompts
        ([("    say: [info]", "    say: [menu, infos]")], "infos", "more", "prompt_missing"),
        ([("queue: GN,", "queue: GN, music: jazz,")], "jazz", "desk", "prompt_missing"),
        ([("{for: rate,", "{for: rate, repeat_prompt: once_more,")], "once_more", "rate", "prompt_missing"),
        ([("    say: [info]", "    language: fr\n    say: [info]")], "language: fr", "more", "language_missing"),
    ],
)  # fmt: skip
def test_rule(changes: list[tuple[str, str]], part: str | None, node: str, code: str) -> None:
    text = spoil(*changes)
    found = problems(text)
    if part is None:
        assert found == [], [each.show() for each in found]
        return
    assert (line_of(text, part), node, code) in [(each.line, each.node, each.code) for each in found], [
        each.show() for each in found
    ]
    # breaking one rule is not three findings: only those that truly follow from it
    assert {each.code for each in found} <= {code, *FOLLOWS.get(code, ())}, [each.show() for each in found]


FOLLOWS = {
    "no_human": ("unreachable",),
    "no_end": ("unreachable", "loop_unbounded"),
    "loop_without_wait": ("no_end", "key_not_human", "unreachable"),
    "rate_without_talk": ("key_not_human",),
}


def test_say_on_a_key_route_is_not_silent() -> None:
    """A mute node between a menu and the end is found through the nodes that only lead on."""
    text = spoil(
        ('      "1": more', '      "1": hop'),
        ("  more:\n    say: [info]\n    go: desk\n", "  hop: {go: leave}\n  leave: {hang_up: completed}\n"),
    )
    assert [(each.code, each.node) for each in problems(text)] == [("silent_end", "menu")]


ASK = """\
  ask:
    say: [menu]
    wait: {for: digits, seconds: 5}
    route: {"1": rate, no_input: bye, invalid: bye}
"""


def test_a_question_after_the_talk_needs_no_human() -> None:
    assert problems(spoil(("      talked: rate", "      talked: ask"), ("  rate:\n", ASK + "  rate:\n"))) == []


def test_languages_and_queues_asked_for() -> None:
    assert [each.code for each in problems(GOOD, languages=["zh-CN", "en", "ug"])] == ["language_missing"]
    assert [each.code for each in problems(GOOD, queues=["MF", "LB"])] == ["queue_unknown"]
    assert problems(GOOD, queues=["GN"]) == []


def test_a_prompt_missing_in_one_language_is_named_with_it() -> None:
    flow = parse_flow(GOOD, "f", "f.yaml")
    ids = {(language, name): 0.0 for language in ("zh-CN", "en") for name in IDS - {"music"}}
    ids["", "music"] = 30.0
    assert lint(flow, PromptIndex(ids)) == []
    del ids["en", "greeting"]
    (found,) = lint(flow, PromptIndex(ids))
    assert (found.code, found.node, found.text_en) == (
        "prompt_missing",
        "welcome",
        "there is no prompt 'greeting' in en",
    )


def test_greeting_is_measured_up_to_the_menu() -> None:
    flow = parse_flow(GOOD, "f", "f.yaml")
    lengths = {(language, name): 0.0 for language in ("zh-CN", "en") for name in IDS}
    lengths.update({("zh-CN", "notice"): 8.0, ("zh-CN", "greeting"): 4.0, ("zh-CN", "menu"): 9.0, ("en", "notice"): 12.5})
    (found,) = lint(flow, PromptIndex(lengths))
    assert (found.code, found.node) == ("greeting_too_long", "menu")
    assert "en" in found.text_en
    assert "12.5" in found.text_en


def test_shipped_flows_with_the_shipped_prompts() -> None:
    index = read_prompts([FLOWS / "prompts"])
    for flow in load_flows(FLOWS).values():
        found = lint(flow, index, ["zh-CN", "en"], ["MF", "LB", "CT", "GN", "NT"])
        assert found == [], "\n".join(each.show() for each in found)
    heard = index.seconds("notice", "zh-CN") + index.seconds("greeting", "zh-CN")
    assert 5 < heard <= 12  # the rule: recording notice and greeting within 12 s


def test_main_flow_keeps_the_rules_a_caller_feels() -> None:
    flow = load_flows(FLOWS)["main"]
    menus = [node for node in flow.nodes.values() if node.waiting and node.waiting.kind == "digits"]
    assert len(menus) == 1
    assert menus[0].waiting.seconds <= MENU_SECONDS
    assert flow.nodes["welcome"].say[0] == "notice"  # before anything is recorded
    rate = flow.nodes["rate"].waiting
    assert (rate.keys, rate.seconds, rate.repeats) == (("1", "2", "3", "4", "5"), 8, 1)


def test_causes_are_those_of_the_call_record() -> None:
    assert set(CAUSES) <= set(ALL_CAUSES)


def _wav(rate: int, data: bytes, claimed: int | None = None, extra: bytes = b"") -> bytes:
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 6, 1, 8000, rate, 1, 8)
    size = len(data) if claimed is None else claimed
    return b"RIFF" + struct.pack("<I", 0) + b"WAVE" + extra + fmt + struct.pack("<4sI", b"data", size) + data


def test_length_of_wavs(tmp_path) -> None:
    good = tmp_path / "good.wav"
    for content, seconds in [
        (_wav(8000, b"\xd5" * 4000), 0.5),
        (_wav(8000, b"\xd5" * 4000, claimed=0xFFFFFFFF), 0.5),
        (_wav(8000, b"\xd5" * 4000, extra=struct.pack("<4sI", b"LIST", 3) + b"abc\0"), 0.5),
        (_wav(0, b"\xd5" * 4000), 0.0),
        (_wav(8000, b""), 0.0),
        (b"RIFF", 0.0),
        (b"OggS" + b"\0" * 40, 0.0),
    ]:
        good.write_bytes(content)
        assert wav_seconds(good) == seconds
    assert wav_seconds(tmp_path / "none.wav") == 0.0


def test_own_prompts_win_and_broken_ones_are_missing(tmp_path) -> None:
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    for folder, length in ((own, 800), (shipped, 1600)):
        (folder / "en").mkdir(parents=True)
        (folder / "en" / "notice.wav").write_bytes(_wav(8000, b"\0" * length))
    (own / "en" / "greeting.wav").write_bytes(b"not sound")
    (shipped / "music.wav").write_bytes(_wav(8000, b"\0" * 8000))
    index = read_prompts([own, shipped])
    assert index.seconds("notice", "en") == 0.1
    assert not index.has("greeting", "en")
    assert not index.has("notice", "zh-CN")
    assert index.has("music", "zh-CN")
