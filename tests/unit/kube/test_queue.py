"""The work queue's promises, on a virtual clock."""

from __future__ import annotations

import asyncio
import random

from tests.unit.kube.virtual import run

from fireline.api.plan import Key
from fireline.kube.queue import HOLD_SECONDS, MAX_DELAY, WorkQueue

A, B, C = (Key("Kind", "ns", name) for name in "abc")


class Middle(random.Random):
    """Jitter without effect: the middle of its range."""

    def random(self) -> float:
        return 0.5


def test_a_key_added_twice_is_handed_out_once():
    async def story():
        queue = WorkQueue()
        queue.add(A)
        queue.add(A)
        assert await queue.get() == A
        queue.done(A)
        assert len(queue) == 0

    run(story())


def test_a_key_in_hand_is_not_handed_out_again_before_done():
    async def story():
        queue = WorkQueue()
        queue.add(A)
        assert await queue.get() == A
        queue.add(A)
        queue.add(B)
        assert await queue.get() == B
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(10)
        assert not waiting.done()
        queue.done(A)
        assert await waiting == A

    run(story())


def test_changed_keys_go_before_resynced_keys():
    async def story():
        queue = WorkQueue()
        queue.add(A, resync=True)
        queue.add(B, resync=True)
        queue.add(C)
        queue.add(B)
        order = [await queue.get() for _ in range(3)]
        assert order == [C, B, A]

    run(story())


def test_failures_back_off_exponentially_up_to_five_minutes():
    async def story():
        queue = WorkQueue(jitter=Middle())
        delays = []
        for _ in range(20):
            delays.append(queue.retry(A))
            before = asyncio.get_running_loop().time()
            assert await queue.get() == A
            assert asyncio.get_running_loop().time() - before >= delays[-1] * 0.999
            queue.done(A)
        assert delays[:4] == [0.005, 0.01, 0.02, 0.04]
        assert delays[-1] == MAX_DELAY

    run(story())


def test_success_starts_the_backoff_anew():
    async def story():
        queue = WorkQueue(jitter=Middle())
        for _ in range(5):
            queue.retry(A)
        queue.forget(A)
        assert queue.retry(A) == 0.005

    run(story())


def test_jitter_keeps_each_delay_within_a_quarter():
    async def story():
        queue = WorkQueue(jitter=random.Random(7))
        delays = [queue.retry(Key("Kind", "ns", str(number))) for number in range(200)]
        assert all(0.75 * 0.005 <= delay <= 1.25 * 0.005 for delay in delays)
        assert len(set(delays)) > 100

    run(story())


def test_a_key_asked_for_later_comes_later_and_the_earlier_wish_counts():
    async def story():
        loop = asyncio.get_running_loop()
        queue = WorkQueue()
        queue.add_after(A, 60)
        queue.add_after(A, 10)
        queue.add_after(A, 30)
        assert await queue.get() == A
        assert loop.time() == 10
        queue.done(A)
        await asyncio.sleep(100)
        assert len(queue) == 0

    run(story())


def test_a_hand_out_cancels_what_was_asked_for_later():
    async def story():
        queue = WorkQueue()
        queue.add_after(A, 60)
        queue.add(A)
        assert await queue.get() == A
        queue.done(A)
        await asyncio.sleep(100)
        assert len(queue) == 0

    run(story())


def test_closing_wakes_every_worker_and_hands_out_nothing_more():
    async def story():
        queue = WorkQueue()
        workers = [asyncio.create_task(queue.get()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.close()
        queue.add(A)
        queue.add_after(B, 1)
        assert await asyncio.gather(*workers) == [None, None, None]
        assert await queue.get() is None

    run(story())


def test_a_cancelled_worker_passes_its_wake_up_on():
    async def story():
        queue = WorkQueue()
        first, second = (asyncio.create_task(queue.get()) for _ in range(2))
        await asyncio.sleep(0)
        queue.add(A)
        first.cancel()
        assert await asyncio.wait_for(second, 5) == A

    run(story())


def test_no_two_workers_ever_hold_the_same_key():
    async def story():
        queue = WorkQueue()
        noise = random.Random(3)
        keys = [Key("Kind", "ns", str(number)) for number in range(5)]
        held: set[Key] = set()
        handled = 0

        async def work():
            nonlocal handled
            while (key := await queue.get()) is not None:
                assert key not in held
                held.add(key)
                await asyncio.sleep(noise.random())
                held.remove(key)
                handled += 1
                queue.done(key)

        workers = [asyncio.create_task(work()) for _ in range(4)]
        for _ in range(500):
            queue.add(noise.choice(keys), resync=noise.random() < 0.5)
            await asyncio.sleep(noise.random() / 10)
        await asyncio.sleep(60)
        queue.close()
        await asyncio.gather(*workers)
        assert handled > 50
        assert len(queue) == 0

    run(story())


def test_the_oldest_work_in_hand_is_told():
    async def story():
        queue = WorkQueue()
        queue.add(A)
        assert queue.longest_running_seconds() == 0
        await queue.get()
        await asyncio.sleep(42)
        assert queue.longest_running_seconds() == 42
        queue.done(A)
        assert queue.longest_running_seconds() == 0

    run(story())


SUM, OTHER = Key("Sum", "ns", "all"), Key("Kind", "elsewhere", "a")


def test_an_aggregate_waits_for_every_key_of_its_namespace():
    async def story():
        queue = WorkQueue(aggregates=["Sum"])
        for key in (OTHER, SUM, A):
            queue.add(key)
        assert [await queue.get(), await queue.get()] == [OTHER, A]
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(1)
        queue.add(SUM)
        queue.add(A)
        queue.done(A)
        assert await waiting == A
        assert len(queue) == 1
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(1)
        assert not waiting.done()
        queue.done(A)
        assert await waiting == SUM

    run(story())


def test_an_aggregate_does_not_wait_for_ever():
    async def story():
        queue = WorkQueue(aggregates=["Sum"])
        queue.add(A)
        queue.add(SUM)
        assert await queue.get() == A
        assert await queue.get() == SUM
        assert asyncio.get_running_loop().time() == HOLD_SECONDS
        queue.add(SUM)
        queue.done(SUM)
        queue.done(A)
        assert await queue.get() == SUM

    run(story())


def test_a_key_that_waits_for_its_backoff_holds_no_aggregate():
    async def story():
        queue = WorkQueue(aggregates=["Sum"], jitter=Middle())
        queue.add(A)
        queue.add(SUM)
        assert await queue.get() == A
        queue.add_after(A, 60)
        queue.done(A)
        assert await queue.get() == SUM

    run(story())
