"""`hotline simulate`: callers, agents and experts against the running hotline; exit code 1 when anything was unexpected."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hotline import logs
from hotline.settings import SettingsError, load
from hotline.simulate.outcome import CallResult
from hotline.simulate.report import Summary, lines, table
from hotline.simulate.runner import Wanted, run
from hotline.simulate.scenarios import APART, MIX, SCENARIOS
from hotline.simulate.stage import StageError


def simulate(
    callers: Annotated[int, typer.Option(min=1, max=100_000, help="呼叫总数 calls in all")] = 1,
    concurrency: Annotated[int, typer.Option(min=1, max=1000, help="同时通话数 calls at once")] = 1,
    rate: Annotated[float, typer.Option(min=0.001, max=1000, help="每秒新呼叫 new calls a second")] = 1.0,
    scenario: Annotated[str, typer.Option(help=f"场景 scenario: {MIX}, {', '.join([*APART, *SCENARIOS])}")] = MIX,
    json_file: Annotated[Path | None, typer.Option("--json", help="结果写入此文件 write the summary there")] = None,
    seed: Annotated[int | None, typer.Option(help="随机种子 seed of all chance")] = None,
    talk: Annotated[float, typer.Option(min=0.5, max=3600, help="每段通话秒数 seconds of each talk")] = 3.0,
) -> None:
    """模拟来电、坐席与专家（真实 SIP 与 RTP）。Simulated callers, agents and experts, with real SIP and RTP."""
    if scenario not in {MIX, *APART, *SCENARIOS}:
        typer.echo(f"没有场景 no scenario {scenario!r}: {MIX}, {', '.join([*APART, *SCENARIOS])}", err=True)
        raise typer.Exit(2)
    logs.setup("simulate", "WARNING")
    wanted = Wanted(callers, concurrency, rate, scenario, secrets.randbelow(1_000_000) if seed is None else seed, talk)
    console = Console(stderr=True)
    try:
        summary = asyncio.run(_with_progress(console, wanted))
    except (StageError, SettingsError) as exc:
        typer.echo(f"无法开始 cannot begin: {exc}", err=True)
        raise typer.Exit(2) from exc
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if json_file is not None:
        json_file.write_text(json.dumps(summary.to_dict(), ensure_ascii=False, indent=2) + "\n", "utf-8")
    out = Console()
    out.print(table(summary))
    for line in lines(summary):
        out.print(line, highlight=False, markup=False)
    raise typer.Exit(1 if summary.unexpected else 0)


async def _with_progress(console: Console, wanted: Wanted) -> Summary:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("准备 setting the stage", total=wanted.callers)

        def progress(up: int, over: int, results: list[CallResult]) -> None:
            bad = sum(bool(result.reasons) for result in results)
            bars.update(task, completed=over, description=f"通话中 up {up}   意外 unexpected {bad}")

        return await run(load(), wanted, progress)
