"""`hotline flow …`: check flows, play them on the keyboard, draw them, and keep played calls as golden scenarios."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
import yaml

from hotline import settings as settings_module
from hotline.core.errors import IllegalTransition
from hotline.ivr import draw as drawing
from hotline.ivr.check import check as check_flows
from hotline.ivr.engine import Step, resume, start
from hotline.ivr.golden import record
from hotline.ivr.parser import load_flow
from hotline.ivr.problems import FlowError
from hotline.ivr.prompts import read_prompts
from hotline.ivr.schema import Flow, json_schema
from hotline.ivr.session import Session
from hotline.ivr.svg import svg as draw_svg
from hotline.ivr.waits import DigitsWait, HoursWait, RateWait, Wait

app = typer.Typer(help="IVR flows: check, play, draw, keep as golden scenarios.", no_args_is_help=True)

QUEUES: Final = "MF,LB,CT,GN,NT,SV"
"""Family, labour, contracts, general, the night desk, complaints: the skills of the matter categories that have a queue."""

FlowArgument = Annotated[str, typer.Argument(help="A flow's name in the flows folder, or the path of a file.")]
Language = Annotated[str, typer.Option(help="The caller's language.")]


def _settings() -> settings_module.Settings:
    try:
        return settings_module.load()
    except settings_module.SettingsError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(2) from exc


def _short(path: Path) -> Path:
    """The path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _reading_language() -> str:
    return os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"


def _load(name: str) -> Flow:
    path = Path(name) if name.endswith(".yaml") else _settings().flows_dir / f"{name}.yaml"
    try:
        return load_flow(path)
    except FlowError as exc:
        for problem in exc.problems:
            typer.echo(problem.show(_reading_language()), err=True)
        raise typer.Exit(1) from exc


@app.command()
def check(
    directory: Annotated[Path | None, typer.Argument(help="Folder of flows; default: the one in the settings.")] = None,
    prompts: Annotated[list[Path] | None, typer.Option(help="Folders of prompts, looked up before the shipped ones.")] = None,
    languages: Annotated[str, typer.Option(help="Languages every flow must offer; empty: its own.")] = "zh-CN,en",
    queues: Annotated[str, typer.Option(help="Queues there are; empty: any.")] = QUEUES,
) -> None:
    """Check every flow and play its golden scenarios. Exit code 1 and one line `file:line: [code] text` a problem."""
    settings = _settings()
    folder = directory or _short(settings.flows_dir)
    if not folder.is_dir():
        typer.echo(f"{folder}: not a folder", err=True)
        raise typer.Exit(2)
    own = [Path(settings.flows.prompts)] if settings.flows.prompts else []
    index = read_prompts([*(prompts or []), *own, folder / "prompts", settings.prompts_dir])
    flows, found = check_flows(folder, index, _split(languages) or None, _split(queues) or None)
    for problem in found:
        typer.echo(problem.show(_reading_language()))
    if found:
        raise typer.Exit(1)
    typer.echo(f"{len(flows)} flows: " + ", ".join(f"{name} {flow.version}" for name, flow in sorted(flows.items())))


@app.command()
def play(
    flow: FlowArgument,
    script: Annotated[str | None, typer.Option(help='Answers instead of the keyboard, such as "1,talked,rated=5".')] = None,
    language: Language = "zh-CN",
    variable: Annotated[list[str] | None, typer.Option(help="name=value, known from the start.")] = None,
    save: Annotated[Path | None, typer.Option(help="Where the session goes; default: played/ below the state.")] = None,
) -> None:
    """Play a flow on the keyboard: keys as a caller would press them, Enter for none, or the name of an outcome."""
    loaded = _load(flow)
    texts = _texts()
    given = dict(item.partition("=")[::2] for item in variable or [])
    step = start(loaded, language, given)
    _show(step, texts)
    answers = None if script is None else iter(_split(script))
    code = 0
    while (wait := step.wait) is not None:
        answer = _next(wait, answers)
        if answer is None:
            typer.echo("— stopped here" if answers is not None else "— the caller hangs up")
            break
        outcome, data = read_answer(wait, answer)
        try:
            # written down and read again, as after a restart of the process that held the call
            step = resume(loaded, Session.from_json(step.session.to_json()), outcome, data)
        except IllegalTransition as exc:
            typer.echo(f"! {outcome!r}: one of {', '.join(wait.outcomes)}  ({exc.code})", err=True)
            if answers is not None:
                code = 1
                break
            continue
        _show(step, texts)
    _save(step.session, save)
    raise typer.Exit(code)


@app.command()
def draw(
    flow: FlowArgument,
    svg: Annotated[Path | None, typer.Option(help="Write an SVG file as well.")] = None,
) -> None:
    """Print the flow as a Mermaid chart."""
    loaded = _load(flow)
    typer.echo(drawing.mermaid(loaded), nl=False)
    if svg:
        svg.write_text(draw_svg(loaded), "utf-8")
        typer.echo(f"wrote {svg}", err=True)


@app.command()
def repro(
    session: Annotated[Path, typer.Argument(help="A session as `play` saves it.")],
    name: Annotated[str, typer.Option(help="Name of the scenario's file; default: that of the session's.")] = "",
    title: Annotated[str, typer.Option(help="What the scenario shows, in a sentence.")] = "",
    directory: Annotated[Path | None, typer.Option(help="Folder of flows; default: the one in the settings.")] = None,
    force: Annotated[bool, typer.Option(help="Overwrite a scenario of that name.")] = False,
    stdout: Annotated[bool, typer.Option("--stdout", help="Print it instead of writing a file.")] = False,
) -> None:
    """Turn a played session into a golden scenario of the flow as it is now."""
    try:
        played = Session.from_json(session.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        typer.echo(f"{session}: {exc}", err=True)
        raise typer.Exit(1) from exc
    folder = directory or _settings().flows_dir
    # the session is data from outside: its flow's name is not yet a file name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", played.flow):
        typer.echo(f"{session}: {played.flow!r} is not the name of a flow", err=True)
        raise typer.Exit(1)
    loaded = _load(str(folder / f"{played.flow}.yaml"))
    if loaded.version != played.version:
        typer.echo(f"played on version {played.version}, kept as version {loaded.version} plays it", err=True)
    try:
        text = record(loaded, played, title or f"played {time.strftime('%Y-%m-%d')}")
    except IllegalTransition as exc:
        typer.echo(f"{session}: does not fit the flow any more: {exc.code} {exc.details}", err=True)
        raise typer.Exit(1) from exc
    if stdout:
        typer.echo(text, nl=False)
        return
    path = folder / "golden" / f"{re.sub(r'[^A-Za-z0-9_-]+', '_', name or session.stem)}.yaml"
    if path.exists() and not force:
        typer.echo(f"{path} is there already: choose another --name, or --force", err=True)
        raise typer.Exit(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    typer.echo(str(path))


@app.command()
def schema() -> None:
    """Print the JSON Schema of flow files, for editors."""
    typer.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))


def read_answer(wait: Wait, answer: str) -> tuple[str, dict[str, str]]:
    """What a person typed, as outcome and data: an outcome's name (`talked`, `rated=5`), or keys as on a telephone."""
    if isinstance(wait, RateWait):
        name, equals, score = answer.partition("=")
        if answer in wait.keys:
            return "rated", {"score": answer}
        if name == "rated":
            return "rated", {"score": score if equals else wait.keys[0]}
        return ("no_rating" if answer == "" or answer.isdigit() else answer), {}
    if isinstance(wait, DigitsWait) and answer not in wait.outcomes and (not answer or answer[0] in "0123456789*#"):
        return wait.outcome(answer.removesuffix(wait.finish_on) if wait.finish_on else answer), {}
    if isinstance(wait, HoursWait) and not answer:
        return "open", {}
    return answer, {}


def _next(wait: Wait, answers: Iterator[str] | None) -> str | None:
    if answers is not None:
        return next(answers, None)
    try:
        return input(f"  [{' | '.join(wait.outcomes)}] > ").strip()
    except (EOFError, KeyboardInterrupt):
        typer.echo()
        return None


def _show(step: Step, texts: dict[tuple[str, str], str]) -> None:
    typer.echo("→ " + " → ".join(step.nodes))
    for say in step.says:
        text = texts.get((say.language, say.prompt)) or texts.get(("", say.prompt), "")
        typer.echo(f"  ♪ {say.language}/{say.prompt}" + (f"  {text}" if text else ""))
    typer.echo(f"  … {step.wait.describe()}, {step.wait.seconds:g} s" if step.wait else f"  × hang up: {step.cause}")


def _texts() -> dict[tuple[str, str], str]:
    """What the prompts say, by language and id, from the manifest beside them. Empty when there is none."""
    path = _settings().prompts_dir / "manifest.yaml"
    try:
        listed = yaml.safe_load(path.read_text("utf-8"))["prompts"]
        return {
            (language, name): text
            for name, entry in listed.items()
            for language, text in entry.items()
            if isinstance(text, str)
        }
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}  # only the words to the melody: the flow can be played without


def _save(session: Session, path: Path | None) -> None:
    if path is None:
        path = _settings().home / "played" / f"{session.flow}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(session.to_json() + "\n", "utf-8")
    typer.echo(f"saved {path}", err=True)


def _split(text: str) -> list[str]:
    """Comma-separated words; an empty word between commas is kept (Enter in a script), an empty text is nothing."""
    return [part.strip() for part in text.split(",")] if text else []


if __name__ == "__main__":
    app()
