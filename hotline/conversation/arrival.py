"""What is written down when a caller arrives: who, through which trunk, to which flow; the number only sealed and masked."""

from __future__ import annotations

from typing import Any, Final

from hotline.conversation.context import Context
from hotline.core.conversations.orders import Order
from hotline.core.errors import Forbidden
from hotline.core.phones import apply_rules, mask, normalise
from hotline.ivr.schema import Flow
from hotline.secrecy import SecrecyError
from hotline.telephony.events import IncomingCall, RefusedCall

SOURCE: Final = "call"
"""Source of a call's own facts."""


def arrival(context: Context, call_id: str, call: IncomingCall | RefusedCall, worker: str, wish: str = "") -> dict[str, Any]:
    """The data of `call_arrived`. `worker` is `<process id>-<slot>`, by which a dead writer is told. `wish`: the line's
    own flow."""
    settings, secrecy = context.settings, context.secrecy
    rules = next((trunk.in_rules for trunk in settings.trunks if trunk.name == call.trunk), [])
    number = normalise(apply_rules(call.caller, [(rule.match, rule.replace) for rule in rules])).national
    caller_hash = secrecy.index(number) if number else ""
    flow = context.flow_of(call.called, caller_hash, wish)
    return {
        "trunk": call.trunk,
        "called": call.called,
        "caller_enc": secrecy.seal(number, f"call.caller:{call_id}"),
        "caller_masked": mask(number),
        "caller_hash": caller_hash,
        "region_hint": context.regions.hint(number),
        "flow": flow.name,
        "flow_version": flow.version,
        "worker": worker,
        "sip_call_id": call.sip_call_id,
    }


def departure(context: Context, order: Order, flow: Flow, worker: str) -> dict[str, Any]:
    """The data of `call_arrived` of a call that we make: the person called stands where a caller would. Raises Forbidden
    `dial.number` when the number does not open."""
    try:
        national = context.secrecy.open(order.number_enc, number_context(order.task_id))
    except SecrecyError as error:
        raise Forbidden("dial.number") from error
    trunk = next((trunk for trunk in context.settings.trunks if trunk.name == order.trunk), None)
    return {
        "direction": "outbound",
        "kind": order.kind,
        "task_id": order.task_id,
        **({"of_call": order.of_call} if order.of_call else {}),
        "trunk": order.trunk,
        "called": trunk.caller_id if trunk else "",
        "caller_enc": context.secrecy.seal(national, f"call.caller:{order.call_id}"),
        "caller_masked": order.caller_masked,
        "caller_hash": order.caller_hash,
        "region_hint": order.region_hint,
        "flow": flow.name,
        "flow_version": flow.version,
        "worker": worker,
        "sip_call_id": "",
    }


def number_context(task_id: str) -> str:
    """Under which context a task's number is sealed (the store's table of contexts says the same)."""
    return f"callback_tasks.caller:{task_id}"
