"""SyntheticChecks in pods as users see them: apply, run now, read the status. For the tests here."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.bed.images import FIRELINE
from tests.bed.kubeclient import Manifest
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for

from fireline.api import labels
from fireline.api.resources import JOB, POD, SYNTHETIC_CHECK

NEVER = {"cron": "0 0 29 2 *"}
"""A schedule that does not come while a test runs: the test says when."""
EVERY_MINUTE = {"every": "1m"}
_nonces = count(1)


class Checks:
    """The checks of one namespace."""

    def __init__(self, pods: World, namespace: str) -> None:
        self.pods = pods
        self.client = pods.client
        self.namespace = namespace

    def apply(self, name: str, spec: Mapping[str, Any], **metadata: Any) -> Manifest:
        """Make a check, or change it. Without a schedule it runs when :meth:`start` says so."""
        return self.client.apply(
            {
                "apiVersion": SYNTHETIC_CHECK.api_version,
                "kind": SYNTHETIC_CHECK.kind,
                "metadata": {"name": name, "namespace": self.namespace, **metadata},
                "spec": {"schedule": NEVER, **spec},
            }
        )

    def start(self, *names: str) -> dict[str, str]:
        """Run each of these now, by the annotation; what it was set to, by name."""
        nonces = {name: f"e2e-{next(_nonces)}" for name in names}
        for name, nonce in nonces.items():
            patch = {"metadata": {"annotations": {labels.RUN_NOW: nonce}}}
            self.client.patch(SYNTHETIC_CHECK, name, self.namespace, patch)
        return nonces

    def status(self, name: str) -> dict[str, Any]:
        """Status of a check; empty while it has none."""
        found: dict[str, Any] = self.client.get(SYNTHETIC_CHECK, name, self.namespace).get("status", {})
        return found

    def statuses(self) -> dict[str, dict[str, Any]]:
        """Status of every check here, by name."""
        found = self.client.list(SYNTHETIC_CHECK, self.namespace)
        return {one["metadata"]["name"]: one.get("status", {}) for one in found}

    def result(self, name: str, nonce: str, *, seconds: float = 240) -> dict[str, Any]:
        """The run that :meth:`start` began, once it is in the status."""
        return wait_for(
            lambda: result_in(self.status(name), nonce), what=f"the result of {name}", seconds=seconds
        )

    def results(self, nonces: Mapping[str, str], *, seconds: float = 240) -> dict[str, dict[str, Any]]:
        """The runs of several checks, by name, once all are in the status."""
        found: dict[str, dict[str, Any]] = {}

        def missing() -> bool:
            statuses = self.statuses()
            for name, nonce in nonces.items():
                if (run := result_in(statuses[name], nonce)) is not None:
                    found[name] = run
            if left := nonces.keys() - found.keys():
                raise AssertionError(f"no result of { ({name: _trouble(statuses[name]) for name in left}) }")
            return True

        wait_for(missing, what="all results", seconds=seconds, every=0.3)
        return found

    def ran(self, *names: str, seconds: float = 240) -> dict[str, dict[str, Any]]:
        """Run these now, all at once, and wait for their results."""
        return self.results(self.start(*names), seconds=seconds)

    def waiting(self, reasons: Mapping[str, str], *, seconds: float = 240) -> dict[str, dict[str, Any]]:
        """Why each of these does not start, by name, once each was told with its reason."""
        found: dict[str, dict[str, Any]] = {}

        def missing() -> bool:
            told = {name: one["waiting"] for name, one in self.statuses().items() if "waiting" in one}
            found.update({name: one for name, one in told.items() if one["reason"] == reasons.get(name)})
            if left := reasons.keys() - found.keys():
                raise AssertionError(f"of {', '.join(sorted(left))} is told: {told}")
            return True

        wait_for(missing, what="why they wait", seconds=seconds, every=0.3)
        return found

    def pod(self, name: str) -> Manifest:
        """The newest pod of a check. Raises LookupError when there is none."""
        selector = f"{labels.OWNER_KIND}={SYNTHETIC_CHECK.kind},{labels.OWNER_NAME}={name}"
        found = self.client.list(POD, self.namespace, labels=selector)
        if not found:
            raise LookupError(f"no pod of {name}")
        return max(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def running(self, name: str, *, seconds: float = 240) -> Manifest:
        """The pod of a check, once its container runs."""

        def runs() -> Manifest | None:
            pod = self.pod(name)
            return pod if "running" in container_of(pod)["state"] else None

        return wait_for(runs, what=f"the container of {name} runs", seconds=seconds)

    def jobs(self, name: str) -> list[Manifest]:
        """The Jobs of a check that are there."""
        selector = f"{labels.OWNER_KIND}={SYNTHETIC_CHECK.kind},{labels.OWNER_NAME}={name}"
        return self.client.list(JOB, self.namespace, labels=selector)


def _trouble(status: Mapping[str, Any]) -> list[str]:
    """What keeps a check from being well, in its own words."""
    return [one["message"] for one in status.get("conditions", ()) if one["status"] == "False"]


def result_in(status: Mapping[str, Any], nonce: str) -> dict[str, Any] | None:
    """The run on demand in a status that was started by this value of the annotation."""
    manual = status.get("manual", {})
    if manual.get("nonce") != nonce or manual.get("state") != "Done":
        return None
    runs: list[dict[str, Any]] = [status.get("lastRun", {}), *status.get("history", ())]
    return next((run for run in runs if run.get("job") == manual["job"]), None)


def container_of(pod: Manifest) -> Manifest:
    """Status of the container of a pod that the run is about. Raises LookupError while there is none."""
    for one in pod.get("status", {}).get("containerStatuses", ()):
        if one["name"] == "check":
            found: Manifest = one
            return found
    raise LookupError(f"{pod['metadata']['name']} has no container yet")


def own_image(*command: str, image: str = FIRELINE, timeout: str = "1s", **spec: Any) -> dict[str, Any]:
    """Spec of a check with an image of the user's own."""
    given = {"image": image} | ({"command": list(command)} if command else {})
    return {"timeout": timeout, "container": given, **spec}


def python(code: str, **spec: Any) -> dict[str, Any]:
    """The same for a line of Python."""
    return own_image("python3", "-c", code, **spec)


def written(message: str, exit_code: int) -> str:
    """A line of Python that writes a termination message and exits. ``message``: an expression."""
    return f"import sys; open('/dev/termination-log', 'w').write({message}); sys.exit({exit_code})"
