"""Every objective of examples/slo-library fires when its promise is broken, and rests before and after.

One story for all of them: an hour and a half of peace, 80 minutes in which what each is about goes wrong,
and two and a half hours of peace.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests import promtool
from tests.rules.kinds import compiled, counter, gauge, rules_of

pytestmark = pytest.mark.bed

LIBRARY = sorted((Path(__file__).parents[2] / "examples" / "slo-library").glob("*.yaml"))
PEACE, TROUBLE, AFTER = 90, 80, 150
TROUBLE_ENDS = PEACE + TROUBLE
TICK = 5
"""Minutes between two looks at the alerts."""


def gains(otherwise: float, trouble: float) -> str:
    """A counter that gains so much per scrape in peace and in trouble."""
    return counter([(PEACE, otherwise), (TROUBLE, trouble), (AFTER, otherwise)])


def reads(otherwise: float, trouble: float) -> str:
    """A gauge."""
    return gauge([(PEACE, otherwise), (TROUBLE, trouble), (AFTER, otherwise)])


def histogram(name: str, bound: str) -> dict[str, str]:
    """Fast in peace; all but a tenth slow in trouble. ``name`` ends before its closing brace."""
    metric, _, labels = name.partition("{")
    inside = f"{labels}," if labels else ""
    return {
        f"{metric}_count{{{labels}}}": gains(100, 100),
        f'{metric}_bucket{{{inside}le="{bound}"}}': gains(100, 10),
        f'{metric}_bucket{{{inside}le="+Inf"}}': gains(100, 100),
    }


SERIES = {
    'http_requests_total{job="gateway",code="200",trace_id="present"}': gains(1000, 400),
    'http_requests_total{job="gateway",code="500",trace_id="absent"}': gains(0, 600),
    **histogram('http_request_duration_seconds{job="gateway"', "0.5"),
    **histogram('http_request_duration_seconds{job="feed",handler="/feed"', "0.5"),
    'checkout_attempts_total{outcome="paid"}': gains(20, 10),
    'checkout_attempts_total{outcome="error"}': gains(0, 10),
    'http_requests_total{job="events",handler="createEvent",code="201"}': gains(10, 5),
    'http_requests_total{job="events",handler="createEvent",code="503"}': gains(0, 5),
    'push_notifications_total{result="delivered",platform="ios"}': gains(100, 20),
    'push_notifications_total{result="failed",platform="ios"}': gains(0, 80),
    'push_notifications_total{result="delivered",platform="android"}': gains(100, 100),
    'media_uploads_total{result="done"}': gains(10, 4),
    'media_uploads_total{result="failed"}': gains(0, 6),
    'mobile_sessions_total{end="closed",platform="ios"}': gains(50, 30),
    'mobile_sessions_total{end="crash",platform="ios"}': gains(0, 20),
    **histogram("mobile_cold_start_seconds{", "2"),
    'jobs_enqueued_total{queue="default"}': gains(60, 60),
    'jobs_completed_total{queue="default"}': gains(60, 10),
    **histogram('job_start_delay_seconds{queue="default"', "60"),
    'container_cpu_usage_seconds_total{namespace="shop",container="app",pod="a"}': gains(15, 29),
    'kube_pod_container_resource_limits{namespace="shop",resource="cpu",pod="a"}': reads(1, 1),
    'container_memory_working_set_bytes{namespace="shop",container="app",pod="a"}': reads(5e8, 9.5e8),
    'kube_pod_container_resource_limits{namespace="shop",resource="memory",pod="a"}': reads(1e9, 1e9),
    'db_pool_connections_in_use{pool="main"}': reads(5, 10),
    'db_pool_connections_max{pool="main"}': reads(10, 10),
}


@pytest.fixture(scope="module")
def firing() -> dict[str, dict[int, set[str]]]:
    """Minutes with the burn-rate tiers that fire then, by SLO."""
    documents = [document for file in LIBRARY for document in yaml.safe_load_all(file.read_text())]
    times = list(range(0, PEACE + TROUBLE + AFTER + 1, TICK))
    asked = [
        (60 * minute, 'ALERTS{alertstate="firing",alertname=~"SLOErrorBudgetBurn.*"}') for minute in times
    ]
    answers = promtool.evaluate(rules_of(compiled(documents)), SERIES, asked, step=60)
    found: dict[str, dict[int, set[str]]] = {document["metadata"]["name"]: {} for document in documents}
    for minute, answer in zip(times, answers, strict=True):
        for got in answer:
            found[got.labels["slo"]].setdefault(minute, set()).add(got.labels["slo_tier"])
    return found


def test_the_library_holds_what_its_readme_lists():
    listed = (LIBRARY[0].parent / "README.md").read_text()
    assert all(f"| {file.stem} |" in listed for file in LIBRARY)
    assert len(LIBRARY) == 15


@pytest.mark.parametrize("name", [file.stem for file in LIBRARY])
def test_it_fires_in_trouble_and_rests_before_and_after(firing, name):
    minutes = firing[name]
    assert minutes, "never fired"
    assert PEACE < min(minutes) < TROUBLE_ENDS
    # Up to half an hour for the short window, and a quarter where the query itself looks back so far; slow
    # tickets stay longer, their short windows are 2 and 6 h.
    fast = {minute for minute, tiers in minutes.items() if tiers - {"TicketFast", "TicketSlow"}}
    assert max(fast) <= TROUBLE_ENDS + 50
