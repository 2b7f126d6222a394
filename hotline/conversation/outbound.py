"""Whom a conversation may dial, and as whom: the last guard before an INVITE leaves (I26)."""

from __future__ import annotations

from dataclasses import dataclass

from hotline.conversation.arrival import number_context
from hotline.core.errors import Forbidden
from hotline.core.phones import apply_rules, normalise
from hotline.secrecy import Secrecy, SecrecyError
from hotline.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """`uri` is the request URI, `identity` the From, `to` the To (empty: as `uri`)."""

    uri: str
    identity: str
    to: str = ""


def agent_target(settings: Settings, uri: str) -> Target:
    """An agent's phone. Raises Forbidden `dial.address` for anything but a SIP address."""
    if not uri.startswith("sip:") or any(char in uri for char in " \r\n<>\"'"):
        raise Forbidden("dial.address")
    return Target(uri, f'"12348" <sip:12348@{settings.sip.domain}>')


def expert_target(settings: Settings, secrecy: Secrecy, number_enc: str, trunk_name: str, expert_id: str) -> Target:
    """An expert's telephone, through a trunk.

    Raises Forbidden: `dial.number` (does not open, or not a number), `dial.barred` (prefix not allowed), `dial.trunk`.
    """
    return _own_people(settings, secrecy, number_enc, trunk_name, f"experts.phone:{expert_id}")


def staff_target(settings: Settings, secrecy: Secrecy, number_enc: str, trunk_name: str, agent_id: str) -> Target:
    """The plain telephone of an agent without a console, through a trunk. Raises as :func:`expert_target`."""
    return _own_people(settings, secrecy, number_enc, trunk_name, f"staff_phones.phone:{agent_id}")


def _own_people(settings: Settings, secrecy: Secrecy, number_enc: str, trunk_name: str, place: str) -> Target:
    try:
        number = secrecy.open(number_enc, place)
    except SecrecyError as error:
        raise Forbidden("dial.number") from error
    return _allowed(settings, trunk_name, number)


def person_target(settings: Settings, secrecy: Secrecy, number_enc: str, trunk_name: str, task_id: str) -> Target:
    """A person who is called for a task: the number comes sealed under the task's id, so that nothing but a row of the table
    can name a number to be dialled. Raises Forbidden as :func:`expert_target`."""
    try:
        number = normalise(secrecy.open(number_enc, number_context(task_id))).e164
    except SecrecyError as error:
        raise Forbidden("dial.number") from error
    return _allowed(settings, trunk_name, number)


def _allowed(settings: Settings, trunk_name: str, number: str) -> Target:
    """Only mainland numbers that the allow-list of prefixes names (toll-fraud guard)."""
    if not (number.startswith("+") and number[1:].isdigit() and 8 <= len(number) <= 16):
        raise Forbidden("dial.number")
    limits = settings.transfer
    if not number.startswith(tuple(limits.allowed_prefixes)) or number.startswith(tuple(limits.barred_prefixes)):
        raise Forbidden("dial.barred")
    return _through(settings, trunk_name, number)


def party_target(settings: Settings, secrecy: Secrecy, number_enc: str, trunk_name: str, hotline_id: str) -> Target:
    """Another hotline, through a trunk. Its number is not secret; it comes sealed under its row's id, so that nothing but a
    row of the table (`external_hotlines`) can ever name a number to be dialled here.

    Raises Forbidden: `dial.number`, `dial.trunk`.
    """
    try:
        number = secrecy.open(number_enc, f"external_hotlines.number:{hotline_id}")
    except SecrecyError as error:
        raise Forbidden("dial.number") from error
    if not (number.isdigit() and 3 <= len(number) <= 12):
        raise Forbidden("dial.number")
    return _through(settings, trunk_name, number)


def _through(settings: Settings, trunk_name: str, number: str) -> Target:
    try:
        trunk = settings.trunk(trunk_name)
    except KeyError as error:
        raise Forbidden("dial.trunk", trunk=trunk_name) from error
    dialled = apply_rules(number, [(rule.match, rule.replace) for rule in trunk.out_rules])
    return Target(
        uri=f"sip:{dialled}@{trunk.name}.trunk.invalid",
        identity=f'"{trunk.caller_id}" <sip:{trunk.caller_id}@{trunk.domain}>',
        to=f"sip:{dialled}@{trunk.domain}",
    )
