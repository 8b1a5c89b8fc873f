"""What of the pod bed needs no pods: where beds are, and what is told where there can be none."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from tests.bed.errors import BedError
from tests.bed.podbed import machine, platform
from tests.bed.podbed.foreign import KUBECONFIG
from tests.bed.podbed.site import Site
from tests.bed.toolchain import Tools

_KERNEL_NAMES = 15
"""Characters of an interface's name."""


def test_no_two_beds_share_an_address_or_a_name():
    sites = [Site(number) for number in range(32)]
    networks = [network for site in sites for network in (site.pods, site.services, site.link)]
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))
    assert len({site.name for site in sites}) == len({site.interface for site in sites}) == len(sites)
    assert all(len(site.interface) <= _KERNEL_NAMES for site in sites)


def test_missing_packages_are_named_with_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    monkeypatch.setattr(machine.shutil, "which", lambda *_, **__: None)
    told = machine.obstacles()[0]
    assert "apt-get install --no-install-recommends" in told
    assert all(package in told for package in ("containerd", "runc", "iptables", "busybox-static"))


def test_who_is_not_root_is_told_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(machine.platform, "system", lambda: "Linux")
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    assert machine.obstacles() == ["The pod bed needs root."]


def test_where_no_pod_can_run_every_reason_and_the_way_out_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(platform, "obstacles", lambda: ["The pod bed needs root."])
    monkeypatch.setattr(platform, "kind_obstacles", lambda: ["Docker does not answer."])
    with pytest.raises(BedError) as refused:
        platform.choose(Tools(), tmp_path, {})
    assert str(refused.value) == (
        "pods cannot run here: The pod bed needs root. Nor kind: Docker does not answer. "
        "Or name a cluster: FIRELINE_E2E_KUBECONFIG=FILE."
    )


def test_a_cluster_that_is_named_wins_over_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(platform, "obstacles", lambda: ["The pod bed needs root."])
    monkeypatch.setattr(platform, "kind_obstacles", list)
    named = platform.choose(Tools(), tmp_path, {KUBECONFIG: str(tmp_path / "mine")})
    assert isinstance(named, platform.NamedCluster)
    assert named.given == tmp_path / "mine"


def test_kind_is_used_where_the_pod_bed_cannot_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(platform, "obstacles", lambda: ["The pod bed needs root."])
    monkeypatch.setattr(platform, "kind_obstacles", list)
    assert isinstance(platform.choose(Tools(), tmp_path, {}), platform.KindCluster)
