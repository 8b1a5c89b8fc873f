"""The HTTP session of one Prometheus: bounded answers, a token that may rotate, a CA of its own.

Used by :mod:`fireline.prometheus.client` only; imported lazily with the client library.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.auth import AuthBase

from fireline.errors import MetricsError, MetricsTooHeavy
from fireline.prometheus.answers import refusal

MAX_ANSWER_BYTES = 256 * 1024 * 1024
"""An answer beyond this is a mistake (a query without aggregation), not data: 10,000 SLOs need 60 MiB."""
_CHUNK = 1 << 20


class BoundedSession(requests.Session):
    """Reads an answer in pieces and gives up, before memory does, when it grows beyond the bound."""

    def __init__(self, *, ca_file: Path | None = None, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        super().__init__()
        self.verify = str(ca_file) if ca_file else True
        self.max_bytes = max_bytes

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The whole answer with status 200; anything else is raised with the server's own words.

        Redirects are not followed: they lead to a login page. Raises MetricsTooHeavy when the body
        is larger than ``max_bytes``, MetricsError or MetricsTooHeavy when the server refuses.
        """
        response = super().send(request, **(kwargs | {"stream": True, "allow_redirects": False}))
        body = BytesIO()
        for piece in response.raw.stream(_CHUNK, decode_content=True):
            if body.tell() + len(piece) > self.max_bytes:
                response.close()
                raise MetricsTooHeavy(f"the answer is larger than {self.max_bytes // 2**20} MiB")
            body.write(piece)
        response.raw.release_conn()
        body.seek(0)
        response.raw = body
        if response.status_code != 200:
            location = without_credentials(response.headers.get("Location", ""))
            raise refusal(response.status_code, response.content, location)
        return response


class TokenFile(AuthBase):
    """Reads the bearer token for every request: projected ServiceAccount tokens rotate hourly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the Authorization header. Raises MetricsError, which never quotes the token."""
        try:
            token = self.path.read_bytes().decode("ascii").strip()
        except UnicodeDecodeError:
            token = ""
        if not token.isprintable() or not token or " " in token:
            raise MetricsError(f"bearer_token_file {self.path} does not hold one line with a token")
        request.headers["Authorization"] = f"Bearer {token}"
        return request


def without_credentials(url: str) -> str:
    """The URL as it may be logged: no user, no password, and no query, where login pages keep state."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that is no URL"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
