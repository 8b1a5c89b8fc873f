"""What a probe costs: what is imported, and how much memory an enormous answer takes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import zlib

import pytest
from tests.unit.synthetic.wire.h2server import Reply, speaking
from tests.unit.synthetic.wire.servers import head, listening, run, server_side

MIB = 1024 * 1024
HEAVY = {"pydantic", "kopf", "kubernetes", "aiohttp", "structlog", "fireline.settings"}
FETCH = r"""
import asyncio, re, sys
from pathlib import Path
from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.http import http
from fireline.synthetic.engine.wire.requests import HttpRequest

def kibibytes():
    # Not getrusage: what that tells begins with the peak of the process that started this one.
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])

async def fetch(path):
    deadline = asyncio.get_running_loop().time() + 60
    request = HttpRequest(f"http://127.0.0.1:{sys.argv[1]}/{path}")
    return await http(request, guard=Guard(), deadline=deadline, cookies=Cookies())

asyncio.run(fetch("small"))
before = kibibytes()
got = asyncio.run(fetch(sys.argv[2]))
kept = b"".join([got.body] * int(sys.argv[3]))
print(len(got.body), got.truncated, kibibytes() - before)
"""


@pytest.mark.parametrize("module", ["http", "tcp", "dns", "tls", "grpc_health"])
def test_a_protocol_imports_nothing_of_the_operator(module):
    program = f"import fireline.synthetic.engine.wire.{module}, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()

    assert HEAVY.isdisjoint(loaded)


def test_a_check_of_a_port_does_not_load_http():
    program = "import fireline.synthetic.engine.wire.tcp, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()

    assert {"httpx", "h2", "dns"}.isdisjoint(loaded)


FIRST = """
import asyncio, os, sys
from fireline.synthetic.engine.wire import MODULE
from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import *

port, options = sys.argv[1], TlsOptions(ca=os.environ["CA"])

async def main():
    MODULE.ready(tls=True)
    before = set(sys.modules)
    deadline = asyncio.get_running_loop().time() + 60
    await MODULE.CALL, guard=Guard(), deadline=deadline)
    print(*sorted(set(sys.modules) - before))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("http", "http(HttpRequest(f'https://localhost:{port}/', tls=options), cookies=Cookies()"),
        ("tls", "tls(TlsRequest(f'localhost:{port}', options)"),
        ("tcp", "tcp(TcpRequest(f'localhost:{port}')"),
        ("grpc_health", "grpc_health(GrpcHealthRequest(f'localhost:{port}', tls=options)"),
    ],
)
def test_nothing_is_loaded_while_a_target_is_timed(module, call, good, ca):
    """A first answer that took 40 ms longer than all others would be a slow answer that nobody gave."""
    headers = {":status": "200", "content-type": "application/grpc", "grpc-status": "0"}
    reply = Reply(headers, b"\0\0\0\0\2\x08\1")
    program = FIRST.replace("MODULE", module).replace("CALL", call)

    async def scenario():
        async with listening(speaking(lambda _: reply), tls=server_side(good, alpn=("h2",))) as port:
            client = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                program,
                str(port),
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "CA": ca},
            )
            output, _ = await client.communicate()
            return client.returncode, output.decode().split()

    assert run(scenario()) == (0, [])


def block(window: int) -> tuple[bytes, bytes]:
    """The beginning of a compressed stream, and a piece of it that can be repeated: 1 MiB of zeros."""
    packer = zlib.compressobj(wbits=window)
    beginning = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    return beginning, packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)


@pytest.mark.parametrize("kind", ["plain", "chunked", "crumbs", "gzip"])
def test_a_gibibyte_takes_no_memory(kind):
    assert growth(kind, copies=0) < 8 * 1024


def test_memory_would_be_noticed():
    assert growth("plain", copies=32) > 32 * 1024


def growth(kind: str, *, copies: int) -> int:
    """KiB by which a process grows that fetches a GiB and makes copies of what it kept."""
    beginning, piece = block(31)

    async def talk(reader, writer):
        asked = await head(reader)
        if " /small " in asked:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        elif kind == "plain":
            writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {1024 * MIB}\r\n\r\n".encode())
            await repeated(writer, bytes(MIB))
        elif kind == "chunked":
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            await repeated(writer, b"100000\r\n" + bytes(MIB) + b"\r\n")
        elif kind == "crumbs":
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            await repeated(writer, (b"10\r\n" + bytes(16) + b"\r\n") * 10_000)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + beginning)
            await repeated(writer, piece)

    async def repeated(writer, piece):
        for _ in range(1024):
            writer.write(piece)
            await writer.drain()

    async def scenario():
        async with listening(talk) as port:
            client = await asyncio.create_subprocess_exec(
                sys.executable, "-c", FETCH, str(port), "huge", str(copies), stdout=asyncio.subprocess.PIPE
            )
            output, _ = await client.communicate()
            return client.returncode, output.decode().split()

    code, (length, truncated, grown) = run(scenario())
    assert code == 0
    assert (int(length), truncated) == (MIB, "True")
    return int(grown)
