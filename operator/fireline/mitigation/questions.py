"""What must be asked so that a trigger, or a verification, can be judged: from the spec to PromQL. Pure.

:mod:`fireline.refresh.mitigations` asks, :mod:`fireline.mitigation.verdicts` judges. All triggers by SLO and
by alert of one Prometheus become a handful of queries; each query of a user is one more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from fireline.api.mitigation import Spec, Trigger
from fireline.api.strings import zero_or_seconds
from fireline.mitigation.actions.fields import given
from fireline.mitigation.permissions import user_of
from fireline.promql.expr import nested, quote
from fireline.promql.shape import read_now

DEFAULT_TIER = "PageFast"
TOTAL = "slo:total:rate5m"
"""Events per second over 5 minutes, recorded for every SLO that counts events."""
LEVEL = 'slo:sli:ratio{window="5m"}'
"""The service level over 5 minutes: all that a composite SLO records."""
PAGE = "SLOErrorBudgetBurnPage"
"""The alert of every tier that pages."""

AGES = 10
"""Minutes over which the samples of a series are counted, to know how often it has one."""
MOST_SAMPLES = 120
"""Samples of a series in that time beyond which it counts as one with a sample every 5 s."""
_LONGEST = 3000
"""Characters of alternatives in one query: what is longer is asked in several."""
_BY = "by (namespace, slo)"

SLOName = tuple[str, str]
"""Namespace and name of an SLO."""


@dataclass(frozen=True, slots=True)
class AskedAlert:
    """An alert: ``name`` (None: any), and the labels it must have. ``slo``: whose burn-rate alert it is."""

    name: str | None
    labels: tuple[tuple[str, str], ...]
    slo: SLOName | None = None

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels, its name among them, is meant."""
        named = self.name is None or labels.get("alertname") == self.name
        return named and all(labels.get(name) == value for name, value in self.labels)

    def __str__(self) -> str:
        if self.slo is not None:
            tier = dict(self.labels)["slo_tier"]
            return f"tier {tier} of SLO {'/'.join(self.slo)}"
        inside = ", ".join(f"{name}={quote(value)}" for name, value in self.labels)
        return f"alert {self.name}" + (f"{{{inside}}}" if inside else "")


@dataclass(frozen=True, slots=True)
class AskedRollout:
    """The rollout of a Deployment, which is read as ``user``. ``within``: a Prometheus duration."""

    namespace: str
    deployment: str
    within: str
    user: str


@dataclass(frozen=True, slots=True)
class Question:
    """What decides: an alert, a query, a rollout or runs of a check (its namespace and name); exactly one.

    ``traffic``: the SLO whose events per second must be known and at least ``least``, else nothing is.
    """

    source: str
    alert: AskedAlert | None = None
    query: str = ""
    check: tuple[str, str] | None = None
    rollout: AskedRollout | None = None
    traffic: SLOName | None = None
    least: Decimal = Decimal(0)
    for_ticks: int = 1
    healthy_for: float = 0.0
    """Seconds it must be known to be false to count as recovered."""

    @property
    def slos(self) -> frozenset[SLOName]:
        """SLOs whose recorded series are needed."""
        whose = self.alert.slo if self.alert is not None else None
        return frozenset(one for one in (whose, self.traffic) if one is not None)


def trigger_question(namespace: str, spec: Spec) -> Question | None:
    """What decides the trigger; None without one."""
    trigger = spec.trigger
    if trigger is None:
        return None
    if trigger.rollout_failed is not None:
        return _of_rollout(namespace, spec, trigger.rollout_failed.within, trigger.for_ticks)
    slo = trigger.slo or spec.slo
    least = Decimal(trigger.min_traffic) if trigger.min_traffic is not None else None
    return Question(
        source=spec.prometheus,
        alert=_alert(namespace, trigger),
        query=trigger.query or "",
        traffic=(namespace, slo) if least is not None and slo is not None else None,
        least=least or Decimal(0),
        for_ticks=trigger.for_ticks,
        healthy_for=zero_or_seconds(spec.revert.healthy_for),
    )


def _of_rollout(namespace: str, spec: Spec, within: str, for_ticks: int) -> Question:
    """The target itself tells; no Prometheus is asked."""
    user = user_of(namespace, spec.service_account_name)
    return Question(
        source="",
        rollout=AskedRollout(namespace, given(spec.target).name, within, user),
        for_ticks=for_ticks,
        healthy_for=zero_or_seconds(spec.revert.healthy_for),
    )


def verify_question(namespace: str, spec: Spec) -> Question | None:
    """What decides whether it helped; None where the trigger itself does."""
    if spec.verify.query is not None:
        return Question(source=spec.prometheus, query=spec.verify.query)
    if spec.verify.check is not None:
        return Question(source=spec.prometheus, check=(namespace, spec.verify.check))
    return None


def _alert(namespace: str, trigger: Trigger) -> AskedAlert | None:
    if trigger.slo is not None:
        tier = trigger.tier or DEFAULT_TIER
        labels = (("namespace", namespace), ("slo", trigger.slo), ("slo_tier", tier))
        return AskedAlert(None, labels, slo=(namespace, trigger.slo))
    if trigger.alert is not None:
        return AskedAlert(trigger.alert.name, tuple(sorted((trigger.alert.labels or {}).items())))
    return None


def batch(questions: Iterable[Question], *, composites: Collection[SLOName] = ()) -> dict[str, str]:
    """Everything but users' queries, by name. ``composites``: SLOs that record no events of their own.

    What is before the blank of a name says what the answer is. ``firing``: alerts that fire, valued with
    the time of their newest sample; ``since``: the same, valued with the time they began; ``total`` and
    ``level``: recorded figures, ``total_at`` and ``level_at``: when they were recorded; ``paging``: how many
    SLOs page.
    """
    asked = list(questions)
    alerts = [one.alert for one in asked if one.alert is not None]
    slos = frozenset(slo for one in asked for slo in one.slos)
    selectors = [*_of_slos([one for one in alerts if one.slo is not None]), *_by_name(alerts)]
    queries = {"paging": _PAGING}
    for number, selected in enumerate(selectors):
        firing = f'ALERTS{{alertstate="firing",{selected}}}'
        # The time of a sample is only told of a plain selector, not of an expression.
        queries[f"firing {number}"] = f"timestamp({firing})"
        queries[f"since {number}"] = f"ALERTS_FOR_STATE{{{selected}}} and ignoring (alertstate) {firing}"
    figures = (("total", TOTAL, slos - frozenset(composites)), ("level", LEVEL, slos & frozenset(composites)))
    for name, series, wanted in figures:
        for number, selected in enumerate(_matchers(wanted)):
            queries |= _figure(name, number, _narrowed(series, selected))
    return queries


def known_slos() -> str:
    """How many SLOs have figures of the last two minutes."""
    return f"count(count {_BY} ({_LATELY.format(f'timestamp({TOTAL})')})) or vector(0)"


_LATELY = "{} > time() - 120"
_PAGING = (
    f"count(count {_BY} ("
    + _LATELY.format(f'timestamp(ALERTS{{alertstate="firing",alertname={quote(PAGE)}}})')
    + ")) or vector(0)"
)


def ages(query: str) -> str:
    """How far what a query reads is behind: one sample for each of its selectors that has data.

    The value is the age of the newest sample in seconds, times the samples in :data:`AGES` minutes: two
    intervals are ``2 * 60 * AGES``, however long an interval is. Empty when it reads no series.
    """
    parts = (
        f"label_replace(min(time() - timestamp({one})) * clamp_max(max(count_over_time({one}[{AGES}m])), "
        f'{MOST_SAMPLES}), "read", {quote(str(number))}, "", "")'
        for number, one in enumerate(read_now(query))
    )
    return "\nor ".join(parts)


def vector(query: str) -> str:
    """A user's query as it is asked: on its own, so that a comment in it hurts nobody."""
    return nested(query)


def _figure(name: str, number: int, series: str) -> dict[str, str]:
    # An SLO whose indicator has just changed has two of them, which are not to be added up.
    value = f"max {_BY} (sum by (namespace, slo, sli) ({series}))"
    return {f"{name} {number}": value, f"{name}_at {number}": f"max {_BY} (timestamp({series}))"}


def _narrowed(series: str, selected: str) -> str:
    metric, brace, rest = series.partition("{")
    return f"{metric}{{{selected}{',' + rest if brace else '}'}"


def _of_slos(alerts: Sequence[AskedAlert]) -> Iterator[str]:
    tiers = sorted({dict(one.labels)["slo_tier"] for one in alerts})
    for selected in _matchers({one.slo for one in alerts if one.slo is not None}):
        yield f"{selected},slo_tier=~{_any(tiers)}"


def _by_name(alerts: Iterable[AskedAlert]) -> Iterator[str]:
    for names in _chunks(sorted({one.name for one in alerts if one.name is not None})):
        yield f"alertname=~{_any(names)}"


def _matchers(slos: Collection[SLOName]) -> Iterator[str]:
    """Selects these SLOs, and others of these namespaces with one of these names."""
    for names in _chunks(sorted({name for _, name in slos})):
        spaces = sorted({space for space, name in slos if name in set(names)})
        yield f"namespace=~{_any(spaces)},slo=~{_any(names)}"


def _chunks(names: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for name in names:
        if chunk and sum(map(len, chunk)) + len(chunk) + len(name) > _LONGEST:
            yield chunk
            chunk = []
        chunk.append(name)
    if chunk:
        yield chunk


def _any(values: Iterable[str]) -> str:
    return quote("|".join(re.escape(value).replace(r"\-", "-") for value in values))
