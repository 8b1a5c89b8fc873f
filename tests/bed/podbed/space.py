"""The namespaces of one pod bed as the test process sees them: start, enter, end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.bed.errors import BedError
from tests.bed.podbed.machine import obstacles, unified_cgroups
from tests.bed.podbed.site import Site, claim
from tests.bed.process import tail

_HERE = Path(__file__).parent


def enter(pid: int) -> tuple[str, ...]:
    """What to write before a command so that it runs in the namespaces of process ``pid``."""
    return ("nsenter", "--target", str(pid), "--mount", "--pid", "--net", "--")


class Space:
    """Own net, mount and pid namespaces and cgroups. Use in a ``with``.

    ``directory`` holds everything of the bed and is removed at its end, unless ``FIRELINE_BED_KEEP=1``.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.log = directory / "space.log"
        self.site: Site
        self.pid: int
        self._lock: socket.socket
        self._keeper: subprocess.Popen[str] | None = None

    @property
    def enter(self) -> tuple[str, ...]:
        """What to write before a command so that it runs inside."""
        return enter(self.pid)

    @property
    def keeper_pid(self) -> int:
        """Process id of the keeper. Raises BedError when nothing was started."""
        if self._keeper is None:
            raise BedError("the namespaces of the pod bed have not been made")
        return self._keeper.pid

    def start(self) -> None:
        """Make the namespaces. Raises BedError when pods cannot run here, or with the keeper's own words."""
        if reasons := obstacles():
            raise BedError("; ".join(reasons))
        self.site, self._lock = claim()
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_HERE / "keeper.py"), json.dumps(self._settings())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
                # The number of this bed is free again when its last trace is gone, not before.
                pass_fds=[self._lock.fileno()],
            )
        words = self._keeper.stdout.readline().split() if self._keeper.stdout else []
        if words[:1] != ["ready"]:
            text = tail(self.log)
            self.stop()
            raise BedError(f"the namespaces of the pod bed could not be made:\n{text}")
        self.pid = int(words[1])

    def stop(self) -> None:
        """End everything inside and wait until its last trace is gone."""
        if self._keeper is not None:
            self._keeper.communicate()
            self._keeper = None
            self._lock.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _settings(self) -> dict[str, object]:
        site = self.site
        return {
            "name": site.name,
            "directory": str(self.directory),
            "keep": os.environ.get("FIRELINE_BED_KEEP") == "1",
            "address": f"{site.node_address}/{site.pods.prefixlen}",
            "link": [f"{site.link[1]}/{site.link.prefixlen}", f"{site.link[2]}/{site.link.prefixlen}"],
            "routes": [str(site.pods), str(site.services)],
            "interface": site.interface,
            "init": str(_HERE / "init.py"),
            "unified": unified_cgroups(),
        }
