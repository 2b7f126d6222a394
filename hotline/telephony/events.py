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


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """An INVITE the stack refused by itself (`sip_code` was sent): no codec in common, broken SDP, out of slots."""

    sip_call_id: str
    from_tag: str
    caller: str
    called: str
    trunk: str
    sip_code: int


@dataclass(frozen=True, slots=True)
class Dialog:
    """A leg got a dialog (or lost it): what somebody else needs to end it after a crash of this process.

    `state`: calling, early, confirmed, over. `cseq` is that of the INVITE (for CANCEL); tags are empty while unknown.
    """

    leg: str
    sip_call_id: str
    from_tag: str
    to_tag: str
    cseq: int
    state: str
