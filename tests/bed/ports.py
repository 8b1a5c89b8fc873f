"""Free loopback ports for servers that must come back on the same port after a restart."""

from __future__ import annotations

import random
import socket

_BELOW_EPHEMERAL = range(20000, 32000)
_given: set[int] = set()


def free_port() -> int:
    """A loopback port nobody listens on, never given twice by this process.

    Taken below the kernel's ephemeral range: an outgoing connection can then not grab the port of a
    server that is being restarted.
    """
    source = random.SystemRandom()
    while True:
        port = source.choice(_BELOW_EPHEMERAL)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
