"""Runs checks one after the other, and lets Ctrl-C end them with their cleanup done."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fireline.cli.checking.screen import Screen
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.run import run
from fireline.synthetic.result import Result

_RUN_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Planned:
    """One check with everything its runs need."""

    name: str
    where: str
    journey: Journey
    secrets: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """One run that is over."""

    planned: Planned
    run_id: str
    result: Result


async def all_of(planned: Sequence[Planned], repeat: int, screen: Screen | None) -> list[Ran]:
    """Every check so many times; those after a Ctrl-C are not begun."""
    stop, ran = asyncio.Event(), list[Ran]()
    with _interruptible(stop):
        for one in planned:
            for _ in range(repeat):
                if not stop.is_set():
                    ran.append(await _once(one, screen, stop))
    return ran


async def _once(one: Planned, screen: Screen | None, stop: asyncio.Event) -> Ran:
    run_id = os.urandom(_RUN_ID_BYTES).hex()
    if screen is not None:
        screen.begin(one.name, f"{one.where}, run {run_id}", one.journey, one.notes)
    result = await run(one.journey, run_id=run_id, secrets=one.secrets, progress=screen, stop=stop)
    if screen is not None:
        screen.end(result)
    return Ran(one, run_id, result)


@contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """The first signal ends the steps and lets the cleanup begin, the second ends the program."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupted() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, interrupted)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
