"""docker-compose.yml stays true: what it sets are real settings, and what it builds from is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from hotline.settings import load

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]


def test_the_environment_of_the_compose_file_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["hotline"]
    for key, value in service["environment"].items():
        if key.startswith("HOTLINE_"):
            monkeypatch.setenv(key, re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
    found = load()
    assert found.redis_url == "redis://127.0.0.1:6348/0"
    assert found.database_url.startswith("postgresql+psycopg://hotline:hotline@127.0.0.1:5448/")
    assert (ROOT / service["build"]["dockerfile"]).is_file()


def test_the_image_copies_what_exists() -> None:
    text = (ROOT / "infra" / "docker" / "Dockerfile").read_text("utf-8")
    for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for source in words.split()[:-1]:
            assert (ROOT / source).exists(), source
