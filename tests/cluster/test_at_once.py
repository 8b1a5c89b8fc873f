"""An SLO over thirty days of raw history shows its exact budget within 30 s of ``kubectl apply``.

The operator runs with its default settings: the promise is about these.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from tests.bed.kubeclient import Manifest
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.truth import scenarios
from tests.truth.live import Live, tolerance
from tests.truth.slos import an_slo

pytestmark = pytest.mark.bed

PROMISE_SECONDS = 30
NAMESPACE = "at-once"
SERVICES = ("quiet-nights", "spikes", "counter-resets", "idle-hours", "latency")
NEW = [(f"new-{number}", SERVICES[number % len(SERVICES)]) for number in range(20)]


@pytest.fixture(scope="module")
def world(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Five of the scenarios, and an operator with nothing but its defaults."""
    steps = 31 * 1440
    makers = {make.__name__.replace("_", "-"): make for make in scenarios.SCENARIOS}
    chosen = {name: makers[name](0, 60, steps) for name in SERVICES}
    with Live(tools, tmp_path_factory.mktemp("at-once"), chosen, settings={}) as running:
        yield running


def apply_and_wait(world: Live, slos: Iterable[Manifest], shown: Callable[[], object]) -> None:
    """Applies, and waits as long as was promised from the moment before the apply."""
    began = time.monotonic()
    world.apply(slos)
    left = PROMISE_SECONDS - (time.monotonic() - began)
    wait_for(shown, what="the exact budget", seconds=left, every=0.2)


def shows(
    world: Live, name: str, service: str, *, objective: float = 99.9, window: int = 30
) -> dict[str, str]:
    """The budget, when the status tells what truly happened. Raises AssertionError or LookupError before."""
    status = world.figures(NAMESPACE, name)
    consumed, truth = (
        float(status["budget"]["consumed"]),
        world.truth(service, status, objective=objective, window=window),
    )
    assert abs(consumed - truth) <= tolerance(world.services[service], truth), (name, consumed, truth)
    found: dict[str, str] = status["budget"]
    return found


def test_one_new_slo(world: Live):
    apply_and_wait(
        world,
        [an_slo("quiet-nights", name="one", namespace=NAMESPACE)],
        lambda: shows(world, "one", "quiet-nights"),
    )


def test_twenty_new_slos_at_a_time(world: Live):
    apply_and_wait(
        world,
        [an_slo(service, name=name, namespace=NAMESPACE) for name, service in NEW],
        lambda: all(shows(world, name, service) for name, service in NEW),
    )


@pytest.mark.parametrize("service", ["spikes", "latency"])
def test_a_changed_indicator(world: Live, service: str):
    changed = an_slo("counter-resets", name="indicator", namespace=NAMESPACE)
    apply_and_wait(world, [changed], lambda: shows(world, "indicator", "counter-resets"))
    changed = an_slo(service, name="indicator", namespace=NAMESPACE)
    apply_and_wait(world, [changed], lambda: shows(world, "indicator", service))


def test_a_changed_objective(world: Live):
    strict = an_slo("idle-hours", name="objective", namespace=NAMESPACE)
    apply_and_wait(world, [strict], lambda: shows(world, "objective", "idle-hours"))
    loose = an_slo("idle-hours", name="objective", namespace=NAMESPACE, objective="99.5")
    apply_and_wait(world, [loose], lambda: shows(world, "objective", "idle-hours", objective=99.5))


def test_a_changed_window(world: Live):
    month = an_slo("spikes", name="window", namespace=NAMESPACE)
    apply_and_wait(world, [month], lambda: shows(world, "window", "spikes"))
    week = an_slo("spikes", name="window", namespace=NAMESPACE, window="7d")
    apply_and_wait(world, [week], lambda: shows(world, "window", "spikes", window=7))
