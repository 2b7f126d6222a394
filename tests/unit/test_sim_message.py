"""Reading and building of SIP messages, digests and session descriptions by the simulator's own stack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.simulate import sdp, sip_digest
from hotline.simulate.sip_message import (
    Message,
    SipParseError,
    Uri,
    number_of,
    params_of,
    parse,
    response_to,
    split_list,
    uri_of,
)

pytestmark = pytest.mark.unit

INVITE = (
    b"INVITE sip:12348@127.0.0.1 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;rport\r\n"
    b"Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb, SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKc\r\n"
    b'f: "Li, Wei" <sip:13800001234@carrier>\r\n'
    b" ;tag=abc\r\n"
    b"t: <sip:12348@carrier>\r\n"
    b"i: one@two\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"Record-Route: <sip:10.0.0.9;lr>,<sip:10.0.0.8;lr=on>\r\n"
    b"m: <sip:13800001234@10.0.0.1:5060>\r\n"
    b"l: 3\r\n\r\nabcdef"
)


def test_compact_names_folding_lists_and_body_length() -> None:
    message = parse(INVITE)
    assert (message.method, message.uri, message.call_id, message.cseq) == (
        "INVITE",
        "sip:12348@127.0.0.1",
        "one@two",
        (7, "INVITE"),
    )
    assert message.branch == "z9hG4bKa"
    assert len(message.values("Via")) == 3
    assert message.from_tag == "abc"
    assert message.to_tag == ""
    assert message.values("Record-Route") == ["<sip:10.0.0.9;lr>", "<sip:10.0.0.8;lr=on>"]
    assert message.body == b"abc"
    assert number_of(message.get("From")) == "13800001234"


def test_what_is_built_is_read_back() -> None:
    message = parse(INVITE)
    again = parse(message.to_bytes())
    assert again.headers[:-1] == [item for item in message.headers if item[0] != "Content-Length"]
    assert again.body == message.body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"INVITE sip:x SIP/2.0\r\n",
        b"INVITE sip:x SIP/3.0\r\n\r\n",
        b"SIP/2.0 99 Odd\r\n\r\n",
        b"INVITE sip:x SIP/2.0\r\nno colon here\r\n\r\n",
        b"INVITE sip:x SIP/2.0\r\nContent-Length: 5\r\n\r\nabc",
        b"INVITE sip:x SIP/2.0\r\nContent-Length: many\r\n\r\n",
        b"INVITE sip:x SIP/2.0\r\nX: \xff\xfe\r\n\r\n",
    ],
)
def test_what_is_not_sip_is_refused(data: bytes) -> None:
    with pytest.raises(SipParseError):
        parse(data)


@given(st.binary(max_size=400))
def test_no_bytes_make_the_parser_fail_otherwise(data: bytes) -> None:
    for attempt in (data, INVITE[:60] + data, data + b"\r\n\r\n"):
        try:
            parse(attempt)
        except SipParseError:
            continue


def test_response_copies_what_it_must_and_adds_one_tag() -> None:
    request = parse(INVITE)
    answer = response_to(request, 200, to_tag="mine")
    assert answer.values("Via") == request.values("Via")
    assert answer.values("Record-Route") == request.values("Record-Route")
    assert answer.to_tag == "mine"
    answer.set("To", answer.get("To"))
    tagged = Message(method="BYE", uri="sip:x", headers=[("To", "<sip:a@b>;tag=had")])
    assert response_to(tagged, 200, to_tag="other").to_tag == "had"


def test_lists_params_and_uris() -> None:
    assert split_list('"a, b" <sip:x,y@h>, <sip:z>') == ['"a, b" <sip:x,y@h>', "<sip:z>"]
    assert params_of('"x;y" <sip:a@b;user=phone>;tag=1;lr') == {"tag": "1", "lr": ""}
    assert uri_of("sip:a@b;tag=1") == "sip:a@b"
    uri = Uri.parse("sip:+8613800001234@10.0.0.1:5090;lr;transport=udp")
    assert (uri.user, uri.host, uri.port, uri.params) == ("+8613800001234", "10.0.0.1", 5090, {"lr": "", "transport": "udp"})
    assert Uri.parse("tel:12348").user == "12348"
    with pytest.raises(SipParseError):
        Uri.parse("http://x")


def test_digest_of_rfc_2617_3_5() -> None:
    made = sip_digest.digest(
        algorithm="MD5", user="Mufasa", realm="testrealm@host.com", password="Circle Of Life", method="GET",
        uri="/dir/index.html", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", nc="00000001", cnonce="0a4f113b", qop="auth",
    )  # fmt: skip
    assert made == "6629fae49393a05397450978507c4ef1"


def test_digest_of_rfc_7616_3_9_1_sha_256() -> None:
    made = sip_digest.digest(
        algorithm="SHA-256", user="Mufasa", realm="http-auth@example.org", password="Circle of Life", method="GET",
        uri="/dir/index.html", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc="00000001",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop="auth",
    )  # fmt: skip
    assert made == "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"


@pytest.mark.parametrize(
    "challenge", ['Digest realm="r", nonce="n"', 'Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=SHA-256']
)
def test_answers_are_verified_and_wrong_ones_are_not(challenge: str) -> None:
    answer = sip_digest.Credentials("8001", "right").answer(challenge, "REGISTER", "sip:h")
    assert sip_digest.verify(answer, method="REGISTER", password="right", nonce="n")
    assert not sip_digest.verify(answer, method="REGISTER", password="wrong", nonce="n")
    assert not sip_digest.verify(answer, method="REGISTER", password="right", nonce="other")


def test_unknown_challenges_are_refused() -> None:
    for challenge in (
        'Basic realm="r"',
        'Digest realm="r", nonce="n", algorithm=SHA-1',
        'Digest realm="r", nonce="n", qop="auth-int"',
    ):
        with pytest.raises(sip_digest.DigestError):
            sip_digest.Credentials("a", "b").answer(challenge, "REGISTER", "sip:h")


def test_sdp_round_trip_and_answer() -> None:
    offered = sdp.parse(sdp.offer("10.0.0.1", 4000).to_bytes())
    assert offered.codecs == ((8, "pcma"), (0, "pcmu"))
    assert (offered.host, offered.port, offered.events, offered.direction) == ("10.0.0.1", 4000, 101, "sendrecv")
    answered = sdp.answer(offered, sdp.offer("10.0.0.2", 5000, ("pcmu",)))
    assert answered is not None
    assert answered.codecs == ((0, "pcmu"),)
    assert sdp.answer(offered, sdp.offer("10.0.0.2", 5000, ("g722",))) is None


def test_sdp_without_events_is_answered_without_events() -> None:
    offered = sdp.parse(sdp.offer("10.0.0.1", 4000, events=None).to_bytes())
    assert offered.events is None
    answered = sdp.answer(offered, sdp.offer("10.0.0.2", 5000))
    assert answered is not None
    assert b"telephone-event" not in answered.to_bytes()


@pytest.mark.parametrize(
    ("line", "address", "held", "mirrored"),
    [
        ("a=sendrecv", "10.0.0.1", False, "sendrecv"),
        ("a=sendonly", "10.0.0.1", True, "recvonly"),
        ("a=inactive", "10.0.0.1", True, "inactive"),
        ("a=sendrecv", "0.0.0.0", True, "inactive"),
    ],
)
def test_hold_in_both_ways(line: str, address: str, held: bool, mirrored: str) -> None:
    text = f"v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n{line}\r\n"
    offered = sdp.parse(text.encode())
    assert offered.held is held
    answered = sdp.answer(offered, sdp.offer("10.0.0.2", 5000))
    assert answered is not None
    assert answered.direction == mirrored


@pytest.mark.parametrize(
    "text", ["", "v=0\r\nm=video 1 RTP/AVP 31\r\n", "v=0\r\nm=audio x RTP/AVP 8\r\n", "v=0\r\nm=audio 4 RTP/AVP 8\r\n"]
)
def test_unusable_sdp_is_refused(text: str) -> None:
    with pytest.raises(sdp.SdpError):
        sdp.parse(text.encode())
