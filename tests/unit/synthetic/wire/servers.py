"""Loopback servers that behave as a test wants, however badly, and calls of the wire against them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from tests.bed.certs import KeyPair

from fireline.synthetic.engine.answer import Answer, TargetError
from fireline.synthetic.engine.wire import http as wire_http
from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import HttpRequest

T = TypeVar("T")
LONG = 20.0
"""Seconds until a call that should end by itself is cut off."""
OPEN = Guard()
"""A guard that lets everything through."""
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """The scenario on a loop of its own."""
    return asyncio.run(scenario)


@asynccontextmanager
async def listening(
    talk: Talk, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """The port of a server that talks to each client in this way, then closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await talk(reader, writer)
                await writer.drain()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    tasks: set[asyncio.Task[None]] = set()

    def started(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(serve(reader, writer))
        tasks.add(task)

    options = {"ssl": tls, "ssl_shutdown_timeout": 0.1} if tls else {}
    server = await asyncio.start_server(started, host, 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(text: str | bytes) -> Talk:
    """Waits for a request's head, says this, and closes."""
    said = text.encode() if isinstance(text, str) else text

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(said)

    return talk


async def head(reader: asyncio.StreamReader) -> str:
    """The head of an HTTP/1 request."""
    return (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")


async def forever(*_: object) -> None:
    """Neither read nor write, nor close."""
    await asyncio.Event().wait()


def answer(status: int = 200, body: bytes | str = b"", **headers: str) -> bytes:
    """A whole HTTP/1 answer; `content_type="text/plain"` is a header."""
    content = body.encode() if isinstance(body, str) else body
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    start = f"HTTP/1.1 {status} Whatever\r\ncontent-length: {len(content)}\r\n{lines}\r\n"
    return start.encode() + content


def server_side(
    pair: KeyPair, *, alpn: tuple[str, ...] = (), client_ca: Path | None = None
) -> ssl.SSLContext:
    """The TLS of a server with this certificate; with an authority it wants one of the client's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def fetch(
    url: str,
    *,
    guard: Guard = OPEN,
    seconds: float = LONG,
    cookies: Cookies | None = None,
    **request: Any,
) -> Answer:
    """One HTTP step."""
    deadline = asyncio.get_running_loop().time() + seconds
    asked = HttpRequest(url, **request)
    return await wire_http.http(asked, guard=guard, deadline=deadline, cookies=cookies or Cookies())


async def failure(call: Awaitable[Answer]) -> TargetError:
    """The error a call must end in."""
    try:
        got = await call
    except TargetError as error:
        return error
    raise AssertionError(f"answered: {got}")


def soon(seconds: float = LONG) -> float:
    """A deadline."""
    return asyncio.get_running_loop().time() + seconds


def resolving(**names: str) -> Callable[[str, str], Awaitable[tuple[str, ...]]]:
    """A resolver that knows these names (`_` for a dot) and literals; addresses separated by spaces."""

    async def resolve(host: str, _family: str) -> tuple[str, ...]:
        known = {name.replace("_", "."): tuple(found.split()) for name, found in names.items()}
        return known.get(host, (host,))

    return resolve
