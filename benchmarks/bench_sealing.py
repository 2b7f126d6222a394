"""How long sealing a talk takes, how much memory, and how quickly a range in the middle is read.

PYTHONPATH=. python benchmarks/bench_sealing.py [--minutes 30]
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

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
    seconds = parser.parse_args().minutes * 60
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
        print(f"load {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores")
        print(f"talk {info.seconds:.0f} s, sealed {info.bytes / 1e6:.1f} MB")
        print(f"seal {taken:.2f} s ({cpu / info.seconds * 100:.3f} % of a core a second of talk)")
        print(f"peak memory grew by {(after.ru_maxrss - before.ru_maxrss) / 1024:.1f} MB")
        with SealedReader(folder / "x.hlr", secrecy, "rec_bench") as reader:
            rng = np.random.default_rng(1)
            places = rng.integers(0, reader.length, 300)
            begin = time.perf_counter()
            for place in places:
                reader.read(int(place), 65_536)
            print(f"64 KiB from a random place: {(time.perf_counter() - begin) / len(places) * 1000:.2f} ms")


if __name__ == "__main__":
    main()
