"""Whom a conversation may dial, and as whom: the last guard before an INVITE leaves (I26)."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.core.errors import Forbidden
from hotline.core.phones import apply_rules
from hotline.secrecy import Secrecy, SecrecyError
from hotline.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """`uri` is the request URI, `identity` the From."""

    uri: str
    identity: str


def agent_target(settings: Settings, uri: str) -> Target:
    """An agent's phone. Raises Forbidden `dial.address` for anything but a SIP address."""
    if not uri.startswith("sip:") or any(char in uri for char in " \r\n<>\"'"):
        raise Forbidden("dial.address")
    return Target(uri, f'"12348" <sip:12348@{settings.sip.domain}>')


def expert_target(settings: Settings, secrecy: Secrecy, number_enc: str, trunk_name: str, expert_id: str) -> Target:
    """An expert's telephone, through a trunk.

    Raises Forbidden: `dial.number` (does not open, or not a number), `dial.barred` (prefix not allowed), `dial.trunk`.
    """
    try:
        number = secrecy.open(number_enc, f"experts.phone:{expert_id}")
    except SecrecyError as error:
        raise Forbidden("dial.number") from error
    if not (number.startswith("+") and number[1:].isdigit() and 8 <= len(number) <= 16):
        raise Forbidden("dial.number")
    limits = settings.transfer
    if not number.startswith(tuple(limits.allowed_prefixes)) or number.startswith(tuple(limits.barred_prefixes)):
        raise Forbidden("dial.barred")
    try:
        trunk = settings.trunk(trunk_name)
    except KeyError as error:
        raise Forbidden("dial.trunk", trunk=trunk_name) from error
    dialled = apply_rules(number, [(rule.match, rule.replace) for rule in trunk.out_rules])
    return Target(f"sip:{dialled}@{trunk.name}.trunk.invalid", f'"{trunk.caller_id}" <sip:{trunk.caller_id}@{trunk.domain}>')
