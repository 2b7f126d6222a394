"""`hotline`: the command line. Each command's body lives with what it does; this file only lists them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Annotated, Final

import typer

from hotline.settings import Settings, SettingsError, load

app = typer.Typer(
    name="hotline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="12348 公共法律服务热线"
)


def settings() -> Settings:
    """The settings, or one clear line a wrong key and exit code 2."""
    try:
        return load()
    except SettingsError as error:
        typer.echo(f"设置有误 settings: {error}", err=True)
        raise typer.Exit(2) from error


@app.command()
def run(
    once_ready: Annotated[str, typer.Option(help="写入此文件表示已就绪 / touch this file when ready")] = "",
) -> None:
    """启动整套热线（前台运行，Ctrl-C 排空后退出）. Run the whole hotline in the foreground."""
    from hotline.bootstrap.run import run as run_all

    raise typer.Exit(run_all(settings(), once_ready))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="机器可读 / machine readable")] = False) -> None:
    """各部分是否正常，通话、坐席、排队一览. Which parts live; calls, agents, queue at a glance."""
    from hotline.bootstrap.status import gather, render

    found = gather(settings())
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else render(found))
    raise typer.Exit(0 if found["running"] else 1)


@app.command(hidden=True)
def part(name: str) -> None:
    """Run one part by itself (for service managers, and for tests)."""
    from hotline.bootstrap.entry import body

    body(name, settings())


@app.command()
def check() -> None:
    """检查设置、流程、提示音和本机环境. Check settings, flows, prompts and this machine without starting."""
    from hotline.bootstrap.checks import check_desk_tables, check_flows, check_machine

    found = settings()
    problems = [*check_flows(found), *check_desk_tables(found), *check_machine(found)]
    for problem in problems:
        typer.echo(f"[{problem.code}] {problem.text}", err=True)
    if not problems:
        typer.echo("可以启动 ready to start")
    raise typer.Exit(1 if problems else 0)


def _add_flow() -> None:
    from hotline import cli_flow

    app.add_typer(cli_flow.app, name="flow")


def _add_admin() -> None:
    from hotline import cli_admin

    app.add_typer(cli_admin.app, name="admin")


def _add_doctor() -> None:
    from hotline import cli_doctor

    app.command("doctor")(cli_doctor.doctor)


def _add_simulate() -> None:
    from hotline import cli_simulate

    app.command("simulate")(cli_simulate.simulate)


ELSEWHERE: Final[dict[str, Callable[[], None]]] = {
    "flow": _add_flow,
    "admin": _add_admin,
    "doctor": _add_doctor,
    "simulate": _add_simulate,
}
"""Commands in files of their own; importing them all takes two seconds, so only the one that is wanted is."""


def main() -> None:
    """Entry point of the `hotline` command."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted in ELSEWHERE:
        ELSEWHERE[wanted]()
    elif wanted not in ("run", "status", "check", "part"):
        for add in ELSEWHERE.values():
            add()
    app()


if __name__ == "__main__":
    main()
