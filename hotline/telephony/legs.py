"""One leg: one SIP dialog with its media. Reports into the endpoint's `events`, never decides."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING, Any, Final

import pjsua2.pjsua2 as pj

from hotline.core.conversations import events as ev
from hotline.telephony import messages
from hotline.telephony.events import Dialog

if TYPE_CHECKING:
    from hotline.telephony.endpoint import Endpoint

_UPDATE: Final = 1
"""More of a key, not its end (PJMEDIA_STREAM_DTMF_IS_UPDATE without _IS_END)."""
_APART: Final = 60
"""Ms from the beginning of a press to that of the next at least: more than any packet of a key lasts, less than the shortest
key and pause (40 ms each, ITU-T Q.24)."""
REQUEST_PENDING: Final = 491
_METHODS = {0: "rfc4733", 1: "info"}
"""pjsua's numbers for how a digit came (PJSUA_DTMF_METHOD_RFC2833, PJSUA_DTMF_METHOD_SIP_INFO). INFOs come from the edge,
which writes them in the one way that the library reads."""


class Leg(pj.Call):
    """A pjsua2 call with a name. `over` is set once and for all when the dialog has ended."""

    def __init__(self, endpoint: Endpoint, account: Any, name: str, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(account, call_id)
        self.name = name
        self.over = False
        self.confirmed = False
        self.remote_hold = False
        self._endpoint = endpoint
        self._ours = call_id == pj.PJSUA_INVALID_ID
        """We dialled it."""
        self._up = False
        self._rang = False
        self._ended_by_us = False
        self._reported = ""
        self._event_began = self._event_duration = -1
        """Of the last packet of a key: when its press began (ms of the stream), and for how long it lasts."""
        self._sip_call_id = ""

    # What the owner wants.

    def refresh(self) -> None:
        """Send again the offer within the call that crossed one of the other side's."""
        if self.over or not self.confirmed:
            return
        try:
            self.reinvite(pj.CallOpParam(True))
        except pj.Error:
            # Theirs is still under way.
            self._endpoint.refresh_later(self, _wait_after_glare(self._ours))

    def dial(self, uri: str, to: str, headers: dict[str, str]) -> None:
        option = pj.CallOpParam(True)
        option.opt.audioCount = 1
        option.opt.videoCount = 0
        if to != uri:
            option.txOption.targetUri = uri
        if headers:
            vector = pj.SipHeaderVector()
            for name, value in headers.items():
                header = pj.SipHeader()
                header.hName, header.hValue = name, value
                vector.append(header)
            option.txOption.headers = vector
        try:
            self.makeCall(to, option)
        except pj.Error:
            self._over(500, remote=True)

    def accept(self) -> bool:
        option = pj.CallOpParam()
        option.statusCode = 200
        try:
            self.answer(option)
        except pj.Error as error:
            # 488 or 422 has been sent by the library; make sure of it, and say so.
            with contextlib.suppress(pj.Error):
                refuse = pj.CallOpParam()
                refuse.statusCode = 488
                self.hangup(refuse)
            self.refused_with = _status_of(error)
            return False
        return True

    refused_with = 488

    def end(self, sip_code: int) -> None:
        if self.over:
            return
        self._ended_by_us = True
        option = pj.CallOpParam()
        option.statusCode = sip_code if sip_code >= 300 else 603
        with contextlib.suppress(pj.Error):
            self.hangup(option)

    def audio(self) -> Any | None:
        """The leg's port on the conference bridge, None while it has no media."""
        if self.over:
            return None
        with contextlib.suppress(pj.Error):
            info = self.getInfo()
            for index in range(len(info.media)):
                media = info.media[index]
                if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status in (
                    pj.PJSUA_CALL_MEDIA_ACTIVE,
                    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD,
                    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD,
                ):
                    return self.getAudioMedia(index)
        return None

    def packets(self) -> int:
        """RTP packets received so far; -1 when there is no stream."""
        if self.over:
            return -1
        with contextlib.suppress(pj.Error):
            return int(self.getStreamStat(0).rtcp.rxStat.pkt)
        return -1

    # What the library reports. Bodies run under `guard`.

    def onCallState(self, prm: Any) -> None:
        self._endpoint.guard(self._state_changed)

    def onCallSdpCreated(self, prm: Any) -> None:
        self._endpoint.guard(lambda: self._sdp_created(prm))

    def onCallMediaState(self, prm: Any) -> None:
        self._endpoint.guard(self._media_changed)

    def onDtmfDigit(self, prm: Any) -> None:
        digit, method = prm.digit, _METHODS.get(prm.method, "info")
        self._endpoint.guard(lambda: self._endpoint.events.append(ev.Digit(self.name, digit, method)))

    def onDtmfEvent(self, prm: Any) -> None:
        seen = prm.digit, int(prm.timestamp), int(prm.duration), int(prm.flags)
        self._endpoint.guard(lambda: self._event_seen(*seen))

    def onCallTsxState(self, prm: Any) -> None:
        self._endpoint.guard(lambda: self._transaction(prm))

    def onCallTransferRequest(self, prm: Any) -> None:
        prm.statusCode = 603  # a REFER would make us dial whatever it names

    def onCallReplaceRequest(self, prm: Any) -> None:
        prm.statusCode = 603  # INVITE with Replaces would hand the call to a stranger

    def remember(self, message: str) -> None:
        """Take the Call-ID from the caller's INVITE."""
        self._sip_call_id = messages.headers(message).get("call-id", "")

    def _state_changed(self) -> None:
        info = self.getInfo()
        state, code = info.state, int(info.lastStatusCode)
        self._sip_call_id = self._sip_call_id or info.callIdString
        if state == pj.PJSIP_INV_STATE_CALLING:
            self._report("calling")
        elif state in (pj.PJSIP_INV_STATE_INCOMING, pj.PJSIP_INV_STATE_EARLY):
            self._report("early")
            if self._ours and code in (180, 183) and not self._rang:
                self._rang = True
                self._endpoint.events.append(ev.LegRinging(self.name))
        elif state == pj.PJSIP_INV_STATE_CONFIRMED:
            self.confirmed = True
            self._report("confirmed")
            self._maybe_up()
        elif state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._over(code, remote=not self._ended_by_us)

    def _over(self, code: int, *, remote: bool) -> None:
        if self.over:
            return
        self.over = True
        self._report("over")
        self._endpoint.events.append(ev.LegEnded(self.name, code, remote))

    def _sdp_created(self, prm: Any) -> None:
        """Only our own offers: an answer has the other side's number for telephone events."""
        if not prm.remSdp.wholeSdp:
            prm.sdp.wholeSdp = messages.with_usual_events(prm.sdp.wholeSdp)

    def _media_changed(self) -> None:
        info = self.getInfo()
        for index in range(len(info.media)):
            if info.media[index].type == pj.PJMEDIA_TYPE_AUDIO:
                self.remote_hold = info.media[index].status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
        self._endpoint.events.append(MediaChanged(self.name))
        self._maybe_up()

    def _maybe_up(self) -> None:
        """A leg is up when the dialog is confirmed and its media is there: early media never counts (rules A.13)."""
        if self._up or not self.confirmed:
            return
        if not self._ours:
            self._up = True
            self._endpoint.events.append(ev.Confirmed())
        elif self.audio() is not None:
            self._up = True
            self._endpoint.events.append(ev.LegAnswered(self.name))

    def _event_seen(self, digit: str, began: int, duration: int, flags: int) -> None:
        """Some gateways say the same duration in every packet: then the library takes a second press of a key for more of the
        first, though its timestamp is another. (Others move the timestamp during one press, by a packet's length.)"""
        apart = began - self._event_began >= _APART
        again = flags == _UPDATE and duration == self._event_duration and apart
        self._event_began, self._event_duration = began, duration
        if again:
            self._endpoint.events.append(ev.Digit(self.name, digit, "rfc4733"))

    def _transaction(self, prm: Any) -> None:
        """A session refresh that crossed a re-INVITE of the other side: the library lets it be, and the session would end."""
        if prm.e.type != pj.PJSIP_EVENT_TSX_STATE or not self.confirmed or self.over:
            return
        tsx = prm.e.body.tsxState.tsx
        ours = tsx.role == pj.PJSIP_ROLE_UAC and tsx.state == pj.PJSIP_TSX_STATE_COMPLETED
        if ours and tsx.method == "INVITE" and tsx.statusCode == REQUEST_PENDING:
            self._endpoint.refresh_later(self, _wait_after_glare(self._ours))

    def _report(self, state: str) -> None:
        if state != self._reported:
            self._reported = state
            self._endpoint.events.append(Dialog(self.name, self._sip_call_id, state))


def _wait_after_glare(ours: bool) -> float:
    """Seconds (RFC 3261, 14.1): 2.1 to 4 for whoever made the Call-ID, 0 to 2 for the other, in steps of 10 ms."""
    return random.randrange(210, 401) / 100 if ours else random.randrange(0, 201) / 100


class MediaChanged:
    """The leg's media was set up anew (answer, hold, re-INVITE): connections on the bridge must be made again."""

    def __init__(self, leg: str) -> None:
        self.leg = leg


def _status_of(error: Any) -> int:
    """PJSIP wraps a SIP code as 170000 + code."""
    code = int(getattr(error, "status", 0)) - 170_000
    return code if 300 <= code < 700 else 488
