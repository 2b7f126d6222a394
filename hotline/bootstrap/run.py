"""`hotline run`: check, prepare, start, tell, watch, drain."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import typer

from hotline import logs
from hotline.bootstrap import checks, forked
from hotline.bootstrap.parts import Part, parts
from hotline.bootstrap.supervisor import StartFailed, Supervisor
from hotline.core.errors import HotlineError
from hotline.settings import Settings, find_file


def run(settings: Settings, once_ready: str = "") -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code: 0 after a clean stop, 1 when it could not start."""
    began = time.monotonic()
    settings = settings.model_copy(update={"home": settings.home.resolve()})
    lock = None
    try:
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        lock = checks.lock(settings)
    except OSError as error:
        return _refuse([checks.Problem("home.rights", f"cannot write to {settings.home} ({error.strerror}): set HOTLINE_HOME")])
    if lock is None:
        return _refuse(
            [checks.Problem("run.already", f"another hotline runs from {settings.home}: stop it, or set HOTLINE_HOME")]
        )
    if problems := [*checks.check_machine(settings), *checks.check_flows(settings), *checks.check_desk_tables(settings)]:
        return _refuse(problems)
    # Not before the checks: these imports take a second.
    forked.preload()
    try:
        logins = forked.apart(lambda: _prepare(settings))
    except HotlineError as error:
        return _refuse([checks.Problem(error.code, str(error.details))])
    logs.setup("supervisor", settings.log_level)
    supervisor = Supervisor(settings, parts(settings), _environment(settings))

    def on_signal(*_: Any) -> None:
        supervisor.stopping = True

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    code = 0
    try:
        supervisor.start(lambda part, seconds: _started(part, seconds))
        if not supervisor.stopping:
            _welcome(settings, logins, time.monotonic() - began)
            if once_ready:
                Path(once_ready).write_text(str(os.getpid()), "utf-8")
            supervisor.watch()
    except StartFailed as error:
        typer.echo(typer.style("启动失败 cannot start:", fg="red") + f" {error}")
        code = 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        typer.echo("正在排空并停止 draining …")
        supervisor.stop(lambda name, seconds: typer.echo(f"  ■ {name} {seconds:.1f} s"))
        lock.close()
    return code


def _prepare(settings: Settings) -> list[tuple[str, str, str]]:
    from hotline.bootstrap.prepare import prepare

    return prepare(settings)


def _environment(settings: Settings) -> dict[str, str]:
    environment = {**os.environ, "HOTLINE_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
    if file := find_file():
        environment["HOTLINE_CONFIG"] = str(file.resolve())
    return environment


def _refuse(problems: list[checks.Problem]) -> int:
    for problem in problems:
        sys.stderr.write(f"无法启动 cannot start: [{problem.code}] {problem.text}\n")
    return 1


def _started(part: Part, seconds: float) -> None:
    typer.echo("  " + typer.style("●", fg="green") + f" {part.name:<10} {part.zh} {seconds:.1f} s")


def _welcome(settings: Settings, logins: list[tuple[str, str, str]], seconds: float) -> None:
    typer.echo("\n" + typer.style("12348 热线已就绪 ready", fg="green", bold=True) + f"（{seconds:.1f} s）")
    typer.echo(f"  坐席台 console   http://{settings.http.host}:{settings.http.port}/")
    typer.echo(f"  SIP             {settings.outside_uri}")
    typer.echo(f"  数据 state       {settings.home}")
    if logins:
        typer.echo("  演示账号 demo log-ins（仅演示城市）：")
        for username, password, role in logins:
            typer.echo(f"    {username:<12} {password:<14} {role}")
        from hotline.store.demo import DEMO_SIP_PASSWORD

        where = f"{settings.sip.host}:{settings.sip.port}, domain {settings.sip.domain}"
        typer.echo(f"  话机 desk phones  8001–8006  {DEMO_SIP_PASSWORD}  @ {where}")
        if settings.demo.trickle:
            typer.echo("  登录 desk1 后点“现在打给我”，即有一位模拟群众来电。Log in as desk1 and press “Call me now”.")
    typer.echo("  停止 stop: Ctrl-C\n")
