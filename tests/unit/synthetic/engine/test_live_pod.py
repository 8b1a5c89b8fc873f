"""The pod's process, started for real: its message, its exit code, its log, and what signals do to it."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
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

from fireline.synthetic.result import Result, parse

PASSWORD = "p4ss/w0rd+CANARY"
DEADLINE = 60


class Pod:
    """A started probe."""

    def __init__(self, process: asyncio.subprocess.Process, message: Path) -> None:
        self.process = process
        self._message = message
        self.out = ""

    @property
    def message(self) -> str:
        return self._message.read_text()

    @property
    def result(self) -> Result:
        read = parse(self.message)
        assert isinstance(read, Result), (read, self.message, self.out)
        return read

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    async def ended(self) -> int:
        """Its exit code; its output is in ``out``."""
        out, _ = await asyncio.wait_for(self.process.communicate(), DEADLINE)
        self.out = out.decode()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def started(tmp_path: Path, check: Any, *arguments: str, **environment: str) -> AsyncIterator[Pod]:
    message = tmp_path / "termination-log"
    message.touch()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fireline.synthetic.engine.pod",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={
            "PATH": os.environ["PATH"],
            "FIRELINE_CHECK": check if isinstance(check, str) else json.dumps(check),
            "FIRELINE_TERMINATION_LOG": str(message),
            "FIRELINE_VAR_PASSWORD": PASSWORD,
            **environment,
        },
    )
    try:
        yield Pod(process, message)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def finished(tmp_path: Path, check: Callable[[Shop], Any], **given: Any) -> tuple[int, Pod, Shop]:
    """Start a pod with a check made of the shop's address, and wait for its end."""

    async def ran() -> tuple[int, Pod, Shop]:
        shop = Shop()
        async with shop.open(), started(tmp_path, check(shop), **given) as pod:
            return await pod.ended(), pod, shop

    return asyncio.run(ran())


def test_a_success(tmp_path):
    code, pod, shop = finished(
        tmp_path, lambda shop: journey_of(shop, login(), CREATE, VERIFY, cleanup=[DELETE])
    )
    assert (code, pod.result.outcome) == (0, "success")
    assert shop.events == {}
    assert [(line["event"], line.get("step")) for line in pod.lines] == [
        ("step ended", "login"),
        ("step ended", "create"),
        ("step ended", "verify"),
        ("step ended", "delete"),
        ("run ended", None),
    ]
    assert {(line["check"], line["namespace"]) for line in pod.lines} == {("shop", "team-a")}
    assert len({line["run"] for line in pod.lines}) == 1


@pytest.mark.parametrize(
    ("steps", "code", "outcome", "reason"),
    [
        ([{"name": "a", "http": {"url": "${base}/nowhere"}}], 1, "failure", "StatusMismatch"),
        ([{"name": "a", "http": {"url": "http://127.0.0.1:1/"}}], 2, "error", "Connect"),
        ([{"name": "a", "http": {"url": "${nobody}"}}], 3, "infra", "UndefinedVariable"),
        ([{"name": "a", "http": {"url": "x"}, "timeout": "soon"}], 3, "infra", "JourneyInvalid"),
    ],
)
def test_the_exit_code_says_the_outcome_once_more(tmp_path, steps, code, outcome, reason):
    ended, pod, _ = finished(tmp_path, lambda shop: journey_of(shop, *steps))
    assert (ended, pod.result.outcome, pod.result.reason) == (code, outcome, reason)


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("", "FIRELINE_CHECK: Expecting value"),
        ("{", "FIRELINE_CHECK: Expecting property name"),
        ("[]", "FIRELINE_CHECK: FIRELINE_CHECK: found []; allowed: an object"),
        ("[" * 100_000, "FIRELINE_CHECK: maximum recursion depth exceeded"),
    ],
)
def test_a_document_that_is_no_journey_is_told(tmp_path, check, said):
    code, pod, _ = finished(tmp_path, lambda _: check)
    assert (code, pod.result.outcome, pod.result.reason) == (3, "infra", "JourneyInvalid")
    assert pod.result.message.startswith(said)


def test_a_secret_that_is_not_there_is_told_by_name(tmp_path):
    def check(shop):
        return journey_of(shop, login()) | {"variables": [{"name": "token", "env": "FIRELINE_VAR_TOKEN"}]}

    code, pod, _ = finished(tmp_path, check)
    assert (code, pod.result.reason) == (3, "VariableMissing")
    assert "FIRELINE_VAR_TOKEN" in pod.result.message


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_cleans_up(tmp_path, number):
    async def ran() -> None:
        shop = Shop()
        async with shop.open():
            check = journey_of(shop, login(), CREATE, HANG, cleanup=[DELETE], timeout="5m")
            async with started(tmp_path, check) as pod:
                await asyncio.wait_for(shop.hanging.wait(), DEADLINE)
                assert len(shop.events) == 1
                pod.process.send_signal(number)
                assert await pod.ended() == 3
                assert (pod.result.outcome, pod.result.step, pod.result.reason) == (
                    "infra",
                    "hang",
                    "Interrupted",
                )
                assert [step.outcome for step in pod.result.cleanup] == ["success"]
        assert (shop.made, shop.events) == (1, {})

    asyncio.run(ran())


def test_told_to_stop_while_it_cleans_up_it_goes_on(tmp_path):
    async def ran() -> None:
        shop = Shop()
        async with shop.open():
            check = journey_of(shop, login(), CREATE, cleanup=[HANG, DELETE], cleanupTimeout="5m")
            async with started(tmp_path, check) as pod:
                await asyncio.wait_for(shop.hanging.wait(), DEADLINE)
                pod.process.terminate()
                shop.released.set()
                assert await pod.ended() == 0
                assert [step.outcome for step in pod.result.cleanup] == ["failure", "success"]
        assert (shop.made, shop.events) == (1, {})

    asyncio.run(ran())


def test_killed_while_it_cleans_up_the_verdict_is_told_and_the_next_run_sweeps(tmp_path):
    async def ran() -> None:
        shop = Shop()
        async with shop.open():
            check = journey_of(shop, login(), CREATE, cleanup=[HANG, DELETE], cleanupTimeout="5m")
            async with started(tmp_path, check) as pod:
                await asyncio.wait_for(shop.hanging.wait(), DEADLINE)
                pod.process.kill()
                assert await pod.ended() == -signal.SIGKILL
                assert (pod.result.outcome, pod.result.cleanup) == ("success", ())
            assert len(shop.events) == 1
            check = journey_of(shop, login(), CREATE, cleanup=[DELETE], sweep=SWEEP)
            async with started(tmp_path, check) as pod:
                assert await pod.ended() == 0
        assert (shop.made, shop.events) == (2, {})

    asyncio.run(ran())


def test_killed_before_there_is_a_verdict_there_is_no_message(tmp_path):
    async def ran() -> None:
        shop = Shop()
        async with (
            shop.open(),
            started(tmp_path, journey_of(shop, login(), CREATE, HANG, timeout="5m")) as pod,
        ):
            await asyncio.wait_for(shop.hanging.wait(), DEADLINE)
            pod.process.kill()
            await pod.ended()
            assert pod.message == ""

    asyncio.run(ran())


def test_a_probe_that_nobody_reads_measures_all_the_same(tmp_path):
    """A closed stdout, and no file for a message, as on a laptop."""

    async def ran() -> None:
        shop = Shop()
        async with shop.open():
            process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                f'exec "{sys.executable}" -m fireline.synthetic.engine.pod >&-',
                env={
                    "PATH": os.environ["PATH"],
                    "FIRELINE_CHECK": json.dumps(journey_of(shop, login())),
                    "FIRELINE_TERMINATION_LOG": str(tmp_path / "nowhere"),
                    "FIRELINE_VAR_PASSWORD": PASSWORD,
                },
            )
            assert await asyncio.wait_for(process.wait(), DEADLINE) == 0

    asyncio.run(ran())


SPELLINGS = (
    lambda value: value,
    lambda value: json.dumps(value)[1:-1],
    lambda value: value.replace("/", "%2F").replace("+", "%2B"),
    lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    lambda value: value.encode().hex(),
)
CANARIES = [spell(value) for value in (PASSWORD, TOKEN, SESSION) for spell in SPELLINGS]


def _found(text: str, *more: str) -> list[str]:
    return [canary for canary in (*CANARIES, *more) if canary in text]


def _command_lines(pid: int) -> str:
    """The command lines of the process and of every other that can be read."""
    read = [Path(f"/proc/{pid}/cmdline").read_bytes()]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                read.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    return b"\n".join(read).decode(errors="replace")


def test_secrets_are_in_no_log_message_or_command_line(tmp_path):
    echo = signed("echo", "${base}/echo?password=${password}&x=${token}")
    echo["http"]["headers"]["X-Debug"] = "${password}"

    async def ran() -> Pod:
        shop = Shop()
        async with shop.open():
            check = journey_of(shop, login(), HANG, cleanup=[echo], timeout="5m")
            async with started(tmp_path, check) as pod:
                await asyncio.wait_for(shop.hanging.wait(), DEADLINE)
                assert _found(_command_lines(pod.process.pid)) == []
                pod.process.terminate()
                await pod.ended()
                return pod

    pod = asyncio.run(ran())
    assert "/echo?password=" in pod.out
    assert "/echo?password=" in pod.message
    assert _found(pod.out) == []
    assert _found(pod.message) == []


def test_the_search_for_secrets_would_find_one(tmp_path):
    """A probe that was given one as an argument, and one whose journey holds it in plain text."""
    control = "c0ntr0l-CANARY-in-an-argument"

    async def ran() -> Pod:
        shop = Shop()
        async with shop.open():
            check = journey_of(shop, {**HANG, "name": "a", "http": {"url": "${base}/hang"}}, timeout="5m")
            async with started(tmp_path, check, control) as pod:
                await asyncio.wait_for(shop.hanging.wait(), DEADLINE)
                assert _found(_command_lines(pod.process.pid), control) == [control]
            plain = {"name": "a", "http": {"url": "${base}/echo?x=" + TOKEN}}
            async with started(tmp_path, journey_of(shop, plain)) as pod:
                await pod.ended()
                return pod

    pod = asyncio.run(ran())
    assert TOKEN in _found(pod.out)
    assert TOKEN in _found(pod.message)


def test_a_probe_imports_only_what_its_journey_needs(tmp_path):
    """So that a pod starts in a moment: the operator's libraries never, the others when a step speaks."""
    heavy = {"pydantic", "kopf", "kubernetes", "aiohttp", "structlog", "yaml", "click", "rich"}
    for_steps = {"httpx", "httpcore", "h2", "dns", "jsonpath"}

    async def imported(step: dict[str, Any]) -> set[str]:
        shop = Shop()
        async with (
            shop.open(),
            started(
                tmp_path,
                journey_of(shop, {**step, "name": "a"})
                | {"variables": [{"name": "at", "value": shop.url[7:]}]},
                PYTHONPROFILEIMPORTTIME="1",
            ) as pod,
        ):
            assert await pod.ended() == 0, pod.out
            lines = [line for line in pod.out.splitlines() if line.startswith("import time:")]
            return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}

    plain = asyncio.run(imported({"tcp": {"address": "${at}"}}))
    assert "asyncio" in plain
    assert plain & (heavy | for_steps) == set()
    spoken = asyncio.run(
        imported(
            {"http": {"url": "http://${at}/health"}, "assert": [{"jsonPath": "$.status", "matches": "ok"}]}
        )
    )
    assert spoken & heavy == set()
    assert spoken >= {"httpx", "jsonpath", "re2"}
