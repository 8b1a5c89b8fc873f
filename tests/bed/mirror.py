"""Stands in for the kubelet's mounts and the config-reloader, which need a node.

prometheus-operator writes rules to ConfigMaps and Alertmanager's configuration to a Secret. The mirror
copies both to files and reloads the server whose files changed; nothing is reloaded without a change.
prometheus-operator deletes its ConfigMaps and creates them anew for every change. A kubelet keeps the files
of one that is not there; so does the mirror, else Prometheus would forget since when alerts fire.
Secrets of ``Alertmanager.spec.secrets`` become files too, in a directory that needs no root: the
configuration names it instead of the pod's.
"""

from __future__ import annotations

import base64
import gzip
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from fireline.alerting.raw import MOUNTS
from fireline.api.resources import Resource
from tests.bed.alertmanager import Alertmanager
from tests.bed.errors import BedError
from tests.bed.kubeclient import ALERTMANAGER, CONFIG_MAP, SECRET, ApiError, KubeClient, path_of
from tests.bed.prometheus import Prometheus, reload
from tests.bed.promoperator import NAME, NAMESPACE

_LOG = logging.getLogger(__name__)
_GONE_LOOKS = 40
"""What is missing for so many looks in a row is not being written anew."""
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"


class Mirror:
    """A thread that looks every ``every`` seconds, and fetches only what has a new resourceVersion.

    Without a Prometheus rules stay where they are.
    """

    def __init__(
        self,
        client: KubeClient,
        prometheus: Prometheus | None,
        alertmanager: Alertmanager,
        *,
        every: float = 0.25,
    ) -> None:
        self._client = client
        self._prometheus = prometheus
        self._alertmanager = alertmanager
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror")
        self._seen: dict[str, str] = {}
        self._files: dict[str, set[str]] = {}
        self._unloaded: set[str] = set()
        self._missing: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def missed(self, name: str) -> int:
        """For how many looks in a row a ConfigMap that was there is not."""
        return self._missing.get(name, 0)

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._every):
            for look in (self._look_at_rules, self._look_at_config):
                try:
                    look()
                except (OSError, ApiError, BedError) as error:
                    # A server that is down on purpose: the next look tries again.
                    _LOG.info("mirror: %s", error)

    def _look_at_rules(self) -> None:
        if self._prometheus is not None:
            prefix, folder = f"prometheus-{NAME}-rulefiles-", self._prometheus.rules
            self._sync(
                CONFIG_MAP,
                lambda name: name.startswith(prefix),
                lambda found: self._write_rules(folder, found),
                self._prometheus.url,
            )

    def _look_at_config(self) -> None:
        wanted = f"alertmanager-{NAME}-generated"
        self._sync(SECRET, lambda name: name == wanted, self._write_config, self._alertmanager.url)

    def _sync(
        self,
        resource: Resource,
        ours: Callable[[str], bool],
        write: Callable[[dict[str, Any]], None],
        url: str,
    ) -> None:
        listed = self._client.request("GET", path_of(resource, NAMESPACE), accept=_METADATA_ONLY)["items"]
        versions = {
            item["metadata"]["name"]: item["metadata"]["resourceVersion"]
            for item in listed
            if ours(item["metadata"]["name"])
        }
        for name, version in versions.items():
            if self._seen.get(name) != version:
                write(self._client.get(resource, name, NAMESPACE))
                self._seen[name] = version
                self._unloaded.add(url)
        for name in [name for name in self._seen if ours(name)]:
            self._missing[name] = 0 if name in versions else self._missing.get(name, 0) + 1
            if self._missing[name] >= _GONE_LOOKS:
                write({"metadata": {"name": name}})
                del self._seen[name], self._missing[name]
                self._unloaded.add(url)
        if url in self._unloaded:
            reload(url)
            self._unloaded.discard(url)

    def _write_rules(self, folder: Path, config_map: dict[str, Any]) -> None:
        name, files = config_map["metadata"]["name"], config_map.get("data") or {}
        for gone in self._files.get(name, set()) - files.keys():
            (folder / f"{name}-{gone}").unlink(missing_ok=True)
        for file, text in files.items():
            _replace(folder / f"{name}-{file}", text)
        self._files[name] = set(files)

    def _write_config(self, secret: dict[str, Any]) -> None:
        packed = (secret.get("data") or {}).get("alertmanager.yaml.gz")
        if packed:
            text = gzip.decompress(base64.b64decode(packed)).decode()
            if MOUNTS in text:
                text = text.replace(MOUNTS, str(self._mount()))
            _replace(self._alertmanager.config, text)

    def _mount(self) -> Path:
        """Write down the Secrets a pod would have; the directory that stands for the pod's."""
        folder = self._alertmanager.config.parent / "secrets"
        spec = self._client.get(ALERTMANAGER, NAME, NAMESPACE)["spec"]
        for name in spec.get("secrets", ()):
            (folder / name).mkdir(parents=True, exist_ok=True)
            for key, value in (self._client.get(SECRET, name, NAMESPACE).get("data") or {}).items():
                (folder / name / key).write_bytes(base64.b64decode(value))
        return folder


def _replace(path: Path, text: str) -> None:
    staged = path.with_suffix(".new")
    staged.write_text(text)
    staged.rename(path)
