"""The alerts of one Mitigation: what fires when. Part of ``alerts``.

Read from series that the leading operator exports from the persisted status. Samples may be missing for
minutes (a restart, another leader, a failed scrape): that fires nothing. The operator may be gone while an
alert fires: then it goes on firing, its own ALERTS series being its memory, until samples are back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fireline.api.alert_policy_severities import Sev
from fireline.api.belonging import Owner, correlation_id, filled
from fireline.api.mitigation import Mitigation, Spec
from fireline.api.plan import Manifest
from fireline.mitigation import names
from fireline.mitigation.actions.table import action_of
from fireline.promql.durations import Duration
from fireline.promql.expr import selector, template_literal

_ON = "on (namespace, mitigation)"
_GRACE = Duration.of(minutes=5)
"""Taking back takes a few tries where an API server is busy."""
_SETTLED = Duration.of(minutes=2)
"""An operator that comes back needs a moment to take back what is overdue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationAlerts:
    """What the alerts of a Mitigation depend on. URLs hold placeholders as in the settings."""

    namespace: str
    name: str
    slo: str | None = None
    """The SLO whose incidents it belongs to."""
    service: str | None = None
    """Of that SLO."""
    overdue_after: Duration | None = None
    """So long after the end of its time it must have been taken back; None when it has no such end."""
    policy: Owner | None = None
    """The AlertPolicy that selects the Mitigation."""
    default_runbook: str | None = None
    """Of the operator's settings."""

    @classmethod
    def of(
        cls,
        mitigation: Mitigation,
        *,
        service: str | None = None,
        policy: Owner | None = None,
        default_runbook: str | None = None,
    ) -> MitigationAlerts:
        """What a valid spec asks for. ``service``: that of its SLO, None when that is not known."""
        return cls(
            namespace=mitigation.metadata.namespace,
            name=mitigation.metadata.name,
            slo=slo_of(mitigation.spec),
            service=service,
            overdue_after=_overdue_after(mitigation.spec),
            policy=policy,
            default_runbook=default_runbook,
        )

    @property
    def where(self) -> dict[str, str]:
        """Matchers of the series of this Mitigation."""
        return {"namespace": self.namespace, "mitigation": self.name}


def slo_of(spec: Spec) -> str | None:
    """The SLO a Mitigation belongs to; it is in its own namespace."""
    return spec.slo or (spec.trigger.slo if spec.trigger else None)


def alert_rules(given: MitigationAlerts) -> list[Manifest]:
    """All alerts of a Mitigation, in the order in which they are worth reading."""
    found = [_needs_human(given)]
    if given.overdue_after is not None:
        found.append(_overdue(given, given.overdue_after))
    return found


def _overdue_after(spec: Spec) -> Duration | None:
    """``ttlPolicy: Always`` waits for nothing; the others may be held, and a person is asked by then."""
    if action_of(spec).reversibility(spec) != "Reversible" or "TTL" not in spec.revert.when:
        return None
    if spec.revert.ttl_policy == "Always":
        return _GRACE
    held = Duration.parse(spec.revert.max_hold)
    return Duration(held.milliseconds + _GRACE.milliseconds)


def _needs_human(given: MitigationAlerts) -> Manifest:
    verdict = f"max by (namespace, mitigation, reason) ({selector(names.NEEDS_HUMAN, given.where)}) > 0"
    return _alert(
        given,
        names.ALERT_NEEDS_HUMAN,
        _held(given, names.ALERT_NEEDS_HUMAN, verdict, by="namespace, mitigation, reason"),
        sev="sev1",
        summary=f"{_who(given)} needs a person: {{{{ $labels.reason }}}}",
        description=(
            "Fireline does not go on without you. What happened, what is in place now, and what to type: "
            f"{_look(given)}"
        ),
    )


def _overdue(given: MitigationAlerts, after: Duration) -> Manifest:
    overdue = selector(names.OVERDUE, given.where)
    verdict = f"max by (namespace, mitigation) ({overdue}) > {after.milliseconds // 1000}"
    return _alert(
        given,
        names.ALERT_OVERDUE,
        _held(given, names.ALERT_OVERDUE, verdict, by="namespace, mitigation"),
        sev="sev2",
        wait=_SETTLED,
        summary=f"{_who(given)} is in place more than {after} after the end of its time",
        description=(
            f"It should have been taken back. Why it was not, and how to take it back: {_look(given)}"
        ),
    )


def _held(given: MitigationAlerts, name: str, verdict: str, *, by: str) -> str:
    """The verdict; or, while the operator says nothing at all, what the alert said last.

    That is its own ALERTS series as it is: it is stale at once when the alert resolves, so that a gap of
    scrapes afterwards brings nothing back.
    """
    fired = selector("ALERTS", {"alertname": name, "alertstate": "firing", **given.where})
    there = selector(names.INFO, given.where)
    return f"{verdict}\nor max by ({by}) ({fired}) unless {_ON} {there}"


def _alert(
    given: MitigationAlerts,
    name: str,
    expr: str,
    *,
    sev: Sev,
    summary: str,
    description: str,
    wait: Duration | None = None,
) -> Manifest:
    policy = given.policy
    found: Manifest = {"alert": name, "expr": expr} | ({"for": str(wait)} if wait else {})
    annotations = {"summary": summary, "description": description}
    if runbook := (policy.runbook_url if policy else None) or given.default_runbook:
        # Where a page of an SLO is linked by its name, that of the alert is.
        page = name.lower()
        values = {
            "namespace": given.namespace,
            "slo": page,
            "service": given.service or "",
            "alertname": page,
        }
        annotations["runbook_url"] = template_literal(filled(runbook, values))
    label = policy.label if policy else ""
    about = (given.namespace, given.slo) if given.slo else (given.namespace, "Mitigation", given.name)
    annotations["correlation_id"] = correlation_id(label, *about)
    return {**found, "labels": _labels(given, sev), "annotations": annotations}


def _labels(given: MitigationAlerts, sev: Sev) -> Mapping[str, str]:
    """An alert name has one severity: critical mutes warning of the same name in most clusters."""
    return {
        **given.where,
        **({"slo": given.slo} if given.slo else {}),
        **({"service": given.service} if given.service else {}),
        "severity": "warning" if sev == "sev2" else "critical",
        "sev": sev,
        **({"alert_policy": given.policy.label} if given.policy else {}),
    }


def _who(given: MitigationAlerts) -> str:
    return f"Mitigation {given.namespace}/{given.name}"


def _look(given: MitigationAlerts) -> str:
    return f"fireline mitigations diff {given.name} -n {given.namespace}"
