"""Chooses where pods run: the cluster the user names, the pod bed, or kind.

All three offer the same: ``cluster`` (with ``client()``, ``url`` and ``kubeconfig``), ``kubectl()``, ``host``
(this computer as pods see it, or None), ``load`` (images) and ``service_url``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tests.bed.errors import BedError
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.foreign import KUBECONFIG, KindCluster, NamedCluster, kind_obstacles
from tests.bed.podbed.machine import obstacles
from tests.bed.toolchain import Tools

Platform = PodBed | NamedCluster


def reasons(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Why there is nowhere to run pods, one sentence each; empty when there is."""
    if environ.get(KUBECONFIG):
        return []
    missing = obstacles()
    if not missing:
        return []
    kind = [f"Nor kind: {one}" for one in kind_obstacles()]
    return [*missing, *kind, f"Or name a cluster: {KUBECONFIG}=FILE."] if kind else []


def choose(tools: Tools, directory: Path, environ: Mapping[str, str] = os.environ) -> Platform:
    """The platform to use, not yet started. Raises BedError with all reasons when there is none."""
    if why := reasons(environ):
        raise BedError("pods cannot run here: " + " ".join(why))
    if named := environ.get(KUBECONFIG):
        return NamedCluster(tools, directory, Path(named).absolute(), environ)
    return KindCluster(tools, directory) if obstacles() else PodBed(tools, directory)
