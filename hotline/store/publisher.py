"""Writing what is published into `$HOTLINE_HOME/published`, where the conversation workers find it without a database.

The database is the truth; the folder can be taken away at any time and is made again. A file is put in place whole, and the
two indexes last, so that whoever reads an index finds what it names.

* `flows.json`: `{flow: version}`, and `flows/<flow>.<version>.yaml` for each
* `prompts.json`: `{"<language>/<prompt>": sha256}`, and `prompts/<language>/<prompt>.wav` for each
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from hotline import logs
from hotline.settings import Settings
from hotline.store.engine import Store
from hotline.store.repositories import published

log = logs.get("store.publisher")


def publish(settings: Settings, store: Store) -> None:
    """Bring the folder up to date. Called by the API after each change, and by routing every 10 s; one at a time. Raises what
    the database raises, and OSError."""
    folder = settings.published_dir
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _publish(folder, store)


def _publish(folder: Path, store: Store) -> None:
    with store.read() as session:
        flows = published.texts_in_force(session)
        prompts = {f"{row.language}/{row.prompt}".lstrip("/"): row for row in published.prompts_in_force(session)}
    wanted = {name: version for name, (version, _) in flows.items()}
    if wanted != read_index(folder / "flows.json") or not (folder / "flows.json").exists():
        for name, (version, text) in flows.items():
            _write(folder / "flows" / f"{name}.{version}.yaml", text.encode())
        _write(folder / "flows.json", _json(wanted))
        log.info("flows_published", flows=wanted)
    sums = {key: row.sha256 for key, row in prompts.items()}
    there = read_index(folder / "prompts.json")
    if sums == there and (folder / "prompts.json").exists():
        return
    for key, row in prompts.items():
        if there.get(key) != row.sha256 or not (folder / "prompts" / f"{key}.wav").exists():
            with store.read() as session:
                found = published.own_prompt(session, row.language, row.prompt)
                if found is None or found.sha256 != row.sha256:
                    return  # changed meanwhile: the next round sees it whole
                wav = found.wav
            _write(folder / "prompts" / f"{key}.wav", wav)
    for key in there.keys() - prompts.keys():
        (folder / "prompts" / f"{key}.wav").unlink(missing_ok=True)
    _write(folder / "prompts.json", _json(sums))
    log.info("prompts_published", count=len(sums))


def read_index(path: Path) -> dict[str, str]:
    """An index, empty when there is none or it cannot be read."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)
