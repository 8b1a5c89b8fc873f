"""Alerts that a policy has besides its rules: the heartbeat, and the levels of mode Rules.

Called by ``compile``. Values known here are written in: labels that a rule adds are not visible to its
annotation templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fireline.alerting import names
from fireline.alerting.model import Step
from fireline.api.belonging import correlation_id, filled
from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from fireline.promql.expr import selector

INTERVAL = "30s"
_KEPT = ("escalated", "slo", "service", "slo_tier", "sev")
Pending = Mapping[str, int]
"""Seconds of ``for`` of the policy's own alerts, by name; alerts of SLOs have none."""


def own_group(
    policy: str,
    namespace: str,
    *,
    heartbeat: bool,
    steps: Sequence[Step],
    pending: Pending,
    runbook: str | None,
) -> list[Manifest]:
    """The rule group of heartbeats and escalation levels; empty when there is neither."""
    label = f"{namespace}/{policy}"
    rules = [_heartbeat(namespace, label, runbook)] if heartbeat else []
    rules += [_level(namespace, label, step, pending, runbook) for step in steps]
    name = f"{names.config_name(policy)}:own"
    return [{"name": name, "interval": INTERVAL, "rules": rules}] if rules else []


def _heartbeat(namespace: str, label: str, runbook: str | None) -> Manifest:
    return _alert(
        names.ALERT_HEARTBEAT,
        "vector(1)",
        namespace=namespace,
        label=label,
        labels={"severity": "none"},
        summary=f"Alerting for {label} works",
        description=(
            "This alert always fires. Whoever receives it should raise the alarm when it stops coming: then "
            "Prometheus, Alertmanager or the way between them is broken."
        ),
        runbook=runbook,
    )


def _level(namespace: str, label: str, step: Step, pending: Pending, runbook: str | None) -> Manifest:
    after = Duration(step.after * 1000)
    return _alert(
        names.ALERT_ESCALATION,
        "\nor\n".join(_due(label, step, pending)),
        namespace=namespace,
        label=label,
        labels={"severity": "critical", names.LEVEL: str(step.number)},
        summary=(
            f"{{{{ $labels.escalated }}}} of {label} fires for {after} and longer"
            f"{{{{ if $labels.slo }}}} (SLO {namespace}/{{{{ $labels.slo }}}}){{{{ end }}}}"
        ),
        description=(
            f"Level {step.number} of the escalation: told because the alert still fires {after} after it "
            f"began. A silence of the first alert does not stop this one; silence it by alert_policy."
        ),
        runbook=runbook,
    )


def _due(label: str, step: Step, pending: Pending) -> Iterable[str]:
    """One expression for alerts without ``for``, and one for each length of it.

    ALERTS_FOR_STATE is the time the alert became pending; it fires ``for`` later.
    """
    by_length: dict[int, list[str]] = {}
    for name, seconds in pending.items():
        if seconds:
            by_length.setdefault(seconds, []).append(name)
    sevs = "|".join(step.sevs)
    waiting = [name for found in by_length.values() for name in found]
    not_ours = "|".join([*names.GENERATED, *sorted(waiting)])
    yield _since(label, f'alertname!~"{not_ours}",sev=~"{sevs}"', step.after)
    for seconds, found in sorted(by_length.items()):
        yield _since(label, f'alertname=~"{"|".join(sorted(found))}",sev=~"{sevs}"', step.after + seconds)


def _since(label: str, matchers: str, seconds: int) -> str:
    policy = selector("", {"alert_policy": label})[1:-1]
    age = f"time() - ALERTS_FOR_STATE{{{policy},{matchers}}} >= {seconds}"
    named = f'label_replace({age}, "escalated", "$1", "alertname", "(.*)")'
    return f"max by ({', '.join(_KEPT)}) ({named})"


def _alert(
    name: str,
    expr: str,
    *,
    namespace: str,
    label: str,
    labels: Mapping[str, str],
    summary: str,
    description: str,
    runbook: str | None,
) -> Manifest:
    annotations = {"summary": summary, "description": description}
    if runbook:
        values = {"namespace": namespace, "alertname": name.lower()}
        annotations["runbook_url"] = filled(runbook, values)
    annotations["correlation_id"] = correlation_id(label, namespace, name)
    return {
        "alert": name,
        "expr": expr,
        "labels": {"namespace": namespace, "alert_policy": label, **labels},
        "annotations": annotations,
    }
