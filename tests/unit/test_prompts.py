"""The shipped prompts are complete and fit for a telephone, and a bureau's own files come first."""

from __future__ import annotations

import csv
import hashlib
import re
import wave
from pathlib import Path

import numpy as np
import pytest
import yaml

from hotline.conversation.prompts import Prompts
from hotline.core.conversations.brief import WAITED_STEPS, brief_prompts
from hotline.core.conversations.flow import HIGHEST_SPOKEN_POSITION

pytestmark = pytest.mark.unit

SHIPPED = Path(__file__).resolve().parents[2] / "ivr_flows" / "prompts"
MANIFEST = yaml.safe_load((SHIPPED / "manifest.yaml").read_text("utf-8"))
LANGUAGES = ("zh-CN", "en")
SPOKEN = [(id_, language) for id_ in MANIFEST["prompts"] for language in LANGUAGES]
FILES = sorted(SHIPPED.glob("**/*.wav"))

NEEDED = {
    *[
        "notice",
        "greeting",
        "menu",
        "connecting",
        "queue_wait",
        "position_before",
        "position_after",
        "number_many",
        "still_waiting",
        "agent_found",
    ],
    *[
        "hold",
        "hold_end",
        "transferring",
        "transfer_failed_back",
        "expert_connected",
        "brief_intro",
        "brief_waited_short",
        "brief_press",
        "brief_reason",
        "brief_taken",
    ],
    *(f"brief_waited_{n}" for n in WAITED_STEPS),
    *[
        "brief_thanks",
        "brief_refused",
        "rate",
        "rate_again",
        "rate_invalid",
        "rate_thanks",
        "goodbye",
        "callback_promise",
        "closed",
    ],
    *["closed_night", "holiday_night", "closing_time", "duty_calling", "duty_next", "brief_duty"],
    *["message_invite", "message_again", "message_thanks", "message_empty"],
    *["system_error", "busy", "no_agent", "test_echo"],
    *(f"number_{n}" for n in range(1, 21)),
    *(f"brief_category_{n:02}" for n in range(1, 15)),
}


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768


def seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def test_everything_needed_is_there() -> None:
    assert set(MANIFEST["prompts"]) >= NEEDED


@pytest.mark.parametrize(("id_", "language"), SPOKEN)
def test_text_and_file_agree(id_: str, language: str) -> None:
    entry = MANIFEST["prompts"][id_]
    assert entry[language].strip()
    path = SHIPPED / language / f"{id_}.wav"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"][language], "rendered without the manifest?"


def test_no_file_without_an_entry() -> None:
    known = {SHIPPED / language / f"{id_}.wav" for id_, language in SPOKEN} | {SHIPPED / MANIFEST["music"]["file"]}
    known |= {SHIPPED / MANIFEST[tone]["file"] for tone in ("beep", "reminder_tone")}
    known |= {SHIPPED / "simulate" / f"{id_}.wav" for id_ in MANIFEST["simulate"]}
    assert set(FILES) == known
    assert hashlib.sha256((SHIPPED / "music.wav").read_bytes()).hexdigest() == MANIFEST["music"]["sha256"]
    for tone in ("beep", "reminder_tone"):
        assert hashlib.sha256((SHIPPED / f"{tone}.wav").read_bytes()).hexdigest() == MANIFEST[tone]["sha256"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_format_and_level(path: Path) -> None:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
    sound = samples(path)
    frames = sound[: len(sound) // 80 * 80].reshape(-1, 80)
    power = np.mean(frames**2, axis=1) + 1e-12
    active = 10 * np.log10(power[power > power.max() / 316].mean())
    assert 20 * np.log10(np.abs(sound).max()) < -3
    if path.stem in ("music", "reminder_tone"):
        assert -32 < active < -22
    else:
        assert -22.5 < active < -18
        assert np.abs(sound[:600]).max() < 0.003, "80 ms of silence before"
        assert np.abs(sound[-600:]).max() < 0.003, "80 ms of silence after"


MARKS = re.compile("[，。；：、？！,.;:?!]")
DIGIT_LETTERS = 4
"""A digit is spoken as a word of about so many letters."""


def spoken(sound: np.ndarray) -> np.ndarray:
    """Whether each 10 ms frame is loud enough to be heard (-50 dBFS)."""
    frames = sound[: len(sound) // 80 * 80].reshape(-1, 80)
    return np.sqrt((frames**2).mean(axis=1)) > 10 ** (-50 / 20)


@pytest.mark.parametrize(("id_", "language"), SPOKEN)
def test_speech_lasts_as_long_as_its_words_and_has_no_hole(id_: str, language: str) -> None:
    """What the ear would notice first in a rendering gone wrong: words swallowed or doubled, a syllable torn apart."""
    text: str = MANIFEST["prompts"][id_][language]
    heard = np.flatnonzero(spoken(samples(SHIPPED / language / f"{id_}.wav")))
    lasts, holes = (heard[-1] - heard[0] + 1) / 100, np.diff(heard) / 100
    marks = len(MARKS.findall(text.rstrip("。.？?！!")))
    if language == "zh-CN":
        units = len(re.findall(r"[\u4e00-\u9fff]|\d|[A-Za-z]", text))
        usual = 0.20 + 0.155 * units + 0.25 * marks
    else:
        units = len(re.findall("[A-Za-z]", text)) + DIGIT_LETTERS * len(re.findall(r"\d", text))
        usual = 0.25 + 0.055 * units + 0.25 * marks
    assert 0.6 < lasts / usual < 1.7, f"{lasts:.2f} s for {units} syllables or letters"
    assert holes.max() < 0.8
    if units <= (3 if language == "zh-CN" else 12):
        assert holes.max() < 0.15, "a word is torn apart"
    assert (holes >= 0.15).sum() <= marks + 1 + units // 60, "a pause where there is no mark"


def test_music_loops_without_a_click() -> None:
    sound = samples(SHIPPED / "music.wav")
    assert 20 < len(sound) / 8000 < 60
    steps = np.abs(np.diff(sound))
    assert abs(sound[0] - sound[-1]) <= steps.max()
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / 8000)
    assert spectrum[(hertz >= 300) & (hertz <= 3400)].sum() / spectrum.sum() > 0.98


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_words_take_at_most_twelve_seconds(language: str) -> None:
    # Default greeting with the notice of recording: at most 12 s before the menu or the desk.
    assert sum(seconds(SHIPPED / language / f"{id_}.wav") for id_ in ("notice", "greeting")) <= 12


def test_the_whole_set_stays_small() -> None:
    assert sum(path.stat().st_size for path in FILES) < 24_000_000


def put(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_own_file_first_then_shipped_then_fallback(tmp_path: Path) -> None:
    own, shipped = tmp_path / "own", tmp_path / "shipped"
    own_notice = put(own, "zh-CN/notice.wav")
    put(shipped, "zh-CN/notice.wav")
    english = put(shipped, "en/notice.wav")
    goodbye = put(shipped, "zh-CN/goodbye.wav")
    music = put(shipped, "music.wav")
    prompts = Prompts([own, shipped])
    assert prompts.file("notice", "zh-CN") == own_notice
    assert prompts.file("notice", "en") == english
    assert prompts.file("goodbye", "en") == goodbye
    assert prompts.file("music", "en") == music
    assert prompts.file("nonsense", "en") is None


@pytest.mark.parametrize("category", ["0201", "13", "", "9901", "1402"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_brief_can_be_spoken(category: str, language: str) -> None:
    wanted = brief_prompts({"category": category})
    assert set(wanted) <= set(MANIFEST["prompts"])
    assert sum(seconds(SHIPPED / language / f"{id_}.wav") for id_ in wanted) < 16


def test_every_place_that_is_told_can_be_spoken() -> None:
    assert {f"number_{place}" for place in range(1, HIGHEST_SPOKEN_POSITION + 1)} <= set(MANIFEST["prompts"])


def test_every_top_category_has_a_brief() -> None:
    table = SHIPPED.parents[1] / "hotline" / "store" / "data" / "matter_categories.csv"
    if not table.exists():
        pytest.skip("the table of matters is not in this tree")
    with table.open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file) if len(row["code"]) == 2}
    assert codes == {f"{n:02}" for n in range(1, 15)}
