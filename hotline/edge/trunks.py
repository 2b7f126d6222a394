"""Trunk settings as conditions of a Kamailio script. Pure: text in, text out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hotline.edge.errors import EdgeError
from hotline.settings import TrunkSettings

# What may stand between quotes in a Kamailio script: no quote, no escape, no pseudo-variable, no line end.
_PLAIN = re.compile(r"^[A-Za-z0-9_.:@/+*#\-=\[\]%~,]+$")


@dataclass(frozen=True, slots=True)
class RenderedTrunk:
    """One trunk, ready for the template."""

    name: str
    condition: str
    """True for a request that comes from this trunk."""
    number_condition: str
    """True when the called number is one of the trunk's own."""
    domain: str
    outbound_proxy: str
    max_calls: int
    ping: bool


def plain(value: str, key: str) -> str:
    """`value` unchanged when it can stand in a configuration between quotes.

    Raises :class:`EdgeError` (`edge.bad_value`) naming the settings key otherwise: a quote in a domain must not become
    a statement of the script.
    """
    if not _PLAIN.match(value):
        raise EdgeError("edge.bad_value", key=key, value=value[:60])
    return value


def source_condition(allowed: Sequence[str], ports: Sequence[int]) -> str:
    """Script condition on source address (single addresses and networks) and source port (none given: any).

    >>> source_condition(["192.0.2.1", "198.51.100.0/24"], [5060])
    '(src_ip == 192.0.2.1 || src_ip == 198.51.100.0/24) && (src_port == 5060)'
    """
    if not allowed:
        return "1 == 0"
    nets = [ipaddress.ip_network(item, strict=False) for item in allowed]
    parts = [
        f"src_ip == {_address(net)}" if net.prefixlen == net.max_prefixlen else f"src_ip == {_address(net)}/{net.prefixlen}"
        for net in nets
    ]
    condition = f"({' || '.join(parts)})"
    if ports:
        condition += f" && ({' || '.join(f'src_port == {port}' for port in ports)})"
    return condition


def _address(net: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    return f"[{net.network_address}]" if net.version == 6 else str(net.network_address)


def number_condition(numbers: Iterable[str], trunk: str) -> str:
    """Script condition that the called number is one of `numbers`; `*` means any.

    >>> number_condition(["12348", "+8657112348"], "demo")
    '$rU == "12348" || $rU == "+8657112348"'
    """
    wanted = list(numbers)
    if "*" in wanted:
        return "$rU != $null"
    parts = [f'$rU == "{plain(number, f"trunks.{trunk}.numbers")}"' for number in wanted]
    return " || ".join(parts) or "1 == 0"


def render_trunks(trunks: Sequence[TrunkSettings]) -> list[RenderedTrunk]:
    """All trunks in the order of the settings. Raises :class:`EdgeError` for values that cannot be written."""
    return [
        RenderedTrunk(
            name=trunk.name,
            condition=source_condition(trunk.allowed, trunk.allowed_ports),
            number_condition=number_condition(trunk.numbers, trunk.name),
            domain=plain(trunk.domain, f"trunks.{trunk.name}.domain"),
            outbound_proxy=plain(trunk.outbound_proxy, f"trunks.{trunk.name}.outbound_proxy"),
            max_calls=trunk.max_calls,
            ping=trunk.options_ping,
        )
        for trunk in trunks
    ]


def ping_list(trunks: Sequence[TrunkSettings]) -> str:
    """The dispatcher's list file: set n is the n-th trunk (from 1), for those that want OPTIONS pings."""
    return "".join(f"{number} {trunk.outbound_proxy} 0 0\n" for number, trunk in enumerate(trunks, 1) if trunk.options_ping)


def prefixes(values: Iterable[str], key: str) -> list[str]:
    """E.164 prefixes without their `+`. Raises :class:`EdgeError` for anything but digits after the plus."""
    found = []
    for value in values:
        if not re.fullmatch(r"\+[0-9]{1,15}", value):
            raise EdgeError("edge.bad_value", key=key, value=value[:60])
        found.append(value[1:])
    return found
