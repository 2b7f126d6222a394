"""Finding and reading the file; what is wrong in it is said by key and line."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hotline.settings.whole import Settings


class SettingsError(Exception):
    """The settings cannot be used. `str(error)` is one line a key, each naming the key and what to do."""

    code = "settings.invalid"


def find_file() -> Path | None:
    """The settings file that applies, or None when the defaults do."""
    named = os.environ.get("HOTLINE_CONFIG")
    if named:
        path = Path(named)
        if not path.is_file():
            raise SettingsError(f"HOTLINE_CONFIG names {path}, which is not there: correct it or unset it")
        return path
    for path in (Path("hotline.toml"), Path(os.environ.get("HOTLINE_HOME", "var")) / "hotline.toml"):
        if path.is_file():
            return path
    return None


def load(path: Path | None = None, **overrides: Any) -> Settings:
    """Read and check the settings.

    Raises :class:`SettingsError` naming every wrong key, and the file it stands in.
    """
    path = path or find_file()
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
            raise SettingsError(f"{path}: {exc}") from exc
    values.update(overrides)
    try:
        return Settings(**values)
    except ValidationError as exc:
        lines = []
        for error in exc.errors():
            key = ".".join(str(part) for part in error["loc"]) or "settings"
            shown = f" (is {error['input']!r:.80})" if error["loc"] else ""
            lines.append(f"{_where(path, error['loc'])}: {key}: {error['msg']}{shown}")
        raise SettingsError("\n".join(lines)) from exc
    except ValueError as exc:  # a HOTLINE_… variable that is not JSON where a table or list is due
        raise SettingsError(f"environment: {exc}") from exc


def _where(path: Path | None, location: tuple[int | str, ...]) -> str:
    """`file:line` of a key, as far as it can be found in the text (the TOML reader keeps no lines)."""
    if path is None:
        return "environment"
    section, key, count, inside = "", "", 0, False
    for part in location:
        if isinstance(part, int):
            count = part + 1
        elif not section and len(location) > 1:
            section = part
        else:
            key = key or part
    seen = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        heading = re.match(r"\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}", line)
        if heading:
            seen += heading.group(1) == section
            inside = heading.group(1) == section and (not count or seen == count)
        elif (inside or not section) and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return f"{path}:{number}"
    return str(path)
