"""The end of the alerting path: a real HTTP receiver that remembers what Alertmanager sent.

``GET /received`` lists it as JSON, ``DELETE /received`` forgets it, any POST is a delivery. Except that
``/answer/CODE`` answers with that HTTP status, and ``/hang`` not at all: receivers that fail.
"""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from tests.bed.certs import KeyPair
from tests.bed.ports import free_port

REFUSAL = "hunter2 is not the token of https://user:hunter2@chat.example/hooks/hunter2"
"""What a failing receiver answers: words that must never reach a status, an event or a terminal."""


class Webhook:
    """Runs in a thread of this process. Use in a ``with``. ``serving``: speaks TLS with this certificate.

    ``host``: the address it listens at.
    """

    def __init__(self, *, serving: KeyPair | None = None, host: str = "127.0.0.1") -> None:
        self._deliveries: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"webhook": self})
        self._server = _Server((host, free_port()), handler)
        self._server.daemon_threads = True
        self.url = f"http{'s' if serving else ''}://{host}:{self._server.server_port}"
        self.ended = threading.Event()
        if serving is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(serving.cert, serving.key)
            # A handshake when the connection is first read, in its own thread: a client may refuse us.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="webhook")

    def received(self) -> list[dict[str, Any]]:
        """Deliveries in order: ``{"time": RFC 3339, "path": …, "body": Alertmanager's JSON}``."""
        with self._lock:
            return list(self._deliveries)

    def alerts(self, **labels: str) -> list[dict[str, Any]]:
        """Every alert delivered so far whose labels include ``labels`` (status, startsAt, … inside)."""
        return [
            alert
            for delivery in self.received()
            for alert in delivery["body"].get("alerts", ())
            if labels.items() <= alert["labels"].items()
        ]

    def clear(self) -> None:
        """Forget everything received."""
        with self._lock:
            self._deliveries.clear()

    def add(self, path: str, body: Any) -> None:
        """Remember one delivery; called by the HTTP handler."""
        with self._lock:
            self._deliveries.append({"time": datetime.now(UTC).isoformat(), "path": path, "body": body})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    # An Alertmanager with many groups connects to all at once; the default of 5 would make it wait for
    # retransmissions, give up, and deliver again what had arrived.
    request_queue_size = 1024


class _Handler(BaseHTTPRequestHandler):
    webhook: ClassVar[Webhook]
    timeout = 5

    def handle(self) -> None:
        """One connection. Who does not trust our certificate ends it in the middle of the handshake."""
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        if self.path == "/received":
            self._answer(200, self.webhook.received())
        else:
            self._answer(404, {"error": "GET /received, DELETE /received, or POST a delivery"})

    def do_DELETE(self) -> None:
        self.webhook.clear()
        self._answer(200, [])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/hang":
            self.webhook.ended.wait()
            return
        if refused := re.fullmatch(r"/answer/(\d{3})", self.path):
            self._answer(int(refused[1]), {"error": REFUSAL})
            return
        try:
            self.webhook.add(self.path, json.loads(body))
        except ValueError as error:
            self._answer(400, {"error": str(error)})
        else:
            self._answer(200, {"ok": True})  # Slack says so, and its senders look

    def _answer(self, code: int, body: Any) -> None:
        data = json.dumps(body, indent=1).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet: tests read ``received``."""
