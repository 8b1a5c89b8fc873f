"""For every CEL rule of the CRD: an object it accepts and one it refuses.

Used twice: against the real API server (tests/cluster/test_cel.py) and against the models
(tests/unit/api/test_rules.py), so that the two sides of a rule cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.api.objects import ABSENT, LATENCY, RATIO, an_slo

from fireline.api.common import VALIDATIONS
from fireline.api.crd import slo_crd
from fireline.api.slo_alerting import RESERVED_LABELS

Manifest = dict[str, Any]
ZERO = "must be longer than zero"
PERCENT = 'must be above 0 and below 100, in quotes, for example "99.9"'
SHARE = 'must be above 0 and at most 100, in quotes, for example "50"'
RESERVED = f"these labels are set by Fireline and cannot be used: {', '.join(RESERVED_LABELS)}"
NAMES = "names must consist of letters, digits and _ and begin with a letter, for example team"


@dataclass(frozen=True)
class Case:
    """``path`` is where the rule stands in the schema, with [] for the items of a list."""

    path: str
    message: str
    good: Manifest
    bad: Manifest

    @property
    def key(self) -> tuple[str, str]:
        """What identifies a rule."""
        return self.path, self.message


def case(path: str, message: str, *, good: Mapping[str, Any], bad: Mapping[str, Any]) -> Case:
    """A case from the edits that make each object out of the plain one."""
    return Case(path, message, an_slo(good), an_slo(bad))


def _tier(**changes: Any) -> Manifest:
    tier = {"name": "Mine", "severity": "Page", "long": "1h", "short": "5m", "factor": "14.4", **changes}
    return {"spec.alerting.burnRates": [{k: v for k, v in tier.items() if v is not ABSENT}]}


def _events(metric: bool, query: bool) -> Manifest:
    both = {"metric": "requests_total", "query": "sum(rate(requests_total[$window]))"}
    return {key: both[key] for key, wanted in (("metric", metric), ("query", query)) if wanted}


def _part(name: str, **given: bool) -> Manifest:
    ratio = {**RATIO, name: _events(**given)}
    if name == "good":
        del ratio["bad"]
    return {"spec.indicator": {"ratio": ratio}}


def _one_of_events(name: str) -> Case:
    return case(
        f"spec.indicator.ratio.{name}",
        "exactly one of metric, query must be set",
        good=_part(name, metric=False, query=True),
        bad=_part(name, metric=True, query=True),
    )


def _repair(**fields: Any) -> Manifest:
    return {"spec.maintenance": [fields]}


_INTERVAL = {"from": "2026-12-24T00:00:00Z", "to": "2026-12-26T00:00:00Z"}
_SUNDAYS = {"cron": "0 3 * * SUN", "duration": "2h"}
_SLICES = {"spec.budgeting": "Timeslices"}

CASES = (
    Case(
        "",
        "metadata.name must have at most 63 characters: it becomes a label value",
        good=an_slo(name="a" * 63),
        bad=an_slo(name="a" * 64),
    ),
    case(
        "spec",
        "timeslice is needed with budgeting Timeslices, and only there",
        good={**_SLICES, "spec.timeslice": {"length": "5m", "objective": "99"}},
        bad=_SLICES,
    ),
    case(
        "spec",
        "alerting.per has a meaning only together with groupBy",
        good={"spec.alerting.per": "Total", "spec.groupBy": ["region"]},
        bad={"spec.alerting.per": "Total"},
    ),
    case(
        "spec",
        'objective must be set, for example "99.9"; only with a tier it may be left to the settings',
        good={"spec.objective": ABSENT, "spec.tier": "Api"},
        bad={"spec.objective": ABSENT},
    ),
    case(
        "spec.timeslice.length",
        "must be 5m to 60m in steps of five minutes, or 1h, for example 5m",
        good={"spec.budgeting": "Timeslices", "spec.timeslice": {"length": "15m", "objective": "99"}},
        bad={"spec.budgeting": "Timeslices", "spec.timeslice": {"length": "7m", "objective": "99"}},
    ),
    case("spec.objective", PERCENT, good={"spec.objective": "99.9999"}, bad={"spec.objective": "100"}),
    case(
        "spec.window",
        "exactly one of rolling, calendar must be set",
        good={"spec.window": {"calendar": "Month"}},
        bad={"spec.window": {"calendar": "Month", "rolling": "30d"}},
    ),
    case(
        "spec.window",
        "timeZone belongs to a calendar window; a rolling window has none",
        good={"spec.window": {"calendar": "Month", "timeZone": "Europe/Berlin"}},
        bad={"spec.window": {"rolling": "30d", "timeZone": "Europe/Berlin"}},
    ),
    case("spec.window.rolling", ZERO, good={"spec.window.rolling": "1d"}, bad={"spec.window.rolling": "0d"}),
    case(
        "spec.window.rolling",
        "must be whole days from 1d to 90d or whole weeks from 1w to 12w, for example 30d",
        good={"spec.window.rolling": "12w"},
        bad={"spec.window.rolling": "91d"},
    ),
    case(
        "spec.timeslice.length",
        ZERO,
        good={**_SLICES, "spec.timeslice": {"length": "5m", "objective": "99"}},
        bad={**_SLICES, "spec.timeslice": {"length": "0m", "objective": "99"}},
    ),
    case(
        "spec.timeslice.objective",
        PERCENT,
        good={**_SLICES, "spec.timeslice": {"length": "5m", "objective": "0.5"}},
        bad={**_SLICES, "spec.timeslice": {"length": "5m", "objective": "0"}},
    ),
    case(
        "spec.indicator",
        "exactly one of ratio, latency, threshold, availability, synthetic, composite, errorRatio "
        "must be set",
        good={"spec.indicator": {"errorRatio": {"query": "sum(rate(errors_total[$window]))"}}},
        bad={"spec.indicator": {"ratio": RATIO, "latency": LATENCY}},
    ),
    case(
        "spec.indicator.ratio",
        "exactly one of bad, good must be set",
        good={"spec.indicator": {"ratio": {"good": RATIO["bad"], "total": RATIO["total"]}}},
        bad={"spec.indicator": {"ratio": {**RATIO, "good": RATIO["bad"]}}},
    ),
    _one_of_events("bad"),
    _one_of_events("good"),
    _one_of_events("total"),
    case(
        "spec.indicator.latency.below",
        ZERO,
        good={"spec.indicator": {"latency": {**LATENCY, "below": "1s500ms"}}},
        bad={"spec.indicator": {"latency": {**LATENCY, "below": "0s"}}},
    ),
    case(
        "spec.indicator.composite.objectives[].weight",
        "must be above zero",
        good={
            "spec.indicator": {
                "composite": {"method": "Weighted", "objectives": [{"name": "a", "weight": "0.5"}]}
            }
        },
        bad={
            "spec.indicator": {
                "composite": {"method": "Weighted", "objectives": [{"name": "a", "weight": "0.0"}]}
            }
        },
    ),
    case("spec.groupBy[]", RESERVED, good={"spec.groupBy": ["region"]}, bad={"spec.groupBy": ["slo_tier"]}),
    case(
        "spec.groupBy[]",
        "labels that begin with __ are internal to Prometheus; group by another one, such as region",
        good={"spec.groupBy": ["_region"]},
        bad={"spec.groupBy": ["__name__"]},
    ),
    case(
        "spec.groupBy[]",
        "NaN, Inf and without mean something else to PromQL; choose another label, such as region",
        good={"spec.groupBy": ["nano"]},
        bad={"spec.groupBy": ["naN"]},
    ),
    case(
        "spec.alerting.burnRates[]",
        "exactly one of factor, consumed must be set",
        good=_tier(),
        bad=_tier(consumed="2"),
    ),
    case("spec.alerting.burnRates[].long", ZERO, good=_tier(long="2h"), bad=_tier(long="0h")),
    case("spec.alerting.burnRates[].short", ZERO, good=_tier(short="10m"), bad=_tier(short="0m")),
    case(
        "spec.alerting.burnRates[].factor",
        "must be above zero",
        good=_tier(factor="1"),
        bad=_tier(factor="0"),
    ),
    case(
        "spec.alerting.burnRates[].consumed",
        SHARE,
        good=_tier(factor=ABSENT, consumed="100"),
        bad=_tier(factor=ABSENT, consumed="100.1"),
    ),
    case(
        "spec.alerting.budget[].consumed",
        SHARE,
        good={"spec.alerting.budget": [{"consumed": "100"}]},
        bad={"spec.alerting.budget": [{"consumed": "0.0"}]},
    ),
    case(
        "spec.alerting.noData.after",
        ZERO,
        good={"spec.alerting.noData.after": "10m"},
        bad={"spec.alerting.noData.after": "0m"},
    ),
    case(
        "spec.alerting.labels",
        NAMES,
        good={"spec.alerting.labels": {"team": "shop"}},
        bad={"spec.alerting.labels": {"the team": "shop"}},
    ),
    case(
        "spec.alerting.labels",
        RESERVED,
        good={"spec.alerting.labels": {"severity_hint": "high"}},
        bad={"spec.alerting.labels": {"severity": "info"}},
    ),
    case(
        "spec.alerting.annotations",
        NAMES,
        good={"spec.alerting.annotations": {"note": "call Anna"}},
        bad={"spec.alerting.annotations": {"0note": "call Anna"}},
    ),
    case(
        "spec.maintenance[]",
        "exactly one of from, cron must be set",
        good=_repair(**_INTERVAL),
        bad=_repair(**_INTERVAL, **_SUNDAYS),
    ),
    case(
        "spec.maintenance[]",
        "from and to belong together: set both or none",
        good=_repair(**_INTERVAL),
        bad=_repair(**{"from": _INTERVAL["from"]}),
    ),
    case(
        "spec.maintenance[]",
        "cron and duration belong together: set both or none",
        good=_repair(**_SUNDAYS),
        bad=_repair(cron="0 3 * * SUN"),
    ),
    case(
        "spec.maintenance[]",
        "timeZone belongs to cron; from and to carry their own offset",
        good=_repair(**_SUNDAYS, timeZone="Europe/Berlin"),
        bad=_repair(**_INTERVAL, timeZone="Europe/Berlin"),
    ),
    case(
        "spec.maintenance[].duration",
        ZERO,
        good=_repair(**_SUNDAYS),
        bad=_repair(cron="0 3 * * SUN", duration="0h"),
    ),
)


def rules_of_crd() -> set[tuple[str, str]]:
    """(path, message) of every rule in the generated CRD."""
    return rules_of(slo_crd())


def rules_of(crd: Manifest) -> set[tuple[str, str]]:
    """(path, message) of every rule in a CRD; none is passed by, whatever keyword it stands below."""
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found = set(_rules(schema, ""))
    assert {message for _, message in found} == set(_messages(schema))
    return found


def _messages(node: Any) -> Iterator[str]:
    """Messages of all rules, wherever they stand."""
    if isinstance(node, dict):
        yield from (rule["message"] for rule in node.get(VALIDATIONS, ()))
        for child in node.values():
            yield from _messages(child)


def _rules(schema: Manifest, path: str) -> Iterator[tuple[str, str]]:
    for rule in schema.get(VALIDATIONS, ()):
        yield path, rule["message"]
    for name, child in schema.get("properties", {}).items():
        yield from _rules(child, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from _rules(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from _rules(schema["additionalProperties"], f"{path}{{}}")
