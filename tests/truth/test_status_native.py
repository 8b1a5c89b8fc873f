"""Native histograms: figures in ``.status`` against the integer counters the servers print themselves.

promtool cannot backfill native histograms, so these come from real scrapes: Prometheus' own
(exponential buckets) and the shop's (classic ones that Prometheus converts, with custom bounds).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.bed.kubeclient import Manifest
from tests.bed.waiting import wait_for
from tests.truth.live import Live
from tests.truth.slos import an_slo, condition

pytestmark = pytest.mark.bed

NAMESPACE = "native"
HTTP = "http_request_duration_seconds"
OWN = "prometheus_http_request_duration_seconds"
BUDGET, WINDOW_SECONDS = 0.0001, 86_400


def counts(page: str, histogram: str, bound: str, **labels: str) -> tuple[int, int]:
    """(all requests, those at most as slow as the bound) on a /metrics page of classic text."""
    text = requests.get(page, timeout=10, headers={"Accept": "text/plain"}).text
    total = within = 0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if labels.items() <= sample.labels.items():
                total += round(sample.value) * (sample.name == f"{histogram}_count")
                mine = sample.name == f"{histogram}_bucket" and sample.labels["le"] == bound
                within += round(sample.value) * mine
    return total, within


def a_native_slo(name: str, histogram: str, below: str, **spec: Any) -> Manifest:
    """An SLO on a native histogram; its budget is small, so that minutes of a day show in it."""
    return an_slo(
        name,
        namespace=NAMESPACE,
        objective="99.99",
        window="1d",
        indicator={"latency": {"histogram": histogram, "type": "Native", "below": below}},
        **spec,
    )


BY_HANDLER = a_native_slo("handlers", OWN, "200ms", groupBy=["handler"])


def in_parallel(calls: list[Callable[[], object]]) -> None:
    """All calls at once."""
    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()


def born(live: Live, histogram: str) -> float:
    """Unix time of the first sample Prometheus holds."""
    (series,) = live.bed.prometheus.query(f"{histogram}[1h]")
    return float(series["histograms"][0][0])


def shows(live: Live, name: str, histogram: str, total: int, within: int) -> bool:
    """Whether the status tells what these integers mean. Raises AssertionError before."""
    status = live.figures(NAMESPACE, name)
    good = within / total
    age = datetime.fromisoformat(status["budget"]["asOf"]).timestamp() - born(live, histogram)
    truth = 100 * (1 - good) / BUDGET * age / WINDOW_SECONDS
    assert float(status["sli"]["window"]) == pytest.approx(100 * good, abs=0.01), status
    # The age is known to a second, and the time of the figures is told to a second.
    assert float(status["budget"]["consumed"]) == pytest.approx(truth, rel=0.01 + 2 / age), (status, truth)
    assert condition(status, "DataPresent")["status"] == "True"
    return True


def test_exponential_buckets_of_prometheus_itself(live: Live):
    url = live.bed.prometheus.url
    labels = {"handler": "/debug/*subpath"}
    histogram = f'{OWN}{{handler="/debug/*subpath"}}'

    def ask(path: str) -> Callable[[], object]:
        return lambda: requests.get(f"{url}/debug/pprof/{path}", timeout=30).raise_for_status()

    # What this records is looked at in the end: rules are evaluated every 30 s.
    live.apply([BY_HANDLER])
    # A series begins with its first request; what was before the first scrape nobody can know.
    ask("cmdline")()
    wait_for(lambda: live.bed.prometheus.query(histogram), what="the first scrape of the series")
    began = counts(f"{url}/metrics", OWN, "0.2", **labels)

    in_parallel([ask("cmdline")] * 33)
    for _ in range(7):  # one trace at a time
        ask("trace?seconds=0.4")()
    ended = counts(f"{url}/metrics", OWN, "0.2", **labels)
    total, within = ended[0] - began[0], ended[1] - began[1]
    assert (total, within) == (40, 33)

    live.apply([a_native_slo("own", histogram, "200ms")])
    wait_for(lambda: shows(live, "own", histogram, total, within), what="the status agrees")


def test_custom_buckets_converted_from_classic_ones(live: Live):
    shop = live.bed.shop
    labels = {"service": "cart"}
    histogram = f'{HTTP}{{job="shop-native",service="cart"}}'
    wait_for(lambda: live.bed.prometheus.query(histogram), what="the first scrape of the series")
    began = counts(f"{shop.url}/metrics", HTTP, "0.3", **labels)

    def buy() -> object:
        return requests.post(f"{shop.url}/cart", timeout=30)

    in_parallel([buy] * 27)
    shop.faults(latency_ms=400)
    in_parallel([buy] * 13)
    shop.heal()
    ended = counts(f"{shop.url}/metrics", HTTP, "0.3", **labels)
    total, within = ended[0] - began[0], ended[1] - began[1]
    assert (total, within) == (40, 27)

    live.apply([a_native_slo("custom", histogram, "300ms")])
    wait_for(lambda: shows(live, "custom", histogram, total, within), what="the status agrees")
    live.apply([a_native_slo("custom", histogram, "100ms")])
    quick = counts(f"{shop.url}/metrics", HTTP, "0.1", **labels)[1]
    assert quick < within
    wait_for(
        lambda: shows(live, "custom", histogram, total, quick),
        what="another bound, another figure",
    )


def test_groups_nobody_asks_for_are_idle_and_not_unknown(live: Live):
    """Most handlers were asked once, before the first scrape: no fraction of nothing is below anything."""
    live.apply([BY_HANDLER])  # as it is, unless this test runs alone

    total, bad = (f'slo:{kind}:rate5m{{slo="handlers"}}' for kind in ("total", "bad"))

    def told() -> list[float]:
        """Bad observations of the idle handlers, once they are told for every handler."""
        answer = live.bed.prometheus.query
        if answer(f"{total} unless on (handler) {bad}") or len(answer(bad)) < 4:
            return []
        return [float(one["value"][1]) for one in answer(f"{bad} and on (handler) {total} == 0")]

    assert set(wait_for(told, what="bad observations of handlers that are idle")) == {0}
    assert condition(live.status(NAMESPACE, "handlers"), "DataPresent")["status"] == "True"
