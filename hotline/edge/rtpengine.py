"""rtpengine: configuration, command line, and a ping over its control port.

The time-outs are those of docs/adr/0003-edge.md; the packaged defaults keep dead calls for an hour.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path
from typing import Final

from hotline.edge import programs
from hotline.edge.templates import rendered
from hotline.settings import Settings

TEMPLATES: Final = Path(__file__).resolve().parent.parent.parent / "infra" / "rtpengine"

LOG_LEVEL: Final = 5
"""Notice. Level 7 prints keys and whole SDPs."""
TIMEOUT_SECONDS: Final = 40
"""No RTP from anybody; above the worker's own RTP watchdog (30 s), which is to act first."""
SILENT_TIMEOUT_SECONDS: Final = 310
"""A call on hold: above the worker's allowance for a phone that holds by itself (300 s)."""
OFFER_TIMEOUT_SECONDS: Final = 180


def interfaces(settings: Settings) -> list[str]:
    """One address when carriers and phones come by 127.0.0.1 too, else `inside` (workers) and `outside`."""
    host = settings.sip.host
    return [host] if host == "127.0.0.1" else ["inside/127.0.0.1", f"outside/{host}"]


def render(settings: Settings) -> Path:
    """Write `rtpengine.conf` into `settings.run_dir` and return its path."""
    folder = settings.run_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    text = rendered(
        TEMPLATES,
        "rtpengine.conf.j2",
        log_level=LOG_LEVEL,
        interfaces=[";".join(interfaces(settings))],
        control_port=settings.media.control_port,
        port_from=settings.media.port_from,
        port_to=settings.media.port_to,
        threads=max(2, os.cpu_count() or 2),
        timeout_s=TIMEOUT_SECONDS,
        silent_timeout_s=max(SILENT_TIMEOUT_SECONDS, int(settings.limits.remote_hold_seconds) + 10),
        offer_timeout_s=OFFER_TIMEOUT_SECONDS,
        final_timeout_s=int(settings.limits.max_call_seconds) + 60,
    )
    path = folder / "rtpengine.conf"
    path.write_text(text, "utf-8")
    return path


def command(settings: Settings) -> list[str]:
    """Write the configuration and return the command line (foreground, logs to standard error).

    Raises :class:`~hotline.edge.errors.EdgeError` (`edge.packages_missing`).
    """
    return [programs.program("rtpengine"), f"--config-file={render(settings)}", "--config-section=hotline"]


def ready(settings: Settings, timeout: float = 0.5) -> bool:
    """True when rtpengine answers a ping within `timeout` seconds."""
    cookie = secrets.token_hex(4).encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(("127.0.0.1", settings.media.control_port))
            sock.send(cookie + b" d7:command4:pinge")
            return sock.recv(2048).startswith(cookie + b" d6:result4:pong")
        except OSError:
            return False
