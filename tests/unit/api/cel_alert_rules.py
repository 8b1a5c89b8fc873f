"""For every CEL rule of an alert rule: a policy whose rule it accepts and one whose rule it refuses.

Used twice, as tests/unit/api/cel_fixtures.py is: against the real API server and against the models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.alerting.policies import a_policy
from tests.unit.alerting.rules.objects import ABSENT, ALL, TYPES, a_rule
from tests.unit.api.cel_fixtures import NAMES, PERCENT, ZERO, Case

from fireline.api.alert_rule import AlertRule
from fireline.api.alert_rule_text import OWN_LABELS
from fireline.api.common import VALIDATIONS
from fireline.api.crd import structural

Manifest = dict[str, Any]
ONE_EVENT = "exactly one of metric, query must be set"
ABOVE_ZERO = "must be above zero"
BOTH: Manifest = {**ALL, "query": "sum(rate(x[$window]))"}


def _taken(*names: str) -> str:
    return f"these labels are set by Fireline and cannot be used: {', '.join(names)}, escalation_level…"


def _policy(type_: str, edits: Mapping[str, Any]) -> Manifest:
    return a_policy({"spec.rules": [a_rule(type_, edits)]}, name="cel")


def case(path: str, message: str, type_: str, good: Mapping[str, Any], bad: Mapping[str, Any]) -> Case:
    """A case from the edits that make both rules out of the plain one of a type."""
    at = f"spec.rules[].{path}".rstrip(".")
    return Case(at, message, _policy(type_, good), _policy(type_, bad))


def _at(path: str, message: str, good: Any, bad: Any) -> Case:
    """A case in which one field of its type has another value."""
    return case(path, message, path.partition(".")[0], {path: good}, {path: bad})


def _duration(path: str) -> Case:
    return _at(path, ZERO, "10m", "0s")


def _swap(type_: str, **fields: Any) -> Manifest:
    """Fields of a type, set or taken out."""
    return {f"{type_}.{name}": value for name, value in fields.items()}


CASES = (
    case(
        "",
        "exactly one of threshold, ratio, quantile, rateDrop, absent, freshness, cardinality, forecast, "
        "queueSLA, anomaly, expression must be set",
        "ratio",
        {},
        {"threshold": TYPES["threshold"]},
    ),
    case(
        "",
        "page: true and pageReason belong together: say why a person is woken up without an SLO",
        "ratio",
        {"page": True, "pageReason": "Nobody can pay."},
        {"page": True},
    ),
    case(
        "",
        "an anomaly never pages and has severity sev2: it is a hint, not a proof",
        "anomaly",
        {"severity": "P3"},
        {"severity": "sev0"},
    ),
    case(
        "",
        "cardinality groups by job or metric itself; remove groupBy",
        "cardinality",
        {},
        {"groupBy": ["pod"]},
    ),
    case(
        "",
        "service is a groupBy label here, so that alerts have it from their group; remove one of the two",
        "ratio",
        {"groupBy": ["service"]},
        {"groupBy": ["service"], "service": "checkout"},
    ),
    case(
        "",
        "minTraffic needs metric or query here: only ratio, quantile and rateDrop know all events",
        "threshold",
        {"minTraffic": {"metric": "x_total", "perSecond": "1"}},
        {"minTraffic": {"perSecond": "1"}},
    ),
    case(
        "name",
        "must not begin with SLO, AlertPolicy, Fireline nor be Watchdog or InfoInhibitor: other alerts have "
        "these names; choose one like CheckoutFailures",
        "ratio",
        {"name": "CheckoutSLO"},
        {"name": "SLOCheckout"},
    ),
    case("for", ZERO, "ratio", {"for": "1s"}, {"for": "0s"}),
    case("keepFiringFor", ZERO, "ratio", {"keepFiringFor": "1s"}, {"keepFiringFor": "0s"}),
    case("labels", NAMES, "ratio", {"labels": {"team": "x"}}, {"labels": {"te-am": "x"}}),
    case(
        "labels",
        _taken(*OWN_LABELS, "service"),
        "ratio",
        {"labels": {"region": "x"}},
        {"labels": {"escalation_level_1": "off"}},
    ),
    case("annotations", NAMES, "ratio", {"annotations": {"team": "x"}}, {"annotations": {"te-am": "x"}}),
    case("groupBy[]", _taken(*OWN_LABELS), "ratio", {"groupBy": ["region"]}, {"groupBy": ["sev"]}),
    case(
        "groupBy[]",
        "labels that begin with __ are internal to Prometheus; group by another one, such as region",
        "ratio",
        {"groupBy": ["_region"]},
        {"groupBy": ["__name__"]},
    ),
    case(
        "groupBy[]",
        "NaN, Inf and without mean something else to PromQL; choose another label, such as region",
        "ratio",
        {"groupBy": ["info"]},
        {"groupBy": ["Without"]},
    ),
    case(
        "minTraffic",
        "exactly one of perSecond, events must be set",
        "ratio",
        {"minTraffic": {"events": "3"}},
        {"minTraffic": {"events": "3", "perSecond": "1"}},
    ),
    case(
        "minTraffic",
        "at most one of metric, query may be set",
        "ratio",
        {"minTraffic": {"events": "3", **ALL}},
        {"minTraffic": {"events": "3", **BOTH}},
    ),
    case(
        "minTraffic.perSecond",
        ABOVE_ZERO,
        "ratio",
        {"minTraffic": {"perSecond": "0.1"}},
        {"minTraffic": {"perSecond": "0.0"}},
    ),
    case(
        "minTraffic.window",
        ZERO,
        "ratio",
        {"minTraffic": {"events": "3", "window": "5m"}},
        {"minTraffic": {"events": "3", "window": "0m"}},
    ),
    case("threshold", "exactly one of above, below must be set", "threshold", {}, {"threshold.below": "1"}),
    case("ratio", "exactly one of bad, good must be set", "ratio", {}, {"ratio.good": ALL}),
    _at("ratio.bad", ONE_EVENT, {"metric": "x_total"}, BOTH),
    case(
        "ratio.good",
        ONE_EVENT,
        "ratio",
        _swap("ratio", bad=ABSENT, good={"metric": "x_total"}),
        _swap("ratio", bad=ABSENT, good=BOTH),
    ),
    _at("ratio.total", ONE_EVENT, ALL, BOTH),
    _duration("ratio.window"),
    _at("ratio.above", 'must be below 100, in quotes, for example "5"', "0", "100"),
    _at("quantile.quantile", 'must be above 0, for example "0.95"', "0.5", "0.0"),
    _duration("quantile.above"),
    _duration("quantile.window"),
    _at("rateDrop.total", ONE_EVENT, ALL, BOTH),
    _duration("rateDrop.window"),
    _at("rateDrop.byPercent", PERCENT, "50", "100"),
    _at("rateDrop.minimum", ABOVE_ZERO, "0.1", "0"),
    _duration("absent.remember"),
    case("freshness", "exactly one of query, series must be set", "freshness", {}, {"freshness.series": "x"}),
    _duration("freshness.olderThan"),
    case(
        "cardinality",
        "exactly one of above, growthPercent must be set",
        "cardinality",
        {},
        {"cardinality.growthPercent": "20"},
    ),
    case(
        "cardinality",
        'counting by metric reads every series; narrow it, for example matching: {job="checkout"}',
        "cardinality",
        {"cardinality.by": "Metric", "cardinality.matching": '{job="x"}'},
        {"cardinality.by": "Metric"},
    ),
    case(
        "cardinality.growthPercent",
        ABOVE_ZERO,
        "cardinality",
        _swap("cardinality", above=ABSENT, growthPercent="20"),
        _swap("cardinality", above=ABSENT, growthPercent="0"),
    ),
    case(
        "forecast",
        "exactly one of above, below, capacity must be set",
        "forecast",
        {},
        {"forecast.above": "1", "forecast.gate": "1"},
    ),
    case(
        "forecast",
        "gate is needed with above and below: far from the limit, every slope reaches it some day",
        "forecast",
        _swap("forecast", capacity=ABSENT, above="10", gate="5"),
        _swap("forecast", capacity=ABSENT, above="10"),
    ),
    _duration("forecast.within"),
    _duration("forecast.history"),
    _at("queueSLA.drainRate", ONE_EVENT, ALL, BOTH),
    _duration("queueSLA.window"),
    _duration("queueSLA.within"),
    _duration("anomaly.window"),
)


def rules_of_schema() -> set[tuple[str, str]]:
    """(path, message) of every CEL rule of an alert rule."""
    return set(_rules(structural(AlertRule), "spec.rules[]"))


def _rules(schema: Manifest, path: str) -> Iterator[tuple[str, str]]:
    for rule in schema.get(VALIDATIONS, ()):
        yield path, rule["message"]
    for name, child in schema.get("properties", {}).items():
        yield from _rules(child, f"{path}.{name}")
    if "items" in schema:
        yield from _rules(schema["items"], f"{path}[]")
