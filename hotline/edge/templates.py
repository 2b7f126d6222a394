"""Configurations of Kamailio and rtpengine, from their templates in `infra/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def rendered(folder: Path, name: str, /, **values: Any) -> str:
    """The template `folder/name` filled in. Raises jinja2.TemplateError, also for a value that is missing."""
    # Only who writes a configuration needs it: 5 MB that the API, which asks the edge, would carry for nothing.
    import jinja2

    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False
    )
    return env.get_template(name).render(**values)
