"""What to do about each step of an AlertPolicy that is not fulfilled, and what to type next: two tables.

Placeholders: ``{name}``, ``{ns}`` of the policy, ``{config}`` of what it writes, ``{alertmanager}`` its entry
in the settings. Read by :mod:`fireline.cli.explaining.policy_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.cli.explaining.advice import Advice

_AGAIN = "fireline explain ap/{name} -n {ns}"
_VALIDATE = "kubectl get ap {name} -n {ns} -o yaml | fireline validate -"
_DESCRIBE = "kubectl describe ap {name} -n {ns}"
_SELECTORS = (
    "kubectl get alertmanagers -A -o custom-columns="
    "NS:.metadata.namespace,NAME:.metadata.name,CONFIGS:.spec.alertmanagerConfigSelector,"
    "NAMESPACES:.spec.alertmanagerConfigNamespaceSelector,SECRET:.spec.configSecret,MOUNTS:.spec.secrets"
)
_LABELS = "kubectl get alertmanagerconfigs,prometheusrules {config} -n {ns} --show-labels"
_NAMESPACE = "kubectl get namespace {ns} --show-labels"
_CONFIG_EVENTS = "kubectl describe alertmanagerconfig {config} -n {ns}"
_OPERATOR = "kubectl get pods -A -l app.kubernetes.io/name=prometheus-operator"
_KEYS = "kubectl describe secret NAME -n {ns}"
_TEST = "fireline test-alert {name} -n {ns}"

_BY_REASON: Mapping[tuple[str, str], Advice] = {
    ("Seen", "Fresh"): (("wait a few seconds and ask again",), (_AGAIN,)),
    ("Seen", "OlderGeneration"): (
        ("if it stays so for a minute, no operator is at work: look at its pod and its log",),
        ("kubectl get pods -A | grep fireline", "kubectl get leases -A | grep fireline"),
    ),
    ("Selected", "NotSelected"): (
        (
            "labels of routes: set them as config_labels of alertmanagers.{alertmanager} in the settings",
            "labels of the policy's own rules: set them as rule_labels of the source in the settings",
            "a label of the namespace: label it; a Secret: add it to spec.secrets of the Alertmanager",
        ),
        (_SELECTORS, _LABELS, _NAMESPACE),
    ),
    ("Selected", "NoAlertmanagerObject"): (
        (
            "name the right one in the settings: alertmanagers.{alertmanager}.name and .namespace",
            "without prometheus-operator nobody merges these routes",
        ),
        ("kubectl get alertmanagers -A",),
    ),
    ("SecretsResolved", "SecretMissing"): (
        ("create the Secret that is named, with its key, in this namespace; nobody need restart anything",),
        ("kubectl create secret generic NAME -n {ns} --from-file=KEY=FILE",),
    ),
    ("SecretsResolved", "SecretKeyMissing"): (
        ("add the key to the Secret, or name one that it has; this lists keys and shows no value",),
        (_KEYS,),
    ),
    ("SecretsResolved", "SecretUnusable"): (
        ("write the value anew, without a line break at its end: printf, not echo",),
        ("printf %s VALUE | kubectl create secret generic NAME -n {ns} --from-file=KEY=/dev/stdin",),
    ),
    ("SecretsResolved", "Forbidden"): (
        (
            "to have Secrets checked, let the operator get them here: the Role is in docs/reference/rbac.md",
            "without it all else works",
        ),
        (_KEYS,),
    ),
    ("RoutesLoaded", "Deferred"): (
        (
            "nothing: it is written when the incidents are over, or after six hours",
            "written at once, open incidents would be orphaned or told twice; where that does not matter:",
        ),
        ("kubectl annotate ap {name} -n {ns} fireline.dev/apply-now=true",),
    ),
    ("RoutesLoaded", "NotLoaded"): (
        (
            "prometheus-operator leaves an AlertmanagerConfig out for one thing it refuses",
            "its events and the log of prometheus-operator say which",
            "does its Secret exist, and does an Alertmanager select it? See the steps above",
        ),
        (_CONFIG_EVENTS, _OPERATOR),
    ),
    ("RoutesLoaded", "Pending"): (
        ("prometheus-operator, the kubelet and Alertmanager take up to two minutes to load a change",),
        (_AGAIN,),
    ),
    ("RoutesLoaded", "NoAlertmanager"): (
        ("give its URLs in the operator's settings, every replica: alertmanagers.{alertmanager}.urls",),
        (),
    ),
    ("RoutesLoaded", "AlertmanagerUnreachable"): (
        (
            "is it up, and are alertmanagers.{alertmanager}.urls right?",
            "does a NetworkPolicy let the operator in?",
        ),
        ("kubectl get pods -A -l app.kubernetes.io/name=alertmanager",),
    ),
    ("EscalationBounded", "ByProvider"): (
        ("look at the escalation policy there: who comes next, after how long, and what if nobody?",),
        (_TEST,),
    ),
    ("EscalationBounded", "WaitsForHours"): (
        (
            "a severity that must reach someone at night needs no hours, or outsideHours with who is awake",
            "or leave that severity out of the escalation: spec.escalation.severities",
        ),
        (),
    ),
    ("RunbooksPresent", "RunbookMissing"): (
        (
            "set spec.runbookURL for all, or runbookURL of the rule, or alerting.runbookURL of the SLO",
            "a page without a runbook costs minutes at night; docs/runbooks has pages to begin with",
        ),
        (),
    ),
}

_BY_STEP: Mapping[str, Advice] = {
    "Seen": (
        ("is an operator running, does it watch this namespace (watch_namespaces), and may it write?",),
        ("kubectl get pods -A | grep fireline", "kubectl get leases -A | grep fireline"),
    ),
    "Valid": (
        ("change the spec at the path that is named; the last good routes stay until then",),
        (_VALIDATE,),
    ),
    "Written": (
        ("the operator writes it; the condition Ready and the events say what keeps it from doing so",),
        ("kubectl get alertmanagerconfigs,prometheusrules {config} -n {ns}", _DESCRIBE),
    ),
    "Selected": (
        ("nobody with the rights to look has said whether an Alertmanager takes these routes",),
        (_SELECTORS, _LABELS),
    ),
    "SecretsResolved": (("the operator looks at Secrets once a minute: ask again",), (_AGAIN,)),
    "RoutesLoaded": (("the steps above come first; then ask again",), (_CONFIG_EVENTS, _AGAIN)),
    "EscalationBounded": (("it follows from the steps above",), (_AGAIN,)),
    "RunbooksPresent": (("it follows from the steps above",), (_AGAIN,)),
}


def advice(step: str, reason: str) -> Advice:
    """Sentences and commands for a step that is not fulfilled, as templates."""
    return _BY_REASON.get((step, reason)) or _BY_STEP[step]
