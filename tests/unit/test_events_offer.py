"""Telephone events are offered under the number that everybody uses."""

from __future__ import annotations

from hotline.telephony.messages import with_usual_events

OFFER = (
    "v=0\r\nm=audio 4000 RTP/AVP 8 0 120\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=sendrecv\r\na=rtpmap:120 telephone-event/8000\r\na=fmtp:120 0-16\r\n"
)


def test_120_becomes_101_everywhere() -> None:
    assert with_usual_events(OFFER) == OFFER.replace("120", "101")


def test_a_port_of_that_number_stays() -> None:
    offer = OFFER.replace("4000", "120")
    assert with_usual_events(offer).startswith("v=0\r\nm=audio 120 RTP/AVP 8 0 101\r\n")


def test_nothing_to_do() -> None:
    for sdp in (OFFER.replace("120", "101"), "v=0\r\nm=audio 0 RTP/AVP 8\r\n", "", OFFER + "a=rtpmap:101 opus/48000\r\n"):
        assert with_usual_events(sdp) == sdp
