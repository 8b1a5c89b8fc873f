"""Whatever stands in a status the API server lets pass: the check goes on, and the next write mends it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from tests.unit.synthetic.checks import a_check
from tests.unit.synthetic.test_plan import Story

from fireline.synthetic.mending import sound

CRD = yaml.safe_load((Path(__file__).parents[3] / "crds/syntheticchecks.fireline.dev.yaml").read_text())
SCHEMA = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]
TIMES = (
    *("2026-11-22T00:05:00Z", "2026-11-22T00:05:00.5Z", "2026-11-21T23:59:59Z", "2026-11-22T10:00:00"),
    *("2026-11-22t10:00:00z", "2026-11-22T10:00:00+23:59", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
)
TEXTS = (
    "",
    "?",
    "0",
    "-1",
    "NaN",
    "1e400",
    "99.9",
    "7d",
    "2026-11-22",
    "* * * * *",
    "5s+3s",
    "2026-11-22T10:00:00Z",
)


def a_story() -> Story:
    """A check with something of everything in its status."""
    story = Story(a_check(availability={"target": "99.9"}))
    story.at(1)
    for minute, outcome in enumerate(("success", "failure", "infra", "success"), start=1):
        seen = {"certificates": [{"step": "home", "notAfter": "2027-01-01T00:00:00Z"}], "evidence": "GET /"}
        story.ran(60 * minute, outcome, steps=[{"name": "home", "outcome": "success", "ms": 3}], **seen)
    story.at(400)
    return story


WRITTEN = a_story()


def edited(schema: dict[str, Any], value: Any) -> st.SearchStrategy[Any]:
    """The value, or anything else that the schema lets pass."""
    if schema["type"] == "object":
        needed, fields = schema.get("required", ()), schema.get("properties", {})
        known = value if isinstance(value, dict) else {}
        told = {name: edited(one, known.get(name)) for name, one in fields.items()}
        must = {name: one for name, one in told.items() if name in needed}
        may = {name: one for name, one in told.items() if name not in needed}
        return st.fixed_dictionaries(must, optional=may)
    if schema["type"] == "array":
        items = [edited(schema["items"], one) for one in value or ()] or [edited(schema["items"], None)]
        names = schema.get("x-kubernetes-list-map-keys")
        apart = (lambda one: tuple(one[name] for name in names)) if names else None
        return st.lists(st.one_of(items), max_size=min(schema.get("maxItems", 8), 8), unique_by=apart)
    others = {
        "integer": st.sampled_from((-(1 << 60), -1, 0, 1, 1 << 60)),
        "boolean": st.booleans(),
        "string": st.sampled_from(TIMES if schema.get("format") == "date-time" else TEXTS),
    }[schema["type"]]
    if "enum" in schema:
        others = st.sampled_from(schema["enum"])
    return others if value is None else st.just(value) | others


THE_LAST_SLOT_OF_A_SCHEDULE_IS_ACCOUNTED = {
    "ledger": {
        "through": "2026-11-21T23:59:59Z",
        "schedule": "",
        "suspended": False,
        "earlier": [{"until": "2026-11-22T00:05:00Z", "schedule": "5s+3s"}],
    }
}
"""What is left of that schedule, until five past, has no slot."""


@given(status=edited(SCHEMA, WRITTEN.check["status"]))
@example(status=THE_LAST_SLOT_OF_A_SCHEDULE_IS_ACCOUNTED)
def test_a_check_goes_on_from_whatever_its_status_says(status):
    story = Story({**WRITTEN.check, "status": status}, world=WRITTEN.world)
    first = json.dumps(story.at(460))
    assert json.dumps(story.at(460)) == first
    mended = json.loads(first)
    assert sound(mended) == mended
    assert all(count >= 0 for count in mended["totals"].values())


def test_what_can_be_read_is_kept_as_it_is():
    status = WRITTEN.check["status"]
    assert {"history", "lastRun", "days", "hours", "ledger", "durations", "conditions"} <= status.keys()
    assert sound(status) == status


@pytest.mark.parametrize(
    "time", ["2026-11-22T10:00:00", "2026-11-22t10:00:00z", "9999-12-31T23:59:59Z", "soon"]
)
def test_times_that_are_none_are_left_out(time):
    status = copy.deepcopy(WRITTEN.check["status"])
    status["lastSuccess"] = time
    status["history"][0]["endedAt"] = time
    status["hours"].append({"hour": time, "success": 1})
    mended = sound(status)
    assert "lastSuccess" not in mended
    assert "endedAt" not in mended["history"][0]
    assert mended["hours"] == WRITTEN.check["status"]["hours"]


def test_a_certificate_may_expire_in_any_year():
    status = {"lastRun": {"certificates": [{"step": "home", "notAfter": "9999-12-31T23:59:59Z"}]}}
    assert sound(status) == status


def test_counts_below_nothing_are_nothing():
    assert sound({"totals": {"success": -3, "failure": 2}}) == {"totals": {"success": 0, "failure": 2}}
    told = {"durations": {"buckets": [], "sum": "-1", "count": 1}}
    assert sound(told) == {}
