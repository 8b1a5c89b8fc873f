"""What an AlertPolicy's spec says that quality depends on: whom it wakes, when people work, its targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fireline.alerting.compile import hours_of
from fireline.alerting.hours_model import Hours
from fireline.alerting.quality.model import OFFICE, Alert, Declared, Policy, SLOKey, TierRule
from fireline.api.alert_policy import AlertPolicy, Spec
from fireline.api.alert_policy_severities import canonical
from fireline.api.alert_rule import AlertRule
from fireline.promql.durations import Duration

_BUSINESS = "business"
"""The hours that are working hours where a policy has several."""


def policy_of(
    policy: AlertPolicy,
    tiers: Mapping[SLOKey, Mapping[str, TierRule]],
    slo_alerts: Iterable[Declared],
    *,
    since: int | None = None,
) -> Policy:
    """``tiers`` and ``slo_alerts`` are those of the SLOs that belong to it, ``since`` its creation.

    Raises ValueError for what ``checks`` would have refused.
    """
    spec = policy.spec
    key = f"{policy.metadata.namespace}/{policy.metadata.name}"
    rules = spec.rules_ or []
    within = spec.quality.detection_within
    return Policy(
        key=key,
        paging=paging_of(policy),
        calm=frozenset(rule.name for rule in rules if not rule.page),
        hours=working_hours(spec),
        quiet=frozenset(
            canonical(one.name) for one in spec.severities if one.hours and not one.outside_hours
        ),
        declared=(*slo_alerts, *(_declared(rule, policy, key) for rule in rules)),
        tiers=tiers,
        since=since,
        within={
            sev: int(Duration.parse(text).seconds)
            for sev, text in (within.model_dump(exclude_none=True) if within else {}).items()
        },
        pages_per_week=spec.quality.pages_per_week,
    )


def paging_of(policy: AlertPolicy) -> frozenset[str]:
    """The severities that wake people."""
    return frozenset(canonical(one.name) for one in policy.spec.severities if one.page)


def working_hours(spec: Spec) -> tuple[Hours, ...]:
    """The hours named ``business``, else all there are, else :data:`OFFICE`."""
    found = [hours_of(one) for one in spec.hours or ()]
    business = [one for one in found if one.name == _BUSINESS]
    return tuple(business or found) or (OFFICE,)


def groups_of(policy: AlertPolicy) -> frozenset[str]:
    """Labels that tell alerts of one of its rules apart."""
    return frozenset(label for rule in policy.spec.rules_ or () for label in rule.group_by or ())


def _declared(rule: AlertRule, policy: AlertPolicy, key: str) -> Declared:
    alert = Alert(policy=key, namespace=policy.metadata.namespace, name=rule.name)
    return Declared(alert, page=rule.page)
