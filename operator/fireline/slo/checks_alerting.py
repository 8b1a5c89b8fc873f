"""What is wrong with the alerting of a spec that its schema cannot say. Part of ``checks``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from fireline.api.issues import Issue, Location
from fireline.api.slo import Spec
from fireline.api.slo_alerting import BurnRate
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.promql.templates import NOT_SIMPLE, is_simple
from fireline.slo.names import RAW_WINDOWS
from fireline.slo.period import SLOWindow
from fireline.slo.tiers import STANDARD_NAMES, most, own_factor

Found = Iterator[Issue]

_ALERTING: Location = ("spec", "alerting")
_NO_DATA_SHORTEST, _NO_DATA_LONGEST = Duration.of(minutes=5), Duration.of(hours=1)
_STEP = Duration.of(minutes=5)
_RESERVED = re.compile(r"NoData|Exhausted|Ineffective|Budget[0-9_]*")


def no_data_is_noticed_in_time(spec: Spec) -> Found:
    """A 5m rate outlives the last sample by five minutes, and only the last hour is remembered."""
    after = Duration.parse(spec.alerting.no_data.after)
    if not _NO_DATA_SHORTEST <= after <= _NO_DATA_LONGEST:
        yield Issue(
            "InvalidSpec",
            (*_ALERTING, "noData", "after"),
            f"{spec.alerting.no_data.after!r} is not between 5m and 1h; write it like 10m",
        )


def budget_thresholds_differ(spec: Spec) -> Found:
    """ "50" and "50.0" are one threshold, and would be one alert twice."""
    seen: set[float] = set()
    for index, alert in enumerate(spec.alerting.budget):
        if float(alert.consumed) in seen:
            yield Issue(
                "InvalidSpec",
                (*_ALERTING, "budget", index, "consumed"),
                f"{alert.consumed!r} is listed twice; keep one of them",
            )
        seen.add(float(alert.consumed))


def templates_are_simple(spec: Spec) -> Found:
    """A broken template makes Prometheus refuse the whole rule file, and a rich one runs queries."""
    for name, text in (spec.alerting.annotations or {}).items():
        if not is_simple(text):
            yield Issue("InvalidTemplate", (*_ALERTING, "annotations", name), NOT_SIMPLE)


def labels_are_no_groups(spec: Spec) -> Found:
    """A label of all alerts hides that of the group: Prometheus then fails on two groups with one alert."""
    groups = [] if spec.alerting.per == "Total" else spec.group_by or []
    for name in spec.alerting.labels or {}:
        if name in groups:
            yield Issue(
                "InvalidSpec",
                (*_ALERTING, "labels", name),
                "is a groupBy label, which alerts have from their group: with one value for all, Prometheus "
                "could not tell the groups apart; remove it",
            )


def own_windows_fit(spec: Spec) -> Found:
    """Windows of burn-rate alerts are sums over five-minute slices, and within the SLO window."""
    window = _window(spec)
    for at, given in _own(spec):
        long, short = Duration.parse(given.long), Duration.parse(given.short)
        for name, length in (("long", long), ("short", short)):
            if length.milliseconds % _STEP.milliseconds:
                yield Issue(
                    "InvalidWindow",
                    (*at, name),
                    f"{length} is no multiple of 5m, the shortest window that holds four scrapes; write it "
                    f"like 5m, 30m or 6h",
                )
            elif (
                spec.indicator.composite is not None
                and length < RAW_WINDOWS[-1]
                and length not in RAW_WINDOWS
            ):
                yield Issue(
                    "InvalidWindow",
                    (*at, name),
                    f"{length} is no window its members record; write {', '.join(map(str, RAW_WINDOWS))}, or "
                    f"more than an hour",
                )
        if short >= long:
            yield Issue("InvalidWindow", (*at, "short"), f"{short} is not shorter than long, which is {long}")
        if long > window.nominal:
            yield Issue(
                "InvalidWindow", (*at, "long"), f"{long} is longer than the SLO window, which is {window}"
            )


def own_factors_can_fire(spec: Spec) -> Found:
    """A factor that even a total outage does not reach never fires; one below 1 fires while all is well."""
    if spec.objective is None:
        return
    budget = (100 - Decimal(spec.objective)) / 100
    for at, given in _own(spec):
        field = "factor" if given.factor is not None else "consumed"
        factor = own_factor(given, _window(spec).nominal)
        if factor * budget >= 1:
            yield Issue(
                "Unreachable",
                (*at, field),
                f"asks for a burn of {number(factor)}, but with {spec.objective} % even a total outage burns "
                f"only {number(most(budget))} times too fast: it would never fire; choose at most "
                f"{number((most(budget) * Decimal('0.8')).quantize(Decimal('0.1')))}",
            )
        elif factor < 1:
            yield Issue(
                "BelowSustainable",
                (*at, field),
                f"fires at a burn of {number(factor)}, at which the budget lasts longer than the window",
                note=True,
            )


def own_names_are_free(spec: Spec) -> Found:
    """Tier names identify alerts; those of the other alerts are taken."""
    for at, given in _own(spec):
        if _RESERVED.fullmatch(given.name):
            yield Issue(
                "InvalidSpec",
                (*at, "name"),
                f"{given.name!r} is the name of another alert of Fireline; write it like {STANDARD_NAMES[0]}",
            )


def _own(spec: Spec) -> Iterator[tuple[Location, BurnRate]]:
    for index, given in enumerate(spec.alerting.burn_rates or ()):
        yield (*_ALERTING, "burnRates", index), given


def _window(spec: Spec) -> SLOWindow:
    if spec.window.rolling is not None:
        return SLOWindow(rolling=Duration.parse(spec.window.rolling))
    return SLOWindow(calendar=spec.window.calendar)
