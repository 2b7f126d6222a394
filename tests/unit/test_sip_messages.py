"""What is read from the text of an INVITE: who calls, and that nobody writes a header of ours."""

from __future__ import annotations

import pytest

from hotline.conversation import overflow
from hotline.core.phones import normalise
from hotline.telephony import messages

pytestmark = pytest.mark.unit


def invite(*lines: str) -> str:
    return "\r\n".join(["INVITE sip:12348@h SIP/2.0", "Via: SIP/2.0/UDP a", *lines, "X-Hotline-Trunk: demo", "", "v=0\r\n"])


@pytest.mark.parametrize(
    ("value", "user"),
    [
        ("<sip:13800001234@c>;tag=1", "13800001234"),
        ('"sip:110@x" <sip:13800001234@c>', "13800001234"),
        ('"hotel: 5" <tel:13800001234>', "13800001234"),
        ('"a \\\\" <sip:13800001234@c>', "13800001234"),
        ('"a \\" <sip:110@x> " <sip:13800001234@c>', "13800001234"),
        ("Zhang San <sip:13800001234@c>", "13800001234"),
        ("sip:13800001234@c;tag=1", "13800001234"),
        ("<SIPS:%2B8613800001234;cpc=ordinary@c;user=phone>", "+8613800001234"),
        ("<tel:+86-138-0000-1234;phone-context=+86>", "+86-138-0000-1234"),
        ("<sip:13800001234:secret@c>", "13800001234"),
        ("<sip:10.20.30.40:5060>", ""),
        ("<sip:@c>", ""),
        ("<mailto:110@c>", ""),
        ("hotel:5", ""),
        ("", ""),
    ],
)
def test_the_user_of_an_address(value: str, user: str) -> None:
    assert messages.user_of(value) == user


def test_what_the_carrier_asserts_goes_before_what_the_caller_says() -> None:
    def caller(*lines: str) -> str:
        return messages.caller_of(messages.headers(invite(*lines)))

    assert caller("f: <sip:110@c>", "p-asserted-identity : <tel:13800001234>") == "13800001234"
    assert caller("From: <sip:13800001234@c>", "P-Asserted-Identity: <sip:sbc.carrier.cn>") == "13800001234"
    assert caller("From: <sip:13800001234@c>") == "13800001234"


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"])
def test_only_line_ends_end_a_line(end: str) -> None:
    message = invite(f"Subject: x{end}X-Hotline-Trunk: gold{end}Via: evil{end}From: <sip:110@c>", "From: <sip:13800001234@c>")
    found = messages.headers(message)
    assert found["x-hotline-trunk"] == "demo"
    assert messages.caller_of(found) == "13800001234"
    assert overflow.refusal(message).count("Via:") == 1


def test_values_can_be_written_down() -> None:
    """pjsua2 hands over bytes that are no UTF-8 as surrogates, which no journal and no database takes."""
    raw = invite("Call-ID: a\x00b\xff").encode("latin-1").decode("utf-8", "surrogateescape")
    assert messages.headers(raw)["call-id"] == "ab\ufffd"
    assert messages.headers(raw)["call-id"].encode()


def test_digits_of_other_scripts_are_no_number() -> None:
    assert normalise("１３８００００１２３４").kind == "unknown"
    assert normalise("٠١٢٣٤٥٦٧٨٩٠").national == ""
