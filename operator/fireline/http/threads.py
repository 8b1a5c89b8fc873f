"""Blocking calls off the event loop, in threads that never hold up the end of the process.

``asyncio.to_thread`` would: its executor is joined at exit, so a server that hangs would delay a
SIGTERM by a whole time-out. Used by the clients of Prometheus and Alertmanager.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(work: Callable[[], T]) -> T:
    """The result of ``work()``, run in a thread of its own; its exception is raised here."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def hand_over(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # None is a T where work() returns it

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as caught:  # noqa: BLE001 - raised again in the caller
            error = caught
        try:
            loop.call_soon_threadsafe(hand_over, result, error)
        except RuntimeError:
            return  # the loop has ended meanwhile: nobody waits for the answer

    threading.Thread(target=run, name="http-request", daemon=True).start()
    return await done
