"""Every rule of examples/alert-library fires when it must and rests otherwise, in Prometheus' own words.

The cases stand in alert_library.yaml; a rule without both directions fails here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from fireline.alerting import runbooks
from fireline.alerting.rules.words import said
from tests import promtool
from tests.rules.alert_library import LIBRARY, RuleCases, cases, groups_of, judge, policies, rules

RULES = rules()
ALL = cases()
PAGES = Path(__file__).parents[2] / "docs" / "runbooks"
_METRIC = re.compile(r"^[a-zA-Z_:][\w:]*")
_CELL = r" (?P<{}>[^|]+) \|"
_ROW = re.compile(
    r"^\|" + "".join(map(_CELL.format, ("rule", "when", "severity", "page"))) + "$", re.MULTILINE
)


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """promtool's words about each rule; empty when all of its cases end as they must."""
    return judge(ALL.values())


def test_the_library_has_at_least_thirty_rules_with_names_of_their_own():
    listed = [rule.name for policy in policies() for rule in policy.spec.rules_ or []]
    assert len(listed) == len(set(listed)) >= 30


def test_every_rule_is_shown_to_fire_and_to_rest():
    assert {name for name, one in ALL.items() if one.firing and one.silent} == set(RULES)


@pytest.mark.bed
@pytest.mark.parametrize("name", sorted(RULES))
def test_it_fires_in_trouble_and_rests_otherwise(verdicts: dict[str, str], name: str):
    assert verdicts[name] == ""


@pytest.mark.bed
def test_a_case_that_ends_otherwise_is_found():
    given = {"firing": ALL["QueueLagHigh"].silent, "silent": ALL["QueueLagHigh"].firing}
    said_of = judge([replace(ALL["QueueLagHigh"], given=given), ALL["QueueDepthHigh"]])
    assert said_of["QueueLagHigh"].count("expr:") == 2
    assert said_of["QueueDepthHigh"] == ""


LIMITS = {
    "CheckoutFailuresHigh": ("ratio", "5", "2m"),
    "CheckoutLatencyHigh": ("quantile", "500ms", "5m"),
    "CheckoutErrorsHigh": ("ratio", "1", "5m"),
    "CheckoutRequestsDropped": ("rateDrop", "50", "2m"),
    "JoinRequestsFailing": ("ratio", "10", "5m"),
    "CheckInsFailing": ("ratio", "5", "5m"),
    "EventCreationFailing": ("ratio", "2", "10m"),
    "ListQueriesSlow": ("quantile", "1s", "10m"),
    "ConnectionPoolNearlyFull": ("threshold", "0.9", "5m"),
}


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_the_usual_limits_are_those_people_know(name: str):
    rule = RULES[name][1].model_dump(by_alias=True, exclude_none=True)
    kind, limit, wait = LIMITS[name]
    assert (rule[kind].get("above", rule[kind].get("byPercent")), rule["for"]) == (limit, wait)
    assert rule[kind].get("quantile", "0.95") == "0.95"


@pytest.mark.bed
def test_promtool_finds_nothing_wrong_with_what_is_written():
    groups = [group for policy in policies() for group in groups_of(policy, policy.spec.rules_ or [])]
    assert promtool.check({"groups": groups}) == ""


@pytest.mark.parametrize("name", sorted(RULES))
def test_its_cases_are_about_what_it_reads(name: str):
    policy, rule = RULES[name]
    read = str(groups_of(policy, [rule]))
    one: RuleCases = ALL[name]
    for case in [*one.firing.values(), *one.silent.values()]:
        about = {found[0] for series in case if (found := _METRIC.match(series))}
        assert about
        assert {metric for metric in about if metric not in read} == set()


@pytest.mark.parametrize("name", sorted(RULES))
def test_it_has_a_severity_a_runbook_and_a_reason_if_it_pages(name: str):
    policy, rule = RULES[name]
    severities = {one.name: one for one in policy.spec.severities}
    alert = next(one for group in groups_of(policy, [rule]) for one in group["rules"] if "alert" in one)
    assert alert["labels"]["sev"] == rule.severity
    assert severities[rule.severity].page == rule.page == (rule.page_reason is not None)
    assert policy.spec.runbook_url == "https://runbooks.example.com/{alertname}"
    assert (PAGES / runbooks.file_name(name)).is_file()


def test_the_readme_lists_every_rule_with_its_severity_and_runbook():
    rows = {
        row["rule"]: row for row in _ROW.finditer((LIBRARY / "README.md").read_text()) if row["rule"] in RULES
    }
    assert set(rows) == set(RULES)
    for name, (_, rule) in RULES.items():
        assert rows[name]["severity"] == f"{rule.severity}{', pages' if rule.page else ''}"
        assert rows[name]["page"] == f"[page](../../docs/runbooks/{runbooks.file_name(name)})"
        waits = rule.for_ or ("1h" if rule.forecast is not None else None)
        assert waits is None or waits in rows[name]["when"], said(rule)
