"""The shared windows of a namespace: every window beyond an hour, for all its SLOs at once.

One vector rule per window and series replaces one rule per SLO, so the namespace pays for a window
once. The object is an aggregate: planned from what the members' own rule objects declare, and the
same bytes however many SLOs there are, unless one brings a new window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fireline.api.labels import RENDERER, SOURCE
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.promql.durations import Duration
from fireline.promql.expr import selector
from fireline.slo import names
from fireline.slo.period import SLOWindow
from fireline.slo.spans import ON, Spans

_LONGEST_FAST = names.FAST_WINDOWS[-1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one SLO needs recorded beyond an hour: its own window and those of its burn-rate tiers."""

    window: SLOWindow
    tiers: tuple[Duration, ...] = ()
    maintenance: bool = False


def render_windows(
    namespace: str,
    source: str,
    members: Iterable[Wanted | SLOWindow],
    rule_labels: dict[str, str] | None = None,
    *,
    at: float = 0,
) -> Manifest:
    """The PrometheusRule with the shared windows of one namespace and source.

    ``members`` are what its SLOs want (or just their windows), in any order and with repetitions. ``at``
    is the Unix time whose calendar periods are written down.
    """
    wanted = [one if isinstance(one, Wanted) else Wanted(one) for one in members]
    shared = _Shared(
        namespace,
        slo_windows=tuple(sorted({one.window for one in wanted}, key=_order)),
        tiers=tuple(sorted({window for one in wanted for window in one.tiers})),
        spans=Spans(
            lambda metric: selector(metric, {"namespace": namespace}),
            at=at,
            maintenance=any(one.maintenance for one in wanted),
        ),
    )
    name = names.windows_name(source)
    groups = [
        _group(f"{name}:fast", "1m", shared.fast()),
        _group(f"{name}:slices", "5m", shared.slices()),
        _group(f"{name}:slow", "2m30s", shared.slow()),
    ]
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": dict(rule_labels or {}),
            "annotations": {RENDERER: names.RENDERER_VERSION, SOURCE: source},
        },
        "spec": {"groups": groups},
    }


def _order(window: SLOWindow) -> tuple[bool, Duration, str]:
    return window.calendar is not None, window.nominal, str(window)


def _group(name: str, interval: str, rules: list[Manifest]) -> Manifest:
    return {"name": name, "interval": interval, "rules": rules}


@dataclass(frozen=True, slots=True)
class _Shared:
    """The rules of one namespace."""

    namespace: str
    slo_windows: tuple[SLOWindow, ...]
    tiers: tuple[Duration, ...]
    spans: Spans

    def fast(self) -> list[Manifest]:
        """2h and 6h from 5m rates, and what is public of every window up to 6 hours."""
        # Sloth records series of this name too: theirs have no sli.
        ours = f'{self._all(names.OBJECTIVE).removesuffix("}")},sli!=""}}'
        rules = [self._record(names.ERROR_BUDGET, f"1 - {ours}")]
        short = [window for window in self.tiers if window <= names.RAW_WINDOWS[-1]]
        summed = self._summed(names.FAST_WINDOWS, upto=_LONGEST_FAST, above=names.RAW_WINDOWS[-1])
        for window in summed:
            rules += [
                self._record(
                    names.rate(kind, window), names.mean(self._all(names.rate(kind, names.SLICE)), window)
                )
                for kind in (names.TOTAL, names.BAD)
            ]
        for window in sorted({*names.RAW_WINDOWS, *short, *summed}):
            rules += self._public(window)
        return rules

    def slices(self) -> list[Manifest]:
        """Five minutes as one point: what every longer window is summed from."""
        return [
            self._record(
                names.slice5m(kind), names.mean(self._all(names.rate(kind, names.SLICE)), names.SLICE)
            )
            for kind in (names.TOTAL, names.BAD)
        ]

    def slow(self) -> list[Manifest]:
        """Days, the SLO windows, and the budget."""
        days = self._summed(names.SLOW_WINDOWS, above=_LONGEST_FAST)
        rolling = {window.rolling for window in self.slo_windows if window.rolling is not None}
        calendars = [window for window in self.slo_windows if window.calendar is not None]
        lengths = sorted({*days, *rolling})
        rules = [
            self._record(names.rate(kind, window), self.spans.mean_rate(kind, window))
            for window in (*(SLOWindow(rolling=length) for length in lengths), *calendars)
            for kind in (names.TOTAL, names.BAD)
        ]
        for window in days:
            rules += self._public(window)
        return rules + (self._budget() if self.slo_windows else [])

    def _summed(
        self, standard: tuple[Duration, ...], *, above: Duration, upto: Duration | None = None
    ) -> list[Duration]:
        own = {window for window in self.tiers if window > above and (upto is None or window <= upto)}
        return sorted({*standard, *own})

    def _public(self, window: Duration) -> list[Manifest]:
        labels, ratio = {"window": str(window)}, self.spans.ratio(window)
        # Only the indicator an SLO has now: series of an earlier one linger for a whole window.
        sli = f"(1 - {ratio}) and {ON} {self._all(names.OBJECTIVE)}"
        return [
            self._record(names.SLI, sli, labels),
            self._record(names.BURN_RATE, self.spans.burn(window), labels),
        ]

    def _budget(self) -> list[Manifest]:
        """What covers each SLO's own window; SLOs with different windows share a rule by ``or``."""
        spans, own = self.spans, {"window": "slo"}

        def each(expr: Callable[[SLOWindow], str]) -> str:
            return "\nor\n".join(
                f"({expr(window)}) and {ON} "
                + selector(names.INFO, {"namespace": self.namespace, "slo_window": str(window)})
                for window in self.slo_windows
            )

        return [
            self._record(names.SLI, each(lambda w: f"1 - {spans.ratio(w)}"), own),
            self._record(names.BURN_RATE, each(spans.burn), own),
            self._record(names.CONSUMED, each(lambda w: f"{spans.burn(w)} * {ON} {spans.age_share(w)}")),
            self._record(names.REMAINING, f"1 - {self._all(names.CONSUMED)}"),
            self._record(names.COVERAGE, each(spans.coverage)),
        ]

    def _all(self, metric: str) -> str:
        return self.spans.of(metric)

    def _record(self, record: str, expr: str, labels: Manifest | None = None) -> Manifest:
        return {"record": record, "expr": expr, "labels": {"namespace": self.namespace} | (labels or {})}
