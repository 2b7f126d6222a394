"""Prompts: what each says, heard; replaced by a recording of the bureau's own, which is checked and converted; taken back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import yaml
from fastapi import APIRouter, Depends, Path, Query, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from hotline.api import changes, flow_shelf
from hotline.api.context import Context, current
from hotline.api.guard import need
from hotline.api.people import Person
from hotline.api.shapes import Done, Page
from hotline.core.errors import HotlineError, Invalid, Missing
from hotline.ivr.linter import lint
from hotline.ivr.prompts import LANGUAGE_FREE, PromptIndex, prompt_files, read_prompts, wav_seconds
from hotline.ivr.schema import Flow
from hotline.store import publisher
from hotline.store.models import Account
from hotline.store.repositories import published

router = APIRouter(prefix="/api/prompts", tags=["prompts"])

Shared = Annotated[Context, Depends(current)]
Admin = Annotated[Person, Depends(need("prompts.manage"))]
MOST_BYTES: Final = 12_000_000
"""A minute in the best quality anybody records in (48 kHz, stereo, 16 bit)."""
_ORDER: Final = (LANGUAGE_FREE, "zh-CN", "en")
"""Languages that prompts are spoken in."""
ANY: Final = "any"
"""How a path names the language of prompts without speech."""
Language = Annotated[str, Path(pattern=r"^([a-z]{2,3}(-[A-Z]{2})?|any)$", description="`any` for music and tones")]
PromptId = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class VoiceRow(BaseModel):
    """A prompt in one language (`any`: without speech). `own`: a recording of the bureau's is heard; its levels in dBFS."""

    language: str
    text: str
    seconds: float
    own: bool
    by: str = ""
    at: float | None = None
    speech_db: float | None = None
    peak_db: float | None = None
    source: str = ""


class PromptRow(BaseModel):
    """A prompt. `flows`: those that say it; the conversation says some by itself."""

    id: str
    flows: list[str]
    voices: list[VoiceRow]


class Uploaded(BaseModel):
    """What became of an upload. `gain_db`: by how much it was made louder."""

    seconds: float
    speech_db: float
    peak_db: float
    gain_db: float
    source: str


@router.get("")
def list_prompts(person: Admin, context: Shared) -> Page[PromptRow]:
    """Every prompt there is, by id."""
    settings = context.settings
    texts = _texts(context)
    with context.store.read() as session:
        own = {(row.language, row.prompt): row for row in published.own_prompts(session)}
        people = {row.id: row.display_name for row in session.query(Account.id, Account.display_name)}
        flows = flow_shelf.in_force(settings, published.texts_in_force(session))
    said: dict[str, list[str]] = {}
    for name, flow in flows.items():
        for prompt in set(_said(flow)):
            said.setdefault(prompt, []).append(name)
    voices: dict[str, dict[str, VoiceRow]] = {}
    for language, prompt, path in prompt_files(flow_shelf.prompt_folders(settings)):
        row = own.get((language, prompt))
        if language not in _ORDER or language in voices.setdefault(prompt, {}):
            continue  # a folder of something else, or heard from a folder before
        voices[prompt][language] = VoiceRow(
            language=language or ANY,
            text=texts.get((prompt, language)) or texts.get((prompt, "")) or "",
            seconds=round(wav_seconds(path), 1),
            own=row is not None,
            by=people.get(row.by, row.by) if row else "",
            at=row.at if row else None,
            speech_db=row.speech_db if row else None,
            peak_db=row.peak_db if row else None,
            source=row.source if row else "",
        )
    return Page(
        items=[
            PromptRow(
                id=prompt,
                flows=sorted(said.get(prompt, [])),
                voices=[found[key] for key in sorted(found, key=_ORDER.index)],
            )
            for prompt, found in sorted(voices.items())
            if found
        ]
    )


def _said(flow: Flow) -> Iterator[str]:
    for node in flow.nodes.values():
        yield from (item.prompt for item in node.says)
        spec = node.wait
        for field in ("prompt", "repeat_prompt", "invalid_prompt", "music", "next_prompt", "beep"):
            if spec is not None and isinstance(found := getattr(spec, field, None), str):
                yield found


def _texts(context: Context) -> dict[tuple[str, str], str]:
    """What the shipped prompts say, by id and language, from the manifest beside them."""
    try:
        listed = yaml.safe_load((context.settings.prompts_dir / "manifest.yaml").read_text("utf-8"))["prompts"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
    return {
        (prompt, language): text
        for prompt, entry in listed.items()
        if isinstance(entry, dict)
        for language, text in entry.items()
        if isinstance(text, str)
    }


_AUDIO: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}}, "description": "The WAV"},
}


@router.get("/{language}/{prompt}/audio", response_class=FileResponse, responses=_AUDIO)
def listen(
    language: Language,
    prompt: PromptId,
    person: Admin,
    context: Shared,
    shipped: Annotated[bool, Query(description="the one under the bureau's own")] = False,
) -> FileResponse:
    """The sound callers hear. 404 `prompt.missing`."""
    folders = flow_shelf.prompt_folders(context.settings)
    for folder in folders[1:] if shipped else folders:
        path = folder / _language(language) / f"{prompt}.wav"
        if path.is_file():
            return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "no-store"})
    raise Missing("prompt.missing")


def _language(word: str) -> str:
    return LANGUAGE_FREE if word == ANY else word


def _there(context: Context, language: str, prompt: str) -> bool:
    return any((folder / language / f"{prompt}.wav").is_file() for folder in flow_shelf.prompt_folders(context.settings)[1:])


@router.post("/{language}/{prompt}")
async def replace(language: Language, prompt: PromptId, file: UploadFile, person: Admin, context: Shared) -> Uploaded:
    """Put a recording in the place of the shipped one, from the next time it is said. 404 `prompt.missing`; 413; 422
    `prompt.format`, `prompt.length`, `prompt.clipped`, `prompt.quiet`, `prompt.flow` (a flow that says it would be refused)."""
    content = await file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise HotlineError("request.too_large")
    done = await asyncio.to_thread(_replace, context, person, _language(language), prompt, content)
    await asyncio.to_thread(publisher.publish, context.settings, context.store)
    return done


def _replace(context: Context, person: Person, language: str, prompt: str, content: bytes) -> Uploaded:
    from hotline.store.prompt_sound import convert  # numpy: only who uploads waits for it

    if not _there(context, language, prompt):
        raise Missing("prompt.missing")
    sound = convert(content, level=bool(language))
    _try_out(context, language, prompt, sound.seconds)
    now = time.time()
    with context.store.write() as session:
        last = published.own_prompt(session, language, prompt)
        before = {"sha256": last.sha256, "seconds": last.seconds} if last else {"sha256": "shipped"}
        row = published.put_prompt(
            session,
            language,
            prompt,
            sound.wav,
            seconds=sound.seconds,
            peak_db=sound.peak_db,
            speech_db=sound.speech_db,
            source=sound.source,
            by=person.user_id,
            now=now,
        )
        after = {"sha256": row.sha256, "seconds": row.seconds}
        changes.note(session, person, now, "prompt.replaced", f"prompts/{language or ANY}/{prompt}", before, after)
    return Uploaded(**{name: getattr(sound, name) for name in Uploaded.model_fields})


def _try_out(context: Context, language: str, prompt: str, seconds: float) -> None:
    """Raises Invalid `prompt.flow` when a flow that is good now would be refused with a prompt of that length."""
    index = read_prompts(flow_shelf.prompt_folders(context.settings))
    changed = PromptIndex({**index.seconds_by, (language, prompt): seconds})
    with context.store.read() as session:
        flows = flow_shelf.in_force(context.settings, published.texts_in_force(session))
    for flow in flows.values():
        known = {(item.line, item.code) for item in lint(flow, index, flow.languages)}
        for item in lint(flow, changed, flow.languages):
            if (item.line, item.code) not in known:
                raise Invalid("prompt.flow", flow=flow.name, line=item.line, zh=item.text_zh, en=item.text_en)


@router.delete("/{language}/{prompt}")
async def revert(language: Language, prompt: PromptId, person: Admin, context: Shared) -> Done:
    """The shipped prompt is heard again. 404 `prompt.not_own`."""

    def work() -> None:
        now, own = time.time(), _language(language)
        with context.store.write() as session:
            row = published.revert_prompt(session, own, prompt)
            before, after = {"sha256": row.sha256}, {"sha256": "shipped"}
            changes.note(session, person, now, "prompt.reverted", f"prompts/{language}/{prompt}", before, after)

    await asyncio.to_thread(work)
    await asyncio.to_thread(publisher.publish, context.settings, context.store)
    return Done()
