"""Fixtures: receivers of every kind, and Alertmanagers that know them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fireline.alertmanager.logs import Excerpt
from tests.bed.alertmanager import Alertmanager
from tests.bed.certs import Authority
from tests.bed.toolchain import Tools
from tests.delivery.receivers import Receivers, receivers

Start = Callable[..., Alertmanager]


class LogFile:
    """Alertmanager's log, read from its file."""

    def __init__(self, server: Alertmanager) -> None:
        self._file = server.log

    async def read(self) -> Excerpt:
        """All of it."""
        return Excerpt(tuple(self._file.read_text().splitlines()))


@pytest.fixture(scope="module")
def directory(bed_directory: Path) -> Path:
    """For this module's servers."""
    return bed_directory / "delivery"


@pytest.fixture(scope="module")
def running(directory: Path) -> Iterator[Receivers]:
    """Receivers."""
    with receivers(Authority(directory / "pki")) as found:
        yield found


@pytest.fixture(scope="module")
def start(tools: Tools, directory: Path, running: Receivers) -> Iterator[Start]:
    """Starts an Alertmanager that knows the receivers, or some of them."""
    with ExitStack() as stack:

        def started(name: str, *names: str, **given) -> Alertmanager:
            config = running.config(names) if names else running.config()
            return stack.enter_context(Alertmanager(tools, directory / name, config=config, **given))

        yield started
