"""Everything an e2e test wants: a cluster that runs pods, the images, the operator installed, monitoring.

The fixtures of tests/e2e and ``make e2e-up`` start the same thing from here.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Self

from tests.bed.errors import BedError
from tests.bed.images import archive
from tests.bed.kubeclient import KubeClient, Manifest, manifests
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.foreign import HOST
from tests.bed.podbed.monitoring import Monitoring
from tests.bed.podbed.operatorpod import OperatorPod
from tests.bed.podbed.platform import choose
from tests.bed.podbed.shoppod import ShopPod
from tests.bed.toolchain import Tools


class World:
    """Use in a ``with``; on entering the operator's pod is ready. ``directory`` is removed at the end.

    ``client`` and ``kubectl`` are the bed's usual ones. Monitoring starts when it is first asked for.
    Raises BedError with every reason when pods cannot run here.
    """

    client: KubeClient
    operator: OperatorPod

    def __init__(self, tools: Tools, directory: Path) -> None:
        self.tools = tools
        self.platform = choose(tools, directory)
        self._directory = directory
        self._stack = contextlib.ExitStack()
        self._monitoring: Monitoring | None = None

    @property
    def kubeconfig(self) -> Path:
        """A kubeconfig with full rights."""
        return self.platform.kubeconfig

    @property
    def bed(self) -> PodBed:
        """The pod bed, for tests that trouble its node. Raises BedError when pods run elsewhere."""
        if not isinstance(self.platform, PodBed):
            raise BedError("the cluster is not the pod bed: nobody may trouble its node")
        return self.platform

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """The real kubectl as admin; see tests.bed.kubectl."""
        return self.platform.kubectl(*arguments, stdin=stdin, check=check)

    def apply(self, source: Path | str, namespace: str | None = None) -> list[Manifest]:
        """Server-side apply every document of a file (or of every YAML file in a folder), or of a text.

        With ``namespace``, there instead of where they say. Returns the objects.
        """
        files = sorted(source.glob("*.yaml")) if isinstance(source, Path) and source.is_dir() else [source]
        texts = [file.read_text() if isinstance(file, Path) else file for file in files]
        made = []
        for document in (one for text in texts for one in manifests(text)):
            if namespace is not None:
                document["metadata"]["namespace"] = namespace
            made.append(self.client.apply(document))
        return made

    def load(self) -> None:
        """Make the images of the checkout as it is now, and import them. New pods use them."""
        self.platform.load([archive()])

    def shop(self, namespace: str, **options: Any) -> ShopPod:
        """The demo shop as a pod in ``namespace`` (created where it is missing), ready."""
        self.client.namespace(namespace)
        shop = ShopPod(self.client, namespace, self.platform.service_url, **options)
        shop.await_ready()
        return shop

    def monitoring(self) -> Monitoring:
        """Prometheus, Alertmanager, prometheus-operator and a webhook; started on first use."""
        if self._monitoring is None:
            if self.platform.host is None:
                raise BedError(f"name an address of this computer that pods reach: {HOST}=…")
            directory = self._directory / "monitoring"
            started = Monitoring(self.platform.cluster, directory, self.platform.host)
            self._monitoring = self._stack.enter_context(started)
        return self._monitoring

    def environment(self) -> dict[str, str]:
        """What a person needs to use it, as environment variables."""
        values = {
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECTL": str(self.tools.path("kubectl")),
            "POD_BED_HOST": self.platform.host or "",
        }
        if self._monitoring is not None:
            values["PROMETHEUS_URL"] = self._monitoring.prometheus.url
            values["ALERTMANAGER_URL"] = self._monitoring.alertmanager.url
            values["WEBHOOK_URL"] = self._monitoring.webhook.url
        return values

    def start(self) -> None:
        """Start the cluster and install the operator; returns when it is ready."""
        images = archive()
        self._stack.enter_context(self.platform)
        self.platform.load([images])
        self.client = self.platform.cluster.client()
        self.operator = OperatorPod(self.client, self.kubectl)
        self.operator.install()

    def stop(self) -> None:
        """End everything; nothing of it is left."""
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
