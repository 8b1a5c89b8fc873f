"""HTTP/1.1 and HTTP/2 against servers nobody vouches for; GraphQL is HTTP with a certain body.

Every hop is a connection of its own, so that looking up, connecting and the handshake are part of what is
measured, and goes through the guard. httpx gives URLs, requests and cookies; its client is not used, because
what it decides for its callers (redirects, proxies from the environment, how much to unpack) is decided here.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import anyio
import h2.connection  # noqa: F401 - else httpcore loads it when a server has chosen HTTP/2
import httpcore
import httpx
from h2.exceptions import H2Error

from fireline.synthetic.engine.answer import Answer
from fireline.synthetic.engine.wire import body, connect, trust
from fireline.synthetic.engine.wire.backend import ALPN, Backend
from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.exchange import Exchange, exchange
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.hop import REDIRECTS, Hop, after, first, told
from fireline.synthetic.engine.wire.requests import GraphqlRequest, HttpRequest, JsonBody, TlsOptions
from fireline.synthetic.text import readable

MOST_REDIRECTS = 10
_GRAPHQL = "application/graphql-response+json, application/json;q=0.9"
_CUT_OFF = ("Server disconnected", "peer closed connection", "Connection closed", "ConnectionTerminated")

# Both would write headers, credentials included, to a log of level debug.
logging.getLogger("httpcore").setLevel(logging.INFO)
logging.getLogger("hpack").setLevel(logging.INFO)


def ready(*, tls: bool) -> None:
    """Load now what would otherwise be loaded while a target is timed; in a running event loop."""
    connect.ready()
    anyio.Lock()  # the first one loads anyio's support of asyncio, and httpcore makes one for each connection
    if tls:
        trust.context(TlsOptions(), alpn=ALPN)


async def http(request: HttpRequest, *, guard: Guard, deadline: float, cookies: Cookies) -> Answer:
    """The last answer of a request and the redirects it asked to follow.

    `cookies` are sent and kept. A status is never an error. Raises TargetError.
    """
    hop = first(request)
    async with exchange(hop.told, guard=guard, deadline=deadline) as one:
        return await _journey(one, request, hop, cookies)


async def graphql(request: GraphqlRequest, *, guard: Guard, deadline: float, cookies: Cookies) -> Answer:
    """The answer to one operation, as :func:`http` gives it: no redirect is followed."""
    said: dict[str, object] = {"query": request.query}
    if request.variables is not None:
        said["variables"] = request.variables
    if request.operation_name:
        said["operationName"] = request.operation_name
    headers = {"Accept": _GRAPHQL, **request.headers}
    as_http = HttpRequest(
        url=request.url,
        method="POST",
        headers=headers,
        body=JsonBody(said),
        tls=request.tls,
        ip_family=request.ip_family,
    )
    return await http(as_http, guard=guard, deadline=deadline, cookies=cookies)


async def _journey(one: Exchange, request: HttpRequest, hop: Hop, cookies: Cookies) -> Answer:
    """Hop after hop, until one is no redirect."""
    gone_through: list[str] = []
    baked: dict[str, str] = {}
    while True:
        came = await _once(one, request, hop, cookies)
        baked |= came.cookies
        if came.follow is None:
            return one.answered(
                status=came.status,
                headers=dict(came.headers.items()),
                body=came.body,
                truncated=came.truncated,
                redirects=tuple(gone_through),
                set_cookies=baked,
            )
        if len(gone_through) == MOST_REDIRECTS:
            raise one.failed("TooManyRedirects", f"more than {MOST_REDIRECTS}, the last from {told(hop.url)}")
        hop = after(hop, status=came.status, location=came.follow)
        gone_through.append(told(hop.url))
        one.target = hop.told


@dataclass(frozen=True, slots=True)
class _Came:
    """What one hop gave."""

    status: int
    headers: httpx.Headers
    cookies: dict[str, str]
    follow: str | None = None
    """Where to go next; then the body is left where it is."""
    body: bytes = b""
    truncated: bool = False


async def _once(one: Exchange, request: HttpRequest, hop: Hop, cookies: Cookies) -> _Came:
    """One request on a connection of its own."""
    asked = httpx.Request(hop.method, hop.url, headers=list(hop.headers), content=hop.content)
    httpx.Cookies(cookies.jar).set_cookie_header(asked)
    url = httpcore.URL(
        scheme=asked.url.raw_scheme, host=asked.url.raw_host, port=asked.url.port, target=asked.url.raw_path
    )
    backend = Backend(one, tls=request.tls, ip_family=request.ip_family)
    connection = httpcore.AsyncHTTPConnection(
        origin=url.origin,
        # For httpcore to set its options on: contexts that are used are shared, with other threads as well.
        ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        http2=True,
        network_backend=backend,
    )
    with _translated(one):
        response = await connection.handle_async_request(
            httpcore.Request(hop.method, url, headers=asked.headers.raw, content=hop.content or b"")
        )
        headers = httpx.Headers(response.headers)
        baked = _keep(cookies, asked, response)
        follow = headers.get("location") if response.status in REDIRECTS else None
        if request.follow_redirects and follow is not None:
            return _Came(response.status, headers, baked, follow)
        kept, truncated = await body.read(
            _watched(one, response), coding=headers.get("content-encoding", "").strip().lower()
        )
    return _Came(response.status, headers, baked, body=kept, truncated=truncated)


async def _watched(one: Exchange, response: httpcore.Response) -> AsyncIterator[bytes]:
    count = 0
    one.phase = "reading the body"
    async for chunk in response.aiter_stream():
        count += len(chunk)
        one.phase = f"reading the body, after {count} bytes of status {response.status}"
        yield chunk


def _keep(cookies: Cookies, asked: httpx.Request, response: httpcore.Response) -> dict[str, str]:
    """Put what a response sets into the run's jar; gives it by name."""
    baked = [(name, value) for name, value in response.headers if name.lower() == b"set-cookie"]
    if not baked:
        return {}
    setting = httpx.Response(response.status, headers=baked, request=asked)
    httpx.Cookies(cookies.jar).extract_cookies(setting)
    fresh = httpx.Cookies()
    fresh.extract_cookies(setting)
    return {cookie.name: cookie.value or "" for cookie in fresh.jar}


@contextmanager
def _translated(one: Exchange) -> Iterator[None]:
    """Errors of the HTTP libraries as errors of the target; a text of ours is never repeated."""
    try:
        yield
    except httpcore.RemoteProtocolError as error:
        words = readable(str(error), limit=200)
        if words.startswith(_CUT_OFF):
            raise one.failed("Disconnected", f"it ended the connection {one.phase}") from error
        raise one.failed("Protocol", f"its answer is not HTTP: {words}") from error
    except httpcore.NetworkError as error:
        raise one.failed("Disconnected", f"it ended the connection {one.phase}") from error
    except body.NotCompressed as error:
        raise one.failed("Protocol", str(error)) from error
    except (
        httpcore.ProtocolError,
        httpcore.ConnectionNotAvailable,
        H2Error,
        ValueError,
        LookupError,
    ) as error:
        raise one.failed("Protocol", "its answer is not HTTP") from error
