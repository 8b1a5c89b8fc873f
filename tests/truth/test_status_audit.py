"""The audit in ``.status``: recorded budgets beside what raw history tells of the same events."""

from __future__ import annotations

import json

import pytest

from tests.bed.waiting import wait_for
from tests.truth.conftest import BLIND, SHORT
from tests.truth.live import Live
from tests.truth.slos import condition

pytestmark = pytest.mark.bed


def audited(live: Live, name: str):
    """The status once its recorded budget was compared."""

    def compared():
        status = live.figures("recorded", name, "Recorded")
        if "audit" not in status["budget"]:
            raise LookupError(f"{name} was not audited yet: {status['budget']}")
        return status

    return wait_for(compared, what=f"the audit of {name}", seconds=240)


@pytest.mark.parametrize("name", SHORT)
def test_recorded_figures_that_are_true_agree_with_raw_history(live: Live, name):
    status = audited(live, f"short-{name}")
    assert condition(status, "FiguresAgree")["status"] == "True"
    assert abs(float(status["budget"]["audit"]["drift"])) < 5


def test_an_hour_nobody_scraped_in_which_errors_happened_is_found(live: Live):
    """Recorded history cannot know; the counters went on, and tell it afterwards."""
    status = audited(live, f"short-{BLIND}")
    said = condition(status, "FiguresAgree")
    budget = status["budget"]
    assert (said["status"], said["reason"]) == ("False", "Drift")
    assert "gaps in scraping" in said["message"]
    truth = live.truth(f"short-{BLIND}", status, window=3)
    assert float(budget["audit"]["consumed"]) == pytest.approx(truth, rel=0.02)
    assert float(budget["consumed"]) - float(budget["audit"]["consumed"]) == pytest.approx(
        float(budget["audit"]["drift"]), abs=1
    )
    assert condition(status, "Ready")["status"] == "True"
    told = json.loads(live.bed.cluster.kubectl("get", "events", "-n", "recorded", "-o", "json"))["items"]
    mine = [one for one in told if one["involvedObject"]["name"] == f"short-{BLIND}"]
    assert [one["type"] for one in mine if one["reason"] == "Drift"] == ["Warning"]
