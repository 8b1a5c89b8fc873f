"""Wrong specs of what is more than a ratio in a rolling window, and what is said about each."""

from __future__ import annotations

from typing import Any

from tests.unit.slo.bad_specs import Bad

Manifest = dict[str, Any]
_QUERY = {"ratio": {"bad": {"query": "sum(rate(e_total[$window]))"}, "total": {"metric": "t_total"}}}


def _checked(title: str, edits: Manifest, said: str, reason: str) -> Bad:
    return Bad(title, "Checks", edits, said, reason)


def _burn(**changes: str) -> Manifest:
    tier = {"name": "Mine", "severity": "Page", "long": "1h", "short": "5m", "factor": "14.4"} | changes
    return {"spec.alerting": {"burnRates": [{k: v for k, v in tier.items() if v}]}}


def _recorded(name: str) -> Manifest:
    return {"spec.indicator": {"ratio": {"bad": {"metric": "e_total"}, "total": {"metric": name}}}}


def _composite(method: str = "Weighted", **member: str) -> Manifest:
    return {"spec.indicator": {"composite": {"method": method, "objectives": [{"name": "a", **member}]}}}


_TIER = "spec.alerting.burnRates[0]"

BAD_KINDS = (
    _checked(
        "tier without a default objective",
        {"spec.objective": None, "spec.tier": "Job"},
        'spec.objective: is missing, and the settings have no default for tier Job; write it like "99.9"',
        "NoObjective",
    ),
    _checked(
        "threshold over a window",
        {
            "spec.indicator": {
                "threshold": {"query": "rate(x_total[$window])", "operator": "LessThan", "value": "1"}
            }
        },
        "spec.indicator.threshold.query: is about one moment and must not read $window; write it like "
        "max(queue_depth)",
        "InvalidPromQL",
    ),
    _checked(
        "threshold that is a number",
        {"spec.indicator": {"threshold": {"query": "1 + 1", "operator": "LessThan", "value": "1"}}},
        "spec.indicator.threshold.query: yields a scalar, not an instant vector; write it like "
        "max(queue_depth)",
        "InvalidPromQL",
    ),
    _checked(
        "availability of a query",
        {"spec.indicator": {"availability": {"metric": "max(probe_success)"}}},
        "spec.indicator.availability.metric: 'max(probe_success)' is not a plain selector; write it like "
        'http_requests_total{code=~"5.."}',
        "InvalidPromQL",
    ),
    _checked(
        "free ratio over a fixed range",
        {"spec.indicator": {"errorRatio": {"query": "sum(rate(e_total[5m])) / sum(rate(t_total[5m]))"}}},
        "spec.indicator.errorRatio.query: does not read [$window]; write it like sum(rate(x[$window]))",
        "InvalidPromQL",
    ),
    _checked(
        "rate over a recorded sum",
        _recorded("job:http_requests_total:sum"),
        "spec.indicator.ratio.total.metric: takes a rate over job:http_requests_total:sum, which its name "
        "says is a recorded aggregate: when one of the summed counters restarts, the rate counts a jump that "
        "never happened; use the counter itself, such as http_requests_total",
        "RateOfAggregate",
    ),
    _checked(
        "rate over a recorded rate",
        _recorded("namespace:http_requests:rate5m"),
        "spec.indicator.ratio.total.metric: takes a rate over namespace:http_requests:rate5m, which its name "
        "says is a recorded aggregate: when one of the summed counters restarts, the rate counts a jump that "
        "never happened; use the counter itself, such as http_requests",
        "RateOfAggregate",
    ),
    _checked(
        "bad of another job than total",
        {
            "spec.indicator": {
                "ratio": {
                    "bad": {"metric": 'x_total{job="a",code="500"}'},
                    "total": {"metric": 'x_total{job="b"}'},
                }
            }
        },
        'spec.indicator.ratio.bad.metric: asks for job="a" where total asks for job="b": no event is counted '
        "by both",
        "NotASubset",
    ),
    _checked(
        "query that drops the group",
        {"spec.groupBy": ["region", "zone"], "spec.indicator": _QUERY},
        "spec.indicator.ratio.bad.query: drops the groupBy labels region, zone; keep them: "
        "sum by (region, zone) (…)",
        "GroupLost",
    ),
    _checked(
        "groups of a composite",
        {"spec.groupBy": ["region"], **_composite()},
        "spec.groupBy: is about events, which a composite has none of; set it on its members",
        "InvalidSpec",
    ),
    _checked(
        "weight with Worst",
        _composite("Worst", weight="2"),
        "spec.indicator.composite.objectives[0].weight: has no meaning with method Worst; remove it, or use "
        "Weighted",
        "InvalidSpec",
    ),
    _checked(
        "window of seconds",
        _burn(short="90s"),
        f"{_TIER}.short: 1m30s is no multiple of 5m, the shortest window that holds four scrapes; write it "
        "like 5m, 30m or 6h",
        "InvalidWindow",
    ),
    _checked(
        "short window that is not shorter",
        _burn(short="1h"),
        f"{_TIER}.short: 1h is not shorter than long, which is 1h",
        "InvalidWindow",
    ),
    _checked(
        "window that members of a composite do not record",
        _composite() | _burn(short="10m"),
        f"{_TIER}.short: 10m is no window its members record; write 5m, 30m, 1h, or more than an hour",
        "InvalidWindow",
    ),
    _checked(
        "long window beyond the SLO's",
        _burn(long="31d", factor="1"),
        f"{_TIER}.long: 31d is longer than the SLO window, which is 30d",
        "InvalidWindow",
    ),
    _checked(
        "factor that is never reached",
        _burn(factor="1000"),
        f"{_TIER}.factor: asks for a burn of 1000, but with 99.9 % even a total outage burns only 1000 times "
        "too fast: it would never fire; choose at most 800",
        "Unreachable",
    ),
    _checked(
        "share of the budget that is never reached",
        {"spec.objective": "90", **_burn(factor="", consumed="2")},
        f"{_TIER}.consumed: asks for a burn of 14.4, but with 90 % even a total outage burns only 10 times "
        "too fast: it would never fire; choose at most 8",
        "Unreachable",
    ),
    _checked(
        "name of another alert",
        _burn(name="NoData"),
        f"{_TIER}.name: 'NoData' is the name of another alert of Fireline; write it like PageFast",
        "InvalidSpec",
    ),
    _checked(
        "unknown time zone",
        {"spec.window": {"calendar": "Month", "timeZone": "Europe/Berln"}},
        "spec.window.timeZone: 'Europe/Berln' is no IANA time zone; write it like Europe/Berlin",
        "UnknownTimeZone",
    ),
    _checked(
        "placeholder in a string of a threshold",
        {
            "spec.indicator": {
                "threshold": {"query": 'max(q{a="$window"})', "operator": "LessThan", "value": "1"}
            }
        },
        "spec.indicator.threshold.query: has $window inside a string; it may only stand as a range: "
        "[$window]",
        "InvalidPromQL",
    ),
    _checked(
        "the other placeholder in a string of a query",
        {"spec.indicator": {"errorRatio": {"query": 'sum(rate(e_total{a="$seconds"}[$window]))'}}},
        "spec.indicator.errorRatio.query: has $seconds inside a string, which Fireline replaces by a number",
        "InvalidPromQL",
    ),
    _checked(
        "the other placeholder in a selector",
        {"spec.indicator": {"availability": {"metric": 'up{a="$seconds"}'}}},
        "spec.indicator.availability.metric: contains $seconds, which Fireline replaces by a number",
        "InvalidPromQL",
    ),
    _checked(
        "label of all alerts that is a group's",
        {"spec.groupBy": ["region"], "spec.alerting": {"labels": {"region": "eu"}}},
        "spec.alerting.labels.region: is a groupBy label, which alerts have from their group: with one value "
        "for all, Prometheus could not tell the groups apart; remove it",
        "InvalidSpec",
    ),
    _checked(
        "composite of itself",
        {"metadata.name": "a", **_composite()},
        "spec.indicator.composite.objectives[0].name: 'a' is this objective itself; name others of the "
        "namespace",
        "InvalidSpec",
    ),
    _checked(
        "maintenance for ever",
        {"spec.maintenance": [{"from": "2026-01-01T00:00:00Z", "to": "9999-12-31T23:59:59-23:59"}]},
        "spec.maintenance[0].to: 9999-12-31T23:59:59-23:59 is 2912443 days after from, at most 366d are "
        "possible; remove the objective for as long",
        "InvalidMaintenance",
    ),
    _checked(
        "maintenance every ten minutes",
        {"spec.maintenance": [{"cron": "*/10 * * * *", "duration": "1m"}]},
        "spec.maintenance: has 4032 intervals in four weeks; at most 700 are possible, which is one an hour; "
        "write it like 0 3 * * SUN",
        "InvalidMaintenance",
    ),
)
