"""containerd of a pod bed, spoken to with its own ``ctr``: images in, processes killed."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.bed.errors import BedError
from tests.bed.podbed.files import SOCKET


class Containers:
    """``enter``: what to write before a command so that it runs inside the bed."""

    def __init__(self, enter: Sequence[str]) -> None:
        self._enter = tuple(enter)

    def load(self, archives: Sequence[Path]) -> None:
        """Import images from archives, as ``docker save`` writes them. Raises BedError with ctr's words."""
        for archive in archives:
            self.ctr("images", "import", str(archive))

    def images(self) -> list[str]:
        """Names of the images that pods may use."""
        return self.ctr("images", "list", "-q").split()

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        """Send a signal to the first process of a container; ``containerID`` in a pod's status names it."""
        self.ctr("tasks", "kill", "--signal", signal, container.rpartition("/")[2])

    def answers(self) -> bool:
        """Whether containerd is there."""
        try:
            self.ctr("version")
        except BedError:
            return False
        return True

    def ctr(self, *arguments: str) -> str:
        """Run one command; its output. Raises BedError with ctr's words."""
        command = [*self._enter, "ctr", "--address", SOCKET, "--namespace", "k8s.io", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BedError(f"ctr {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout
