"""A small HTTP server for journeys, that remembers who came when. In the process of the test."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

BIG = b'{"items":[' + b",".join(b'{"a":{"b":%d}}' % n for n in range(40_000)) + b"]}"


class Target:
    """``/slow/SECONDS`` answers late, ``/big`` with much JSON, ``/down`` with 503, all others with 200."""

    def __init__(self) -> None:
        self.visits: list[tuple[float, str, str]] = []
        self._over = threading.Event()
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                target.visits.append((time.time(), self.path, self.headers.get("X-Token", "")))
                _, kind, *rest = self.path.split("/")
                if kind == "slow":
                    target._over.wait(float(rest[0]))
                body = BIG if kind == "big" else b'{"token":"abc"}'
                self.send_response(503 if kind == "down" else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_DELETE = do_GET  # noqa: N815 - named by the library

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = False
            request_queue_size = 256

            def handle_error(self, *_: object) -> None:
                pass  # a client that was killed

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self, prefix: str) -> list[str]:
        """Paths that were asked for, in order."""
        return [path for _, path, _ in list(self.visits) if path.startswith(prefix)]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
