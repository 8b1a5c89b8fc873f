"""What is wrong with the times of an alert rule. Part of ``checks``.

A window needs scrapes in it, a range costs at every evaluation, and a condition must be able to hold as
long as it is asked to.
"""

from __future__ import annotations

from collections.abc import Iterator

from fireline.alerting.rules.texts import texts
from fireline.alerting.rules.timing import hold
from fireline.api.alert_rule import AlertRule
from fireline.api.issues import Issue, Location
from fireline.promql.durations import Duration
from fireline.promql.shape import longest_range

Found = Iterator[Issue]

_SHORTEST = Duration.of(minutes=1)
_SAFE = Duration.of(minutes=2)
"""Four scrapes of the usual 30s: one may fail, and a rate still has two."""
_LONGEST: dict[Location, Duration] = {
    ("ratio", "window"): Duration.of(days=1),
    ("quantile", "window"): Duration.of(days=1),
    ("rateDrop", "window"): Duration.of(hours=1),
    ("queueSLA", "window"): Duration.of(hours=1),
    ("minTraffic", "window"): Duration.of(days=1),
    ("absent", "remember"): Duration.of(days=1),
    ("freshness", "olderThan"): Duration.of(days=3),
    ("forecast", "history"): Duration.of(days=7),
}
"""What is read whole at each evaluation."""
_LONGEST_QUERY = Duration.of(days=7)
_LONGEST_HOLD = Duration.of(days=7)


def windows_hold_scrapes(rule: AlertRule, at: Location) -> Found:
    """A rate needs two samples in its window."""
    for field, text in _windows(rule):
        length = Duration.parse(text)
        if length < _SHORTEST:
            yield Issue(
                "InvalidWindow",
                (*at, *field),
                f"{length} holds less than two scrapes of the usual 30s; at least {_SHORTEST}, better 5m",
            )
        elif length < _SAFE:
            yield Issue(
                "ShortWindow",
                (*at, *field),
                f"{length} holds two scrapes of the usual 30s: one that fails leaves nothing; better 5m",
                note=True,
            )


def ranges_are_affordable(rule: AlertRule, at: Location) -> Found:
    """Long ranges belong into recording rules, or into an SLO, which has them."""
    for field, text in (*_windows(rule), *_memories(rule)):
        length, longest = Duration.parse(text), _LONGEST.get(field)
        if longest is not None and length > longest:
            yield Issue(
                "InvalidWindow",
                (*at, *field),
                f"{length} would be read whole at every evaluation; at most {longest} {_instead(field)}",
            )
    for field, text, _ in texts(rule):
        if longest_range(text.replace("[$window]", "[1m]")) > _LONGEST_QUERY:
            yield Issue(
                "InvalidWindow",
                (*at, *field),
                f"reads {longest_range(text)} at every evaluation; at most {_LONGEST_QUERY}: record the long "
                "part by a rule of its own, or compare with an offset",
            )


def it_can_hold_so_long(rule: AlertRule, at: Location) -> Found:
    """A group that is forgotten before it is missed for long enough never fires."""
    for field, text in ((("for",), rule.for_), (("keepFiringFor",), rule.keep_firing_for)):
        if text is not None and Duration.parse(text) > _LONGEST_HOLD:
            yield Issue(
                "InvalidSpec", (*at, *field), f"{text} is longer than {_LONGEST_HOLD}; write it like 5m"
            )
    wait = hold(rule)
    if rule.absent is not None and rule.group_by and wait is not None:
        memory = Duration.parse(rule.absent.remember)
        if Duration.parse(wait) >= memory:
            yield Issue(
                "NeverFires",
                (*at, "absent", "remember"),
                f"{memory} is over before a group was missed for {wait}: it would never fire; choose more, "
                "such as 1d",
            )


def _windows(rule: AlertRule) -> Iterator[tuple[Location, str]]:
    """The windows of rates, with where they stand."""
    kinds = {
        "ratio": rule.ratio,
        "quantile": rule.quantile,
        "rateDrop": rule.rate_drop,
        "queueSLA": rule.queue_sla,
        "anomaly": rule.anomaly,
    }
    for name, kind in kinds.items():
        if kind is not None:
            yield (name, "window"), kind.window
    if rule.min_traffic is not None and rule.min_traffic.window is not None:
        yield ("minTraffic", "window"), rule.min_traffic.window


def _memories(rule: AlertRule) -> Iterator[tuple[Location, str]]:
    """Other times that are read whole."""
    if rule.absent is not None and rule.group_by:
        yield ("absent", "remember"), rule.absent.remember
    if rule.freshness is not None and rule.freshness.series is not None:
        yield ("freshness", "olderThan"), rule.freshness.older_than
    if rule.forecast is not None:
        yield ("forecast", "history"), rule.forecast.history


def _instead(field: Location) -> str:
    if field == ("freshness", "olderThan"):
        return "with series; a query that yields the time may be of any age"
    if field in {("ratio", "window"), ("quantile", "window")}:
        return "here; over days an SLO counts for less"
    return "here"
