"""A webhook's other end, on loopback: it keeps every request with its headers, and fails as its path says."""

from __future__ import annotations

import base64
import html
import json
import socket
import ssl
import threading
import urllib.parse
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

LARGE = 70 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any


class Receiver:
    """Use in a ``with``. ``context``: what it speaks TLS with."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="receiver")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or does not trust us, is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self) -> None:
        body = json.loads(self._content())
        self.receiver.received.append(Received(self.path, dict(self.headers.items()), body))
        self.close_connection = True
        what = self.path.partition("?")[0].split("/")[1]
        getattr(self, f"_{what}")()

    def _content(self) -> bytes:
        """The body; a proxy in between sends it in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size + 2)[:-2]
        self.rfile.readline()
        return found

    def do_GET(self) -> None:
        """Where a redirect leads."""
        self.receiver.received.append(Received(self.path, dict(self.headers.items()), None))
        self._ok()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Silent."""

    def _ok(self) -> None:
        self._send(200, json.dumps({"done": True}))

    def _page(self) -> None:
        self._send(200, "<html>please log in</html>")

    def _encoded(self) -> None:
        """Quotes its authorization as gateways do that dump a request: in the encoding its path names."""
        said = self.headers["Authorization"]
        whole = f"{'x' * int(self.path[-1])}{said}".encode()
        encoded = {
            "plain": said,
            "url": urllib.parse.quote_plus(said),
            "json": json.dumps(said),
            "html": html.escape(said),
            "base64": base64.b64encode(whole).decode(),
            "base64url": base64.urlsafe_b64encode(whole).decode(),
            "hex": whole.hex(),
        }[self.path.split("/")[2]]
        self._send(503, f"no: {encoded} was it")

    def _quote(self) -> None:
        self._send(503, f"no: {self.path} {self.headers.get('Authorization')} {self.headers.get('X-Key')}")

    def _redirect(self) -> None:
        self._send(302, "", Location=f"{self.receiver.url}/ok")

    def _large(self) -> None:
        self._send(200, json.dumps("x" * LARGE))

    def _hang(self) -> None:
        self.receiver.released.wait(30)

    def _break(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def _half(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"{")

    def _send(self, code: int, text: str, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())
