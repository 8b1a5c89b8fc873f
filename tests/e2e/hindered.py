"""Checks that something keeps from starting, in namespaces made for that. For test_deadlines.py."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.bed.images import BUSYBOX, FIRELINE
from tests.bed.kubeclient import ApiError, KubeClient, Manifest
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.e2e.asking import Checks, own_image

from fireline.api.resources import JOB

ABSENT_SECRET = {"name": "token", "secretKeyRef": {"name": "absent", "key": "token"}}
ABSENT_KEY = {"name": "token", "secretKeyRef": {"name": "present", "key": "absent"}}
NOWHERE = own_image("true", placement={"nodeSelector": {"disk": "none-has-this"}})
REFUSAL = "checks are not wanted here"
TAKEN_AWAY, FORCED, ENDLESS = "taken-away", "forced", "endless"
STEP = {"name": "health", "http": {"url": "http://127.0.0.1:1/"}}


@dataclass(frozen=True, slots=True)
class Case:
    """A check that does not start, and what is told about it.

    ``place``: which of the namespaces. ``within``: seconds of the deadline it meets, that of its pod once a
    node has taken it, else that of its Job.
    """

    name: str
    spec: dict[str, Any]
    reason: str
    words: tuple[str, ...]
    place: str = field(default="plain")
    within: int = 71


CASES = (
    Case(
        "nowhere",
        NOWHERE,
        "Unschedulable",
        ("look at placement, resources and the nodes", "didn't match Pod's node affinity/selector"),
        within=106,
    ),
    Case(
        "huge",
        own_image("true", resources={"requests": {"cpu": "999"}}),
        "Unschedulable",
        ("look at placement, resources and the nodes", "Insufficient cpu"),
        within=106,
    ),
    Case(
        "no-image",
        # Nobody listens there: no name leads out of the bed.
        own_image("true", image="localhost:9/checks/absent:1"),
        "ErrImagePull",
        ("check its name, the registry and imagePullSecrets", "localhost:9/checks/absent:1"),
    ),
    Case(
        "no-name",
        own_image("true", image="docker.io/Local/Upper:1"),
        "InvalidImageName",
        ("the image's name is none; correct it",),
    ),
    Case("root", own_image("true", image=BUSYBOX), "RunsAsRoot", ("give it a USER with a number",)),
    Case(
        "no-secret",
        {"steps": [STEP], "variables": [ABSENT_SECRET], "timeout": "1s"},
        "MissingSecret",
        ("make it, or correct spec.variables", 'secret "absent" not found'),
    ),
    Case(
        "no-key",
        {
            "timeout": "1s",
            "variables": [ABSENT_KEY],
            "container": {
                "image": FIRELINE,
                "command": ["true"],
                "env": [{"name": "TOKEN", "variable": "token"}],
            },
        },
        "MissingSecret",
        ("make it, or correct spec.variables", "couldn't find key absent"),
    ),
    Case(
        "quota",
        own_image("true"),
        "QuotaExceeded",
        ("raise it, or lower spec.resources", "exceeded quota: no-pods"),
        "quota",
        within=106,
    ),
    Case(
        "forbidden",
        own_image("true"),
        "AdmissionRefused",
        ("an admission webhook or policy refuses the pod", REFUSAL),
        "forbidden",
        within=106,
    ),
)


class Hindered:
    """Starts all of them, and remembers what is told of them while they wait."""

    def __init__(self, pods: World, namespace: Callable[[], str]) -> None:
        self._checks = {place: Checks(pods, namespace()) for place in ("plain", "quota", "forbidden")}
        client = pods.client
        client.apply(_secret(self._checks["plain"].namespace))
        client.apply(_quota(self._checks["quota"].namespace))
        for manifest in _policy(self._checks["forbidden"].namespace):
            client.apply(manifest)
        wait_for(lambda: _is_forbidden(client, self._checks["forbidden"].namespace), what="the policy holds")
        for case in CASES:
            self._checks[case.place].apply(case.name, case.spec)
        self._nonces = {
            place: checks.start(*(case.name for case in CASES if case.place == place))
            for place, checks in self._checks.items()
        }
        plain = self._checks["plain"]
        self._take_away(plain)
        plain.apply(ENDLESS, own_image("sleep", "600"))
        self._endless = plain.start(ENDLESS)[ENDLESS]
        self._watchers = ThreadPoolExecutor(len(self._checks) + 1)
        self._forced = self._watchers.submit(self._force, pods, plain)
        self._told = {
            place: self._watchers.submit(
                checks.waiting, {case.name: case.reason for case in CASES if case.place == place}
            )
            for place, checks in self._checks.items()
        }

    def _take_away(self, checks: Checks) -> None:
        """One whose Job is deleted before it has a result: nothing of it is left to be seen."""
        checks.apply(TAKEN_AWAY, NOWHERE)
        nonces = checks.start(TAKEN_AWAY)
        (job, *_) = wait_for(lambda: checks.jobs(TAKEN_AWAY), what="the Job")
        checks.client.delete(JOB, job["metadata"]["name"], checks.namespace)
        self._taken_away = nonces[TAKEN_AWAY]

    def taken_away(self) -> dict[str, Any]:
        """The run whose Job was deleted."""
        return self._checks["plain"].result(TAKEN_AWAY, self._taken_away)

    def _force(self, pods: World, checks: Checks) -> dict[str, Any]:
        """One whose pod is taken from the API server at once, whatever its node is at."""
        checks.apply(FORCED, own_image("sleep", "600", timeout="60s"))
        nonces = checks.start(FORCED)
        name = checks.running(FORCED)["metadata"]["name"]
        how = ("--grace-period=0", "--force", "--wait=false")
        pods.kubectl("delete", "pod", name, "-n", checks.namespace, *how)
        return checks.results(nonces, seconds=240)[FORCED]

    def forced(self) -> dict[str, Any]:
        """The run whose pod was deleted by force: no end of it is ever seen."""
        return self._forced.result()

    def endless(self) -> dict[str, Any]:
        """The run that does not end by itself."""
        return self._checks["plain"].result(ENDLESS, self._endless, seconds=180)

    def waiting(self) -> dict[str, dict[str, Any]]:
        """What the status told of each while it waited, by name."""
        return {name: told for one in self._told.values() for name, told in one.result().items()}

    def results(self) -> dict[str, dict[str, Any]]:
        """The runs, by name, once their pods or Jobs are past their deadlines."""
        return self._results

    @cached_property
    def _results(self) -> dict[str, dict[str, Any]]:
        return {
            name: run
            for place, checks in self._checks.items()
            for name, run in checks.results(self._nonces[place], seconds=180).items()
        }


def _secret(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "present", "namespace": namespace},
        "stringData": {"token": "t0ken"},
    }


def _quota(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "no-pods", "namespace": namespace},
        "spec": {"hard": {"pods": "0"}},
    }


def _is_forbidden(client: KubeClient, namespace: str) -> bool:
    """Whether a pod would be refused there: a policy is in force some time after it was made."""
    about = {"name": "try", "namespace": namespace}
    spec = {"containers": [{"name": "try", "image": FIRELINE}]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec}
    try:
        client.create(pod, params={"dryRun": "All"})
    except ApiError as error:
        return REFUSAL in str(error)
    return False


def _policy(namespace: str) -> list[Manifest]:
    """An admission policy that takes no pods in one namespace."""
    api = "admissionregistration.k8s.io/v1"
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    here = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    return [
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": namespace},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": rules},
                "validations": [{"expression": "false", "message": REFUSAL}],
            },
        },
        {
            "apiVersion": api,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": namespace},
            "spec": {
                "policyName": namespace,
                "validationActions": ["Deny"],
                "matchResources": {"namespaceSelector": here},
            },
        },
    ]
