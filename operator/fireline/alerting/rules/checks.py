"""What is wrong with alert rules that their schema cannot say. Called by the checks of policies.

Each check is a small function that yields issues of one rule; ``_CHECKS`` is the specification and its
order the contract: the first issue found is the reason users see. PromQL is looked at in
:mod:`fireline.alerting.rules.checks_promql`, times in :mod:`fireline.alerting.rules.checks_time`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

from fireline.alerting.rules import checks_promql, checks_time
from fireline.alerting.rules.context import SeverityLabels, severity_of
from fireline.alerting.rules.size import MOST, size_of
from fireline.alerting.rules.words import alert_groups
from fireline.api.alert_policy_severities import Sev
from fireline.api.alert_rule import AlertRule
from fireline.api.issues import Issue, Location
from fireline.promql.templates import NOT_SIMPLE, is_simple, labels_shown

Found = Iterator[Issue]
RULES: Location = ("spec", "rules")


def check_rules(
    rules: Sequence[AlertRule],
    severities: Mapping[Sev, SeverityLabels],
    at: Location = RULES,
    *,
    runbook: bool = False,
    owner: tuple[str, str] = ("default", "default"),
) -> Found:
    """Issues of rules that satisfy their schema, in the order of the rules; empty when all is well.

    ``severities`` are those the policy maps, ``at`` is where the rules stand, ``runbook`` tells whether the
    policy or the settings have a runbook URL for rules that name none, ``owner`` is (namespace, name) of the
    policy.
    """
    found = [
        issue
        for number, rule in enumerate(rules)
        for issue in _of_one(rule, severities, (*at, number), runbook=runbook)
    ]
    yield from found
    if all(issue.note for issue in found):
        yield from _they_fit(rules, owner, at)


def _of_one(
    rule: AlertRule, severities: Mapping[Sev, SeverityLabels], at: Location, *, runbook: bool
) -> Found:
    for check in _CHECKS:
        yield from check(rule, at)
    yield from _pages_on_purpose(rule, severities, at)
    yield from _page_has_a_runbook(rule, at, runbook=runbook)


def _they_fit(rules: Sequence[AlertRule], owner: tuple[str, str], at: Location) -> Found:
    """One PrometheusRule that is too large is refused whole. An anomaly needs 18 KiB, other rules one."""
    size = size_of(rules, *owner)
    if size > MOST:
        yield Issue(
            "TooLarge",
            at,
            f"make {size // 1024} KiB of rules for Prometheus, of which prometheus-operator takes "
            f"{MOST // 1024} KiB from one policy; move some to another policy, anomalies first",
        )


def _pages_on_purpose(rule: AlertRule, severities: Mapping[Sev, SeverityLabels], at: Location) -> Found:
    """A person is woken up by a rule only when its author says so and why."""
    severity = severity_of(rule, severities)
    where = (*at, "severity")
    if rule.anomaly is not None and severity.page:
        yield Issue(
            "PagesWithoutReason",
            where,
            f"is {rule.severity!r}, which pages in this policy, and an anomaly never pages: it is a hint; "
            "let sev2 not page",
        )
    elif severity.page and not rule.page:
        yield Issue(
            "PagesWithoutReason",
            where,
            f"is {rule.severity!r}, which pages in this policy. A non-SLO rule pages only with an explicit "
            "page: true and a pageReason; add both, or choose a severity that does not page, such as sev2",
        )
    elif rule.page and not severity.page:
        paging = ", ".join(sev for sev, one in sorted(severities.items()) if one.page) or "none"
        yield Issue(
            "DoesNotPage",
            (*at, "page"),
            f"is true, but severity {rule.severity!r} wakes nobody up in this policy; paging severities: "
            f"{paging}",
        )


def _page_has_a_runbook(rule: AlertRule, at: Location, *, runbook: bool) -> Found:
    """Only a note, and a condition of the policy: who is woken up should know what to do."""
    if rule.page and rule.runbook_url is None and not runbook:
        yield Issue(
            "RunbookMissing",
            (*at, "runbookURL"),
            f"{rule.name} pages, and nothing tells what to do then; write it like "
            f"https://runbooks.example/{rule.name.lower()}",
            note=True,
        )


def _templates_are_simple(rule: AlertRule, at: Location) -> Found:
    """A broken template makes Prometheus refuse the whole rule file; a label no alert has shows nothing."""
    groups = alert_groups(rule)
    for field, text in _templates(rule):
        if not is_simple(text):
            yield Issue("InvalidTemplate", (*at, *field), NOT_SIMPLE)
            continue
        for label in labels_shown(text):
            if label not in groups:
                listed = f"they have {', '.join(groups)}" if groups else "they have none"
                yield Issue(
                    "InvalidTemplate",
                    (*at, *field),
                    f"shows the label {label}, which series of this rule do not have ({listed}); add it to "
                    "groupBy",
                )


def _templates(rule: AlertRule) -> Iterator[tuple[Location, str]]:
    if rule.summary is not None:
        yield ("summary",), rule.summary
    if rule.description is not None:
        yield ("description",), rule.description
    for name, text in (rule.annotations or {}).items():
        yield ("annotations", name), text


def _labels_are_no_groups(rule: AlertRule, at: Location) -> Found:
    """A label of all alerts hides that of the group: Prometheus then fails on two groups with one alert."""
    for name in rule.labels or {}:
        if name in alert_groups(rule):
            yield Issue(
                "InvalidSpec",
                (*at, "labels", name),
                "is a label that alerts have from their group: with one value for all, Prometheus could not "
                "tell the groups apart; remove it",
            )


def _anomaly_groups_are_free(rule: AlertRule, at: Location) -> Found:
    """The maths of an anomaly puts labels of its own on its series and alerts."""
    for index, name in enumerate(rule.group_by or ()):
        if rule.anomaly is not None and (name == "direction" or name.startswith("anomaly")):
            yield Issue(
                "InvalidSpec",
                (*at, "groupBy", index),
                f"{name!r} is a label the series of an anomaly have themselves; rename it in the query by "
                "label_replace",
            )


def _resolves_on_the_right_side(rule: AlertRule, at: Location) -> Found:
    """A rule that resolves above its upper limit would end as it begins."""
    given = rule.threshold
    if given is None or given.resolve is None:
        return
    resolve, where = Decimal(given.resolve), (*at, "threshold", "resolve")
    if given.above is not None and resolve > Decimal(given.above):
        yield Issue("InvalidSpec", where, f"is {given.resolve}, which is more than above ({given.above})")
    if given.below is not None and resolve < Decimal(given.below):
        yield Issue("InvalidSpec", where, f"is {given.resolve}, which is less than below ({given.below})")


def _gate_comes_before_the_limit(rule: AlertRule, at: Location) -> Found:
    """Behind the limit a gate opens only when it is too late for a forecast."""
    given = rule.forecast
    if given is None:
        return
    gate, where = Decimal(given.gate or "50"), (*at, "forecast", "gate")
    if given.below is not None and gate < Decimal(given.below):
        yield Issue("InvalidSpec", where, f"is {given.gate}, which is beyond below ({given.below})")
    limit = given.above if given.capacity is None else "100"
    if limit is not None and gate > Decimal(limit):
        yield Issue("InvalidSpec", where, f"is {given.gate}, which is beyond the limit ({limit})")


_CHECKS: tuple[Callable[[AlertRule, Location], Found], ...] = (
    checks_promql.promql_is_sound,
    checks_promql.histogram_is_named_itself,
    checks_promql.placeholder_is_for_queries,
    checks_promql.groups_survive,
    checks_promql.parts_fit,
    checks_promql.rates_read_counters,
    checks_promql.expression_filters,
    checks_time.windows_hold_scrapes,
    checks_time.ranges_are_affordable,
    checks_time.it_can_hold_so_long,
    _anomaly_groups_are_free,
    _resolves_on_the_right_side,
    _gate_comes_before_the_limit,
    _templates_are_simple,
    _labels_are_no_groups,
    checks_promql.nan_does_not_fire,
    checks_promql.gauges_are_no_counters,
)
