"""Clusters that somebody else runs: one the user names, or one that kind makes with Docker.

Calls go through ``kubectl proxy``, which knows every way to log in that the user's kubeconfig may name. The
cluster should be one to throw away: the operator, prometheus-operator's CRDs and namespaces stay in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import requests
import yaml

from tests.bed.crds import install_crds
from tests.bed.errors import BedError
from tests.bed.kubeclient import KubeClient
from tests.bed.kubectl import kubectl
from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.toolchain import Tools

KUBECONFIG = "FIRELINE_E2E_KUBECONFIG"
HOST = "FIRELINE_E2E_HOST"
LOAD = "FIRELINE_E2E_LOAD"


class NamedCluster:
    """The cluster of a kubeconfig. Use in a ``with``.

    ``environ`` may say more: ``FIRELINE_E2E_HOST``, an address of this computer that the cluster's pods reach
    (without it, tests with monitoring cannot run), and ``FIRELINE_E2E_LOAD``, a command that imports an image
    archive whose path is appended (without it the images must be there already).
    """

    def __init__(
        self, tools: Tools, directory: Path, given: Path, environ: Mapping[str, str] = os.environ
    ) -> None:
        self.tools = tools
        self.directory = directory
        self.given = given
        self.host = environ.get(HOST)
        self._load = shlex.split(environ.get(LOAD, ""))
        self.url = f"http://127.0.0.1:{free_port()}"
        self.kubeconfig = directory / "proxied.kubeconfig"
        self._stack = contextlib.ExitStack()

    @property
    def cluster(self) -> Self:
        """Itself: there is no more to see of its control plane."""
        return self

    def client(self, *, timeout: float = 60.0) -> KubeClient:
        """A client with the rights of the kubeconfig; closed with this."""
        return self._stack.enter_context(KubeClient(self.url, timeout=timeout))

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """The real kubectl; see tests.bed.kubectl."""
        program, cache = self.tools.path("kubectl"), self.directory / "kubectl-cache"
        return kubectl(program, self.given, cache, *arguments, stdin=stdin, check=check)

    def load(self, archives: Sequence[Path]) -> None:
        """Import images with the user's command. Raises BedError with its words."""
        for archive in archives if self._load else ():
            run(*self._load, str(archive))

    def service_url(self, namespace: str, name: str, port: str) -> str:
        """Where a test on this computer reaches a Service: through the API server."""
        return f"{self.url}/api/v1/namespaces/{namespace}/services/{name}:{port}/proxy"

    def start(self) -> None:
        """Connect and install the CRDs."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._write_kubeconfig()
        self._stack.enter_context(self._proxy())
        install_crds(self.client(), self.tools.crd_directory())

    def stop(self) -> None:
        """Disconnect."""
        self._stack.close()

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _proxy(self) -> Server:
        port = self.url.rpartition(":")[2]
        return Server(
            "kubectl-proxy",
            [self.tools.path("kubectl"), "--kubeconfig", self.given, "proxy", f"--port={port}"],
            log=self.directory / "kubectl-proxy.log",
            ready=lambda: requests.get(f"{self.url}/readyz", timeout=30).ok,
        )

    def _write_kubeconfig(self) -> None:
        context = {"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}
        self.kubeconfig.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "e2e", "cluster": {"server": self.url}}],
                    "users": [{"name": "e2e", "user": {}}],
                    "contexts": [context],
                    "current-context": "e2e",
                }
            )
        )


class KindCluster(NamedCluster):
    """A cluster in Docker, made by kind and deleted at the end."""

    def __init__(self, tools: Tools, directory: Path) -> None:
        super().__init__(tools, directory, directory / "kind.kubeconfig", {})
        self._name = f"fireline-e2e-{os.getpid()}"

    def load(self, archives: Sequence[Path]) -> None:
        """Import images into the cluster's nodes. Raises BedError with kind's words."""
        for archive in archives:
            run("kind", "load", "image-archive", str(archive), "--name", self._name)

    def start(self) -> None:
        """Make the cluster; minutes when its image has to be fetched."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._stack.callback(run, "kind", "delete", "cluster", "--name", self._name)
        run("kind", "create", "cluster", "--name", self._name, "--kubeconfig", str(self.given), "--wait=180s")
        self.host = docker_gateway()
        super().start()


def kind_obstacles() -> list[str]:
    """Why kind cannot make a cluster here; empty when it can."""
    if shutil.which("docker") is None or shutil.which("kind") is None:
        return ["docker and kind are not both installed."]
    if subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=30).returncode:
        return ["Docker does not answer (`docker info` fails)."]
    return []


def docker_gateway() -> str:
    """This computer's IPv4 address in kind's network."""
    (network,) = json.loads(run("docker", "network", "inspect", "kind"))
    gateways = [config["Gateway"] for config in network["IPAM"]["Config"] if ":" not in config["Subnet"]]
    return str(gateways[0])


def run(*command: str) -> str:
    """Run one command; its output. Raises BedError with its words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BedError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout
