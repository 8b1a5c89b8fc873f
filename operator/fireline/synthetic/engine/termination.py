"""The file whose content the kubelet hands on as a pod's termination message.

It is mounted into the container, so that it cannot be replaced by renaming. Each message is written by one
call over the one before and padded with spaces to the same length: whenever the process is killed, what is
there is one whole JSON document.
"""

from __future__ import annotations

import os
from contextlib import suppress

DEFAULT_PATH = "/dev/termination-log"


class TerminationMessage:
    """The open file. Where it cannot be written (on a laptop), writing does nothing: a run whose message
    does not come through is known as never measured, and the exit code is still there."""

    def __init__(self, path: str = DEFAULT_PATH) -> None:
        self._longest = 0
        try:
            self._file: int | None = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            self._file = None

    def write(self, message: str) -> None:
        """Put a message where the last one was."""
        self.write_bytes(message.encode(errors="replace"))

    def write_bytes(self, message: bytes) -> None:
        """The same for a message made before memory was short."""
        if self._file is not None:
            self._longest = max(self._longest, len(message))
            with suppress(OSError):
                os.pwrite(self._file, message.ljust(self._longest), 0)
