"""Kamailio: its configuration from the settings, its command line, and a check before it is started.

The templates stand in `infra/kamailio/`; docs/adr/0003-edge.md says why the routes are as they are.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from hotline.bus import keys
from hotline.core.headsets import ECHO_TRUNK, ECHO_USER, HEADSET_BYTES, HEADSET_HOST
from hotline.edge import programs, rtpengine, trunks
from hotline.edge.errors import EdgeError
from hotline.edge.templates import rendered
from hotline.settings import Settings

missing_packages = programs.missing_packages
PACKAGES = programs.PACKAGES

TEMPLATES: Final = Path(__file__).resolve().parent.parent.parent / "infra" / "kamailio"

RETRY_AFTER_SECONDS: Final = 5
MAX_CLAIMS: Final = 10
"""Workers tried for one caller: each dead one costs 2 s, and a transaction holds at most 12 branches."""
MAX_WRONG_PASSWORDS: Final = 5
"""Wrong passwords from one address for one extension within 30 s, then 403 for the rest of them (the packaged tier of
5 failed logins in 30 s)."""
BAN_SECONDS: Final = 60
CHILDREN: Final = 2
"""Receiving processes a socket (1.7 MB each). A REGISTER or INVITE takes well under a millisecond, a hanging Redis at most
0.3 s; with two the 99th percentile of INVITE → 200 at 5 calls/s stays what it was with four (benchmarks/README.md)."""
TCP_CHILDREN: Final = 1
"""Processes for all WebSockets of headsets: one asks, answers and hangs up a few times a minute; sound does not pass here."""
MAX_ECHO_PER_SECOND: Final = 5
"""Self-tests begun in one second: each claims a worker, and callers go first."""
SUN_PATH_MAX: Final = 107
"""Longest path of a Unix socket on Linux."""

REFUSALS: Final = (
    "refused_source",
    "refused_origin",
    "refused_method",
    "refused_auth",
    "refused_body",
    "refused_size",
    "refused_malformed",
    "refused_merged",
    "refused_flood",
    "refused_rate",
    "refused_capacity",
    "refused_number",
    "refused_prefix",
    "refused_replaces",
    "refused_extension",
    "refused_route",
    "refused_hops",
    "refused_media",
    "refused_reply",
)
"""Counters of refused requests by reason."""
COUNTERS: Final = (*REFUSALS, "no_worker", "worker_failed", "redis_away")

METHODS: Final = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "UPDATE", "INFO", "PRACK", "REGISTER")

_MODULES: Final = (
    "debugger", "kex", "corex", "tm", "tmx", "sl", "pv", "xlog", "rr", "maxfwd", "textops", "textopsx", "siputils",
    "sanity", "statistics", "htable", "pike", "pipelimit", "usrloc", "registrar", "nathelper", "auth", "dialog",
    "ndb_redis", "jsonrpcs",
)  # fmt: skip

_QUIET: Final = (
    "core", "pv", "textops", "textopsx", "sanity", "siputils", "tm", "sl", "rr", "maxfwd", "registrar", "usrloc",
    "auth", "nathelper", "dialog",
)  # fmt: skip

# What a worker's parser takes (RFC 3261, 25.1), as regular expressions of the script.
_TOKEN: Final = "^[A-Za-z0-9.!%*_+`'~-]+$"
_CSEQ: Final = "^0*([0-9]{1,9}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}|21474[0-7][0-9]{4})$"
_PARAMETERS: Final = "[ \\t]*(;[ \\t]*[A-Za-z0-9_.-]+=[A-Za-z0-9_.-]+[ \\t]*)*"
_KEYS: Final = {**{str(key): str(key) for key in range(10)}, "*": "(\\\\*|10)", "#": "(#|11)"}
"""Each key of a telephone, and how an INFO may spell it."""

# Headers a request may carry to a worker. Supported, Allow and the session timers are written anew, Require is checked and
# dropped.
_KEPT_HEADERS: Final = (
    "Date", "Diversion", "History-Info", "P-Asserted-Identity", "P-Preferred-Identity", "Privacy", "RAck", "Reason",
    "Remote-Party-ID", "Subject", "Timestamp", "User-Agent", "User-to-User",
)  # fmt: skip
_KEPT_REPLY_HEADERS: Final = (
    "Accept", "Allow", "Date", "Min-SE", "P-Asserted-Identity", "Privacy", "Reason", "Require", "Retry-After", "RSeq",
    "Session-Expires", "Supported", "k", "x", "Timestamp", "Unsupported", "Warning", "WWW-Authenticate",
    "Proxy-Authenticate",
)  # fmt: skip

MEDIA_FLAGS: Final = (
    "trust-address replace-origin replace-session-connection ICE=remove RTP/AVP DTLS=off rtcp-mux-demux strict-source "
    "codec-strip-all codec-except-PCMA codec-except-PCMU codec-except-telephone-event"
)

MEDIA_ANSWER_FLAGS: Final = MEDIA_FLAGS.replace(" RTP/AVP DTLS=off", "")
"""A worker's answer, on its way out: in the profile of the offer (a caller who offers SRTP gets SRTP, or is told 488)."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A desk phone's account. `ha1`: 32 hex digits, MD5 of `extension:sip.domain:password`."""

    extension: str
    ha1: str


def render(settings: Settings, phones: Sequence[Phone], run_dir: Path | None = None) -> Path:
    """Write `kamailio.cfg` (mode 0600: it holds password hashes) and its lists, by default into `settings.run_dir`.

    Raises :class:`EdgeError` for settings that cannot be written, or when the Debian packages are missing.
    """
    folder = (run_dir or settings.run_dir).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    text = rendered(TEMPLATES, "kamailio.cfg.j2", **_values(settings, phones, folder))
    _write(folder / "dispatcher.list", trunks.ping_list(settings.trunks))
    path = folder / "kamailio.cfg"
    _write(path, text)
    return path


def command(settings: Settings) -> list[str]:
    """Command line that runs Kamailio in the foreground, logging to standard error; no pid file.

    Start it in a process group of its own and end the whole group: when the main process is killed with SIGKILL its
    children stay behind and keep the ports.
    """
    path = settings.run_dir.resolve() / "kamailio.cfg"
    return [programs.program("kamailio"), "-DD", "-E", "-f", str(path), "-m", "64", "-M", "8"]


def ports(settings: Settings) -> list[tuple[str, int, str]]:
    """UDP ports the edge will bind, as (address, port, settings key): to be looked at before a start, so that one
    already taken is told by its key."""
    found = [
        ("127.0.0.1", settings.sip.inside_port, "sip.inside_port"),
        (settings.sip.host, settings.sip.port, "sip.port"),
    ]
    if settings.media.relay == "always":
        found.append(("127.0.0.1", settings.media.control_port, "media.control_port"))
    return found


def check(path: Path) -> None:
    """Have Kamailio read the configuration without running it.

    Raises :class:`EdgeError` (`edge.config`) with the first message and its line.
    """
    done = subprocess.run(
        [programs.program("kamailio"), "-c", "-E", "-f", str(path), "-m", "64", "-M", "8"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode == 0:
        return
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line or "CRITICAL" in line]
    first = next((line for line in lines if "parse error" in line), lines[0] if lines else done.stderr.strip()[-200:])
    at = re.search(r"line (\d+)", first)
    line = int(at.group(1)) if at else 0
    raise EdgeError("edge.config", file=str(path), line=line, message=first.split(">: ")[-1][:300])


HEADSET_OFFER_FLAGS: Final = (
    "trust-address replace-origin replace-session-connection ICE=force UDP/TLS/RTP/SAVPF DTLS=passive "
    "rtcp-mux-offer rtcp-mux-require "
    "codec-strip-all codec-except-PCMA codec-except-PCMU codec-except-telephone-event"
)
HEADSET_ANSWER_FLAGS: Final = (
    "trust-address replace-origin replace-session-connection ICE=force RTP/SAVPF DTLS=passive rtcp-mux-accept "
    "codec-strip-all codec-except-PCMA codec-except-PCMU codec-except-telephone-event"
)
"""Towards a browser. With rtpengine in the passive role in both directions a handshake cannot begin before the browser is
ready for it; the other way round half of the calls stayed silent (measured with Chromium 156 and rtpengine 10.5)."""
HEADSET_PLAIN_FLAGS: Final = MEDIA_FLAGS.replace(" strict-source", "")
"""What a browser says, on its way to a worker. ICE chooses the address and DTLS-SRTP proves who speaks: held to the address of
the SDP, rtpengine would drop what comes from the one that ICE chose."""


def _values(settings: Settings, phones: Sequence[Phone], folder: Path) -> dict[str, Any]:
    sip, media = settings.sip, settings.media
    rpc_socket = folder / "kamailio_rpc.sock"
    if len(os.fsencode(rpc_socket)) > SUN_PATH_MAX:
        raise EdgeError("edge.bad_value", key="home", value=f"{folder} is too long a path for a socket")
    relay = media.relay == "always"
    outside = _listen_address(sip.host)
    pings = any(trunk.options_ping for trunk in settings.trunks)
    headset = settings.headset.enabled and relay
    modules = [
        *_MODULES,
        *(["rtpengine"] if relay else []),
        *(["dispatcher"] if pings else []),
        *(["xhttp", "websocket"] if headset else []),
    ]
    two = len(rtpengine.interfaces(settings)) == 2
    return {
        "children": CHILDREN,
        "host": outside,
        "port": sip.port,
        "inside_port": sip.inside_port,
        "overflow_port": settings.overflow_port,
        "domain": trunks.plain(sip.domain, "sip.domain"),
        "run_dir": trunks.plain(str(folder), "home"),
        "rpc_socket": str(rpc_socket),
        "module_path": f"{programs.module_path()}/",
        "modules": modules,
        "quiet_modules": _QUIET,
        "redis_server": _redis_server(settings.redis_url),
        "idle_key": keys.IDLE,
        "relay": relay,
        "pings": pings,
        "control_port": media.control_port,
        "trunks": trunks.render_trunks(settings.trunks),
        "phones": [_checked(phone) for phone in phones],
        "nobody_ha1": secrets.token_hex(16),
        "hotlines_key": keys.EXTERNAL_NUMBERS,
        "allowed": trunks.prefixes(settings.transfer.allowed_prefixes, "transfer.allowed_prefixes"),
        "barred": trunks.prefixes(settings.transfer.barred_prefixes, "transfer.barred_prefixes"),
        "flood_requests": sip.flood_requests,
        "max_calls_per_second": sip.max_calls_per_second,
        "max_message_bytes": sip.max_message_bytes,
        "max_body_bytes": sip.max_body_bytes,
        "max_claims": MAX_CLAIMS,
        "max_wrong_passwords": MAX_WRONG_PASSWORDS,
        "retry_after_s": RETRY_AFTER_SECONDS,
        "worker_port_from": sip.worker_port_from,
        "worker_port_to": min(65_535, sip.worker_port_from + max(settings.pool.max * 2, 1000)),
        "allowed_methods": METHODS,
        "allowed_within": [method for method in METHODS if method != "REGISTER"],
        "token": _TOKEN,
        "cseq": _CSEQ,
        "parameters": _PARAMETERS,
        "keys": _KEYS,
        "kept_headers": _KEPT_HEADERS,
        "kept_reply_headers": _KEPT_REPLY_HEADERS,
        "counters": COUNTERS,
        "media_flags": MEDIA_FLAGS,
        "media_answer_flags": MEDIA_ANSWER_FLAGS,
        "direction_in": " direction=outside direction=inside" if two else "",
        "direction_out": " direction=inside direction=outside" if two else "",
        # headset: the request came from a browser; to_headset: it goes to one; caller: a new caller of a trunk.
        "flags": {"offered": 1, "phone": 2, "headset": 3, "to_headset": 4, "caller": 5},
        "headset": headset,
        "websocket_port": sip.websocket_port,
        "tcp_children": TCP_CHILDREN,
        "max_headsets": settings.headset.max_connections,
        "max_headset_bytes": HEADSET_BYTES,
        "headset_key": keys.headset(""),
        "headset_host": HEADSET_HOST,
        "headset_offer_flags": HEADSET_OFFER_FLAGS,
        "headset_answer_flags": HEADSET_ANSWER_FLAGS,
        "headset_plain_flags": HEADSET_PLAIN_FLAGS,
        "echo_user": ECHO_USER,
        "echo_trunk": ECHO_TRUNK,
        "max_echo_per_second": MAX_ECHO_PER_SECOND,
        "timers": {
            # Silence of a worker: it is dead, take the next. Afterwards it has answered 100 and is at work.
            "worker_silent_ms": int(sip.worker_silent_seconds * 1000),
            "worker_answer_ms": 30_000,
            # Phones and carriers: 5 s to say anything at all, then as long as the worker lets them ring.
            "outside_silent_ms": 5000,
            "outside_ring_ms": 120_000,
            "dialog_s": int(settings.limits.max_call_seconds) + 60,
            "ban_s": BAN_SECONDS,
            # Retransmissions stop after 32 s (timer B); a carrier's tunnel may hold one up for longer.
            "answered_s": 120,
            # Above the keep-alives, which run both ways.
            "websocket_s": 180,
        },
    }


def _listen_address(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise EdgeError("edge.bad_value", key="sip.host", value=f"{host[:60]} is not an address") from None
    if address.is_unspecified or address.version != 4:
        # Kamailio writes this address into Via, Record-Route and Contact: it must be one that others can reach.
        raise EdgeError("edge.bad_value", key="sip.host", value=f"{host}: name one IPv4 address of this machine")
    return str(address)


def _checked(phone: Phone) -> Phone:
    if not re.fullmatch(r"[A-Za-z0-9_.\-]{1,32}", phone.extension):
        raise EdgeError("edge.bad_value", key="extension", value=phone.extension[:32])
    if not re.fullmatch(r"[0-9a-f]{32}", phone.ha1):
        raise EdgeError("edge.bad_value", key=f"ha1 of {phone.extension}", value="not 32 hex digits")
    return phone


def _redis_server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"name=hotline;unix={trunks.plain(parts.path, 'redis.url')};db=0"
    if parts.scheme != "redis":
        raise EdgeError("edge.bad_value", key="redis.url", value=f"{parts.scheme}:// is not supported by the edge")
    host = trunks.plain(parts.hostname or "127.0.0.1", "redis.url")
    database = parts.path.strip("/") or "0"
    server = f"name=hotline;addr={host};port={parts.port or 6379};db={int(database)}"
    if parts.password:
        server += f";pass={trunks.plain(unquote(parts.password), 'redis.url')}"
    return server


def _write(path: Path, text: str) -> None:
    """Whole or not at all, readable by the owner only."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(part, path)
