"""Asks each source once for the past of everything that is reported, and measures it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fireline.alerting.quality.advice import Proposal, proposals
from fireline.alerting.quality.dead import Silence
from fireline.alerting.quality.measure import Past, Quality, measure
from fireline.alerting.quality.model import Policy, Stretch
from fireline.alerting.quality.queries import DEAD_AFTER, remaining
from fireline.cli.progress import progress
from fireline.cli.reach import Reach
from fireline.cli.reporting.checks import CheckReport
from fireline.cli.reporting.reading import Chosen
from fireline.refresh.lookback import Long, look_back
from fireline.refresh.past import Memory, aligned, slo_of, time_of
from fireline.refresh.quality import Member, silent
from fireline.refresh.quality_facts import Subjects, key_of, of_policy, subjects, without_policy
from fireline.slo.model import Objective


@dataclass(frozen=True, slots=True)
class Told:
    """One policy, or the SLOs without one (``policy.key`` is empty), by what one source knows.

    ``source`` is named only where there are several.
    """

    policy: Policy
    quality: Quality
    before: Quality
    silence: Silence | None
    proposals: tuple[Proposal, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """One SLO: what it spent in the period, and what was left at its end; 1 is the whole budget.

    ``less_than``: instead of ``spent``, of an SLO that never had spent so much.
    """

    objective: Objective
    spent: float | None
    left: float | None
    less_than: float | None = None


@dataclass(slots=True)
class Report:
    """Everything there is to tell of a period."""

    period: Stretch
    told: list[Told] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    holes: dict[str, list[Stretch]] = field(default_factory=dict)
    """By source: where nothing was evaluated in the period."""
    checks: list[CheckReport] = field(default_factory=list)


async def reported(chosen: Chosen, reach: Reach, period: Stretch) -> Report:
    """Raises MetricsError when a source cannot answer, click's UsageError when none is known."""
    period = Stretch(aligned(period.start), aligned(period.end))
    report = Report(period)
    for name in _sources(chosen):
        await _of_source(name, chosen, reach, report)
    report.told.sort(key=lambda one: (not one.policy.key, one.policy.key, one.source))
    report.budgets.sort(key=lambda one: key_of(one.objective))
    return report


def _sources(chosen: Chosen) -> list[str]:
    named = {one.source for one in chosen.objectives}
    return sorted(named | {one.policy.spec.prometheus for one in chosen.members})


async def _of_source(name: str, chosen: Chosen, reach: Reach, report: Report) -> None:
    members = [one for one in chosen.members if _is_at(one, name)]
    alone = [one for one in chosen.alone if one.source == name]
    mine = [one for one in chosen.objectives if one.source == name]
    about = subjects(mine, [one.policy for one in members])
    source, period = reach.named(name), report.period
    with progress("reading the past", _queries(about, period)) as done:
        past = await Memory(source, period.before.start).extend(
            about, period.end, periods=(period, period.before), done=done
        )
        if chosen.only_slos:
            mine_only = [one for one in past.episodes if one.alert.of_slo in about.tiers]
            past = replace(past, episodes=mine_only)
        long = await look_back(source, about, period.end, DEAD_AFTER)
        left = await source.instant(remaining(), at=time_of(period.end))
    for policy in _policies(members, alone, name):
        one = _only_slos(policy) if chosen.only_slos else policy
        shown = name if len(_sources(chosen)) > 1 else ""
        report.told.append(_told(one, past, period, long, source=shown))
    known = {slo_of(sample): sample.value for sample in left}
    report.budgets += (_budget(one, past, period, known.get(key_of(one)), about.least) for one in mine)
    report.holes[name] = [one for one in past.holes if period.overlap(one.start, one.end)]


def _only_slos(policy: Policy) -> Policy:
    return replace(policy, declared=tuple(one for one in policy.declared if one.alert.slo))


def _is_at(member: Member, name: str) -> bool:
    """Where its rules are, or one of its SLOs."""
    return member.policy.spec.prometheus == name or any(one.source == name for one in member.objectives)


def _queries(about: Subjects, period: Stretch) -> int:
    """About how many it takes: what an SLO spent is asked for only where there is something to know."""
    weeks = max(1, 2 * period.seconds // (7 * 86_400))
    return 4 * weeks + 2 * weeks * len(about.windows) // 40


def _policies(members: Iterable[Member], alone: list[Objective], name: str) -> Iterable[Policy]:
    for one in members:
        mine = [objective for objective in one.objectives if objective.source == name]
        policy = of_policy(one.policy, mine, since=one.since)
        yield policy if one.policy.spec.prometheus == name else _only_slos(policy)
    if alone:
        yield without_policy(alone)


def _told(policy: Policy, past: Past, period: Stretch, long: Long | None, *, source: str) -> Told:
    quality = measure(policy, past, period)
    silence = silent(policy, quality, long)
    found = proposals(quality, silence or Silence(DEAD_AFTER), now=period.end)
    return Told(policy, quality, measure(policy, past, period.before), silence, tuple(found), source)


def _budget(objective: Objective, past: Past, period: Stretch, left: float | None, least: float) -> Budget:
    """What little an SLO spent is not asked for; its window tells that it was little."""
    spent = past.spent.get(key_of(objective))
    if spent is not None:
        return Budget(objective, spent.between(period.start, period.end), left)
    told = left is not None and objective.window.nominal.seconds >= period.seconds
    return Budget(objective, None, left, less_than=least if told and objective.composite is None else None)
