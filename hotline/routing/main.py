"""Entry point of the routing process."""

from __future__ import annotations

import signal
import sys
from types import FrameType

from hotline import logs, settings
from hotline.routing.service import Replaced, Router
from hotline.settings import Settings


def main(config: Settings) -> int:
    """Run routing until SIGTERM or SIGINT. Returns the exit code: 0 after a signal, 3 when a newer routing took
    over."""
    logs.setup("routing", config.log_level)
    router = Router(config)

    def on_signal(_: int, __: FrameType | None) -> None:
        router.stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    try:
        router.run()
    except Replaced:
        logs.get("routing").error("routing_replaced")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(settings.load()))
