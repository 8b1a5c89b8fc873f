"""From what Prometheus said to True, False or Unknown, with words. Pure, and three-valued all the way down.

Unknown is the answer wherever anything needed is missing: it never triggers, recovers or reverts. The
functions are tables in the order in which a person would look for the reason. Called by
:mod:`fireline.refresh.mitigations` with what :mod:`fireline.mitigation.questions` had asked.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.metrics import Sample
from fireline.mitigation.questions import AGES, AskedAlert, Question, SLOName

State = Literal["True", "False", "Unknown"]

INTERVALS = 2
"""A sample, or an evaluation, older than so many intervals tells nothing of now."""
LEAST_AGE = 10.0
"""Seconds; below that nothing is called old, however short the interval."""
DEFAULT_INTERVAL = 60.0
"""Of a rule whose interval Prometheus does not tell."""
RUN_OUTCOMES: Mapping[str, State] = {"success": "True", "failure": "False", "error": "False"}
"""What a run of a check says; all other outcomes measured nothing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``reason`` in one CamelCase word, ``message`` for people. ``since``: Unix time an alert began at."""

    state: State
    reason: str
    message: str
    value: str = ""
    since: float | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FiringAlert:
    """An alert that fires. ``at``: Unix time of its newest sample; ``value``: of its expression, if known."""

    labels: Mapping[str, str]
    at: float
    since: float | None = None


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """An alerting rule as Prometheus has loaded it. ``evaluated``: Unix time of the last evaluation.

    ``labels``: those of its text, templates and all. ``active``: its alerts that fire, by labels, with the
    value of the expression.
    """

    name: str
    labels: Mapping[str, str]
    health: str
    error: str = ""
    interval: float = DEFAULT_INTERVAL
    evaluated: float | None = None
    active: tuple[tuple[Mapping[str, str], str], ...] = ()

    def may_be(self, alert: AskedAlert) -> bool:
        """Whether an alert of this rule can have the labels that are asked for."""
        return alert.name in (None, self.name) and all(
            name not in self.labels or self.labels[name] == value or "{{" in self.labels[name]
            for name, value in alert.labels
        )

    def is_of(self, alert: AskedAlert) -> bool:
        """Whether the text of this rule itself has the labels that are asked for."""
        return alert.name in (None, self.name) and all(
            self.labels.get(name) == value for name, value in alert.labels
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rules API said. ``at``: the server's time then; ``error``: why it said nothing."""

    at: float = 0.0
    rules: tuple[RuleSeen, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A recorded value, and the Unix time it was recorded at; None when only one of them is there."""

    value: float | None = None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one Prometheus said in one round. ``now`` is its own time, not ours: clocks differ."""

    now: float
    alerts: tuple[FiringAlert, ...] = ()
    totals: Mapping[SLOName, Figure] = field(default_factory=dict)
    levels: Mapping[SLOName, Figure] = field(default_factory=dict)
    rules: Rules = Rules()


def read(answers: Mapping[str, Sequence[Sample]], rules: Rules) -> Facts:
    """The answers to :func:`fireline.mitigation.questions.batch`, understood."""
    began = {_labels(one): one.value for one in _named(answers, "since")}
    firing = {_labels(one): one for one in _named(answers, "firing")}
    return Facts(
        now=max((one.at for one in _named(answers, "paging")), default=0.0),
        alerts=tuple(FiringAlert(one.labels, one.value, began.get(labels)) for labels, one in firing.items()),
        totals=_figures(answers, "total"),
        levels=_figures(answers, "level"),
        rules=rules,
    )


def unknown(reason: str, message: str) -> Verdict:
    """Nobody knows, and why."""
    return Verdict("Unknown", reason, message)


def of_alert(question: Question, facts: Facts) -> Verdict:
    """Whether the alert of a question fires, and whether that can be known."""
    alert = question.alert
    assert alert is not None  # noqa: S101 - the caller has looked
    wrong = next(_wrong_rules(alert, facts.rules), None)
    if wrong is not None:
        return wrong
    firing = [one for one in facts.alerts if alert.fits(one.labels)]
    fresh = [one for one in firing if facts.now - one.at <= _limit(_interval(alert, one.labels, facts.rules))]
    if firing and not fresh:
        last = max(one.at for one in firing)
        return unknown(
            "Stale", f"{alert} fired at {_time(last)}, and its rule has not been evaluated since: who knows"
        )
    found = _fires(alert, fresh, facts.rules) if fresh else _silent(alert, facts)
    return found if found.state == "Unknown" else with_traffic(question, found, facts)


_NOTHING_READ = "none of the series that the query reads has a sample"


def of_query(query: str, samples: Sequence[Sample], ages: Sequence[Sample]) -> Verdict:
    """What a user's query says. ``ages``: the answer to :func:`fireline.mitigation.questions.ages`;
    ``query``: what those were asked with, empty when it reads nothing.
    """
    if not samples and query and not ages:
        return unknown("NoData", _NOTHING_READ)
    if not samples:
        return unknown(
            "NoSample",
            "the query has no sample: it must always have one, so compare with bool, as in > bool 5",
        )
    if len(samples) > 1:
        return unknown(
            "ManySamples",
            f"the query has {len(samples)} samples, and there must be one: put it into max(…) or sum(…)",
        )
    value = samples[0].value
    if not math.isfinite(value):
        return unknown("NotANumber", f"the query yields {_number(value)}: often a ratio without traffic")
    if query and not ages:
        return unknown("NoData", _NOTHING_READ)
    if any(not one.value <= INTERVALS * 60 * AGES for one in ages):
        return unknown(
            "Stale", "a series that the query reads has had no new sample for more than two intervals"
        )
    text = _number(value)
    if value == 0:
        return Verdict("False", "Zero", "the query yields 0", text)
    return Verdict("True", "NotZero", f"the query yields {text}", text)


def of_check(
    name: str, check: Mapping[str, Any] | None, since: datetime, own: Collection[str] = ()
) -> Verdict:
    """What the newest run of a SyntheticCheck says that began after ``since``.

    ``since`` is a whole second, in which another run may have begun before the change was made. ``own`` are
    Jobs that were made because of it: theirs count also in that second.
    """
    if check is None:
        return unknown("NoCheck", f"there is no SyntheticCheck {name} in this namespace")
    status = check.get("status") or {}
    told = [run for run in (status.get("lastRun"), *(status.get("history") or ())) if run]
    runs = [run for run in told if run.get("startedAt") and (run.get("job") in own or _later(run, since))]
    if not runs:
        return unknown("NoRunYet", f"no run of check {name} that began after {timestamp(since)} is over")
    run = max(runs, key=lambda one: parse_timestamp(one["startedAt"]))
    state = RUN_OUTCOMES.get(run["outcome"], "Unknown")
    said = f"the run of check {name} of {run['startedAt']} ended with {run['outcome']}"
    why = f": {run['message']}" if run.get("message") and state != "True" else ""
    return Verdict(state, "CheckRun", said + why, run["outcome"])


def _later(run: Mapping[str, Any], since: datetime) -> bool:
    return parse_timestamp(run["startedAt"]) >= since + timedelta(seconds=1)


def with_traffic(question: Question, verdict: Verdict, facts: Facts) -> Verdict:
    """The verdict if enough happens to know, else Unknown. ``verdict`` is True or False."""
    if question.traffic is None or verdict.state == "Unknown":
        return verdict
    slo = "/".join(question.traffic)
    found = _recorded(f"the traffic of SLO {slo}", facts.totals.get(question.traffic), facts.now)
    if isinstance(found, Verdict):
        return found
    if found < question.least:
        least = f"{question.least:f}"
        return unknown(
            "TooLittleTraffic",
            f"SLO {slo} has {_number(found)} requests per second, and minTraffic is {least}: too few to know",
        )
    return verdict


def _wrong_rules(alert: AskedAlert, rules: Rules) -> Iterator[Verdict]:
    """Why the rules API leaves it open whether an alert fires.

    Of an SLO's alert the recorded series tell as much, so that a server without that API will do.
    """
    if alert.slo is not None:
        own = [rule for rule in rules.rules if _is_about(rule, alert.slo)]
        mine = [rule for rule in own if rule.is_of(alert)]
        if own and not mine:
            tiers = ", ".join(sorted({rule.labels["slo_tier"] for rule in own}))
            yield unknown("NoSuchTier", f"there is no {alert}: its alerts have tiers {tiers}")
    else:
        mine = [rule for rule in rules.rules if rule.may_be(alert)]
        if rules.error:
            yield unknown("RulesUnknown", f"nobody knows whether {alert} is evaluated: {rules.error}")
        if not mine:
            yield unknown("NoSuchRule", f"no rule of Prometheus can raise {alert}: is the name right?")
    for rule in mine:
        yield from _wrong_rule(rule, rules.at)


def _wrong_rule(rule: RuleSeen, now: float) -> Iterator[Verdict]:
    if rule.health == "err":
        yield unknown("RuleFails", f"Prometheus cannot evaluate rule {rule.name}: {rule.error}")
    if rule.health != "ok" or rule.evaluated is None:
        yield unknown("RuleNotEvaluated", f"Prometheus has not evaluated rule {rule.name} yet")
    elif now - rule.evaluated > _limit(rule.interval):
        yield unknown(
            "RuleLate",
            f"Prometheus last evaluated rule {rule.name} at {_time(rule.evaluated)}, and its interval is "
            f"{rule.interval:g} s",
        )


def _fires(alert: AskedAlert, firing: Sequence[FiringAlert], rules: Rules) -> Verdict:
    """The oldest of them speaks for all."""
    one = min(firing, key=lambda each: (each.since is None, each.since, sorted(each.labels.items())))
    value = _value(one.labels, rules)
    since = f" since {_time(one.since)}" if one.since is not None else ""
    with_value = f" with value {value}" if value else ""
    more = f", and {len(firing) - 1} more" if len(firing) > 1 else ""
    return Verdict(
        "True",
        "Firing",
        f"{alert} fires{since}{with_value}{more}",
        value,
        one.since,
        {name: text for name, text in one.labels.items() if name not in {"__name__", "alertstate"}},
    )


def _silent(alert: AskedAlert, facts: Facts) -> Verdict:
    """Nothing fires; of an SLO that means something only while its service is measured."""
    if alert.slo is None:
        return Verdict("False", "Silent", f"{alert} does not fire")
    words = f"SLO {'/'.join(alert.slo)}"
    if alert.slo in facts.levels:
        level = _recorded(words, facts.levels[alert.slo], facts.now, interval=_COMPOSITE)
        return level if isinstance(level, Verdict) else Verdict("False", "Silent", f"{alert} does not fire")
    total = _recorded(words, facts.totals.get(alert.slo), facts.now)
    if isinstance(total, Verdict):
        return total
    if total == 0:
        # Nothing over nothing: also what an outage before the service looks like.
        return unknown(
            "NoTraffic", f"{words} had no request in the last 5 minutes: nobody can tell how it is"
        )
    return Verdict("False", "Silent", f"{alert} does not fire, at {_number(total)} requests per second")


RECORDED, _COMPOSITE = 30.0, 60.0
"""Seconds between two evaluations of the rules that record what an SLO, and a composite one, counts."""


def _recorded(
    words: str, figure: Figure | None, now: float, *, interval: float = RECORDED
) -> float | Verdict:
    """A recorded value that is one, or why it is none."""
    if figure is None or figure.value is None or figure.at is None:
        return unknown("NoData", f"nothing is recorded for {words}")
    if not math.isfinite(figure.value):
        return unknown("NotANumber", f"{_number(figure.value)} is recorded for {words}")
    if now - figure.at > _limit(interval):
        return unknown(
            "Stale", f"what is recorded for {words} is of {_time(figure.at)}: its rules are not evaluated"
        )
    return figure.value


def _interval(alert: AskedAlert, labels: Mapping[str, str], rules: Rules) -> float:
    name = labels.get("alertname")
    found = [rule.interval for rule in rules.rules if rule.name == name and rule.may_be(alert)]
    return max(found, default=DEFAULT_INTERVAL)


def _limit(interval: float) -> float:
    return max(INTERVALS * interval, LEAST_AGE)


def _is_about(rule: RuleSeen, slo: SLOName) -> bool:
    found = (rule.labels.get("namespace"), rule.labels.get("slo"))
    return found == slo and "slo_tier" in rule.labels


def _value(labels: Mapping[str, str], rules: Rules) -> str:
    """The value the rules API tells of an alert, which may be of a moment ago."""
    wanted = _shown(labels)
    for rule in rules.rules:
        for active, value in rule.active:
            if _shown(active) == wanted:
                return _plain(value)
    return ""


def _plain(value: str) -> str:
    """Prometheus writes 2.1e+01."""
    try:
        return _number(float(value))
    except ValueError:
        return value


def _shown(labels: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in labels.items() if name not in {"__name__", "alertstate"}}


def _labels(sample: Sample) -> frozenset[tuple[str, str]]:
    return frozenset(_shown(sample.labels).items())


def _named(answers: Mapping[str, Sequence[Sample]], wanted: str) -> Iterator[Sample]:
    for name, samples in answers.items():
        if name.partition(" ")[0] == wanted:
            yield from samples


def _figures(answers: Mapping[str, Sequence[Sample]], name: str) -> dict[SLOName, Figure]:
    values, times = _by_slo(_named(answers, name)), _by_slo(_named(answers, f"{name}_at"))
    return {slo: Figure(values.get(slo), times.get(slo)) for slo in values.keys() | times.keys()}


def _by_slo(samples: Iterable[Sample]) -> dict[SLOName, float]:
    return {(one.labels.get("namespace", ""), one.labels.get("slo", "")): one.value for one in samples}


def _time(unix: float) -> str:
    return timestamp(datetime.fromtimestamp(unix, UTC))


def _number(value: float) -> str:
    return f"{value:.4g}"
