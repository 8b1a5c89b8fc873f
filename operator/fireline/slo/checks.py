"""What is wrong with a ServiceLevelObjective that its schema cannot say.

:func:`read` is the door for the planner and the CLI: schema first, then the checks below. Each is a
small function that yields issues; ``_CHECKS`` is the specification, and its order the contract: the
first issue found is the reason users see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from pydantic import ValidationError

from fireline.api.issues import Issue, Location, explain
from fireline.api.slo import ServiceLevelObjective, Spec
from fireline.api.slo_indicator import Events
from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW
from fireline.promql.parse import canonical_query, parse_query
from fireline.promql.selectors import Selector, parse_selector
from fireline.slo.checks_time import CHECKS as TIME_CHECKS

Found = Iterator[Issue]

_INDICATOR: Location = ("spec", "indicator")
_ALERTING: Location = ("spec", "alerting")
_TEMPLATE = re.compile(
    r"\{\{ *(?:"
    r"\$value(?: *\| *(?:humanize|humanize1024|humanizeDuration|humanizePercentage))?|"
    r"\$labels\.[a-zA-Z_][a-zA-Z0-9_]*(?: *\| *(?:title|toUpper|toLower))?"
    r") *\}\}|(?P<other>\{\{)"
)
"""An allowed template, or the beginning of any other, whichever Go's template engine would see first."""
_COUNTER_ENDINGS = ("_total", "_count", "_sum", "_bucket")
_NO_DATA_SHORTEST, _NO_DATA_LONGEST = Duration.of(minutes=5), Duration.of(hours=1)


def read(
    manifest: dict[str, Any], *, sources: Collection[str]
) -> tuple[ServiceLevelObjective | None, list[Issue]]:
    """The typed object, or None, and everything there is to say about it.

    The object is None exactly when some issue is more than a note. ``sources`` are the names of the
    Prometheus sources in the operator's settings.
    """
    try:
        slo = ServiceLevelObjective.of(manifest)
    except ValidationError as error:
        from fireline.api.crd import slo_schema  # noqa: PLC0415 - only wrong objects need the schema

        return None, explain(error, slo_schema())
    issues = check(slo, sources=sources)
    return (None if any(not issue.note for issue in issues) else slo), issues


def check(slo: ServiceLevelObjective, *, sources: Collection[str]) -> list[Issue]:
    """Issues of an object that satisfies its schema, the most telling first; empty when all is well."""
    issues = [issue for function in _CHECKS for issue in function(slo.spec)]
    issues += _source_is_known(slo.spec, sources)
    return sorted(issues, key=lambda issue: issue.note)


def _is_implemented(spec: Spec) -> Found:
    """Refuse, rather than ignore, what the schema has ahead of the engine."""
    alerting, kind = spec.alerting, spec.indicator
    later: dict[Location, object] = {
        ("spec", "window", "calendar"): spec.window.calendar,
        ("spec", "budgeting"): spec.budgeting != "Occurrences",
        (*_INDICATOR, "threshold"): kind.threshold,
        (*_INDICATOR, "availability"): kind.availability,
        (*_INDICATOR, "synthetic"): kind.synthetic,
        (*_INDICATOR, "composite"): kind.composite,
        (*_INDICATOR, "errorRatio"): kind.error_ratio,
        ("spec", "groupBy"): spec.group_by,
        (*_ALERTING, "burnRates"): alerting.burn_rates,
        (*_ALERTING, "minEvents"): alerting.min_events,
        (*_ALERTING, "minBadEvents"): alerting.min_bad_events,
        ("spec", "maintenance"): spec.maintenance,
    }
    for at, wanted in later.items():
        if wanted:
            yield Issue("NotImplemented", at, "comes with a later release of Fireline; remove it for now")


def _promql_is_sound(spec: Spec) -> Found:
    """Selectors are plain selectors of one metric; queries read [$window] and yield a rate."""
    for at, events in _events(spec):
        try:
            if events.metric is not None:
                parse_selector(events.metric)
            if events.query is not None:
                parse_query(events.query)
        except PromQLError as error:
            field = "metric" if events.metric is not None else "query"
            yield Issue("InvalidPromQL", (*at, field), str(error))


def _placeholder_is_for_queries(spec: Spec) -> Found:
    """Fireline puts a range in the place of `$window` wherever it stands, also inside a label value."""
    latency = spec.indicator.latency
    texts = [((*at, "metric"), events.metric) for at, events in _events(spec)]
    texts += [((*_INDICATOR, "latency", "histogram"), latency.histogram)] if latency else []
    for at, text in texts:
        if text is not None and WINDOW in text:
            yield Issue("InvalidPromQL", at, f"contains {WINDOW}, which belongs into a query; remove it")


def _histogram_is_named_itself(spec: Spec) -> Found:
    """A latency selector names the histogram; the bucket is chosen by `below`."""
    latency, at = spec.indicator.latency, (*_INDICATOR, "latency", "histogram")
    if latency is None:
        return
    try:
        histogram = parse_selector(latency.histogram)
    except PromQLError as error:
        yield Issue("InvalidPromQL", at, str(error))
        return
    if any(matcher.label == "le" for matcher in histogram.matchers):
        yield Issue("InvalidPromQL", at, "must not match le: the bucket is chosen by below; remove le")
    for ending in ("_bucket", "_count", "_sum"):
        if histogram.metric.endswith(ending):
            bare = histogram.metric.removesuffix(ending)
            yield Issue("InvalidPromQL", at, f"names a part of the histogram; write {bare} without {ending}")


def _parts_differ(spec: Spec) -> Found:
    """The same series as part and as total would make everything bad, or everything good."""
    ratio = spec.indicator.ratio
    if ratio is None:
        return
    for name, part in (("bad", ratio.bad), ("good", ratio.good)):
        if part is not None and _canonical(part) == _canonical(ratio.total):
            yield Issue(
                "SameSeries",
                (*_INDICATOR, "ratio", name),
                f"counts the same events as total, so that every event would be {name}; narrow it, "
                f'for example by code=~"5.."',
            )


def _no_data_is_noticed_in_time(spec: Spec) -> Found:
    """A 5m rate outlives the last sample by five minutes, and only the last hour is remembered."""
    after = Duration.parse(spec.alerting.no_data.after)
    if not _NO_DATA_SHORTEST <= after <= _NO_DATA_LONGEST:
        yield Issue(
            "InvalidSpec",
            (*_ALERTING, "noData", "after"),
            f"{spec.alerting.no_data.after!r} is not between 5m and 1h; write it like 10m",
        )


def _budget_thresholds_differ(spec: Spec) -> Found:
    """ "50" and "50.0" are one threshold, and would be one alert twice."""
    seen: set[float] = set()
    for number, alert in enumerate(spec.alerting.budget):
        if float(alert.consumed) in seen:
            yield Issue(
                "InvalidSpec",
                (*_ALERTING, "budget", number, "consumed"),
                f"{alert.consumed!r} is listed twice; keep one of them",
            )
        seen.add(float(alert.consumed))


def _templates_are_simple(spec: Spec) -> Found:
    """A broken template makes Prometheus refuse the whole rule file, and a rich one runs queries."""
    for name, text in (spec.alerting.annotations or {}).items():
        if any(found["other"] for found in _TEMPLATE.finditer(text)):
            yield Issue(
                "InvalidTemplate",
                (*_ALERTING, "annotations", name),
                "has a template Fireline does not pass on; allowed are {{ $value }}, also with | humanize or "
                "| humanizePercentage, and {{ $labels.name }}",
            )


def _counters_look_like_counters(spec: Spec) -> Found:
    """Only a note: a rate over a gauge is wrong, but names are a convention."""
    for at, events in _events(spec):
        selector = _selector(events)
        if selector is not None and not selector.metric.endswith(_COUNTER_ENDINGS):
            yield Issue(
                "NotACounter",
                (*at, "metric"),
                f"{selector.metric} does not end in _total or _count: make sure that it is a counter",
                note=True,
            )


def _part_is_within_total(spec: Spec) -> Found:
    """Only a note: events counted as bad or good that total does not count are clamped away."""
    ratio = spec.indicator.ratio
    total = _selector(ratio.total) if ratio else None
    if ratio is None or total is None:
        return
    for name, part in (("bad", ratio.bad), ("good", ratio.good)):
        selector = _selector(part) if part else None
        if selector is None or selector.metric != total.metric:
            continue
        missing = [str(matcher) for matcher in total.matchers if matcher not in selector.matchers]
        if missing:
            yield Issue(
                "NotASubset",
                (*_INDICATOR, "ratio", name, "metric"),
                f"does not repeat {', '.join(missing)} of total: it may count events that total does not",
                note=True,
            )


def _source_is_known(spec: Spec, sources: Collection[str]) -> Found:
    """The Prometheus named is one the operator was told about."""
    if spec.prometheus not in sources:
        known = ", ".join(sorted(sources)) or "none"
        yield Issue(
            "UnknownSource",
            ("spec", "prometheus"),
            f"{spec.prometheus!r} is no source of this operator; known: {known}",
        )


def _objective_is_set(spec: Spec) -> Found:
    """A tier may bring its own objective with the settings; ``read`` has filled it in by then."""
    if spec.objective is None:
        yield Issue(
            "NoObjective",
            ("spec", "objective"),
            f'is missing, and the settings have no default for tier {spec.tier}; write it like "99.9"',
        )


_CHECKS: tuple[Callable[[Spec], Found], ...] = (
    _objective_is_set,
    _is_implemented,
    *TIME_CHECKS,
    _promql_is_sound,
    _placeholder_is_for_queries,
    _histogram_is_named_itself,
    _parts_differ,
    _no_data_is_noticed_in_time,
    _budget_thresholds_differ,
    _templates_are_simple,
    _counters_look_like_counters,
    _part_is_within_total,
)


def _events(spec: Spec) -> Iterator[tuple[Location, Events]]:
    ratio = spec.indicator.ratio
    if ratio is not None:
        for name, events in (("bad", ratio.bad), ("good", ratio.good), ("total", ratio.total)):
            if events is not None:
                yield (*_INDICATOR, "ratio", name), events


def _selector(events: Events) -> Selector | None:
    """The selector, or None for a query or a selector that is reported elsewhere."""
    try:
        return parse_selector(events.metric) if events.metric is not None else None
    except PromQLError:
        return None


def _canonical(events: Events) -> str:
    selector = _selector(events)
    return str(selector) if selector else canonical_query(events.query or events.metric or "")
