"""Recordings are sealed whole or not at all, survive being killed anywhere, and open only where they belong."""

from __future__ import annotations

import fcntl
import io
import os
import sys
import warnings
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.core.wavs import find_samples, pcm16_header
from hotline.secrecy import Secrecy
from hotline.store import alaw, sealed_files, sealing
from hotline.store.captures import merge_to_stereo_alaw
from hotline.store.sealed_files import CHUNK, SealedFile, SealError, write_sealed
from hotline.store.sealing import SealedReader, peaks, seal, verify

pytestmark = pytest.mark.unit

SECRECY = Secrecy(bytes(range(32)))
REC = "rec_0123456789abcdefgh"


def tone(hertz: float, frames: int, level: float = 0.3) -> np.ndarray:
    return (np.sin(2 * np.pi * hertz * np.arange(frames) / 8000) * level * 32_767).astype("<i2")


def capture(path: Path, samples: np.ndarray, *, killed: bool = False) -> Path:
    header = pcm16_header(1, 8000, len(samples))
    if killed:
        header = header[:4] + bytes(4) + header[8:40] + bytes(4)
    path.write_bytes(header + samples.astype("<i2").tobytes())
    return path


def talk(folder: Path, caller_frames: int = 120_000, peer_frames: int = 118_000) -> tuple[Path, Path, Path]:
    caller = capture(folder / f"{REC}.caller.wav", tone(440, caller_frames))
    peer = capture(folder / f"{REC}.peer.wav", tone(1000, peer_frames), killed=True)
    return caller, peer, folder / "recordings" / f"{REC}.hlr"


def sealed_talk(folder: Path, **frames: int) -> Path:
    caller, peer, target = talk(folder, **frames)
    seal(caller, peer, target, SECRECY, REC)
    return target


def test_alaw_is_g711() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        audioop = pytest.importorskip("audioop")
    every = np.arange(-32_768, 32_768).astype("<i2")
    codes = np.arange(256, dtype=np.uint8)
    assert alaw.encode(every).tobytes() == audioop.lin2alaw(every.tobytes(), 2)
    assert alaw.decode(codes).astype("<i2").tobytes() == audioop.alaw2lin(codes.tobytes(), 2)


def test_both_sides_stand_on_their_own_channel(tmp_path: Path) -> None:
    caller, peer, target = talk(tmp_path)
    info = seal(caller, peer, target, SECRECY, REC)
    assert not caller.exists()
    assert not peer.exists()
    assert (info.seconds, info.caller_seconds, info.peer_seconds, info.channels) == (15.0, 15.0, 14.75, 2)
    assert info.bytes == target.stat().st_size
    assert info.sha256 == sealing.file_sha256(target)
    with SealedReader(target, SECRECY, REC) as reader:
        assert reader.seconds == 15.0
        whole = reader.read(0, reader.length)
        assert len(whole) == reader.length
    with wave.open(io.BytesIO(whole)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    for channel, hertz in ((0, 440), (1, 1000)):
        spectrum = np.abs(np.fft.rfft(sound[:118_000, channel]))
        assert abs(spectrum.argmax() * 8000 / 118_000 - hertz) < 1
    assert np.abs(sound[118_000:, 1]).max() <= 8, "the shorter side ends in silence"
    assert np.abs(sound[118_000:, 0]).max() > 5000


def test_merge_writes_a_wav_others_can_read(tmp_path: Path) -> None:
    caller, peer, _ = talk(tmp_path, 1000, 900)
    out = io.BytesIO()
    assert merge_to_stereo_alaw(caller, peer, out) == 1000
    span = find_samples(out.getvalue(), len(out.getvalue()))
    assert span is not None
    assert (span.frames, span.channels) == (1000, 2)


def test_nothing_in_clear_on_the_disk(tmp_path: Path) -> None:
    target = sealed_talk(tmp_path)
    raw = target.read_bytes()
    assert b"RIFF" not in raw
    assert alaw.encode(tone(440, 64)).tobytes()[:32] not in raw
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [target.name]
    assert target.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("missing", ["caller", "peer", "empty"])
def test_one_side_missing_keeps_the_other(tmp_path: Path, missing: str) -> None:
    caller, peer, target = talk(tmp_path, 8000, 8000)
    if missing == "empty":
        peer.write_bytes(b"")
    else:
        {"caller": caller, "peer": peer}[missing].unlink()
    info = seal(caller, peer, target, SECRECY, REC)
    assert info.seconds == 1.0
    assert min(info.caller_seconds, info.peer_seconds) == 0
    assert not caller.exists()
    assert not peer.exists()


def test_no_source_at_all(tmp_path: Path) -> None:
    with pytest.raises(SealError) as caught:
        seal(tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "out.hlr", SECRECY, REC)
    assert caught.value.code == "sealed.no_source"
    assert not list(tmp_path.glob("*.part"))


def test_a_source_that_is_no_capture_is_kept(tmp_path: Path) -> None:
    caller, peer, target = talk(tmp_path, 800, 800)
    peer.write_bytes(b"OggS" + bytes(100))
    with pytest.raises(SealError) as caught:
        seal(caller, peer, target, SECRECY, REC)
    assert caught.value.code == "sealed.source_format"
    assert caller.exists()
    assert peer.exists()
    assert not target.exists()


def test_twice_is_once(tmp_path: Path) -> None:
    caller, peer, target = talk(tmp_path)
    first = seal(caller, peer, target, SECRECY, REC)
    before = target.read_bytes()
    assert seal(caller, peer, target, SECRECY, REC) == first
    assert target.read_bytes() == before


def test_captures_that_differ_from_the_sealed_file_are_never_removed(tmp_path: Path) -> None:
    target = sealed_talk(tmp_path)
    caller, peer, _ = talk(tmp_path, 9000, 9000)
    with pytest.raises(SealError) as caught:
        seal(caller, peer, target, SECRECY, REC)
    assert caught.value.code == "sealed.differs"
    assert caller.exists()
    assert peer.exists()


def test_captures_stay_when_the_disk_gives_back_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    caller, peer, target = talk(tmp_path)
    real = sealing.verify

    def rotten(path: Path, *args: object) -> object:
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        return real(path, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(sealing, "verify", rotten)
    with pytest.raises(SealError):
        seal(caller, peer, target, SECRECY, REC)
    assert caller.exists()
    assert peer.exists()
    assert not target.exists()
    assert not list(target.parent.glob("*.part"))


def test_two_at_once(tmp_path: Path) -> None:
    caller, peer, target = talk(tmp_path)
    target.parent.mkdir()
    part = target.with_name(target.name + ".part")
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(SealError) as caught:
            seal(caller, peer, target, SECRECY, REC)
    assert caught.value.code == "sealed.busy"
    assert caller.exists()


def die_at(step: int, work: tuple[Path, Path, Path]) -> bool:
    """Seal in a child that ends itself without any clean-up at its `step`-th look at the disk or encrypted chunk.
    True when it came to its end instead."""
    child = os.fork()
    if child == 0:
        count = 0

        def tick(*_: object) -> None:
            nonlocal count
            count += 1
            if count == step:
                os._exit(9)

        encrypt = sealed_files.AESGCM

        class Dying:
            def __init__(self, key: bytes) -> None:
                self.decrypt, self._encrypt = encrypt(key).decrypt, encrypt(key).encrypt

            def encrypt(self, *args: bytes) -> bytes:
                tick()
                return self._encrypt(*args)

        def hook(event: str, _: object) -> None:
            if event in {"open", "os.rename", "os.remove", "os.truncate", "fcntl.flock"}:
                tick()

        sealed_files.AESGCM = Dying  # type: ignore[assignment,misc]
        real_fsync = os.fsync
        os.fsync = lambda fd: (tick(), real_fsync(fd))  # type: ignore[assignment,func-returns-value]
        sys.addaudithook(hook)
        try:
            seal(*work, SECRECY, REC)
        except BaseException:
            os._exit(3)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9), code
    return code == 0


def test_killed_anywhere_and_run_again(tmp_path: Path) -> None:
    """At every step: the sound is somewhere whole, and the next run ends with the sealed file alone."""
    for step in range(1, 100):
        folder = tmp_path / str(step)
        folder.mkdir()
        work = talk(folder, 140_000, 139_000)
        caller, peer, target = work
        finished = die_at(step, work)
        if target.exists():
            assert verify(target, SECRECY, REC).seconds == 17.5
        else:
            assert caller.exists()
            assert peer.exists()
        info = seal(caller, peer, target, SECRECY, REC)
        assert (info.seconds, info.peer_seconds) == (17.5, 17.375)
        assert [path.name for path in folder.rglob("*") if path.is_file()] == [target.name]
        if finished:
            break
    assert finished
    assert step > 10, "the steps were really gone through"


@pytest.mark.parametrize("place", [5, 40, 400, CHUNK + 300, -1, -20])
def test_a_changed_byte_is_found(tmp_path: Path, place: int) -> None:
    target = sealed_talk(tmp_path)
    raw = bytearray(target.read_bytes())
    raw[place] ^= 0x01
    target.write_bytes(raw)
    with pytest.raises(SealError) as caught:
        verify(target, SECRECY, REC)
    assert caught.value.code in {"sealed.tampered", "sealed.malformed", "sealed.truncated"}


@given(cut=st.integers(0, 250_000))
@settings(max_examples=60, deadline=None)
def test_a_file_cut_anywhere_does_not_open(whole: bytes, tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "x.hlr"
    path.write_bytes(whole[: cut % len(whole)])
    with pytest.raises(SealError) as caught:
        SealedReader(path, SECRECY, REC)
    assert caught.value.code == "sealed.truncated"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return sealed_talk(tmp_path_factory.mktemp("whole")).read_bytes()


def test_something_appended_is_found(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "x.hlr"
    path.write_bytes(whole + b"\0")
    with pytest.raises(SealError) as caught:
        SealedReader(path, SECRECY, REC)
    assert caught.value.code == "sealed.tampered"


def test_chunks_swapped_are_found(tmp_path: Path) -> None:
    target = tmp_path / "x.hlr"
    key = SECRECY.file_key(REC)
    with target.open("wb") as out:
        write_sealed(out, key, {"recording_id": REC}, 3 * CHUNK, [bytes([n]) * CHUNK for n in range(3)])
    raw = target.read_bytes()
    start = len(raw) - 3 * (CHUNK + 16)
    first, second = (raw[start + n * (CHUNK + 16) : start + (n + 1) * (CHUNK + 16)] for n in (0, 1))
    target.write_bytes(raw[:start] + second + first + raw[start + 2 * (CHUNK + 16) :])
    with SealedFile(target, key, recording_id=REC) as file, pytest.raises(SealError) as caught:
        list(file.blocks())
    assert caught.value.code == "sealed.tampered"


def test_a_file_under_another_name_does_not_open(tmp_path: Path) -> None:
    target = sealed_talk(tmp_path)
    with pytest.raises(SealError) as caught:
        SealedReader(target, SECRECY, "rec_another")
    assert caught.value.code == "sealed.wrong_recording"
    # Not even when its header is made to say the other name.
    forged = target.read_bytes().replace(REC.encode(), b"rec_0000000000000000zz")
    target.write_bytes(forged)
    with pytest.raises(SealError) as caught:
        SealedReader(target, SECRECY, "rec_0000000000000000zz")
    assert caught.value.code == "sealed.tampered"


def test_another_key_does_not_open(tmp_path: Path) -> None:
    target = sealed_talk(tmp_path)
    with pytest.raises(SealError) as caught:
        SealedReader(target, Secrecy(bytes(32)), REC)
    assert caught.value.code == "sealed.tampered"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SealError) as caught:
        SealedReader(tmp_path / "none.hlr", SECRECY, REC)
    assert caught.value.code == "sealed.missing"


@pytest.fixture(scope="module")
def long_reader(tmp_path_factory: pytest.TempPathFactory) -> tuple[SealedReader, bytes]:
    reader = SealedReader(sealed_talk(tmp_path_factory.mktemp("range"), caller_frames=80_001), SECRECY, REC)
    return reader, reader.read(0, reader.length)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_range_is_the_same_bytes(long_reader: tuple[SealedReader, bytes], data: st.DataObject) -> None:
    reader, full = long_reader
    offset = data.draw(st.one_of(st.integers(0, 100), st.integers(0, len(full) + 50)))
    size = data.draw(st.one_of(st.integers(0, 100), st.integers(0, len(full))))
    assert reader.read(offset, size) == full[offset : offset + size]


def test_blocks_are_the_same_bytes(long_reader: tuple[SealedReader, bytes]) -> None:
    reader, full = long_reader
    assert b"".join(reader.blocks(7, 200_001, block=4099)) == full[7 : 7 + 200_001]
    with pytest.raises(ValueError, match="negative"):
        reader.read(-1, 10)


@given(frames=st.integers(0, 5), peer=st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_very_short_talks(tmp_path_factory: pytest.TempPathFactory, frames: int, peer: int) -> None:
    target = sealed_talk(tmp_path_factory.mktemp("short"), caller_frames=frames, peer_frames=peer)
    with SealedReader(target, SECRECY, REC) as reader:
        assert reader.frames == max(frames, peer)
        assert len(reader.read(0, 1000)) == reader.length


def test_peaks_show_who_speaks_when(tmp_path: Path) -> None:
    silence = np.zeros(8000, "<i2")
    caller = capture(tmp_path / "c.wav", np.concatenate([tone(440, 8000, 0.5), silence]))
    peer = capture(tmp_path / "p.wav", np.concatenate([silence, tone(440, 8000, 0.25)]))
    seal(caller, peer, tmp_path / "x.hlr", SECRECY, REC)
    with SealedReader(tmp_path / "x.hlr", SECRECY, REC) as reader:
        left, right = peaks(reader, 4)
    assert left[:2] == pytest.approx([0.5, 0.5], abs=0.02)
    assert left[2:] == pytest.approx([0, 0], abs=0.001)
    assert right[:2] == pytest.approx([0, 0], abs=0.001)
    assert right[2:] == pytest.approx([0.25, 0.25], abs=0.02)
