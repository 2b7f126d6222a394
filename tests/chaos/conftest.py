"""A running hotline to be harmed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.running import Hotline


@pytest.fixture(scope="package")
def hotline() -> Iterator[Hotline]:
    """Shared by the tests after which it must go on working; in the end it must still stop cleanly."""
    made = Hotline()
    try:
        made.start()
        yield made
        assert made.stop() == 0, made.printed()[-3000:]
    finally:
        made.remove()
