"""How the operator reaches the API server: one connection pool for our own client and for kopf.

Credentials come from the ``kubernetes`` package, which knows kubeconfig files, exec plugins, OIDC and
the in-cluster service account; it is imported here only, and only to read them. Tokens rotate, so a
middleware puts the current one on each request instead of fixing it in the session.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
import kopf
import yaml
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from fireline import __version__
from fireline.errors import Unavailable

TOKEN_SECONDS = 30.0
"""A token is read again when it is older than this; service-account tokens live an hour."""

_KEEPALIVE_SECONDS = 75.0
_HEADERS = {"User-Agent": f"fireline/{__version__}", "Accept-Encoding": "identity"}
"""Uncompressed, as the controllers of Kubernetes ask for: inside a cluster CPU is dearer than bytes."""


@dataclass(slots=True)
class Connection:
    """An open connection pool to one API server. Close it with ``close``."""

    server: str
    session: aiohttp.ClientSession
    _connector: aiohttp.TCPConnector
    _middlewares: tuple[aiohttp.ClientMiddlewareType, ...]
    _proxy: str | None

    @property
    def middlewares(self) -> tuple[aiohttp.ClientMiddlewareType, ...]:
        """What every request passes, for one that needs another beside: aiohttp takes theirs instead."""
        return self._middlewares

    def for_kopf(self, observer: aiohttp.ClientMiddlewareType) -> kopf.AiohttpSession:
        """A session on the same pool that kopf may close without closing the pool.

        ``observer`` sees each request kopf makes: only there can a re-LIST be noticed.
        """
        session = aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            middlewares=(*self._middlewares, observer),
            headers=_HEADERS,
            proxy=self._proxy,
        )
        return kopf.AiohttpSession(server=self.server, aiohttp_session=session)

    async def close(self) -> None:
        """Close every connection."""
        await self.session.close()
        await self._connector.close()


async def connect(*, connections: int) -> Connection:
    """Read the credentials and open a pool of at most ``connections``.

    In this order: ``KUBECONFIG``, the service account of a pod, ``~/.kube/config``. Raises
    Unavailable when there is none that can be read.
    """
    configuration = await asyncio.to_thread(_load)
    try:
        ssl_context = _ssl(configuration)
    except OSError as error:
        raise Unavailable(f"The certificates of the kubeconfig cannot be used: {error}") from error
    connector = aiohttp.TCPConnector(limit=connections, ssl=ssl_context, keepalive_timeout=_KEEPALIVE_SECONDS)
    middlewares = (_Token(configuration),) if _needs_token(configuration) else ()
    proxy = configuration.proxy or None
    session = aiohttp.ClientSession(
        connector=connector, connector_owner=False, middlewares=middlewares, headers=_HEADERS, proxy=proxy
    )
    return Connection(configuration.host.rstrip("/"), session, connector, middlewares, proxy)


def _load() -> Any:
    from kubernetes import config  # noqa: PLC0415 - heavy, and only needed here
    from kubernetes.client import Configuration  # noqa: PLC0415 - likewise

    # The library leaves its loaders untyped.
    found = Configuration()
    file = os.environ.get("KUBECONFIG")
    try:
        if not file and os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(client_configuration=found)  # type: ignore[no-untyped-call]
        else:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=file, client_configuration=found
            )
    except (config.ConfigException, yaml.YAMLError, OSError, TypeError, ValueError) as error:
        raise Unavailable(
            f"No way to reach a Kubernetes API server: {str(error).rstrip('.')}. "
            "Set KUBECONFIG, or run in a pod with a service account."
        ) from error
    return found


def _ssl(configuration: Any) -> ssl.SSLContext | bool:
    if not configuration.host.startswith("https:"):
        return False
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _needs_token(configuration: Any) -> bool:
    return bool(configuration.api_key or configuration.username)


class _Token:
    """Puts the current credentials on each request, reading them again now and then and after a 401."""

    def __init__(self, configuration: Any) -> None:
        self._configuration = configuration
        self._lock = asyncio.Lock()
        self._header = ""
        self._read_at = float("-inf")

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if time.monotonic() - self._read_at > TOKEN_SECONDS:
            await self._read(self._read_at)
        request.headers["Authorization"] = self._header
        seen = self._read_at
        response = await handler(request)
        if response.status != 401:
            return response
        response.release()
        await self._read(seen)
        request.headers["Authorization"] = self._header
        return await handler(request)

    async def _read(self, seen: float) -> None:
        async with self._lock:
            if self._read_at == seen:
                self._header = await asyncio.to_thread(_authorization, self._configuration)
                self._read_at = time.monotonic()


def _authorization(configuration: Any) -> str:
    """The header's value; runs an exec plugin or reads the token file when the old one is stale."""
    for name in ("BearerToken", "authorization"):
        token = configuration.get_api_key_with_prefix(name)
        if token:
            return str(token)
    return str(configuration.get_basic_auth_token() or "")
