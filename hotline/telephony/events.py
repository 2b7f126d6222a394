"""What telephony reports that the core has no word for: the caller's INVITE itself, accepted or refused by the stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """An INVITE that can be answered. `headers` are the first values of the headers the hotline reads, lower-case names.
    `caller` and `called` are the user parts of From (or P-Asserted-Identity) and of the request URI, as sent."""

    sip_call_id: str
    from_tag: str
    caller: str
    called: str
    trunk: str
    sent_at: float = 0.0
    """When the edge sent it to us (Unix time); 0 when it does not say."""


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """An INVITE the stack refused by itself (`sip_code` was sent): no codec in common, broken SDP, out of slots."""

    sip_call_id: str
    from_tag: str
    caller: str
    called: str
    trunk: str
    sip_code: int
    sent_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Dialog:
    """A leg got a dialog (or lost it): what somebody else needs to end it after a crash of this process.

    `state`: calling, early, confirmed, over. Tags and CSeq are known to the edge, which is asked by Call-ID.
    """

    leg: str
    sip_call_id: str
    state: str
