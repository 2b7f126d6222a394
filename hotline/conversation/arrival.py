"""What is written down when a caller arrives: who, through which trunk, to which flow; the number only sealed and masked."""

from __future__ import annotations

from typing import Any, Final

from hotline.conversation.context import Context
from hotline.core.phones import apply_rules, mask, normalise
from hotline.telephony.events import IncomingCall, RefusedCall

SOURCE: Final = "call"
"""Source of a call's own facts."""


def arrival(context: Context, call_id: str, call: IncomingCall | RefusedCall, worker: str) -> dict[str, Any]:
    """The data of `call_arrived`. `worker` is `<process id>-<slot>`, by which a dead writer is told."""
    settings, secrecy = context.settings, context.secrecy
    rules = next((trunk.in_rules for trunk in settings.trunks if trunk.name == call.trunk), [])
    number = normalise(apply_rules(call.caller, [(rule.match, rule.replace) for rule in rules])).national
    flow = context.flow_for(call.called)
    return {
        "trunk": call.trunk,
        "called": call.called,
        "caller_enc": secrecy.seal(number, f"call.caller:{call_id}"),
        "caller_masked": mask(number),
        "caller_hash": secrecy.index(number) if number else "",
        "region_hint": context.regions.hint(number),
        "flow": flow.name,
        "flow_version": flow.version,
        "worker": worker,
        "sip_call_id": call.sip_call_id,
    }
