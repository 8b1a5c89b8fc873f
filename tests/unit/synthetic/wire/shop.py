"""A well-behaved HTTP/1 server that remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.unit.synthetic.wire.servers import answer, listening


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Site:
    """Where it is, and everything it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    host: str = "127.0.0.1"

    def url(self, path: str = "/", scheme: str = "http") -> str:
        """The URL of a path."""
        return f"{scheme}://{self.host}:{self.port}{path}"


@asynccontextmanager
async def site(answering: Callable[[Asked], bytes] = lambda _: answer(), **listen) -> AsyncIterator[Site]:
    """A server that gives each request the answer this function makes of it."""
    found = Site(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        asked = Asked(
            method, target, headers, await reader.readexactly(int(headers.get("content-length", "0")))
        )
        found.asked.append(asked)
        writer.write(answering(asked))

    async with listening(talk, **listen) as port:
        found.port = port
        yield found


def moved(where: str, status: int = 302, **headers: str) -> bytes:
    """A redirect."""
    return answer(status, "moved", location=where, **headers)
