"""Where a secret could show up in a cluster: each place as a text to search in. For test_secrets.py."""

from __future__ import annotations

import contextlib
import json
import threading
from pathlib import Path

import requests
from tests.bed.kubeclient import ApiError
from tests.bed.podbed.operatorpod import NAMESPACE as OPERATOR
from tests.bed.podbed.world import World
from tests.e2e.asking import Checks
from tests.e2e.canaries import strings

from fireline.api.resources import POD

_SECRETS = {"secrets"}
_DESCRIBED = "syntheticchecks,cronjobs,jobs,pods,deployments,prometheusrules,configmaps"
PROBER_PORT = 9115


class Moments:
    """What is there only while pods run: command lines, and what a prober tells. Use in a ``with``."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._lines: set[str] = set()
        self._pages: set[str] = set()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._processes), threading.Thread(target=self._prober)]

    def __enter__(self) -> Moments:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    @property
    def command_lines(self) -> str:
        """Of every process there was, on this computer and in every pod of the bed."""
        return "\n".join(self._lines)

    @property
    def pages(self) -> str:
        """What the probers told the operator."""
        return "\n".join(self._pages)

    def _processes(self) -> None:
        while not self._done.wait(0.2):
            for file in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):  # it is over
                    self._lines.add(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))

    def _prober(self) -> None:
        client, namespace = self._checks.client, self._checks.namespace
        while not self._done.wait(0.5):
            with contextlib.suppress(ApiError, requests.RequestException):  # it is not there yet
                for pod in client.list(POD, namespace, labels="fireline.dev/owner-kind=Prober"):
                    path = (
                        f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}:{PROBER_PORT}/proxy"
                    )
                    found = client.request("GET", f"{path}/results", params={"after": "0"})
                    self._pages.add("\n".join(strings(found)))


def objects(pods: World) -> dict[str, str]:
    """Every object of every kind but Secrets, in all namespaces, by kind: all texts in them."""
    kinds = set(pods.kubectl("api-resources", "--verbs=list", "-o", "name").split()) - _SECRETS
    found = json.loads(pods.kubectl("get", ",".join(sorted(kinds)), "-A", "-o", "json"))
    texts: dict[str, list[str]] = {}
    for item in found["items"]:
        texts.setdefault(item["kind"], []).extend(strings(item))
    return {kind: "\n".join(lines) for kind, lines in texts.items()}


def told(pods: World, checks: Checks) -> dict[str, str]:
    """What people and machines read of checks and operator, by place."""
    url = pods.platform.service_url(OPERATOR, "fireline", "metrics")
    names = [pod["metadata"]["name"] for pod in checks.client.list(POD, checks.namespace)]
    logs = [
        pods.kubectl("logs", "-n", checks.namespace, name, "--all-containers", check=False) for name in names
    ]
    return {
        "kubectl describe": pods.kubectl("describe", _DESCRIBED, "-n", checks.namespace),
        "logs of pods": "\n".join(logs),
        "log of the operator": pods.operator.logs(),
        "metrics of the operator": requests.get(f"{url}/metrics", timeout=30).text,
    }
