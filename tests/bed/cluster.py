"""etcd and a real kube-apiserver with RBAC, and on request its controllers and scheduler.

The API server alone is there in about three seconds and is all that most tests need. The controllers
add what only they do: garbage collection, default service accounts, namespace deletion.
"""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import requests
import yaml

from tests.bed.certs import Authority, KeyPair
from tests.bed.crds import install_crds
from tests.bed.kubeclient import KubeClient
from tests.bed.kubectl import kubectl
from tests.bed.ports import free_port
from tests.bed.process import Server
from tests.bed.toolchain import Tools


class Cluster:
    """One control plane on loopback. Use in a ``with``; several at once are fine.

    ``controllers``: also kube-controller-manager and kube-scheduler.
    ``crds``: install prometheus-operator's CRDs and Fireline's own.
    ``host``, ``enter``: where its servers listen, and what to write before their commands (the pod bed's
    are in namespaces of their own).
    """

    service_range = "10.96.0.0/16"

    def __init__(
        self,
        tools: Tools,
        directory: Path,
        *,
        controllers: bool = False,
        crds: bool = True,
        host: str = "127.0.0.1",
        enter: Sequence[str] = (),
    ) -> None:
        self.tools = tools
        self.directory = directory
        self.host = host
        self.enter = tuple(enter)
        self._crds = crds
        directory.mkdir(parents=True, exist_ok=True)
        self.authority = Authority(directory / "pki")
        self.ca_file = self.authority.ca_file
        self.admin = self.authority.client("fireline-bed-admin", group="system:masters")
        self._accounts = self.authority.signing_key("service-accounts")
        self.url = f"https://{host}:{free_port()}"
        self.kubeconfig = self.write_kubeconfig("admin", self.admin)
        self.etcd = self._etcd()
        self.api_server = self._api_server()
        self.controllers = [self._controller_manager(), self._scheduler()] if controllers else []
        self._stack = contextlib.ExitStack()

    def client(self, user: KeyPair | None = None, *, timeout: float = 60.0) -> KubeClient:
        """A client with full rights (or as ``user``); closed with the cluster."""
        pair = user or self.admin
        certificate = (str(pair.cert), str(pair.key))
        made = KubeClient(self.url, ca_file=str(self.ca_file), cert=certificate, timeout=timeout)
        return self._stack.enter_context(made)

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run the real kubectl as admin; its standard output.

        Raises BedError with kubectl's own words when it fails and ``check`` is on; otherwise output and
        errors are returned together.
        """
        program, cache = self.tools.path("kubectl"), self.directory / "kubectl-cache"
        return kubectl(program, self.kubeconfig, cache, *arguments, stdin=stdin, check=check)

    def write_kubeconfig(
        self, name: str, user: KeyPair | None, *, server: str | None = None, ca_file: Path | None = None
    ) -> Path:
        """A kubeconfig for ``server`` (default: this API server) as ``user``; returns the file.

        ``ca_file`` is left out for a plain-HTTP server, such as the fault proxy.
        """
        address = server or self.url
        cluster: dict[str, str] = {"server": address}
        if address.startswith("https:"):
            cluster["certificate-authority"] = str(ca_file or self.ca_file)
        credentials = (
            {} if user is None else {"client-certificate": str(user.cert), "client-key": str(user.key)}
        )
        path = self.directory / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "bed", "cluster": cluster}],
                    "users": [{"name": name, "user": credentials}],
                    "contexts": [{"name": "bed", "context": {"cluster": "bed", "user": name}}],
                    "current-context": "bed",
                }
            )
        )
        return path

    def start(self) -> None:
        """Start everything and install the CRDs; returns when the API server is ready."""
        self._stack.callback(self.etcd.kill)
        self._stack.callback(self.api_server.kill)
        self.etcd.launch()
        self.api_server.launch()
        self.etcd.await_ready()
        self.api_server.await_ready()
        if self._crds:
            # Before the controllers: the garbage collector looks for new types only every 30 s.
            install_crds(self.client(), self.tools.crd_directory())
        for server in self.controllers:
            self._stack.callback(server.kill)
            server.launch()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Server.await_ready, self.controllers))

    def stop(self) -> None:
        """End everything. Nothing is worth a graceful end: the data goes with the bed."""
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

    def _etcd(self) -> Server:
        self._etcd_url = f"http://{self.host}:{free_port()}"
        peer = f"http://{self.host}:{free_port()}"
        return Server(
            "etcd",
            [
                *self.enter,
                self.tools.path("etcd"),
                f"--data-dir={self.directory / 'etcd'}",
                "--unsafe-no-fsync",
                f"--quota-backend-bytes={4 << 30}",
                "--log-level=warn",
                f"--listen-client-urls={self._etcd_url}",
                f"--advertise-client-urls={self._etcd_url}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
            ],
            log=self.directory / "etcd.log",
            ready=lambda: requests.get(f"{self._etcd_url}/readyz", timeout=10).ok,
        )

    def _api_server(self) -> Server:
        serving = self.authority.server("kube-apiserver", addresses=self._addresses())
        return Server(
            "kube-apiserver",
            [
                *self.enter,
                self.tools.path("kube-apiserver"),
                f"--etcd-servers={self._etcd_url}",
                f"--bind-address={self.host}",
                f"--advertise-address={self.host}",
                f"--secure-port={self.url.rpartition(':')[2]}",
                f"--service-cluster-ip-range={self.service_range}",
                "--authorization-mode=Node,RBAC",
                f"--client-ca-file={self.ca_file}",
                f"--tls-cert-file={serving.cert}",
                f"--tls-private-key-file={serving.key}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={self._accounts.cert}",
                f"--service-account-signing-key-file={self._accounts.key}",
                *self._api_server_flags(),
            ],
            log=self.directory / "kube-apiserver.log",
            ready=lambda: self.answers("/readyz"),
        )

    def _api_server_flags(self) -> list[str]:
        """What depends on whether anything runs behind Services: here nothing does."""
        return ["--endpoint-reconciler-type=none"]

    def _addresses(self) -> list[str]:
        """Where clients may find the API server."""
        first = ipaddress.ip_network(self.service_range)[1]
        return [self.host, str(first)]

    def answers(self, path: str) -> bool:
        """Whether the API server answers ``path`` with 200."""
        return requests.get(
            f"{self.url}{path}",
            verify=str(self.ca_file),
            cert=(str(self.admin.cert), str(self.admin.key)),
            timeout=10,
        ).ok

    def _controller_manager(self) -> Server:
        return self._controller(
            "kube-controller-manager",
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={self._accounts.key}",
            f"--root-ca-file={self.ca_file}",
            # With the default of 20 the `default` service accounts come seconds late.
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        )

    def _scheduler(self) -> Server:
        return self._controller("kube-scheduler")

    def _controller(self, name: str, *flags: str) -> Server:
        """A server that works through the API, under a user of its own name."""
        kubeconfig = self.write_kubeconfig(name, self.authority.client(f"system:{name}"))
        port = free_port()
        return Server(
            name,
            [
                *self.enter,
                self.tools.path(name),
                f"--kubeconfig={kubeconfig}",
                f"--authentication-kubeconfig={kubeconfig}",
                f"--authorization-kubeconfig={kubeconfig}",
                f"--bind-address={self.host}",
                f"--secure-port={port}",
                "--leader-elect=false",
                *flags,
            ],
            log=self.directory / f"{name}.log",
            ready=lambda: _healthy(f"{self.host}:{port}"),
        )


def _healthy(address: str) -> bool:
    # The controllers sign their own serving certificate, so there is nothing to verify it against.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(f"https://{address}/healthz", timeout=10, context=context) as answer:
        return bool(answer.status == 200)
