"""Prometheus stopped, refusing or silent: rules and Ready stay, figures say when they were true."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.bed.bed import Bed
from tests.bed.faults import Answer, Fault, Hang, Reset
from tests.bed.promoperator import NAMESPACE, RULE_LABELS
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo

from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE

pytestmark = pytest.mark.bed

TOTAL = 'http_requests_total{service="checkout"}'
BAD = 'http_requests_total{service="checkout",code=~"5.."}'
FAULTS: tuple[Fault, ...] = (Answer(503), Answer(200, message="not Prometheus at all"), Reset(), Hang(1.0))
MEASURED = ("DataPresent", "BudgetHealthy")
CONDITIONS = ("Valid", "Selected", "RulesLoaded", *MEASURED, "Ready")


@pytest.fixture(scope="module")
def asked(bed: Bed) -> Iterator[FaultProxy]:
    """What the operator takes for Prometheus."""
    with FaultProxy(bed.prometheus.url) as proxy:
        yield proxy


class Settled(NamedTuple):
    """An operator whose only SLO, ``a``, has been created, loaded and measured, and the writes of that."""

    rig: Rig
    writes: list[str]


@pytest.fixture(scope="module")
def settled(bed: Bed, asked: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    """The operator asks every second, so that no test waits long for it to notice something."""
    source = {"urls": [asked.url], "rule_labels": RULE_LABELS, "timeout_seconds": 0.5}
    with contextlib.closing(Rig(bed.cluster, tmp_path_factory.mktemp("prometheus"), toy=False)) as rig:
        rig.operator = rig.make_operator(
            "measuring",
            settings={
                "sources": {"default": source},
                "watch_namespaces": [rig.namespace, NAMESPACE],
                "refresh_seconds": 1,
            },
        )
        rig.operator.start()
        rig.await_idle()
        bed.shop.faults(errors=0.02)
        # Errors of two seconds ago: figures are asked for the last whole second.
        wait_for(
            lambda: bed.prometheus.value(f"sum(increase({BAD}[1m] offset 2s)) > 0"),
            what="the shop has had some errors",
        )
        slo = an_slo(rig.namespace, "a")
        slo["spec"]["objective"] = "95"  # 2 % of errors burn less than that allows
        slo["spec"]["indicator"] = {"ratio": {"bad": {"metric": BAD}, "total": {"metric": TOTAL}}}
        rig.client.apply(slo)
        wait_for(lambda: set(states(rig).values()) == {"True"}, what="every condition is True")
        yield Settled(rig, rig.writes())
        bed.shop.heal()


def states(rig: Rig) -> dict[str, str]:
    """The status of each condition a person looks at."""
    found = {one["type"]: one["status"] for one in rig.slo("a")["status"]["conditions"]}
    return {name: found[name] for name in CONDITIONS}


def condition(rig: Rig, name: str) -> Manifest:
    """One condition of the SLO."""
    found: list[Manifest] = [one for one in rig.slo("a")["status"]["conditions"] if one["type"] == name]
    return found[0]


@pytest.fixture
def rig(settled: Settled, asked: FaultProxy) -> Iterator[Rig]:
    """The operator with its settled SLO, and nothing wrong with Prometheus."""
    yield settled.rig
    asked.plan.clear()


def test_an_slo_is_settled_after_three_further_status_writes(settled: Settled):
    status = "patch servicelevelobjectives/status/a"
    assert sorted(write for write in settled.writes if write != status) == [
        "apply prometheusrules/fireline-windows-default",
        "apply prometheusrules/slo-a",
    ]
    assert settled.writes.count(status) <= 1 + 3


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_prometheus_that_cannot_answer_changes_no_rule_and_not_ready(
    rig: Rig, asked: FaultProxy, fault: Fault
):
    with unchanged(rig):
        broken = asked.inject(fault, when=lambda _: True, times=None)
        wait_for(lambda: broken.hits, what="a question meets the fault")
        goes_unknown_and_keeps_its_figures(rig)
        broken.cancel()
        comes_back(rig)


def test_a_stopped_prometheus_changes_no_rule_and_not_ready(rig: Rig, asked: FaultProxy, bed: Bed):
    with unchanged(rig):
        bed.prometheus.stop()
        asked.log.clear()
        wait_for(lambda: asked.log.calls(lambda call: bool(call.fault)), what="a question fails")
        goes_unknown_and_keeps_its_figures(rig)
        bed.prometheus.start()
        comes_back(rig)


def goes_unknown_and_keeps_its_figures(rig: Rig) -> None:
    """With Prometheus away: Unknown is said, and the figures are those of before with their time."""
    rig.await_idle()
    before = rig.slo("a")["status"]
    wait_for(lambda: condition(rig, "DataPresent")["status"] == "Unknown", what="DataPresent is Unknown")
    assert condition(rig, "DataPresent")["reason"] == "PrometheusUnreachable"
    after = rig.slo("a")["status"]
    assert states(rig) == dict.fromkeys(CONDITIONS, "True") | dict.fromkeys(MEASURED, "Unknown")
    for figure in ("sli", "budget", "burnRates", "alerts"):
        assert after.get(figure) == before.get(figure), figure
    assert after["budget"]["asOf"]
    assert 90 < float(after["sli"]["window"]) < 100


def comes_back(rig: Rig) -> None:
    """With Prometheus back: the figures are measured again."""
    wait_for(lambda: set(states(rig).values()) == {"True"}, what="every condition is True again")


@contextlib.contextmanager
def unchanged(rig: Rig) -> Iterator[None]:
    """No rule is written meanwhile, and Ready makes no transition."""
    rules = rig.client.list(PROMETHEUS_RULE, rig.namespace)
    since = condition(rig, "Ready")["lastTransitionTime"]
    rig.proxy.log.clear()
    yield
    assert [write for write in rig.writes() if "status" not in write] == []
    assert rig.client.list(PROMETHEUS_RULE, rig.namespace) == rules
    assert condition(rig, "Ready")["lastTransitionTime"] == since
