"""A mail server that keeps what it gets: where the mails of Alertmanager end in tests.

Speaks as much SMTP as a sender without login and TLS needs. The mails are read by ``email``.
"""

from __future__ import annotations

import email
import socketserver
import threading
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import ClassVar, Self

from tests.bed.ports import free_port


class Mailbox:
    """Runs in a thread of this process. Use in a ``with``; ``address`` is ``host:port``."""

    def __init__(self) -> None:
        self._mails: list[tuple[datetime, EmailMessage]] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"mailbox": self})
        self.address = f"127.0.0.1:{free_port()}"
        host, _, port = self.address.partition(":")
        self._server = _Server((host, int(port)), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="smtp")

    def received(self) -> list[tuple[datetime, EmailMessage]]:
        """When each mail came, and the mail, in order."""
        with self._lock:
            return list(self._mails)

    def add(self, data: bytes) -> None:
        """Keep one mail; called by the handler."""
        mail = email.message_from_bytes(data, policy=policy.default)
        with self._lock:
            self._mails.append((datetime.now(UTC), mail))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    request_queue_size = 1024  # as the webhook's


class _Handler(socketserver.StreamRequestHandler):
    mailbox: ClassVar[Mailbox]
    timeout = 10

    def handle(self) -> None:
        self._say("220 bed")
        while line := self.rfile.readline(1000).strip():
            match line.split()[0].upper():
                case b"DATA":
                    self._say("354 go on, end with a dot")
                    self.mailbox.add(self._data())
                    self._say("250 kept")
                case b"QUIT":
                    self._say("221 bye")
                    return
                case b"EHLO" | b"HELO" | b"MAIL" | b"RCPT" | b"RSET" | b"NOOP":
                    self._say("250 fine")
                case _:
                    self._say("502 not known here")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
