"""The words for 110 and 120, from files: a bureau's own folder first (`emergency.scripts`), then the shipped ones."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

SCRIPTS: Final = ("110", "120")
LANGUAGES: Final = ("zh-CN", "en")


def script(service: str, language: str, own: str = "") -> str:
    """The text for a service in a language (Chinese where there is no other). Raises KeyError for another service."""
    if service not in SCRIPTS:
        raise KeyError(service)
    wanted = language if language in LANGUAGES else LANGUAGES[0]
    name = f"{service}.{wanted}.txt"
    if own and (path := Path(own) / name).is_file():
        return path.read_text("utf-8")
    return files("hotline.store").joinpath("data", "emergency_scripts", name).read_text("utf-8")
