"""How long sealing a talk takes, how much memory, and how quickly a range in the middle is read.

python benchmarks/bench_sealing.py [--minutes 30] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hotline.core.wavs import pcm16_header
from hotline.secrecy import Secrecy
from hotline.store.sealing import SealedReader, seal


def capture(path: Path, seconds: int, seed: int) -> Path:
    noise = np.random.default_rng(seed).integers(-8000, 8000, 8000, dtype=np.int16).tobytes()
    with path.open("wb") as file:
        file.write(pcm16_header(1, 8000, 8000 * seconds))
        for _ in range(seconds):
            file.write(noise)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    seconds = options.minutes * 60
    secrecy = Secrecy(os.urandom(32))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        caller, peer = (capture(folder / f"{side}.wav", seconds, n) for n, side in enumerate(("caller", "peer")))
        before = resource.getrusage(resource.RUSAGE_SELF)
        begin = time.perf_counter()
        info = seal(caller, peer, folder / "x.hlr", secrecy, "rec_bench")
        taken = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        with SealedReader(folder / "x.hlr", secrecy, "rec_bench") as reader:
            rng = np.random.default_rng(1)
            places = rng.integers(0, reader.length, 300)
            begin = time.perf_counter()
            for place in places:
                reader.read(int(place), 65_536)
            read = (time.perf_counter() - begin) / len(places)
    result = {
        "load": os.getloadavg()[0],
        "cores": os.cpu_count(),
        "talk_s": info.seconds,
        "sealed_mb": round(info.bytes / 1e6, 1),
        "seal_s": round(taken, 2),
        "cpu_percent_of_talk": round(cpu / info.seconds * 100, 4),
        "peak_memory_grew_mb": round((after.ru_maxrss - before.ru_maxrss) / 1024, 1),
        "read_ms": round(read * 1000, 3),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
