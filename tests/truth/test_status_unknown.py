"""No traffic in the whole window: Unknown, with the last figures if there were any, never 0 or 100."""

from __future__ import annotations

import time

import pytest
import requests

from tests.bed.waiting import wait_for
from tests.truth.live import DAY, Live
from tests.truth.scenarios import REQUESTS
from tests.truth.slos import an_slo, condition
from tests.truth.store import write_blocks
from tests.truth.traffic import Counter, Service

pytestmark = pytest.mark.bed

NAMESPACE = "unknown"


def leaving(now: int, seconds: int) -> Service:
    """One failed request, its only traffic, that leaves a window of one day so many seconds from now."""
    service = Service("leaving", start=now - DAY + seconds - 600, step=10)
    ok = Counter(REQUESTS, {"pod": "p0", "code": "200"}, [0] * 61)
    failed = Counter(REQUESTS, {"pod": "p0", "code": "500"}, [0] * 60 + [1])
    service.total, service.bad = [ok, failed], [failed]
    return service


def test_the_last_figures_stay_with_their_time_when_the_last_event_leaves_the_window(live: Live, tmp_path):
    live.bed.prometheus.stop()
    service = leaving(int(time.time()), seconds=30)
    data = write_blocks(live.tools, [service], tmp_path)
    for block in data.iterdir():
        block.rename(live.bed.directory / "prometheus" / "data" / block.name)
    live.bed.prometheus.start()
    live.apply([an_slo("leaving", namespace=NAMESPACE, window="1d")])

    last = wait_for(lambda: live.figures(NAMESPACE, "leaving"), what="figures while the event is there")
    assert float(last["budget"]["consumed"]) == pytest.approx(100_000, rel=0.01)
    assert condition(last, "BudgetHealthy")["reason"] == "Exhausted"

    def unknown():
        status = live.status(NAMESPACE, "leaving")
        return status if condition(status, "BudgetHealthy")["status"] == "Unknown" else None

    status = wait_for(unknown, what="the budget is Unknown without an event")
    assert condition(status, "BudgetHealthy")["reason"] == "NoFigures"
    assert float(status["budget"]["consumed"]) == pytest.approx(100_000, rel=0.01)
    assert status["sli"]["window"] == "0.000"
    assert status["budget"]["asOf"] <= condition(status, "BudgetHealthy")["lastTransitionTime"]


def test_a_service_nobody_exports_has_no_figure_anywhere(live: Live):
    live.apply([an_slo("nobody", namespace=NAMESPACE), an_slo("spikes", namespace=NAMESPACE)])
    wait_for(lambda: live.figures(NAMESPACE, "spikes"), what="figures of an SLO beside it")

    def counted():
        status = live.status(NAMESPACE, "nobody")
        return status if status["budget"]["source"] == "Exact" else None

    status = wait_for(counted, what="nobody is counted")
    assert status["budget"] == {"source": "Exact", "total": "0.1", "weighting": "Events", "coverage": "0.0"}
    assert "sli" not in status
    assert condition(status, "BudgetHealthy")["status"] == "Unknown"
    exported = requests.get(f"{live.operator.url}/metrics", timeout=30).text
    consumed = "fireline_slo_error_budget_consumed_ratio"
    assert f'{consumed}{{namespace="{NAMESPACE}",slo="spikes"}}' in exported
    assert f'{consumed}{{namespace="{NAMESPACE}",slo="nobody"}}' not in exported
