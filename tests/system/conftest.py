"""One running hotline for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.running import Hotline


@pytest.fixture(scope="package")
def hotline() -> Iterator[Hotline]:
    """A whole hotline with the demo city; at the end it must stop cleanly and leave nothing behind."""
    made = Hotline()
    try:
        made.start()
        yield made
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()
