"""`hotline`: the command line. Each command's body lives with what it does; this file only lists them."""

from __future__ import annotations

import json
import sys
from typing import Annotated

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
    from hotline.bootstrap.checks import check_flows, check_machine

    found = settings()
    problems = [*check_flows(found), *check_machine(found)]
    for problem in problems:
        typer.echo(f"[{problem.code}] {problem.text}", err=True)
    if not problems:
        typer.echo("可以启动 ready to start")
    raise typer.Exit(1 if problems else 0)


def _extend() -> None:
    """Commands that live in files of their own."""
    import hotline.cli_admin as cli_admin
    import hotline.cli_doctor as cli_doctor
    import hotline.cli_flow as cli_flow
    import hotline.cli_simulate as cli_simulate

    app.add_typer(cli_flow.app, name="flow")
    app.add_typer(cli_admin.app, name="admin")
    app.command("doctor")(cli_doctor.doctor)
    app.command("simulate")(cli_simulate.simulate)


def main() -> None:
    """Entry point of the `hotline` command."""
    # A part of the running system needs none of the tools; it starts quicker without them.
    if sys.argv[1:2] != ["part"]:
        _extend()
    app()


if __name__ == "__main__":
    main()
