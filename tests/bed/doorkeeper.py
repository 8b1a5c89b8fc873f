"""A proxy that lets nobody through to a real server who does not show what it demands.

Stands before the bed's Prometheus as an authenticating gateway, an ingress with client certificates or
the tenant check of Mimir and Thanos would. What it demands may be changed while it runs::

    with Doorkeeper(prometheus.url, Demands(bearer="s3cret", tenant=("X-Scope-OrgID", "team-a"))) as door:
        ...
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.bed.certs import KeyPair
from tests.bed.proxy import FaultProxy


@dataclass(frozen=True, slots=True)
class Demands:
    """Everything a request must show; what is not set is not looked at.

    ``user``: common name of the client certificate. ``talkative``: a refusal quotes what was shown, as
    some servers do.
    """

    bearer: str | None = None
    basic: tuple[str, str] | None = None
    user: str | None = None
    tenant: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    talkative: bool = False

    def unmet(self, request: web.BaseRequest) -> Iterator[tuple[int, str]]:
        """Status and words of each refusal, in the order a server would look."""
        shown = request.headers.get("Authorization", "")
        if self.user is not None and _common_name(request) != self.user:
            yield 403, f"certificate of {_common_name(request)} is not allowed"
        if self.bearer is not None and shown != f"Bearer {self.bearer}":
            yield 401, "invalid token"
        if self.basic is not None and shown != _basic(*self.basic):
            yield 401, "Unauthorized"
        for name, value in self.headers.items():
            if request.headers.get(name) != value:
                yield 403, f"header {name} is not right"
        if self.tenant is not None:
            name, value = self.tenant
            found = request.headers.get(name)
            if found != value:
                yield (401, "no org id") if found is None else (403, f"tenant {found} is not yours")


class Doorkeeper(FaultProxy):
    """A fault proxy with a door. ``client_ca``: clients must show a certificate of this CA (needs TLS)."""

    def __init__(
        self,
        upstream: str,
        demands: Demands,
        *,
        serving: KeyPair | None = None,
        client_ca: Path | None = None,
    ) -> None:
        super().__init__(upstream, serving=serving)
        self.demands = demands
        self._client_ca = client_ca
        self._connections: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()

    def _tls(self) -> ssl.SSLContext | None:
        context = super()._tls()
        if context is not None and self._client_ca is not None:
            context.load_verify_locations(self._client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    async def _stop(self) -> None:
        # A TLS connection closed politely would wait for a client that keeps it for its next question.
        for connection in list(self._connections):
            connection.abort()
        await super()._stop()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if isinstance(request.transport, asyncio.Transport):
            self._connections.add(request.transport)
        for status, words in self.demands.unmet(request):
            quoted = f", you sent {dict(request.headers)}" if self.demands.talkative else ""
            return web.Response(status=status, text=f"{words}{quoted}")
        return await super()._handle(request)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _common_name(request: web.BaseRequest) -> str | None:
    """The name in the certificate the client showed."""
    certificate = request.transport.get_extra_info("peercert") if request.transport else None
    parts = {name: value for part in (certificate or {}).get("subject", ()) for name, value in part}
    return parts.get("commonName")
