"""What to do about each step of an SLO that is not fulfilled, and what to type next: two tables.

Placeholders: ``{name}``, ``{ns}`` of the SLO, ``{rule}`` and ``{windows}`` of its PrometheusRules.
Read by :mod:`fireline.cli.explaining.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping

Advice = tuple[tuple[str, ...], tuple[str, ...]]
"""Sentences, and commands."""

_VALIDATE = "kubectl get slo {name} -n {ns} -o yaml | fireline validate -"
_ASK = "kubectl get slo {name} -n {ns} -o yaml | fireline validate - --prometheus URL"
_DESCRIBE = "kubectl describe slo {name} -n {ns}"
_AGAIN = "fireline explain slo/{name} -n {ns} --prometheus URL"
_SELECTORS = (
    "kubectl get prometheuses -A -o custom-columns="
    "NS:.metadata.namespace,NAME:.metadata.name,RULES:.spec.ruleSelector,NAMESPACES:.spec.ruleNamespaceSelector"
)
_LABELS = "kubectl get prometheusrules {rule} {windows} -n {ns} --show-labels"
_NAMESPACE = "kubectl get namespace {ns} --show-labels"
_RULE_EVENTS = "kubectl describe prometheusrule {rule} -n {ns}"
_OPERATOR = "kubectl get pods -A -l app.kubernetes.io/name=prometheus-operator"

_BY_REASON: Mapping[tuple[str, str], Advice] = {
    ("Seen", "Fresh"): (("wait a few seconds and ask again",), ("fireline explain slo/{name} -n {ns}",)),
    ("Seen", "OlderGeneration"): (
        ("if it stays so for a minute, no operator is at work: look at its pod and its log",),
        ("kubectl get pods -A | grep fireline", "kubectl get leases -A | grep fireline"),
    ),
    ("Selected", "NotSelected"): (
        (
            "set the labels that are asked for as rule_labels of the source in the operator's settings",
            "where it is the namespace that lacks a label, label it",
        ),
        (_SELECTORS, _LABELS, _NAMESPACE),
    ),
    ("RulesLoaded", "Deferred"): (
        (
            "nothing: it is written when the alert that fires has resolved, or after six hours",
            "written at once, Prometheus would page anew; where that does not matter:",
        ),
        ("kubectl annotate slo {name} -n {ns} fireline.dev/apply-now=true",),
    ),
    ("RulesLoaded", "WindowsNotLoaded"): (
        ("the shared rules of the namespace are missing or refused: their events say why",),
        ("kubectl describe prometheusrule {windows} -n {ns}", _OPERATOR),
    ),
    ("RulesLoaded", "LoadFailed"): (
        ("the message is Prometheus' own; what fails in evaluation is mostly a query of the spec",),
        (_ASK,),
    ),
    ("RulesLoaded", "NoSource"): (
        ("give the source a URL in the operator's settings: sources.<name>.urls",),
        (_AGAIN,),
    ),
    ("DataPresent", "NoPartSeries"): (
        ("compare the metric and the labels (for latency: the bucket bound) with what is scraped",),
        (_ASK,),
    ),
    ("DataPresent", "Maintenance"): (("nothing is counted during maintenance, and that is meant",), ()),
    ("BudgetHealthy", "Burning"): (
        ("the page is right: users are failing now. Runbook: SLOErrorBudgetBurnPage",),
        ("fireline status -n {ns} -w",),
    ),
    ("BudgetHealthy", "Exhausted"): (
        ("follow your error budget policy: reliability before features until budget is back",),
        ("fireline status -n {ns}",),
    ),
    ("FiguresAgree", "Drift"): (
        ("the exact figure is the one to trust: raw history was counted for it",),
        (_AGAIN,),
    ),
    ("FiguresAgree", "NotComparable"): (
        ("raw history is shorter than the window or has gaps: recorded figures are all there is",),
        (_AGAIN,),
    ),
}

_BY_STEP: Mapping[str, Advice] = {
    "Seen": (
        ("is an operator running, does it watch this namespace (watch_namespaces), and may it write?",),
        ("kubectl get pods -A | grep fireline", "kubectl get leases -A | grep fireline"),
    ),
    "Valid": (
        ("change the spec at the path that is named; the last good rules stay until then",),
        (_VALIDATE,),
    ),
    "Written": (
        ("the operator writes both; the condition Ready and the events say what keeps it from doing so",),
        ("kubectl get prometheusrules {rule} {windows} -n {ns} -o yaml", _DESCRIBE),
    ),
    "Selected": (
        ("nobody with the rights to look has said whether a Prometheus picks these rules",),
        (_SELECTORS, _LABELS),
    ),
    "RulesLoaded": (
        (
            "prometheus-operator, the kubelet and Prometheus take up to two minutes to load a rule",
            "after that look at the events of the rule and at the log of prometheus-operator",
            "it drops a whole PrometheusRule for one rule it refuses",
        ),
        (_RULE_EVENTS, _OPERATOR, _AGAIN),
    ),
    "DataPresent": (
        ("ask Prometheus for the series themselves: metric name, labels, and whether the target is scraped",),
        (_ASK, _AGAIN),
    ),
    "BudgetHealthy": (("figures come with the data: see the steps above",), (_AGAIN,)),
    "FiguresAgree": (
        ("nothing to do yet: the comparison comes when recorded history covers the window, in turn",),
        (),
    ),
}


def advice(step: str, reason: str) -> Advice:
    """Sentences and commands for a step that is not fulfilled, as templates."""
    return _BY_REASON.get((step, reason)) or _BY_STEP[step]
