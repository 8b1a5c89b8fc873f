"""SLOs of every kind over one service, as users write them, in one rule file for one run of promtool.

The story, in minutes: 0-40 all is well, 40-60 region eu fails half of its requests (us none), 60-120 all
is well. Counters and gauges are hand-made, so that every figure can be counted by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fireline.api.plan import Manifest
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import render_windows

SCRAPE = 30
MINUTES = 120
OUTAGE = (40, 60)

Phases = Iterable[tuple[float, float]]
"""(minutes, value): what a counter gains per scrape, or what a gauge reads."""


def counter(phases: Phases) -> str:
    """A counter in promtool's notation, from 0."""
    values, so_far = ["0"], 0.0
    for minutes, gain in phases:
        steps = round(minutes * 60 / SCRAPE)
        values.append(f"{so_far + gain:g}+{gain:g}x{steps - 1}")
        so_far += gain * steps
    return " ".join(values)


def gauge(phases: Phases) -> str:
    """A gauge in promtool's notation; the first value also stands at the beginning."""
    found = list(phases)
    parts = [f"{value:g}x{round(minutes * 60 / SCRAPE) - 1}" for minutes, value in found]
    return " ".join([f"{found[0][1]:g}", *parts])


def during(outage: float, otherwise: float) -> list[tuple[float, float]]:
    """Phases with one value in the outage and another around it."""
    start, end = OUTAGE
    return [(start, otherwise), (end - start, outage), (MINUTES - end, otherwise)]


SERIES = {
    'requests_total{code="200",region="eu"}': counter(during(15, 30)),
    'requests_total{code="500",region="eu"}': counter(during(15, 0)),
    'requests_total{code="200",region="us"}': counter(during(90, 90)),
    'requests_total{code="500",region="us"}': counter(during(0, 0)),
    'duration_seconds_count{region="eu"}': counter(during(30, 30)),
    'duration_seconds_bucket{region="eu",le="0.3"}': counter(during(15, 30)),
    'duration_seconds_bucket{region="eu",le="+Inf"}': counter(during(30, 30)),
    'probe_success{job="web"}': gauge(during(0, 1)),
    'probe_success{job="shop"}': gauge(during(1, 1)),
    'queue_depth{queue="mail"}': gauge(during(2000, 10)),
    'fireline_check_runs_total{namespace="shop",check="flow",outcome="success"}': counter(during(0, 1)),
    'fireline_check_runs_total{namespace="shop",check="flow",outcome="failure"}': counter(during(1, 0)),
    'fireline_check_runs_total{namespace="shop",check="flow",outcome="error"}': counter(during(0, 0)),
    'fireline_check_runs_total{namespace="shop",check="flow",outcome="infra"}': counter(during(5, 5)),
}

REQUESTS: Manifest = {
    "ratio": {"bad": {"metric": 'requests_total{code="500"}'}, "total": {"metric": "requests_total"}}
}
EU: Manifest = {
    "ratio": {
        "bad": {"metric": 'requests_total{code="500",region="eu"}'},
        "total": {"metric": 'requests_total{region="eu"}'},
    }
}


def slo(name: str, *, namespace: str = "shop", **spec: Any) -> Manifest:
    """One SLO over a day, which is 99.9 % unless said otherwise."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "service": "checkout",
            "objective": "99.9",
            "window": {"rolling": "1d"},
            "indicator": REQUESTS,
            **spec,
        },
    }


def compiled(manifests: Iterable[Manifest]) -> Iterator[Objective]:
    """The SLOs, checked and compiled."""
    for manifest in manifests:
        found, issues = read(manifest, sources=("default",))
        assert found is not None, [str(issue) for issue in issues]
        yield compile_slo(found, settings=Settings())


def rules_of(objectives: Iterable[Objective], *, at: float = 0) -> Mapping[str, Any]:
    """All their rules and shared windows as one plain file."""
    all_ = list(objectives)
    namespaces = sorted({one.namespace for one in all_})
    shared = [
        render_windows(name, "default", [wanted(one) for one in all_ if one.namespace == name], at=at)
        for name in namespaces
    ]
    # Composites read what the shared windows record: in one evaluation they come after them.
    plain = [render_rule(one, at=at) for one in all_ if one.composite is None]
    return plain_rules([*plain, *shared, *(render_rule(one, at=at) for one in all_ if one.composite)])
