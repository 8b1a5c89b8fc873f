"""Makes the ``post`` calls of plans: to a URL that a tenant wrote, with nothing of ours but the request.

Used by :mod:`fireline.kube.calls`. Each call has a session and a connection of its own, so that neither the
API server's credentials nor another tenant's connection can get into it; proxies of the environment are
not used, cookies not kept, redirects not followed, and every address is asked of the guard.
"""

from __future__ import annotations

import contextlib
import html
import json
import ssl
import time
from base64 import b64encode
from urllib.parse import quote, quote_plus, urlsplit

import aiohttp

from fireline import __version__
from fireline.api.plan import Answer, Call
from fireline.kube.client import correlation_id
from fireline.kube.guard import Guard
from fireline.kube.metrics import Metrics

MOST_BYTES = 64 * 1024
"""Of a request's body, and of an answer's."""
_WORDS = 300
"""Characters that are kept of what a webhook answers in words."""
_SHORTEST_SECRET = 4
_URL_SAFE = str.maketrans("+/", "-_")
_NO_ANSWER = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
_UNCONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
"""Failures before a byte was sent."""


class Webhooks:
    """``tls``: what HTTPS servers are verified with; by default the certificates of the system."""

    def __init__(self, guard: Guard, metrics: Metrics, *, tls: ssl.SSLContext | None = None) -> None:
        self._guard = guard
        self._metrics = metrics
        self._tls = tls

    async def post(self, call: Call, *, token: str = "") -> Answer:
        """Send the body once, as JSON, with ``token`` as bearer token, and tell what came of it."""
        place = _place(call.url)
        content = json.dumps(call.body, separators=(",", ":")).encode()
        wrong = _wrong(place, content, call)
        if wrong:
            return Answer(0, message=wrong, sent=False)
        started = time.perf_counter()
        code = 0
        try:
            answer = await self._exchange(call, content, token)
            code = answer.status
        except _NO_ANSWER as error:
            told = f"{place}: {_hidden(_reason(error), call, token)}"
            answer = Answer(0, message=told[:_WORDS], sent=not isinstance(error, _UNCONNECTED))
        finally:
            self._metrics.api_call("post", "webhooks", code, time.perf_counter() - started)
        return answer

    async def _exchange(self, call: Call, content: bytes, token: str) -> Answer:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        connector = aiohttp.TCPConnector(
            ssl=self._tls, socket_factory=self._guard.socket_for, use_dns_cache=False, force_close=True
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=call.timeout),
            ) as session,
            session.post(
                call.url, data=content, headers=_headers(call, token), allow_redirects=False
            ) as response,
        ):
            try:
                text = _hidden(await _text(response), call, token)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                said = f"its answer broke off: {_hidden(_reason(error), call, token)}"
                return Answer(response.status, message=said[:_WORDS])
        return _answer(response.status, text)


async def _text(response: aiohttp.ClientResponse) -> str:
    """As much of the body as is ever looked at, and one character more."""
    found = bytearray()
    async for piece in response.content.iter_chunked(MOST_BYTES):
        found += piece
        if len(found) > MOST_BYTES:
            break
    return bytes(found[: MOST_BYTES + 1]).decode(errors="replace")


def _answer(status: int, text: str) -> Answer:
    body = None
    if len(text) <= MOST_BYTES:
        with contextlib.suppress(ValueError, RecursionError):
            body = json.loads(text)
    if 200 <= status < 300:
        return Answer(status, body)
    if 300 <= status < 400:
        return Answer(status, body, f"HTTP {status}: redirects are not followed")
    words = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return Answer(status, body, f"HTTP {status}: {words}"[:_WORDS].rstrip(": "))


def _reason(error: BaseException) -> str:
    """What went wrong, without the layers that the library puts around it."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return getattr(inner, "strerror", None) or str(inner) or "no answer in time"


def _wrong(place: str, content: bytes, call: Call) -> str:
    """Why a request cannot be sent; empty if it can."""
    if not place:
        return "the webhook's URL is not http:// or https:// with a host"
    if len(content) > MOST_BYTES:
        return f"the body has more than {MOST_BYTES // 1024} KiB"
    bad = [name for name, value in call.headers.items() if not (name + value).isprintable()]
    return f"header {', '.join(map(repr, bad))} is not one line of text" if bad else ""


def _place(url: str) -> str:
    """Scheme, host and port of a URL, which is all that may be told of it; empty if it has none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _headers(call: Call, token: str) -> dict[str, str]:
    """What the plan asks for wins, except over the token of a Secret."""
    found = {"Content-Type": "application/json", "User-Agent": f"fireline/{__version__}"}
    found["Accept-Encoding"] = "identity"
    if current := correlation_id.get():
        found["X-Correlation-ID"] = current
    found |= call.headers
    if token:
        found = {name: value for name, value in found.items() if name.lower() != "authorization"}
        found["Authorization"] = f"Bearer {token}"
    return found


def _hidden(text: str, call: Call, token: str) -> str:
    """The text without what was sent in confidence: a receiver, or a library, may quote it."""
    parts = urlsplit(call.url)
    paths = (call.url, parts.path, parts.query, parts.password or "")
    secrets = [one for one in (token, *call.headers.values(), *paths) if len(one) >= _SHORTEST_SECRET]
    for told in sorted({told for one in secrets for told in _quoted(one)}, key=len, reverse=True):
        text = text.replace(told, "[hidden]")
    return text


def _quoted(secret: str) -> set[str]:
    """A text as gateways quote it that dump a request: as it is, and encoded in the usual ways."""
    raw = secret.encode()
    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    found |= {json.dumps(secret)[1:-1], html.escape(secret), raw.hex()}
    for before in range(3):  # bytes of what stands before it decide where base64 cuts it
        whole = b64encode(b"." * before + raw).decode()
        core = whole[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        found |= {core, core.translate(_URL_SAFE)}
    return found
