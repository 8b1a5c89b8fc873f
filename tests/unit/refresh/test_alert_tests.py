"""Test alerts in the operator: once per nonce, one at a time, and always with a result."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

from fireline.alertmanager.memory import InMemoryAlertmanager
from fireline.alertmanager.replica import Counters, Sender, Sent, Status
from fireline.api.delivery import TestedReceiver, TestResult
from fireline.api.plan import Key
from fireline.refresh.testing import AlertTests, TestRequest

CHECKOUT, CART = (Key("AlertPolicy", "shop", name) for name in ("checkout", "cart"))
NAME = "shop/alertpolicy-checkout/chat"
CHAT = TestedReceiver("chat", NAME, ("webhook",))


def an_alertmanager(**given) -> InMemoryAlertmanager:
    """Takes every alert at its only receiver."""
    sender = Sender("webhook", NAME)
    scrapes = [Counters({sender: Sent(count, count)}, by_receiver=True, epoch=(1, 1)) for count in (0.0, 1.0)]
    return InMemoryAlertmanager(
        status=Status("0.28.1", f"receivers: [{{name: {NAME}}}]"), scrapes=scrapes, **given
    )


def a_request(key: Key = CHECKOUT, nonce: str = "1", alertmanager: str = "main") -> TestRequest:
    return TestRequest(key, nonce, alertmanager, (CHAT,))


def run(tests: AlertTests, *requests: TestRequest, until: Callable[[], bool]) -> None:
    """Runs the companion until something is true; the test's own time-out ends what never is.

    The requests come one after the other, each after what came before it was looked at.
    """

    async def story() -> None:
        task = asyncio.create_task(tests.run())
        for request in requests:
            tests.request(request)
            await asyncio.sleep(0)
        while not until():
            await asyncio.sleep(0.01)
            if task.done():
                task.result()
        task.cancel()

    asyncio.run(story())


def a_runner(told: list[Key], *, quiet: float = 0, **alertmanagers: InMemoryAlertmanager) -> AlertTests:
    def tell(keys: Iterable[Key]) -> None:
        told.extend(keys)

    passed = [0.0]

    async def pause(seconds: float) -> None:
        passed[0] += seconds
        await asyncio.sleep(0)

    return AlertTests(
        {name: [one] for name, one in alertmanagers.items()},
        {},
        enqueue=tell,
        deadline=timedelta(seconds=4),
        quiet=quiet,
        clock=lambda: passed[0],
        pause=pause,
    )


def result_of(tests: AlertTests, key: Key = CHECKOUT) -> TestResult:
    found = tests.result(key)
    assert found is not None
    return found


def test_a_request_becomes_a_result_and_the_policy_is_planned_again():
    told: list[Key] = []
    alertmanager = an_alertmanager()
    tests = a_runner(told, main=alertmanager)
    run(tests, a_request(), until=lambda: bool(told))
    assert told == [CHECKOUT]
    found = result_of(tests)
    assert (found.nonce, str(found.state)) == ("1", "Delivered")
    fired, ended = alertmanager.posted
    assert fired["labels"].items() >= {"alert_policy": "shop/checkout", "nonce": "1", "test": "true"}.items()
    assert ended["labels"] == fired["labels"]
    assert ended["endsAt"] < fired["endsAt"]


def test_the_same_nonce_is_tested_once():
    told: list[Key] = []
    alertmanager = an_alertmanager()
    tests = a_runner(told, main=alertmanager)
    run(tests, a_request(), a_request(), a_request(CART), a_request(), until=lambda: CART in told)
    assert told == [CHECKOUT, CART]
    assert len(alertmanager.posted) == 4, "each fired and ended"


def test_an_alertmanager_that_does_not_answer_leaves_every_receiver_unknown():
    told: list[Key] = []
    alertmanager = an_alertmanager()
    alertmanager.down = "connection refused"
    tests = a_runner(told, main=alertmanager)
    run(tests, a_request(), until=lambda: bool(told))
    (outcome,) = result_of(tests).receivers
    assert (str(outcome.state), outcome.message) == ("Unknown", "http://memory: connection refused")


def test_without_an_alertmanager_the_setting_to_set_is_named():
    told: list[Key] = []
    tests = a_runner(told)
    run(tests, a_request(), until=lambda: bool(told))
    assert "alertmanagers.<name>.urls" in result_of(tests).receivers[0].message


def test_tests_at_one_alertmanager_never_overlap():
    told: list[Key] = []
    alertmanager = an_alertmanager()
    tests = a_runner(told, main=alertmanager)
    run(tests, a_request(), a_request(CART), until=lambda: len(told) == 2)
    policies = [one["labels"]["alert_policy"] for one in alertmanager.posted]
    assert policies == ["shop/checkout"] * 2 + ["shop/cart"] * 2


def test_the_next_test_of_a_policy_waits_until_the_end_of_the_last_one_was_told():
    told: list[Key] = []
    alertmanager = an_alertmanager()
    tests = a_runner(told, quiet=1e6, main=alertmanager)
    run(tests, a_request(), a_request(nonce="2"), a_request(CART), until=lambda: CART in told)
    sent = {(one["labels"]["alert_policy"], one["labels"]["nonce"]) for one in alertmanager.posted}
    assert sent == {("shop/checkout", "1"), ("shop/cart", "1")}


def test_a_policy_that_is_gone_is_forgotten():
    told: list[Key] = []
    tests = a_runner(told, main=an_alertmanager())
    run(tests, a_request(), until=lambda: bool(told))
    tests.forget(CHECKOUT)
    assert tests.result(CHECKOUT) is None
