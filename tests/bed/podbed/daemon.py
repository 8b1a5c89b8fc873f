"""The pod bed in the background for manual work: ``make e2e-up``, ``make e2e-down``, ``pods load``."""

from __future__ import annotations

import shlex
import signal

from tests.bed.background import Background
from tests.bed.errors import BedError
from tests.bed.images import archive
from tests.bed.podbed.containers import Containers
from tests.bed.podbed.space import enter
from tests.bed.podbed.world import World
from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir

BACKGROUND = Background("the pod bed", ["pods", "serve"], prefix="pods-")
_PID = "POD_BED_PID"


def serve() -> None:
    """Be the background process: run everything until SIGTERM."""
    with workdir("pods") as directory, BACKGROUND.serving(World(Tools(), directory)) as world:
        world.monitoring()
        BACKGROUND.announce({**world.environment(), _PID: str(world.bed.space.pid)})
        while True:
            signal.pause()


def load() -> list[str]:
    """Load the images of the checkout as it is now into the background bed; the names of all it has.

    Raises BedError when none is up.
    """
    if not BACKGROUND.is_up() or not BACKGROUND.env.exists():
        raise BedError("no pod bed is up: make e2e-up")
    words = (line.removeprefix("export ").split("=", 1) for line in BACKGROUND.env.read_text().splitlines())
    pid = {name: shlex.split(value)[0] for name, value in words}[_PID]
    containers = Containers(enter(int(pid)))
    containers.load([archive()])
    return [name for name in containers.images() if not name.startswith("sha256:")]
