"""``fireline check run`` as a process of its own: Ctrl-C, terminals, and what other users can see of it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.bed.shopapi.accounts import Accounts
from tests.bed.shopserver import ShopServer
from tests.bed.waiting import wait_for

EXAMPLES = Path(__file__).parents[2] / "examples" / "synthetic"
CANARY = "canary-password-77d2"
TOKEN = "canary-token-51f0c9"
SECONDS = 30
"""More than anything here takes; a deadline, not a measure."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopServer]:
    accounts = Accounts(user="probe", password=CANARY, api_token=TOKEN)
    with ShopServer(tmp_path_factory.mktemp("shop"), rate=0, accounts=accounts) as shop:
        yield shop


@pytest.fixture
def shop(running: ShopServer) -> ShopServer:
    """The shop, whole and empty."""
    running.heal()
    running.clear()
    return running


def command(shop: ShopServer, example: str, *more: str) -> list[str]:
    program = "from fireline.cli.main import main; main(prog_name='fireline')"
    file = str(EXAMPLES / f"{example}.yaml")
    return [sys.executable, "-c", program, "check", "run", file, "--var", f"base={shop.url}", *more]


def environment(*secrets: str) -> dict[str, str]:
    known = {"USER": "probe", "PASSWORD": CANARY, "APITOKEN": TOKEN}
    return {**os.environ, **{f"FIRELINE_VAR_{name}": known[name] for name in secrets}}


ALL = ("USER", "PASSWORD", "APITOKEN")


@contextmanager
def started(shop: ShopServer, *more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command(shop, "event", *more),
        env=environment(*ALL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_cleans_up(shop: ShopServer, number: signal.Signals) -> None:
    shop.breaks("events.get", hang=True)
    with started(shop) as process:
        wait_for(lambda: shop.left()["events"] == 1, what="the event is made")
        process.send_signal(number)
        stdout, _ = process.communicate(timeout=SECONDS)

    assert process.returncode == 2
    assert shop.left()["events"] == 0
    assert "✓ remove-event" in stdout
    # Of what the shop has made already, the answer may still be on its way.
    told = r"^\? infra at (create|verify) \(Interrupted\): stopped before it was over$"
    assert re.search(told, stdout, re.MULTILINE)


def test_the_second_interruption_ends_the_cleanup_and_says_what_it_leaves(shop: ShopServer) -> None:
    shop.faults(endpoints={"events.get": {"hang": True}, "events.delete": {"hang": True}})
    with started(shop) as process:
        wait_for(lambda: shop.left()["events"] == 1, what="the event is made")
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "cleanup":
                break
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=SECONDS)

    assert process.returncode == 2
    assert "stopped in the middle of its cleanup: what the steps made may still be there" in stderr
    assert "Traceback" not in stderr
    assert shop.left()["events"] == 1


def test_runs_after_an_interruption_are_not_begun(shop: ShopServer) -> None:
    shop.breaks("events.get", hang=True)
    with started(shop, "--repeat", "5") as process:
        wait_for(lambda: shop.left()["events"] == 1, what="the event is made")
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=SECONDS)

    assert stdout.count("shop/shop-event") == 1


def test_nobody_sees_a_secret_in_the_list_of_processes(shop: ShopServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    shop.breaks("events.get", hang=True)
    with started(shop, "--secret", f"apiToken=file:{tmp_path / 'token'}") as process:
        wait_for(lambda: shop.left()["events"] == 1, what="the event is made")
        seen = Path(f"/proc/{process.pid}/cmdline").read_text()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)

    assert f"base={shop.url}" in seen, "the search looks at the right process"
    assert not {secret for secret in (CANARY, TOKEN) if secret in seen}


def test_a_missing_secret_is_typed_without_being_seen(shop: ShopServer) -> None:
    """A terminal of its own, since a person types there."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, command(shop, "feed"), environment())
    try:
        shown = read_until(terminal, "shop-feed: apiToken: ")
        os.write(terminal, f"{TOKEN}\n".encode())
        shown += read_until(terminal, "success after")
    finally:
        os.close(terminal)
        _, status = os.waitpid(child, 0)

    assert TOKEN not in shown
    assert "feed" in shown
    assert os.WIFEXITED(status) or os.WIFSIGNALED(status)


def read_until(terminal: int, words: str) -> str:
    """What the terminal shows until these words; fails after a while."""
    shown, until = "", time.monotonic() + SECONDS
    while words not in shown:
        left = until - time.monotonic()
        assert left > 0, shown
        if select.select([terminal], [], [], left)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    return shown
