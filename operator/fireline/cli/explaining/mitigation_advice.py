"""What to do about each step of a Mitigation that is not fulfilled, and what to type next.

Placeholders: ``{name}``, ``{ns}`` of the Mitigation, ``{rule}`` its PrometheusRule. Read by
:mod:`fireline.cli.explaining.mitigation_reading`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.cli.explaining.advice import Advice

_BY_STEP: Mapping[str, Advice] = {
    "Seen": (
        ("is an operator running, does it watch this namespace (watch_namespaces), and may it write?",),
        ("kubectl get pods -A | grep fireline", "kubectl get leases -A | grep fireline"),
    ),
    "Valid": (
        ("change the spec at the path that is named; what is in place is taken back as it was approved",),
        ("kubectl get mit {name} -n {ns} -o yaml | fireline validate -",),
    ),
    "Written": (
        ("the operator writes it; the condition Ready and the events say what keeps it from doing so",),
        ("kubectl get prometheusrule {rule} -n {ns} -o yaml", "kubectl describe mit {name} -n {ns}"),
    ),
    "Selected": (
        ("no Prometheus would load its alerts: nobody would be told that it needs a person",),
        ("kubectl get prometheusrule {rule} -n {ns} --show-labels",),
    ),
    "Permitted": (
        ("who administers the namespace gives its ServiceAccount what the message names; to look first:",),
        ("fireline rbac {name} -n {ns}", "fireline rbac {name} -n {ns} | kubectl apply -f -"),
    ),
}


def advice(step: str) -> Advice:
    """Sentences and commands for a step that is not fulfilled, as templates."""
    return _BY_STEP[step]
