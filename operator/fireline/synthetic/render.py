"""A check → the CronJob that runs it. Pure; what the operator applies and ``fireline render`` prints.

Facts behind the choices (seen on Kubernetes 1.34): a Job's own deadline deletes the pod and with it the
message, so the pod has a shorter one; without a Job deadline a pod that cannot be scheduled would block
the check for ever under ``Forbid``; an unread result lives as long as its Job, which the history limits
say.
"""

from __future__ import annotations

import json
from hashlib import sha256

from fireline.api import labels
from fireline.api.plan import Key, Manifest
from fireline.api.resources import CRON_JOB, JOB, SYNTHETIC_CHECK
from fireline.api.stamp import labels_of
from fireline.api.synthetic_check import Container, Resources, SecretKeyRef, Variable
from fireline.settings import CheckSettings
from fireline.synthetic.classify_pod import CONTAINER
from fireline.synthetic.journey import ENV, env_name, journey, secret_variables
from fireline.synthetic.model import Check

USER = 65532
_REQUESTS = {"cpu": "20m", "memory": "64Mi"}
_LIMITS = {"memory": "192Mi"}
_TMP, _TMP_SIZE = "tmp", "64Mi"
"""An image of somebody else's may want to write there; all else of it is read-only."""
_NONCE_DIGITS = 10
_KEPT_SECONDS = 900


def key_of(check: Check) -> Key:
    """The key the check is planned under."""
    return Key(SYNTHETIC_CHECK.kind, check.namespace, check.name)


def render_cron_job(check: Check, settings: CheckSettings, *, uid: str | None, instance: str) -> Manifest:
    """The CronJob. ``uid`` is the check's, None when it was read from a file."""
    timing = check.timing
    return {
        "apiVersion": CRON_JOB.api_version,
        "kind": CRON_JOB.kind,
        "metadata": {"name": check.name, "namespace": check.namespace, "labels": _own_labels(check)},
        "spec": {
            "schedule": timing.cron,
            "timeZone": "Etc/UTC",
            "suspend": check.spec.suspend,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": timing.starting_deadline,
            "successfulJobsHistoryLimit": timing.history_limit,
            "failedJobsHistoryLimit": timing.history_limit,
            "jobTemplate": _job_template(check, settings, uid=uid, instance=instance),
        },
    }


def render_run_now(
    check: Check, settings: CheckSettings, *, uid: str, instance: str, cron_job_uid: str | None, nonce: str
) -> Manifest:
    """A Job outside of the schedule. Its name follows from ``nonce``: made twice it is still one run.

    ``cron_job_uid`` is None for a check of the prober, which has no CronJob.
    """
    template = _job_template(check, settings, uid=uid, instance=instance)
    metadata = template["metadata"]
    return {
        "apiVersion": JOB.api_version,
        "kind": JOB.kind,
        "metadata": {
            **metadata,
            "name": run_now_name(check.name, uid, nonce),
            "namespace": check.namespace,
            "annotations": {
                **metadata.get("annotations", {}),
                labels.TRIGGER: "Manual",
                labels.RUN_NOW: nonce[:64],
                "cronjob.kubernetes.io/instantiate": "manual",
            },
            "ownerReferences": [_owner(check, uid, cron_job_uid)],
        },
        "spec": template["spec"] | ({} if cron_job_uid else {"ttlSecondsAfterFinished": _KEPT_SECONDS}),
    }


def _owner(check: Check, uid: str, cron_job_uid: str | None) -> Manifest:
    """The CronJob, whose history limits clear the Job away with the others; or the check itself.

    Its controller does not take the Job for one of its own: a scheduled run may start beside it.
    """
    resource = CRON_JOB if cron_job_uid else SYNTHETIC_CHECK
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "name": check.name,
        "uid": cron_job_uid or uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def run_now_name(check: str, uid: str, nonce: str) -> str:
    """Name of the Job for one value of the annotation, on one check."""
    return f"{check}-{sha256(f'{uid}/{nonce}'.encode()).hexdigest()[:_NONCE_DIGITS]}"


def _own_labels(check: Check) -> dict[str, str]:
    found = {labels.CHECK: check.name}
    return found | ({labels.LOCATION: check.spec.location} if check.spec.location else {})


def _job_template(check: Check, settings: CheckSettings, *, uid: str | None, instance: str) -> Manifest:
    all_labels = _own_labels(check) | labels_of(key_of(check), uid, instance)
    own = {"annotations": {labels.OWN_IMAGE: "true"}} if check.custom else {}
    return {
        "metadata": {"labels": all_labels, **own},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": check.job_seconds,
            "template": {"metadata": {"labels": all_labels}, "spec": _pod(check, settings)},
        },
    }


def _pod(check: Check, settings: CheckSettings) -> Manifest:
    own = check.spec.container
    pull_secrets = settings.image_pull_secrets if own is None else own.image_pull_secrets or ()
    placement = check.spec.placement
    pod: Manifest = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": check.pod_seconds,
        "terminationGracePeriodSeconds": check.grace_seconds,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
            **({"runAsUser": USER, "runAsGroup": USER} if own is None else {}),
        },
        "containers": [_container(check, settings)],
        "volumes": [] if own is None else [{"name": _TMP, "emptyDir": {"sizeLimit": _TMP_SIZE}}],
        "imagePullSecrets": [{"name": name} for name in pull_secrets],
        "nodeSelector": placement.node_selector,
        "tolerations": [
            one.model_dump(by_alias=True, exclude_none=True) for one in placement.tolerations or ()
        ],
    }
    return {name: value for name, value in pod.items() if value not in (None, [], {})}


def _container(check: Check, settings: CheckSettings) -> Manifest:
    resources = check.spec.resources
    return {
        "name": CONTAINER,
        **(_probe(check, settings) if check.spec.container is None else _own(check, check.spec.container)),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "resources": {
            "requests": requests_of(resources),
            "limits": limits_of(resources),
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def requests_of(resources: Resources) -> dict[str, str]:
    """What is kept free for the pod."""
    return _REQUESTS | (resources.requests or {})


def limits_of(resources: Resources) -> dict[str, str]:
    """The most the pod may use."""
    return _LIMITS | (resources.limits or {})


def _probe(check: Check, settings: CheckSettings) -> Manifest:
    told = journey(check.spec, namespace=check.namespace, name=check.name, refuse=settings.refuse)
    secrets = secret_variables(check.spec.variables or ())
    return {
        "image": settings.image or "",
        "imagePullPolicy": settings.image_pull_policy,
        "command": ["python3", "-m", "fireline.synthetic.engine.pod"],
        "env": [
            {"name": ENV, "value": as_env(json.dumps(told, separators=(",", ":"), ensure_ascii=False))},
            *(_from_secret(env_name(name), ref) for name, ref in secrets),
        ],
    }


def _own(check: Check, container: Container) -> Manifest:
    variables = {one.name: one for one in check.spec.variables or ()}
    env = [_given(entry.name, variables[entry.variable]) for entry in container.env or ()]
    told: Manifest = {
        "image": container.image,
        "command": container.command,
        "args": container.args,
        "env": env,
        "volumeMounts": [{"name": _TMP, "mountPath": "/tmp"}],  # noqa: S108 - of the container
    }
    return {name: value for name, value in told.items() if value}


def as_env(text: str) -> str:
    """A value as it must be written: the kubelet would put other variables in place of ``$(NAME)``."""
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def _given(name: str, variable: Variable) -> Manifest:
    if variable.secret_key_ref is not None:
        return _from_secret(name, variable.secret_key_ref)
    return {"name": name, "value": as_env(variable.value or "")}


def _from_secret(name: str, ref: SecretKeyRef) -> Manifest:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": ref.name, "key": ref.key}}}
