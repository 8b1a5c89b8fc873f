"""What to do about each step of a SyntheticCheck that is not fulfilled, and what to type next: two tables.

Placeholders: ``{name}``, ``{ns}`` of the check, ``{rule}`` its PrometheusRule, ``{runs}`` what runs it
(``cronjob login``), ``{started}`` what it is about (``job login-29…``), ``{pods}`` the labels of its pods.
Read by :mod:`fireline.cli.explaining.check_steps`.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.cli.explaining.advice import Advice

_AGAIN = "fireline explain syn/{name} -n {ns}"
_VALIDATE = "kubectl get syn {name} -n {ns} -o yaml | fireline validate -"
_HERE = "kubectl get syn {name} -n {ns} -o yaml | fireline check run -"
_NOW = "kubectl annotate syn {name} -n {ns} --overwrite fireline.dev/run-now=$(date +%s)"
_DESCRIBE = "kubectl describe syn {name} -n {ns}"
_RUNS = "kubectl describe {runs} -n {ns}"
_JOB = "kubectl describe {started} -n {ns}"
_PODS = "kubectl describe pods -l {pods} -n {ns}"
_JOBS = "kubectl get jobs,pods -l {pods} -n {ns}"
_LOG = "kubectl logs {started} -n {ns}"
_OPERATOR = "kubectl get pods -A | grep fireline"
_LEASES = "kubectl get leases -A | grep fireline"
_SELECTORS = (
    "kubectl get prometheuses -A -o custom-columns="
    "NS:.metadata.namespace,NAME:.metadata.name,RULES:.spec.ruleSelector,NAMESPACES:.spec.ruleNamespaceSelector"
)
_LABELS = "kubectl get prometheusrule {rule} -n {ns} --show-labels"

_IMAGE: Advice = (
    (
        "the image for steps is checks.image of the operator's settings; one of your own is spec.container",
        "its registry may want credentials: checks.image_pull_secrets, or spec.container.imagePullSecrets",
    ),
    (_PODS, "kubectl get {runs} -n {ns} -o yaml | grep image"),
)
_NODES: Advice = (
    ("compare spec.placement and spec.resources with the nodes there are, their labels and taints",),
    (_PODS, "kubectl get nodes --show-labels"),
)
_REFUSED: Advice = (
    ("the namespace refuses the pod: the events of the Job say who, and why",),
    (_JOB, "kubectl get resourcequota,limitrange -n {ns}", "kubectl get namespace {ns} --show-labels"),
)
_OPERATOR_GONE: Advice = (
    ("no operator is at work: look at its pod and its log; runs go on, and are counted when it is back",),
    (_OPERATOR, _LEASES, _JOBS),
)

_BY_REASON: Mapping[tuple[str, str], Advice] = {
    ("Seen", "Fresh"): (("wait a few seconds and ask again",), (_AGAIN,)),
    ("Seen", "OlderGeneration"): (
        ("if it stays so for a minute, no operator is at work: look at its pod and its log",),
        (_OPERATOR, _LEASES),
    ),
    ("Valid", "NoImage"): (
        ("name the operator's own image in its settings, and start it anew",),
        ("kubectl get deployments -A -o wide | grep fireline",),
    ),
    ("Selected", "NotSelected"): (
        (
            "set the labels that are asked for as rule_labels of the source in the operator's settings",
            "where it is the namespace that lacks a label, label it",
            "until then the check runs and is counted, and its alerts reach nobody",
        ),
        (_SELECTORS, _LABELS, "kubectl get namespace {ns} --show-labels"),
    ),
    ("Selected", "NoPrometheusObject"): (
        ("a Prometheus without prometheus-operator loads a rule file: fireline render FILE --as rules",),
        (),
    ),
    ("Scheduled", "Suspended"): (
        ("somebody set spec.suspend; to have it run again:",),
        ('kubectl patch syn {name} -n {ns} --type merge -p \'{{"spec":{{"suspend":false}}}}\'',),
    ),
    **dict.fromkeys(
        [("Scheduled", name) for name in ("ErrImagePull", "ErrImageNeverPull", "InvalidImageName")], _IMAGE
    ),
    ("Scheduled", "MissingSecret"): (
        ("make the Secret with the key that is named, in this namespace; the pod starts by itself then",),
        (_PODS, "kubectl create secret generic NAME -n {ns} --from-file=KEY=FILE"),
    ),
    ("Scheduled", "RunsAsRoot"): (
        ("checks never run as root: give the image a USER, by number, that is not 0",),
        (_PODS,),
    ),
    ("Scheduled", "Unschedulable"): _NODES,
    **dict.fromkeys(
        [("Scheduled", name) for name in ("NoPod", "PodSecurity", "QuotaExceeded", "AdmissionRefused")],
        _REFUSED,
    ),
    ("Fresh", "StatusTooOld"): _OPERATOR_GONE,
    ("Fresh", "Pending"): (("wait for the first run, or start one now",), (_NOW, _AGAIN)),
    ("Fresh", "Suspended"): (("see Scheduled",), ()),
    ("Healthy", "Pending"): (("it follows from the first run; to start one now:",), (_NOW, _AGAIN)),
    ("Healthy", "NotStarted"): (("see Scheduled and Fresh: no run begins",), (_RUNS, _JOBS)),
    ("Healthy", "OOMKilled"): (
        ("raise spec.resources.limits.memory, or look at what makes the answers so large",),
        (_PODS,),
    ),
}

_BY_STEP: Mapping[str, Advice] = {
    "Seen": (
        ("is an operator running, does it watch this namespace (watch_namespaces), and may it write?",),
        (_OPERATOR, _LEASES),
    ),
    "Valid": (
        ("change the spec at the path that is named; until then the check goes on as it last was",),
        (_VALIDATE,),
    ),
    "Written": (
        ("the operator writes both; the condition Ready and the events say what keeps it from doing so",),
        ("kubectl get {runs} -n {ns}", _LABELS, _DESCRIBE),
    ),
    "Selected": (
        ("nobody with the rights to look has said whether a Prometheus picks the alerts of this check",),
        (_SELECTORS, _LABELS),
    ),
    "Scheduled": (
        ("its events and those of its pod say more",),
        (_JOB, _PODS),
    ),
    "Fresh": (
        (
            "see Scheduled first: what keeps a run from starting",
            "are Jobs made at all? That is done by the CronJob controller of the cluster",
        ),
        (_RUNS, _JOBS),
    ),
    "Healthy": (
        ("what was asked and answered stands below; run it here to see every step:",),
        (_HERE, _LOG),
    ),
}

_NOT_MEASURED: Advice = (
    ("the run ended without having measured anything; its pod and log say more, as long as they are kept",),
    (_PODS, _LOG),
)


def advice(step: str, reason: str, *, measured: bool) -> Advice:
    """Sentences and commands for a step that is not fulfilled, as templates.

    ``measured``: what is unhealthy is the target, not the run.
    """
    found = _BY_REASON.get((step, reason))
    if found is None and step == "Healthy" and not measured:
        return _NOT_MEASURED
    return found or _BY_STEP[step]
