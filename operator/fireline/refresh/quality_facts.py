"""What alert quality needs to know of SLOs: their tiers, their alerts, how their budget is recorded.

Ties the rooms ``slo`` and ``alerting``, which do not know each other. Used by the operator's loop and by
``fireline report``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from fireline.alerting.quality.facts import groups_of, paging_of, policy_of
from fireline.alerting.quality.model import Alert, Declared, Policy, SLOKey, TierRule
from fireline.alerting.quality.queries import Window
from fireline.api.alert_policy import AlertPolicy
from fireline.slo.alerts import page_alerts, ticket_alerts
from fireline.slo.model import Objective, Tier
from fireline.slo.period import SLOWindow

WindowAt = Callable[[int], Window]


@dataclass(frozen=True, slots=True)
class Subjects:
    """What one source is asked about.

    ``groups``: labels that tell alerts of one SLO or rule apart. ``windows``: how long an SLO's window is
    at a time, of those whose bad events are recorded.
    """

    groups: frozenset[str]
    tiers: Mapping[SLOKey, Mapping[str, TierRule]]
    windows: Mapping[SLOKey, WindowAt]

    @property
    def least(self) -> float:
        """The smallest share of a budget that any paging tier stands for."""
        shares = (rule.share for tiers in self.tiers.values() for rule in tiers.values() if rule.page)
        return min(shares, default=1.0)


def subjects(objectives: Iterable[Objective], policies: Iterable[AlertPolicy]) -> Subjects:
    """Of all SLOs and policies of one source."""
    all_, given = list(objectives), list(policies)
    paging = {f"{one.metadata.namespace}/{one.metadata.name}": paging_of(one) for one in given}
    return Subjects(
        groups=frozenset().union(*(one.group_by for one in all_), *(groups_of(one) for one in given)),
        tiers={
            key_of(one): tiers_of(one, paging.get(one.policy.label) if one.policy else None) for one in all_
        },
        windows={key_of(one): window_at(one.window) for one in all_ if one.composite is None},
    )


def key_of(objective: Objective) -> SLOKey:
    """Namespace and name."""
    return objective.namespace, objective.name


def tiers_of(objective: Objective, paging: Collection[str] | None = None) -> dict[str, TierRule]:
    """The tiers with the share of the budget that their factor spends in their long window.

    ``paging``: the severities that wake people by the SLO's policy; None: what the SLO itself says.
    """
    window = objective.window.nominal.milliseconds
    return {
        tier.name: TierRule(
            share=float(tier.factor) * tier.long.milliseconds / window,
            long=tier.long.milliseconds // 1000,
            page=tier.page if paging is None else _sev(objective, tier) in paging,
            factor=float(tier.factor),
        )
        for tier in objective.tiers
    }


def _sev(objective: Objective, tier: Tier) -> str:
    return objective.policy.sev(tier.name, tier.sev) if objective.policy else tier.sev


def window_at(window: SLOWindow) -> WindowAt:
    """Its length as its recorded series have it: that of the running period, if it is a calendar window."""
    return lambda at: Window(str(window), window.span(at).seconds)


def alerts_of(objective: Objective, *, pages: Callable[[str, str], bool]) -> list[Declared]:
    """The alerts an SLO's rules have. ``pages`` is asked about their labels sev and severity."""
    rules = [*page_alerts(objective, at=0), *ticket_alerts(objective)]
    return [_declared(rule["alert"], rule["labels"], pages) for rule in rules]


def _declared(name: str, labels: Mapping[str, str], pages: Callable[[str, str], bool]) -> Declared:
    alert = Alert(
        policy=labels.get("alert_policy", ""),
        namespace=labels["namespace"],
        name=name,
        slo=labels["slo"],
        tier=labels["slo_tier"],
    )
    return Declared(alert, page=pages(labels["sev"], labels["severity"]))


def of_policy(policy: AlertPolicy, members: Iterable[Objective], *, since: int | None = None) -> Policy:
    """A policy with the SLOs that belong to it."""
    mine = list(members)
    paging = paging_of(policy)
    alerts = [one for slo in mine for one in alerts_of(slo, pages=lambda sev, _: sev in paging)]
    return policy_of(policy, {key_of(one): tiers_of(one, paging) for one in mine}, alerts, since=since)


def without_policy(members: Iterable[Objective]) -> Policy:
    """SLOs that no policy selects: what is critical wakes people."""
    mine = list(members)
    alerts = [one for slo in mine for one in alerts_of(slo, pages=lambda _, severity: severity == "critical")]
    return Policy("", tiers={key_of(one): tiers_of(one) for one in mine}, declared=tuple(alerts))
