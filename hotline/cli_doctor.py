"""`hotline doctor`: prints what the doctor found. Exit code 0 all holds, 1 something is broken, 2 it could not look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from hotline.jobs.doctor import CannotLook, Report, examine_until_clean
from hotline.jobs.doctor.texts import INVARIANTS, sentence
from hotline.settings import SettingsError, load

_STATES = {"holds": "✓ 成立 holds  ", "broken": "✗ 破坏 BROKEN ", "skipped": "– 略过 skipped"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="机器可读 / machine readable")] = False,
    deep: Annotated[bool, typer.Option(help="通读每个录音 / read every recording to its last byte")] = False,
    anchors: Annotated[
        Path | None,
        typer.Option(
            help="另存于别处的 audit_anchors.txt / a copy of audit_anchors.txt kept elsewhere", exists=True, dir_okay=False
        ),
    ] = None,
    settle: Annotated[float, typer.Option(help="最多等待几秒直到一切成立 / wait up to so many seconds")] = 0.0,
) -> None:
    """检查不变量：来电、日志、录音、结果是否一致. Prove what must always hold, on the running system or after it."""
    try:
        report = examine_until_clean(load(), settle, deep=deep, anchors=anchors)
    except SettingsError as error:
        _cannot(str(error), as_json)
    except CannotLook as error:
        _cannot(str(error), as_json)
    else:
        if as_json:
            typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2, default=str))
        else:
            _print(report)
        raise typer.Exit(0 if report.clean else 1)


def _cannot(why: str, as_json: bool) -> None:
    typer.echo(json.dumps({"clean": None, "error": why}, ensure_ascii=False) if as_json else why, err=not as_json)
    raise typer.Exit(2)


def _print(report: Report) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for key, (zh, en) in INVARIANTS.items():
        state = report.state(key)
        note = report.skipped.get(key, "") if state == "skipped" else str(report.checked[key])
        colour = {"holds": "green", "broken": "bold red", "skipped": "yellow"}[state]
        console.print(f"{key:<4} [{colour}]{_STATES[state]}[/] ({note:>4})  {zh} · {en}")
    for key, found in report.broken.items():
        first = found[0]
        zh, en = sentence(first)
        more = f"  (+{len(found) - 1})" if len(found) > 1 else ""
        where = first.subject if first.subject == first.call_id or not first.call_id else f"{first.subject} ({first.call_id})"
        console.print(f"{key} {where}: {zh} / {en}{more}", markup=False)
    if report.live:
        console.print(f"{report.live} 个来电进行中 · {report.live} calls in progress", markup=False)
