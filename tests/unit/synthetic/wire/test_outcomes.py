"""Whole journeys against servers that misbehave: each ends in time, with the right outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.synthetic.wire.servers import Talk, answer, head, listening, resolving, run
from tests.unit.synthetic.wire.shop import moved, site

from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.run import run as run_journey
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wiring import NetworkWire
from fireline.synthetic.result import Result

RESOLVER = resolving(localhost="127.0.0.1", evil_example="169.254.169.254")
GUARD = Guard.of(["169.254.0.0/16", "fd00:ec2::254/128"], resolver=RESOLVER)


async def outcome(*steps: Mapping[str, Any], variables=()) -> Result:
    """What a journey of these steps comes to."""
    named = [{"name": f"step-{index}", **step} for index, step in enumerate(steps)]
    journey = Journey.of({"steps": named, "variables": list(variables)})
    return await run_journey(journey, run_id="one", secrets={}, wires=lambda: NetworkWire(GUARD))


async def endless(reader, writer):
    await head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
    for _ in range(1024):
        writer.write(bytes(1024 * 1024))
        await writer.drain()


async def dripping(reader, writer):
    await head(reader)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


async def babbling(_reader, writer):
    writer.write(b"\x16\x03\x03\x40\x00" + b"garbage" * 5000)


async def circling(reader, writer):
    await head(reader)
    writer.write(moved("/"))


@pytest.mark.parametrize(
    ("talk", "step", "expected"),
    [
        (endless, {"http": {"url": "http://localhost:{port}/"}}, ("success", "")),
        (
            endless,
            {"http": {"url": "http://localhost:{port}/"}, "assert": [{"jsonPath": "$.a", "exists": True}]},
            ("failure", "TooLarge"),
        ),
        (dripping, {"http": {"url": "http://localhost:{port}/"}, "timeout": "500ms"}, ("error", "Timeout")),
        (
            circling,
            {"http": {"url": "http://localhost:{port}/", "followRedirects": True}},
            ("error", "TooManyRedirects"),
        ),
        (babbling, {"http": {"url": "https://localhost:{port}/"}}, ("error", "TLS")),
        (babbling, {"tls": {"address": "localhost:{port}"}}, ("error", "TLS")),
        (babbling, {"http": {"url": "http://localhost:{port}/"}}, ("error", "Protocol")),
        (babbling, {"grpcHealth": {"address": "localhost:{port}"}}, ("error", "Protocol")),
        (
            babbling,
            {"tcp": {"address": "localhost:{port}", "expect": "^220 "}},
            ("failure", "ExpectMismatch"),
        ),
    ],
)
def test_a_server_that_misbehaves(talk: Talk, step, expected):
    async def scenario():
        async with listening(talk) as port:
            return await outcome(at(step, port))

    result = run(scenario())
    assert (result.outcome, result.reason) == expected


def at(value: Any, port: int) -> Any:
    """A step with the port filled in."""
    if isinstance(value, dict):
        return {key: at(one, port) for key, one in value.items()}
    return value.replace("{port}", str(port)) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "step",
    [
        {"http": {"url": "http://${host}/latest/meta-data/"}},
        {"graphql": {"url": "http://${host}/", "query": "{a}"}},
        {"tcp": {"address": "${host}:80"}},
        {"tls": {"address": "${host}:443"}},
        {"grpcHealth": {"address": "${host}:50051"}},
        {"dns": {"name": "example.com", "server": "${host}:53"}},
    ],
)
@pytest.mark.parametrize("host", ["169.254.169.254", "evil.example"])
def test_no_variable_leads_to_a_refused_address(step, host):
    result = run(outcome(step, variables=[{"name": "host", "value": host}]))

    assert (result.outcome, result.reason) == ("error", "AddressRefused")


@pytest.mark.parametrize("host", ["169.254.169.254", "evil.example"])
def test_nothing_captured_leads_to_a_refused_address(host):
    async def scenario():
        async with site(lambda _: answer(200, f'{{"next": "http://{host}/"}}')) as shop:
            return await outcome(
                {"http": {"url": shop.url()}, "capture": [{"variable": "next", "jsonPath": "$.next"}]},
                {"http": {"url": "${next}"}},
            )

    result = run(scenario())
    assert (result.outcome, result.reason, result.step) == ("error", "AddressRefused", "step-1")


@pytest.mark.parametrize("where", ["http://169.254.169.254/", "http://evil.example/", "//[::a9fe:a9fe]/"])
def test_no_redirect_leads_to_a_refused_address(where):
    async def scenario():
        async with site(lambda _: moved(where)) as shop:
            return await outcome({"http": {"url": shop.url(), "followRedirects": True}})

    result = run(scenario())
    assert (result.outcome, result.reason) == ("error", "AddressRefused")
