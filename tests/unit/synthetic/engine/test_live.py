"""The engine against real servers on loopback: every outcome, and what is left in the shop afterwards."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from typing import Any

import pytest
from tests.unit.synthetic.engine.live_server import (
    CREATE,
    DELETE,
    HANG,
    SESSION,
    SWEEP,
    TOKEN,
    VERIFY,
    Shop,
    journey_of,
    login,
    signed,
)

from fireline.synthetic.engine.answer import TargetError
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.run import run
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import TcpRequest
from fireline.synthetic.engine.wiring import NetworkWire
from fireline.synthetic.result import Result

SECRETS = {"password": "p4ssw0rd-CANARY"}


def outcome_of(shop_and_steps: Any, **given: Any) -> tuple[Result, Shop]:
    """Run steps, made by a function of the shop, against it."""

    async def ran() -> tuple[Result, Shop]:
        shop = Shop()
        shop.flaky = given.pop("flaky", 0)
        async with shop.open():
            steps = shop_and_steps(shop)
            journey = Journey.of(journey_of(shop, *steps, **given))
            return await run(journey, run_id="r1", secrets=SECRETS), shop

    return asyncio.run(ran())


def address(shop: Shop) -> str:
    return shop.url.removeprefix("http://")


def get(path: str, **given: Any) -> Any:
    return lambda _: [{"name": "get", "http": {"url": f"${{base}}{path}", **given.pop("http", {})}, **given}]


def test_a_user_journey_succeeds_and_leaves_nothing():
    result, shop = outcome_of(lambda _: [login(), CREATE, VERIFY], cleanup=[DELETE])
    assert (result.outcome, result.message) == ("success", "")
    assert [(step.name, step.outcome) for step in (*result.steps, *result.cleanup)] == [
        ("login", "success"),
        ("create", "success"),
        ("verify", "success"),
        ("delete", "success"),
    ]
    assert (shop.made, shop.events) == (1, {})
    assert result.duration_ms is not None


@pytest.mark.parametrize(
    ("steps", "outcome", "reason"),
    [
        (get("/health", **{"assert": [{"jsonPath": "$.status", "equals": "ok"}]}), "success", ""),
        (
            get("/health", **{"assert": [{"jsonPath": "$.status", "equals": "up"}]}),
            "failure",
            "JsonPathMismatch",
        ),
        (get("/nowhere"), "failure", "StatusMismatch"),
        (get("/moved"), "failure", "StatusMismatch"),
        (get("/moved", http={"followRedirects": True}), "success", ""),
        (get("/hang", timeout="150ms"), "error", "Timeout"),
        (get("/health", http={"url": "${nobody}"}), "infra", "UndefinedVariable"),
        (lambda shop: [{"name": "tcp", "tcp": {"address": address(shop)}}], "success", ""),
        (
            lambda shop: [{"name": "tls", "tls": {"address": address(shop)}}],
            "error",
            "TLS",
        ),
    ],
)
def test_each_outcome(steps, outcome, reason):
    result, _ = outcome_of(steps, timeout="10s")
    assert (result.outcome, result.reason) == (outcome, reason), result.message


def test_a_port_where_nobody_listens_is_an_error():
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{unused.getsockname()[1]}"
        result, _ = outcome_of(lambda _: [{"name": "a", "http": {"url": f"http://{nobody}/"}}], timeout="10s")
    assert (result.outcome, result.reason) == ("error", "Connect")
    assert nobody in result.evidence


@pytest.mark.parametrize("path", ["/health", "/moved"])
def test_a_refused_network_is_not_reached(path):
    result, shop = outcome_of(get(path, http={"followRedirects": True}), refuse=["127.0.0.0/8"])
    assert (result.outcome, result.reason) == ("error", "AddressRefused")
    assert shop.seen == []


@pytest.mark.parametrize(
    "url",
    ["http://2852039166/", "http://0xa9.0xfe.0xa9.0xfe/", "http://[::ffff:169.254.169.254]/", "${next}"],
)
def test_neither_a_variable_nor_what_a_target_said_leads_to_the_credentials_of_a_machine(url):
    """The networks that are refused when nothing is said."""
    first = {
        "name": "first",
        "http": {"url": "${base}/health"},
        "capture": [{"variable": "next", "jsonPath": "$.next"}],
    }
    result, _ = outcome_of(lambda _: [first, {"name": "second", "http": {"url": url}}])
    assert (result.outcome, result.step, result.reason) == ("error", "second", "AddressRefused")
    assert "169.254.0.0/16" in result.message


def test_a_flaky_target_is_available_after_a_retry():
    result, shop = outcome_of(get("/flaky"), flaky=2, retries={"count": 2, "backoff": "10ms"})
    assert (result.outcome, result.flaky, result.attempts) == ("success", True, 3)
    assert shop.seen == ["GET /flaky"] * 3


def test_cleanup_runs_after_a_failure_and_after_a_time_out():
    wrong = {**VERIFY, "assert": [{"jsonPath": "$.title", "equals": "another"}]}
    result, shop = outcome_of(lambda _: [login(), CREATE, wrong], cleanup=[DELETE])
    assert (result.outcome, shop.made, shop.events) == ("failure", 1, {})

    result, shop = outcome_of(lambda _: [login(), CREATE, {**HANG, "timeout": "200ms"}], cleanup=[DELETE])
    assert (result.outcome, result.reason, shop.made, shop.events) == ("error", "Timeout", 1, {})


def test_what_a_killed_run_left_is_swept_and_what_others_made_is_not():
    async def ran() -> tuple[Result, Shop]:
        shop = Shop()
        shop.events = {"1": "made by shop", "2": "made by somebody", "3": "made by shop"}
        shop.made = 3
        async with shop.open():
            said = journey_of(shop, login(), CREATE, VERIFY, cleanup=[DELETE], sweep=SWEEP)
            return await run(Journey.of(said), run_id="r1", secrets=SECRETS), shop

    result, shop = asyncio.run(ran())
    assert result.outcome == "success"
    assert shop.events == {"2": "made by somebody"}
    swept = next(step for step in result.cleanup if step.name == "remove-old")
    assert swept.message == "2 of 2 done"


def test_a_cleanup_that_hangs_is_told_and_changes_nothing():
    async def ran() -> tuple[Result, Shop]:
        shop = Shop()
        shop.deaf = True
        async with shop.open():
            said = journey_of(shop, login(), CREATE, cleanup=[DELETE], cleanupTimeout="300ms")
            return await run(Journey.of(said), run_id="r1", secrets=SECRETS), shop

    result, shop = asyncio.run(ran())
    assert (result.outcome, result.cleanup_failed) == ("success", True)
    assert result.cleanup[0].outcome == "error"
    assert result.evidence.startswith("cleanup delete\nDELETE http://127.0.0.1:")
    assert len(shop.events) == 1


def test_a_server_that_echoes_everything_tells_no_secret():
    echo = signed("echo", "${base}/echo?user=bot&x=${password}")
    echo["http"]["basicAuth"] = {"username": "bot", "password": "${password}"}
    del echo["http"]["headers"]
    token = signed("echo", "${base}/echo?x=${token}")
    for step in (echo, token):
        result, _ = outcome_of(lambda _, step=step: [login(), step])
        assert (result.outcome, result.step) == ("failure", "echo")
        assert '"path": "/echo?' in result.evidence
        for secret in (SECRETS["password"], TOKEN, SESSION, "Ym90OnA0c3N3MHJkLUNBTkFSWQ"):
            assert secret not in repr(result)


def test_a_library_that_keeps_no_deadline_is_left_waiting():
    class Hanging(NetworkWire):
        async def _ask(self, _request, _deadline):
            await asyncio.Event().wait()

    async def ask() -> None:
        await Hanging(Guard()).ask(TcpRequest("a:1"), deadline=asyncio.get_running_loop().time() - 60)

    with pytest.raises(TargetError, match="no answer in time"):
        asyncio.run(ask())
