"""What people may write, or do to our objects, that must not end the rules of other SLOs."""

from __future__ import annotations

import itertools

import pytest
from tests.rules.specs import a_manifest, a_spec, compiled

from fireline.api import labels
from fireline.api.zones import zones
from fireline.calendar.maintenance import instant
from fireline.promql.durations import Duration
from fireline.promql.parse import parse_query, reads
from fireline.promql.selectors import parse_selector
from fireline.slo import names
from fireline.slo.burn import burn_expr
from fireline.slo.period import SLOWindow
from fireline.slo.render import declared
from fireline.slo.spans import Spans
from fireline.slo.upkeep import longest_absence

CALENDARS = ("Week", "Month", "Quarter", "Year")


@pytest.mark.parametrize("window", ["a month", "", "Month Nowhere/City", "Month", "7s", "0d"])
def test_a_rule_object_someone_tampered_with_declares_nothing_or_something_sound(window):
    found = declared({labels.SLO_WINDOW: window})
    assert found is None or found.window == SLOWindow(calendar="Month")


@pytest.mark.parametrize("tiers", ["soon", "7m", "2d,", "2d,0s"])
def test_windows_of_tiers_someone_tampered_with_declare_nothing_or_something_sound(tiers):
    found = declared({labels.SLO_WINDOW: "30d", labels.TIER_WINDOWS: tiers})
    assert found is None or [str(window) for window in found.tiers] == ["2d"]


def test_windows_in_different_time_zones_are_recorded_as_different_series():
    """Etc/GMT+5 is ten hours from Etc/GMT-5; GMT+0, GMT-0 and GMT0 are all the same."""
    recorded: dict[str, set[str]] = {}
    for zone in zones():
        name = names.rate(names.BAD, SLOWindow(calendar="Month", zone=zone))
        recorded.setdefault(name, set()).add(zone)
    assert not [several for several in recorded.values() if len(several) > 1]


def test_calendar_windows_can_be_written_in_every_time_zone_at_any_time():
    """Also as of 1970, as of which rules are hashed, when Monrovia was 44 minutes and 30 seconds late."""
    for zone, at, calendar in itertools.product(zones(), (0, 1_800_000_000), CALENDARS):
        spans = Spans(lambda metric: metric, at=at, maintenance=True)
        assert "__part__" in spans.coverage(SLOWindow(calendar=calendar, zone=zone))


def test_a_limit_with_leading_zeros_is_no_octal_number_to_prometheus():
    threshold = {"threshold": {"query": "max(queue_depth)", "operator": "LessThan", "value": "010"}}
    objective = compiled(a_manifest(a_spec(threshold)))
    assert objective.indicator is not None
    assert objective.indicator.part.endswith("< bool 10)")


def test_an_alert_over_months_does_not_look_at_every_five_minutes_of_them():
    tier = {"name": "Slow", "severity": "Ticket", "long": "60d", "short": "1d", "factor": "1"}
    spec = a_spec(window={"rolling": "90d"}, alerting={"burnRates": [tier]})
    assert "[60d:1h]) / 1440, 1)" in burn_expr(compiled(a_manifest(spec)), Duration.of(days=60), guarded=True)


@pytest.mark.parametrize("pattern", [r"5\d\d", r"a\.b", r"\\", 'say "no"', "#", ""])
def test_a_raw_string_is_read_as_prometheus_reads_it(pattern):
    (found,) = set(reads(parse_query(f"sum(rate(x_total{{a=~`{pattern}`}}[$window])) # `")))
    assert [matcher.value for matcher in found.matchers] == [pattern]
    assert parse_selector(f"x_total{{a=~`{pattern}`}}") == found


def test_a_maintenance_of_a_year_is_not_remembered_as_long_as_it_is():
    """Ranges are raw reads at every evaluation: those of the alert on missing data must have an end."""
    year = [{"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}]
    objective = compiled(a_manifest(a_spec(maintenance=year)))
    assert longest_absence(objective, at=instant("2026-06-01T00:00:00Z")) == 90 * 86_400
