"""The HTTP session of one server: bounded answers, credentials that may rotate, a TLS identity of its own.

Used by the clients of Prometheus and Alertmanager; imported lazily, since it imports ``requests``.
"""

from __future__ import annotations

import ssl
import threading
from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from fireline.access import Access, without_credentials
from fireline.http.credentials import Credentials, TLSFiles
from fireline.http.errors import Errors

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""An answer beyond this is a mistake (a query without aggregation), not data: 10,000 SLOs need 60 MiB."""
_CHUNK = 1 << 20
RETRY = Retry(total=1, connect=1, read=0, status=0, other=0, redirect=3, backoff_factor=0)
"""Retrying is the caller's business; only a kept-alive connection that the server closed is dialled again."""


class BoundedSession(requests.Session):
    """Reads an answer in pieces and gives up, before memory does, when it grows beyond the bound.

    Sends the credentials of ``access`` with every request, over TLS as its settings ask for. ``accepted``:
    HTTP statuses that are answers; any other one is raised.
    """

    def __init__(
        self,
        access: Access,
        errors: Errors,
        *,
        max_bytes: int = MAX_ANSWER_BYTES,
        accepted: frozenset[int] = frozenset({200}),
    ) -> None:
        super().__init__()
        self.accepted = accepted
        self._who = access.product
        self._errors = errors
        self.verify = str(access.ca_file) if access.ca_file else True
        self.credentials = Credentials(access)
        self.auth = self.credentials
        self.max_bytes = max_bytes
        self._files = TLSFiles(access)
        self._lock = threading.Lock()
        self._made_of: object = None
        self._adapter = HTTPAdapter(max_retries=RETRY)

    def get_adapter(self, url: str | bytes) -> HTTPAdapter:  # noqa: ARG002 - requests' signature
        """Connections made with the TLS files as they are now.

        Raises SecretUnusable when one of them cannot be used.
        """
        if not self._files:
            return self._adapter
        with self._lock:
            stamp = self._files.stamp()
            if stamp != self._made_of:
                fresh = _TLSAdapter(self._files.context())
                # Idle connections of the old identity end; a request under way keeps its own.
                self._adapter.close()
                self._adapter, self._made_of = fresh, stamp
            return self._adapter

    def close(self) -> None:
        """Closes pooled connections."""
        super().close()
        self._adapter.close()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The whole answer with an accepted status; anything else is raised with the server's own words.

        Redirects are not followed: they lead to a login page. Raises ``errors.heavy`` when the body
        is larger than ``max_bytes``, what ``errors.refusal`` makes of it when the server refuses.
        """
        response = super().send(request, **(kwargs | {"stream": True, "allow_redirects": False}))
        body = BytesIO()
        for piece in response.raw.stream(_CHUNK, decode_content=True):
            if body.tell() + len(piece) > self.max_bytes:
                response.close()
                raise self._errors.heavy(f"the answer is larger than {self.max_bytes // 2**20} MiB")
            body.write(piece)
        response.raw.release_conn()
        body.seek(0)
        response.raw = body
        if response.status_code not in self.accepted:
            location = without_credentials(response.headers.get("Location", ""))
            words = self.credentials.hidden(response.content.decode(errors="replace"), request)
            raise self._errors.refusal(response.status_code, words, location, who=self._who)
        return response


class _TLSAdapter(HTTPAdapter):
    """Connections over a TLS context of ours."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=RETRY)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Called by the constructor."""
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The same through a proxy of the environment."""
        return super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
