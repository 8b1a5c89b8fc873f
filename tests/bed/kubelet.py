"""A node that runs nothing and shows the logs of the bed's own servers as those of pods.

``GET …/pods/NAME/log`` at the real API server is answered by the kubelet of the pod's node. This stands in
for it: a Node and Pods are registered, and an HTTPS server answers ``/containerLogs/…`` from real log files.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ApiError
from tests.bed.ports import free_port

NODE = "bed-node"
_TIME = re.compile(r"\btime=(\S+)")


class Kubelet:
    """Use in a ``with``; then add pods."""

    def __init__(self, cluster: Cluster) -> None:
        self._client = cluster.client()
        self._logs: dict[tuple[str, str, str], Path] = {}
        handler = type("Handler", (_Handler,), {"kubelet": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), handler)
        self._server.daemon_threads = True
        serving = cluster.authority.server("kubelet")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(serving.cert, serving.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="kubelet")

    def pod(self, namespace: str, name: str, container: str, log: Path) -> None:
        """A pod of this node with one container, whose log is this file.

        Where there are controllers, one of them has made the pod: then it is only put onto the node.
        """
        self._logs[namespace, name, container] = log
        meta = {"name": name, "namespace": namespace}
        account = {"apiVersion": "v1", "kind": "ServiceAccount"}
        self._client.apply(account | {"metadata": {"name": "default", "namespace": namespace}})
        spec = {
            "automountServiceAccountToken": False,
            "containers": [{"name": container, "image": "bed"}],
        }
        with contextlib.suppress(ApiError):
            self._client.create({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})
        self._client.request(
            "POST",
            f"/api/v1/namespaces/{namespace}/pods/{name}/binding",
            body={
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": meta,
                "target": {"kind": "Node", "name": NODE},
            },
        )

    def lines(self, namespace: str, name: str, container: str, since: timedelta) -> str | None:
        """The container's lines of that time; None when it is not known."""
        file = self._logs.get((namespace, name, container))
        if file is None:
            return None
        after = datetime.now(UTC) - since
        return "".join(line for line in file.read_text().splitlines(keepends=True) if _time(line) >= after)

    def __enter__(self) -> Self:
        self._thread.start()
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        self._client.apply(node)
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._server.server_port}},
        }
        self._client.apply(node | {"status": status}, subresource="status")
        return self

    def __exit__(self, *_: object) -> None:
        self._client.request("DELETE", f"/api/v1/nodes/{NODE}")
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _time(line: str) -> datetime:
    """When a line was written; a line without a time counts as new."""
    found = _TIME.search(line)
    return datetime.fromisoformat(found[1]) if found else datetime.now(UTC)


class _Handler(BaseHTTPRequestHandler):
    kubelet: ClassVar[Kubelet]

    def do_GET(self) -> None:
        """``/containerLogs/NAMESPACE/POD/CONTAINER?sinceSeconds=N``."""
        url = urlsplit(self.path)
        seconds = int(parse_qs(url.query).get("sinceSeconds", ["31536000"])[0])
        match url.path.split("/"):
            case ["", "containerLogs", namespace, name, container]:
                found = self.kubelet.lines(namespace, name, container, timedelta(seconds=seconds))
            case _:
                found = None
        body = (found or "").encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""
