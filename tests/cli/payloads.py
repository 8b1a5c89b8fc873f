"""A small web server for payload tests: answers compressed or not, wrongly, or not at all."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = b'{"events": []}' * 400


class _Handler(BaseHTTPRequestHandler):
    """Paths say what goes wrong; ``/feed`` compresses for clients that take gzip."""

    def do_GET(self) -> None:
        body, encoding, status = BODY, "", 200
        match self.path:
            case "/feed" if "gzip" in self.headers.get("Accept-Encoding", ""):
                body, encoding = gzip.compress(BODY), "gzip"
            case "/broken":
                body, encoding = gzip.compress(BODY)[:-12], "gzip"
            case "/brotli":
                encoding = "br"
            case "/missing":
                status = 404
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """No lines between the test results."""


@contextmanager
def serving() -> Iterator[str]:
    """The URL of the running server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
