"""A server nobody vouches for, as the only process of a pod: it runs from its text, without this project.

``/login`` gives the token of its environment; ``/echo?how=base64&v=…`` fails and repeats what it was sent in
some spelling; everything else does what hostile servers do. Port 8443 answers TLS with something else.
"""

from __future__ import annotations

import base64
import json
import os
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

PORT, GARBAGE_PORT = 8080, 8443
METADATA = "http://169.254.169.254/latest/meta-data/"
SILENT: list[object] = []
SPELLINGS = {
    "plain": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "url": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "json": json.dumps,
    "hex": lambda text: text.encode().hex(),
}


class Handler(BaseHTTPRequestHandler):
    """What it answers."""

    def do_GET(self) -> None:
        """Anything."""
        url = urlsplit(self.path)
        query = parse_qsl(url.query)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode(errors="replace")
        answer = getattr(self, f"_{url.path.strip('/')}", self._nothing)
        answer(query, body)

    def do_POST(self) -> None:
        """The same."""
        self.do_GET()

    def _echo(self, query: list[tuple[str, str]], body: str) -> None:
        """Everything that was sent and may be a secret."""
        spell = SPELLINGS[dict(query)["how"]]
        sent = [value for name, value in query if name != "how"]
        sent += [body, self.headers.get("Authorization", "").partition(" ")[2]]
        said = " ".join(spell(value) for value in sent if value)
        self._say(500, said, Location=f"/elsewhere?said={quote(said)}", Server="stranger")

    def _login(self, _query: object, _body: str) -> None:
        self._say(200, json.dumps({"token": os.environ.get("TOKEN", "")}))

    def _where(self, _query: object, _body: str) -> None:
        self._say(200, json.dumps({"url": METADATA}))

    def _redirect(self, query: list[tuple[str, str]], _body: str) -> None:
        self._say(302, "", Location=dict(query)["to"])

    def _loop(self, _query: object, _body: str) -> None:
        self._say(302, "", Location="/loop")

    def _big(self, _query: object, _body: str) -> None:
        """A gibibyte."""
        self.send_response(200)
        self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        for _ in range(1 << 10):
            self.wfile.write(b"x" * (1 << 20))

    def _drip(self, _query: object, _body: str) -> None:
        """A byte every now and then, for ever."""
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.3)

    def _headers(self, _query: object, _body: str) -> None:
        """Header after header, for ever."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        number = 0
        while True:
            self.wfile.write(b"X-%d: y\r\n" % number)
            self.wfile.flush()
            number += 1
            time.sleep(0.3)

    def _silence(self, _query: object, _body: str) -> None:
        SILENT.append(self.client_address)
        time.sleep(3600)

    def _silent(self, _query: object, _body: str) -> None:
        """How many got no answer."""
        self._say(200, str(len(SILENT)))

    def _nothing(self, _query: object, _body: str) -> None:
        self._say(404, "nothing is here")

    def _say(self, code: int, text: str, **headers: str) -> None:
        data = text.encode()
        self.send_response_only(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing: what it was sent may be a secret."""


class Server(ThreadingHTTPServer):
    """For many clients at once."""

    request_queue_size = 256


class Garbage(socketserver.BaseRequestHandler):
    """Answers a TLS handshake with something else."""

    def handle(self) -> None:
        """Once."""
        self.request.recv(1024)
        self.request.sendall(b"\x16\x03\x03\x40\x00" + b"garbage " * 64)


def main() -> None:
    """Serve for ever."""
    garbage = socketserver.ThreadingTCPServer(("", GARBAGE_PORT), Garbage)
    threading.Thread(target=garbage.serve_forever, daemon=True).start()
    Server(("", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main()
