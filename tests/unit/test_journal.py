"""The journal survives a writer that dies at any byte, and damage in the middle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.core.facts import Fact
from hotline.core.journal import decode, decode_lines, encode_fact, encode_record, facts, joint

pytestmark = pytest.mark.unit

FACT = Fact("queue_left", "call_1", 12.5, 3, "conversation", 1, {"reason": "挂断"})


def test_a_fact_comes_back_as_it_was() -> None:
    assert list(facts(decode(encode_fact(FACT)))) == [FACT]


def test_legs_are_records_too() -> None:
    line = encode_record({"leg": {"leg": "caller", "state": "up"}})
    assert decode(line).records == ({"leg": {"leg": "caller", "state": "up"}},)


@given(st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.none()), max_size=5), st.data())
def test_cut_anywhere_whole_lines_before_the_cut_are_read(records: list[dict[str, object]], data: st.DataObject) -> None:
    lines = [encode_record(record) for record in records]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    decoded = decode(whole[:cut])
    complete, size = 0, 0
    for line in lines:
        if size + len(line) > cut:
            break
        complete, size = complete + 1, size + len(line)
    assert list(decoded.records) == records[:complete]
    assert decoded.consumed == size
    assert decoded.torn == (cut > size)
    # Reading on from there once the file has grown misses nothing.
    assert list(decoded.records) + list(decode(whole[decoded.consumed :]).records) == records


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_reported_and_costs_one_line_at_most(where: int, flip: int) -> None:
    lines = [encode_fact(Fact("queue_left", "call_1", float(n), n, "c", 1, {"reason": str(n)})) for n in range(1, 6)]
    whole = bytearray(b"".join(lines))
    position = where % (len(whole) - 1)  # not the last line end: that is a torn line
    whole[position] ^= flip
    decoded = decode(bytes(whole))
    seqs = [fact.seq for fact in facts(decoded)]
    assert set(seqs) <= {1, 2, 3, 4, 5}
    assert len(seqs) >= 3  # a line end turned into something else takes two lines with it
    assert decoded.problems or len(seqs) == 5  # upper-case hex digits of the checksum are the same number


def test_a_new_writer_after_half_a_line() -> None:
    torn = encode_fact(FACT)[:-9]
    both = torn + joint(torn) + encode_fact(FACT)
    seen = []
    assert [record["fact"]["seq"] for record in decode_lines(both, seen.append)] == [3]
    assert [problem.kind for problem in seen] == ["checksum"]
    assert joint(b"") == b""
    assert joint(b"x\n") == b""


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="not a journal record"):
        encode_record({"fact": object()})
    with pytest.raises(ValueError, match="JSON compliant"):
        encode_record({"fact": float("nan")})


def test_facts_of_a_newer_version_are_skipped() -> None:
    line = encode_record(
        {"fact": {"name": "invented_later", "call_id": "c", "at": 1, "seq": 1, "source": "s", "epoch": 1, "data": {}}}
    )
    assert list(facts(decode(line + encode_fact(FACT)))) == [FACT]
