"""One HTTP server that stands in for every messenger: it keeps what it is sent and answers as they do."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_ANSWERS = {"telegram": {"ok": True, "result": {"message_id": 1, "chat": {"id": 1}, "date": 0}}}
_OTHERWISE = {"ok": True, "success": True}


class Messengers:
    """The first part of a path names the messenger. ``url`` is the base of all."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str, Any]] = []
        """Messenger, rest of the path, body."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def bodies(self, messenger: str) -> list[Any]:
        """What a messenger was sent, in order."""
        return [body for name, _, body in self.received if name == messenger]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(messengers: Messengers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            _, name, *rest = self.path.split("/")
            messengers.received.append((name, "/".join(rest), body))
            data = json.dumps(_ANSWERS.get(name, _OTHERWISE)).encode()
            self.send_response(202 if name == "opsgenie" else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet: tests read what was received."""

    return Handler
