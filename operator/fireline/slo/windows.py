"""The shared windows of a namespace: every window beyond an hour, for all its SLOs at once.

One vector rule per window and series replaces one rule per SLO, so the namespace pays for a window
once. The object is an aggregate: planned from what the members' own rule objects declare, and the
same bytes however many SLOs there are, unless one brings a new SLO window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fireline.api.labels import SOURCE
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.promql.durations import Duration
from fireline.promql.expr import selector
from fireline.slo import names
from fireline.slo.period import SLOWindow

_BY = "by (namespace, slo, sli)"
_ON = "on (namespace, slo, sli)"
_AGE_STEPS = 720
"""The age of an SLO is read at this many points of its window: hourly for 30 days."""


def render_windows(
    namespace: str, source: str, windows: Iterable[SLOWindow], rule_labels: dict[str, str] | None = None
) -> Manifest:
    """The PrometheusRule with the shared windows of one namespace and source.

    ``windows`` are the SLO windows of the members, in any order and with repetitions.
    """
    wanted = sorted({window.nominal for window in windows})
    slow = sorted({*names.SLOW_WINDOWS, *wanted})
    groups = [
        _group("slo-windows-fast", "1m", _fast_rules(namespace)),
        _group("slo-slices", "5m", _slice_rules(namespace)),
        _group("slo-windows-slow", "2m30s", _slow_rules(namespace, slow, wanted)),
    ]
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": names.windows_name(source),
            "namespace": namespace,
            "labels": dict(rule_labels or {}),
            "annotations": {SOURCE: source},
        },
        "spec": {"groups": groups},
    }


def _group(name: str, interval: str, rules: list[Manifest]) -> Manifest:
    return {"name": name, "interval": interval, "rules": rules}


def _fast_rules(namespace: str) -> list[Manifest]:
    rules = [_record(namespace, names.ERROR_BUDGET, f"1 - {_all(names.OBJECTIVE, namespace)}")]
    for window in names.FAST_WINDOWS:
        points = window.milliseconds // names.RAW_INTERVAL.milliseconds
        rules += _sums(namespace, window, names.rate, names.RAW_WINDOWS[0], points)
    for window in (*names.RAW_WINDOWS, *names.FAST_WINDOWS):
        rules += _public(namespace, window, str(window))
    return rules


def _slice_rules(namespace: str) -> list[Manifest]:
    points = names.SLICE.milliseconds // names.RAW_INTERVAL.milliseconds
    return [
        _record(
            namespace,
            names.slice5m(kind),
            f"sum_over_time({_all(names.rate(kind, names.SLICE), namespace)}[{names.SLICE}]) / {points}",
        )
        for kind in (names.TOTAL, names.BAD)
    ]


def _slow_rules(namespace: str, slow: list[Duration], wanted: list[Duration]) -> list[Manifest]:
    rules: list[Manifest] = []
    for window in slow:
        points = window.milliseconds // names.SLICE.milliseconds
        rules += [
            _record(
                namespace,
                names.rate(kind, window),
                f"sum_over_time({_all(names.slice5m(kind), namespace)}[{window}]) / {points}",
            )
            for kind in (names.TOTAL, names.BAD)
        ]
    for window in names.SLOW_WINDOWS:
        rules += _public(namespace, window, str(window))
    return rules + _budget_rules(namespace, wanted)


def _sums(
    namespace: str, window: Duration, metric: Callable[[str, Duration], str], source: Duration, points: int
) -> list[Manifest]:
    """Sums over points divided by the expected number of points, never averages.

    An average counts only the points that exist; where bad and total are not present at the same
    points it weighs one minute like a day. With sums a missing point weighs nothing.
    """
    return [
        _record(
            namespace,
            metric(kind, window),
            f"sum_over_time({_all(metric(kind, source), namespace)}[{window}]) / {points}",
        )
        for kind in (names.TOTAL, names.BAD)
    ]


def _ratio(namespace: str, window: Duration) -> str:
    """Share of bad events over a window; absent without traffic, never NaN, and at most all of them."""
    bad = f"sum {_BY} ({_all(names.rate(names.BAD, window), namespace)})"
    total = f"sum {_BY} ({_all(names.rate(names.TOTAL, window), namespace)})"
    return f"clamp_max({bad} / ({total} > 0), 1)"


def _public(namespace: str, window: Duration, label: str) -> list[Manifest]:
    labels = {"window": label}
    return [
        _record(namespace, names.SLI, _of_current(f"1 - {_ratio(namespace, window)}", namespace), labels),
        _record(namespace, names.BURN_RATE, _burn(namespace, window), labels),
    ]


def _of_current(expr: str, namespace: str) -> str:
    """Only the indicator an SLO has now: series of an earlier one linger for a whole window."""
    return f"({expr}) and {_ON} {_all(names.OBJECTIVE, namespace)}"


def _burn(namespace: str, window: Duration) -> str:
    return f"{_ratio(namespace, window)} / {_ON} {_all(names.ERROR_BUDGET, namespace)}"


def _budget_rules(namespace: str, wanted: list[Duration]) -> list[Manifest]:
    """What covers each SLO's own window; SLOs with different windows share a rule by ``or``."""

    def each(expr: Callable[[Duration], str]) -> str:
        return "\nor\n".join(
            f"({expr(window)}) and {_ON} "
            + selector(names.INFO, {"namespace": namespace, "slo_window": str(window)})
            for window in wanted
        )

    own = {"window": "slo"}
    return [
        _record(namespace, names.SLI, each(lambda w: f"1 - {_ratio(namespace, w)}"), own),
        _record(namespace, names.BURN_RATE, each(lambda w: _burn(namespace, w)), own),
        _record(
            namespace,
            names.CONSUMED,
            each(lambda w: f"{_burn(namespace, w)} * {_ON} {_age_share(namespace, w)}"),
        ),
        _record(namespace, names.REMAINING, f"1 - {_all(names.CONSUMED, namespace)}"),
        _record(namespace, names.COVERAGE, each(lambda w: _coverage(namespace, w))),
    ]


def _age_share(namespace: str, window: Duration) -> str:
    """min(1, age / window), the age counted from the first recorded slice; gaps do not reduce it.

    The first slice is looked up on a grid, up to one step late: the step is added back.
    """
    step = Duration(window.milliseconds // _AGE_STEPS)
    first = f"min_over_time(timestamp({_all(names.slice5m(names.TOTAL), namespace)})[{window}:{step}])"
    seconds = f"{window.milliseconds // 1000}"
    return f"clamp_max((time() - min {_BY} ({first}) + {step.milliseconds // 1000}) / {seconds}, 1)"


def _coverage(namespace: str, window: Duration) -> str:
    points = window.milliseconds // names.SLICE.milliseconds
    counted = f"count_over_time({_all(names.slice5m(names.TOTAL), namespace)}[{window}])"
    return f"clamp_max(max {_BY} ({counted}) / {points}, 1)"


def _all(metric: str, namespace: str) -> str:
    return selector(metric, {"namespace": namespace})


def _record(namespace: str, record: str, expr: str, labels: Manifest | None = None) -> Manifest:
    return {"record": record, "expr": expr, "labels": {"namespace": namespace} | (labels or {})}
