"""What an SLO's planner tells the record of its incidents: alerts by tier, and everything around them.

Only an SLO in trouble, or lately in trouble, costs anything here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from fireline.api.alert_policy_severities import Sev
from fireline.api.plan import Change, Key, Manifest, Seen
from fireline.api.resources import MITIGATION, SLO, SYNTHETIC_CHECK
from fireline.incident.mitigations import concerns
from fireline.incident.model import AlertKind, Alerts, FiringAlert, Gathered, Sight, Subject
from fireline.incident.record import NO_INCIDENTS, Record, advance, needs_looking
from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.observation import Observation, SeenAlert

_OWNERS = ("owner", "team")
_SERVICES = ("service", "app.kubernetes.io/name", "app")
"""Labels of a check, any of which names the service it is about."""
_EXHAUSTED = names.budget_tier(Decimal(100))


class Bystander(Protocol):
    """Looks and tells while incidents go on. Never blocks."""

    def gathered(self, incident: str) -> Gathered | None:
        """What was gathered about an incident; None when nobody looked, or as long as that goes on."""

    def exported(self, key: Key) -> Mapping[str, int]:
        """Up to which fact the sink has taken each incident of an SLO, by id, as far as it is remembered."""

    def planned(self, objective: Objective, incidents: Sequence[Mapping[str, Any]]) -> None:
        """These will be the incidents in the SLO's status, the newest first."""


class Incidents:
    """The records of all SLOs. Remembers only which of them are to be planned again with what happens."""

    def __init__(self, settle: timedelta, bystander: Bystander | None = None) -> None:
        self._settle = settle
        self._bystander = bystander
        self._lively: set[Key] = set()

    def record(
        self, objective: Objective, parent: Manifest, observation: Observation, *, seen: Seen, now: datetime
    ) -> Record:
        """The record of one SLO as it must be now."""
        key = Key(SLO.kind, objective.namespace, objective.name)
        old = parent.get("status", {}).get("incidents", ())
        firing = any(one.firing for one in observation.alerts)
        if not old and not firing:
            self._lively.discard(key)
            return NO_INCIDENTS
        lively = firing or needs_looking(old, now)
        (self._lively.add if lively else self._lively.discard)(key)
        mitigations = _mitigations(objective, seen) if lively else ()
        known = observation.total_present is not None and not observation.down and observation.configured
        sight = Sight(
            subject=_subject(objective, parent),
            now=now,
            settle=self._settle,
            alerts=_alerts(objective, observation, now) if known else None,
            lost=bool(observation.down) or not observation.configured,
            consumed=observation.consumed,
            burn=_in_order(observation.burn),
            worst=_worst(observation),
            checks=_checks(objective, mitigations, seen) if lively else (),
            mitigations=mitigations,
            notes=parent["metadata"].get("annotations", {}),
            gathered=self._gathered(old, observation),
            exported=self._bystander.exported(key) if self._bystander else {},
        )
        record = advance(old, sight)
        if self._bystander is not None and record.incidents:
            self._bystander.planned(objective, record.incidents)
        return record

    def concerned(self, change: Change, seen: Seen) -> list[Key]:
        """SLOs in trouble that a check or a Mitigation has news for."""
        if change.resource not in {SYNTHETIC_CHECK, MITIGATION} or _news(change.old) == _news(change.new):
            return []
        found = [key for key in self._lively if key.namespace == change.namespace]
        return [key for key in found if seen.get(SLO, key.namespace, key.name) is not None]

    def forget(self, key: Key) -> None:
        """The SLO is gone."""
        self._lively.discard(key)

    def _gathered(self, old: Sequence[Mapping[str, Any]], observation: Observation) -> dict[str, Gathered]:
        if self._bystander is None or not old or "evidence" in old[0]:
            return {}
        found = self._bystander.gathered(old[0]["id"])
        if found is None:
            return {}
        # Recorded figures of the past are no measure for exact ones of now.
        same = observation.source == "Recorded"
        return {old[0]["id"]: found if same else replace(found, consumed_before=None)}


def _news(one: object) -> object:
    """What of a check or a Mitigation may be a fact."""
    if not isinstance(one, dict):
        return None
    status = one.get("status", {})
    history = status.get("history") or [{}]
    run = status.get("lastRun", {})
    moments = tuple(status.get(name) for name in ("appliedAt", "verifiedAt", "needsHuman"))
    return run.get("id"), run.get("outcome"), history[-1].get("seq"), moments


def _alerts(objective: Objective, seen: Observation, now: datetime) -> Alerts:
    """What fires. A rule that was never loaded says nothing, and neither does one without data.

    As of now: the time of an observation may be that of exact figures, which are older than its alerts.
    """
    measured = bool(seen.total_present) and seen.loaded_hash is not None
    firing = tuple(_firing(objective, one) for one in seen.alerts if one.firing)
    return Alerts(firing, now, measured)


def _firing(objective: Objective, alert: SeenAlert) -> FiringAlert:
    tier = next((one for one in objective.tiers if one.name == alert.tier), None)
    kind: AlertKind = "NoData" if alert.tier == "NoData" else "Other"
    sev: Sev = "sev1" if alert.tier in {"NoData", _EXHAUSTED} else "sev2"
    alertname = names.ALERT_NO_DATA if alert.tier == "NoData" else names.ALERT_CONSUMED
    if tier is not None:
        kind, sev = ("Page" if tier.page else "Ticket"), tier.sev
        alertname = names.ALERT_PAGE if tier.page else names.ALERT_TICKET
    elif alert.tier == _EXHAUSTED:
        alertname = names.ALERT_EXHAUSTED
    elif alert.tier == "Ineffective":
        alertname = names.ALERT_INEFFECTIVE
    if objective.policy is not None:
        sev = objective.policy.sev(alert.tier, sev)
    return FiringAlert(alert.tier, alertname, kind, sev, alert.since)


def _subject(objective: Objective, parent: Manifest) -> Subject:
    return Subject(
        parent["metadata"]["uid"],
        objective.namespace,
        objective.name,
        objective.service,
        owner=_owner(objective, parent["metadata"]),
        grouped=bool(objective.group_by),
    )


def _owner(objective: Objective, metadata: Mapping[str, Any]) -> str | None:
    """Annotation or label ``owner`` or ``team``, a label of its alerts, else its AlertPolicy."""
    for labels in (metadata.get("annotations", {}), metadata.get("labels", {}), objective.alert_labels):
        for name in _OWNERS:
            if labels.get(name):
                return f"{name} {labels[name]}"[:256]
    return f"AlertPolicy {objective.policy.label}" if objective.policy else None


def _in_order(burn: Mapping[str, float]) -> dict[str, float]:
    return {window: burn[window] for window in sorted(burn, key=Duration.parse)}


def _worst(seen: Observation) -> tuple[tuple[str, float], ...]:
    groups = seen.groups.worst if seen.groups else ()
    return tuple((", ".join(f"{name}={value}" for name, value in one.labels), one.consumed) for one in groups)


def _mitigations(objective: Objective, seen: Seen) -> tuple[Manifest, ...]:
    found = (one for one in seen.all(MITIGATION, objective.namespace) if concerns(one, objective.name))
    return tuple(sorted(found, key=lambda one: str(one["metadata"]["name"])))


def _checks(objective: Objective, mitigations: Iterable[Manifest], seen: Seen) -> tuple[Manifest, ...]:
    """Checks that have to do with the SLO: the one it is about, those that verify its Mitigations, and those
    labelled with its service."""
    named = {one["spec"].get("verify", {}).get("check") for one in mitigations} | {objective.check}
    found = (
        one
        for one in seen.all(SYNTHETIC_CHECK, objective.namespace)
        if one["metadata"]["name"] in named or _is_about(one["metadata"].get("labels", {}), objective.service)
    )
    return tuple(sorted(found, key=lambda one: str(one["metadata"]["name"])))


def _is_about(labels: Mapping[str, str], service: str) -> bool:
    return any(labels.get(name) == service for name in _SERVICES)
