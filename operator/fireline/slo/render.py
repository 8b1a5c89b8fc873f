"""One SLO → the PrometheusRule the operator writes, and the plain rule file ``render`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fireline.api.labels import (
    ALERT_LABELS,
    MAINTENANCE,
    RENDERER,
    SLO_WINDOW,
    SOURCE,
    SPEC_HASH,
    TIER_WINDOWS,
)
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE
from fireline.api.zones import zones
from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.alerts import page_alerts, ticket_alerts
from fireline.slo.composite import composite_rules
from fireline.slo.deferral import fingerprint
from fireline.slo.model import Objective
from fireline.slo.period import SLOWindow
from fireline.slo.recording import recording_rules, slice_rules
from fireline.slo.windows import Wanted


def render_rule(
    objective: Objective, rule_labels: dict[str, str] | None = None, *, at: float = 0
) -> Manifest:
    """The PrometheusRule of one SLO, without what the engine stamps on every child.

    ``rule_labels`` are the source's: they win over labels copied from the SLO, because Prometheus
    selects rules by them. ``at`` is the Unix time as of which maintenance and calendar periods are
    written down; an SLO without either renders the same at any time.
    """
    groups = render_groups(objective, at=at)
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": names.rule_name(objective.name),
            "namespace": objective.namespace,
            "labels": {**objective.copied_labels, **(rule_labels or {})},
            "annotations": {
                ALERT_LABELS: _alert_labels(objective, groups),
                RENDERER: names.RENDERER_VERSION,
                SLO_WINDOW: str(objective.window),
                SOURCE: objective.source,
                SPEC_HASH: objective.spec_hash,
                **_further(wanted(objective)),
            },
        },
        "spec": {"groups": groups},
    }


def _alert_labels(objective: Objective, groups: list[Manifest]) -> str:
    rules = (rule for group in groups for rule in group["rules"])
    return fingerprint(rules, objective.group_by if objective.alert_per_group else ())


def render_groups(objective: Objective, *, at: float) -> list[Manifest]:
    """The rule groups of one SLO.

    A colon cannot stand in the name of an SLO: no group takes the name of another SLO's.
    """
    name = names.rule_name(objective.name)
    interval = names.RAW_INTERVAL if objective.composite is None else names.COMPOSITE_INTERVAL
    rules = [*recording_rules(objective, at=at), *page_alerts(objective, at=at)]
    if objective.composite is not None:
        rules = [*composite_rules(objective, _burn_windows(objective), at=at), *rules]
    groups = [{"name": name, "interval": str(interval), "rules": rules}]
    if objective.timeslice is not None:
        slices = {"interval": str(objective.timeslice.length), "rules": slice_rules(objective)}
        groups.append({"name": f"{name}:slices", **slices})
    tickets = ticket_alerts(objective)
    if tickets:
        groups.append({"name": f"{name}:tickets", "interval": "1m", "rules": tickets})
    return groups


def _burn_windows(objective: Objective) -> tuple[Duration, ...]:
    standard = (*names.RAW_WINDOWS, *names.FAST_WINDOWS, *names.SLOW_WINDOWS)
    return tuple(sorted({*standard, *wanted(objective).tiers}))


def wanted(objective: Objective) -> Wanted:
    """What the SLO needs the shared windows of its namespace to record."""
    standard = {*names.RAW_WINDOWS, *names.FAST_WINDOWS, *names.SLOW_WINDOWS}
    own = {window for tier in objective.tiers for window in (tier.long, tier.short)} - standard
    return Wanted(objective.window, tuple(sorted(own)), bool(objective.maintenance))


def _further(wanted: Wanted) -> dict[str, str]:
    tiers = {TIER_WINDOWS: ",".join(map(str, wanted.tiers))} if wanted.tiers else {}
    return tiers | ({MAINTENANCE: "true"} if wanted.maintenance else {})


def declared(annotations: Mapping[str, str]) -> Wanted | None:
    """The :class:`Wanted` that a rule object in the cluster declares; None when it declares no window.

    One that a person changed to something else declares none either: the SLO it belongs to will set it
    right, and the other SLOs of the namespace go on meanwhile.
    """
    if SLO_WINDOW not in annotations:
        return None
    listed = annotations.get(TIER_WINDOWS, "")
    try:
        window = SLOWindow.parse(annotations[SLO_WINDOW])
        tiers = tuple(Duration.parse(text) for text in listed.split(",") if text)
    except PromQLError:
        return None
    sound = window.calendar is None or window.zone in zones()
    whole = not any(length.milliseconds % names.SLICE.milliseconds for length in (window.nominal, *tiers))
    if not sound or not whole:
        return None
    return Wanted(window, tiers, annotations.get(MAINTENANCE) == "true")


def plain_rules(rules: Iterable[Manifest]) -> Manifest:
    """Several PrometheusRules as one plain rule file, usable without Kubernetes.

    Group names of a file must be unique, so they carry their namespace.
    """
    return {
        "groups": [
            {**group, "name": f"{rule['metadata']['namespace']}/{group['name']}"}
            for rule in rules
            for group in rule["spec"]["groups"]
        ]
    }
