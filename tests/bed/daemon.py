"""The whole bed in the background for manual work: ``make bed-up`` and ``make bed-down``."""

from __future__ import annotations

import signal

from tests.bed.background import CHECKOUT, HOME, Background
from tests.bed.bed import Bed

BACKGROUND = Background("the bed", ["serve"])
ENV = BACKGROUND.env

__all__ = ["CHECKOUT", "ENV", "HOME", "down", "serve", "up"]


def up() -> bool:
    """Start a bed and wait until it is ready; False when one was up already."""
    return BACKGROUND.up()


def down() -> bool:
    """Stop the background bed; False when none was up."""
    return BACKGROUND.down()


def serve() -> None:
    """Be the background process: run a bed until SIGTERM."""
    with BACKGROUND.serving(Bed()) as bed:
        BACKGROUND.announce({**bed.environment(), "KUBECTL": str(bed.tools.path("kubectl"))})
        while True:
            signal.pause()
