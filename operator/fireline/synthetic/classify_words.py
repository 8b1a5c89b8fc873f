"""What Kubernetes calls the reasons why a run measured nothing, and what a person can do about each.

The words on the left are those of Kubernetes 1.34's own sources: the kubelet's waiting reasons and pod
reasons, the scheduler's, and the ``DisruptionTarget`` reasons of whoever removes pods. Used by
``fireline.synthetic.classify``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fireline.synthetic.fields import REASON
from fireline.synthetic.text import readable

_DETAIL = 320

WAITING: Mapping[str, str] = {
    "ErrImagePull": "the image cannot be pulled; check its name, the registry and imagePullSecrets",
    "ErrImageNeverPull": "the image is not on the node and must not be pulled; load it, or change the policy",
    "InvalidImageName": "the image's name is none; correct it",
    "ImageInspectError": "the node cannot read the image; look at the node's container runtime",
    "RegistryUnavailable": "the registry does not answer; the pod waits for it",
    "SignatureValidationFailed": "the image's signature is not accepted; sign it, or change the policy",
    "MissingSecret": "a Secret or a key of it is missing; make it, or correct spec.variables",
    "RunsAsRoot": "the image runs as root, which checks must not; give it a USER with a number",
    "CreateContainerConfigError": "the container cannot be set up; look at the events of the pod",
    "CreateContainerError": "the container runtime does not make the container; look at the pod's events",
    "RunContainerError": "the container runtime does not start the container; look at the pod's events",
    "Unschedulable": "no node takes the pod; look at placement, resources and the nodes",
    "SchedulingGated": "something holds the pod back from being scheduled: its schedulingGates",
    "SchedulerError": "the scheduler failed on the pod; look at its events",
    "NoPod": "no pod was made for the Job; a quota, a webhook or pod security refuses it as a rule: "
    "look at the events of the Job",
    "PodSecurity": "the namespace's pod security refuses the pod; allow it, or run the check elsewhere",
    "QuotaExceeded": "the namespace's quota is used up; raise it, or lower spec.resources",
    "AdmissionRefused": "an admission webhook or policy refuses the pod; ask whoever runs it, or change the "
    "check",
    "InitContainer": "a container that something injected before the check does not start",
    "Creating": "the node is still making the pod ready; look at the pod's events",
    "JobSuspended": "somebody suspended the Job; the check waits until it goes on",
}
"""Why a run does not start."""

LOST: Mapping[str, str] = {
    "OOMKilled": "it needed more memory than its limit; raise spec.resources.limits.memory",
    "DeadlineExceeded": "it was still running at its deadline and was stopped without a result",
    "NeverStarted": "it did not start before its deadline; look at the events of its Job and its pod",
    "Evicted": "the node was short of something and removed the pod",
    "Preempted": "a pod of higher priority took its place",
    "NodeShutdown": "the node shut down",
    "NodeLost": "the node is gone or does not answer",
    "NodeRefused": "the node did not take the pod after all",
    "StartError": "the container could not be started; check command and image",
    "InitContainerFailed": "a container that something injected before the check failed",
    "PodDeleted": "somebody deleted the pod before it was done",
    "PodLost": "the Job is over but its pod, and the result, are gone; the cluster removed it early",
    "JobDeleted": "somebody deleted the Job before it was done",
    "JobFailed": "the Job failed and its pod, and the result, are gone",
    "NoMessage": "it ended without a result",
    "MalformedMessage": "what it wrote is no result",
    "OversizedMessage": "it wrote more than the 4096 bytes of which the kubelet keeps the last",
    "ExitCode": "its exit code says nothing: 0 is success, 1 failure, 2 error",
}
"""Why a run ended without having measured anything."""

_SAME = {
    "ImagePullBackOff": "ErrImagePull",
    "ErrRegistryUnavailable": "RegistryUnavailable",
    "PreCreateHookError": "CreateContainerError",
    "PreStartHookError": "CreateContainerError",
    "PostStartHookError": "RunContainerError",
    "CrashLoopBackOff": "RunContainerError",
}
_POD_REASONS = {
    "Evicted": "Evicted",
    "Preempting": "Preempted",
    "DeadlineExceeded": "DeadlineExceeded",
    "NodeLost": "NodeLost",
    "Terminated": "NodeShutdown",
    "NodeShutdown": "NodeShutdown",
    "Shutdown": "NodeShutdown",
    "UnexpectedAdmissionError": "NodeRefused",
    "NodeAffinity": "NodeRefused",
    "NodeName": "NodeRefused",
    "NodePorts": "NodeRefused",
    "TaintToleration": "NodeRefused",
    "AppArmor": "NodeRefused",
    "PodOSNotSupported": "NodeRefused",
    "PodLevelResourcesNotSupported": "NodeRefused",
}
_DISRUPTIONS = {
    "PreemptionByScheduler": "Preempted",
    "DeletionByTaintManager": "NodeLost",
    "DeletionByPodGC": "NodeLost",
    "EvictionByEvictionAPI": "Evicted",
    "TerminationByKubelet": "Evicted",
}
_REFUSALS = (
    (re.compile(r"violates PodSecurity"), "PodSecurity"),
    (re.compile(r"exceeded quota|failed quota"), "QuotaExceeded"),
    (re.compile(r"admission webhook|denied (the )?request"), "AdmissionRefused"),
)
_SECRET = re.compile(r"secret \"[^\"]*\" not found|couldn't find key .* in (Secret|ConfigMap)")
_ROOT = re.compile(r"runAsNonRoot")


def waiting_reason(reason: str, message: str) -> str:
    """One word for why a container waits: the kubelet's own, told apart where it means several things."""
    if reason == "CreateContainerConfigError":
        if _SECRET.search(message):
            return "MissingSecret"
        if _ROOT.search(message):
            return "RunsAsRoot"
    return _SAME.get(reason, reason)


def pod_reason(reason: str) -> str | None:
    """One word for why a pod ended, or None when Kubernetes gave none that tells more than that."""
    if reason.startswith("OutOf"):
        return "NodeRefused"
    return _POD_REASONS.get(reason) or (reason if REASON.fullmatch(reason) else None)


def disruption(reason: str) -> str | None:
    """One word for why a pod was removed, from the reason of its condition ``DisruptionTarget``."""
    return _DISRUPTIONS.get(reason)


def refusal(message: str) -> str:
    """One word for why the API server refused the pod of a Job, from the event's text."""
    return next((reason for pattern, reason in _REFUSALS if pattern.search(message)), "NoPod")


def told(reason: str, detail: str) -> str:
    """What a reason means and what to do, followed by what Kubernetes said itself."""
    meaning = WAITING.get(reason) or LOST.get(reason) or ""
    detail = readable(" ".join(detail.split()), limit=_DETAIL)
    return f"{meaning} ({detail})" if meaning and detail else meaning or detail
