"""Free loopback ports for servers that must come back on the same port after a restart."""

from __future__ import annotations

import random
import socket

_BELOW_EPHEMERAL = range(20000, 32000)
_reserved: list[int] = []


def free_port() -> int:
    """A loopback port nobody listens on, given to no other caller while this process lives.

    Taken below the kernel's ephemeral range: an outgoing connection can then not grab the port of a
    server that is being restarted. Nor can a bed of another process (test workers run side by side).
    """
    source = random.SystemRandom()
    while True:
        port = source.choice(_BELOW_EPHEMERAL)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if _reserve(port):
            return port


def _reserve(port: int) -> bool:
    """Take the abstract Unix socket named after ``port``; False when somebody has it.

    Such a name has no file, lives in the same network namespace as the port, and is free again when the
    process ends, however it ends.
    """
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0fireline-bed-port-{port}")
    except OSError:
        mark.close()
        return False
    _reserved.append(mark.detach())
    return True
