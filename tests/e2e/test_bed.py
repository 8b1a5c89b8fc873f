"""The pod bed itself: several do not meet, one leaves nothing behind, and it never writes to the computer."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.bed.errors import BedError
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.init import SYSCTLS
from tests.bed.podbed.machine import CGROUPS
from tests.bed.podbed.site import Site
from tests.bed.podbed.space import Space
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir

pytestmark = pytest.mark.bed

CHECKOUT = Path(__file__).parents[2]
SYSCTL = Path("/proc/sys")
OF_AN_INTERFACE = re.compile(r"/proc/sys/net/ipv[46]/(conf|neigh)/(?!all/|default/)")
START_AND_STAY = """
import sys, time
from pathlib import Path
from tests.bed.podbed.space import Space

space = Space(Path(sys.argv[1]))
space.start()
print(space.site.number, flush=True)
time.sleep(600)
"""


def traces(site: Site, directory: Path) -> list[str]:
    """What the computer shows of a bed."""
    links = json.loads(subprocess.run(["ip", "-json", "link"], capture_output=True, check=True).stdout)
    routes = json.loads(subprocess.run(["ip", "-json", "route"], capture_output=True, check=True).stdout)
    groups = [str(group) for group in (*CGROUPS.glob(site.name), *CGROUPS.glob(f"*/{site.name}"))]
    return [
        *(link["ifname"] for link in links if link["ifname"] == site.interface),
        *(route["dst"] for route in routes if route["dst"] in {str(site.pods), str(site.services)}),
        *groups,
        *([str(directory)] if directory.exists() else []),
    ]


def sysctls() -> dict[Path, bytes]:
    """Every setting of the computer that can be written. Those of interfaces and processes come and go."""
    return {
        file: value
        for file in SYSCTL.rglob("*")
        if file.name != "ns_last_pid" and not OF_AN_INTERFACE.match(str(file))
        if (value := setting(file)) is not None
    }


def setting(file: Path) -> bytes | None:
    """Its value; None for folders, what cannot be written, and what is going away."""
    with contextlib.suppress(OSError):
        if file.is_file() and file.stat().st_mode & stat.S_IWUSR:
            return file.read_bytes()
    return None


def test_two_beds_run_side_by_side_and_one_ends_without_a_trace(pods: World, pod_bed: PodBed):
    before = sysctls()
    assert {SYSCTL / name for name in SYSCTLS} <= before.keys()
    with workdir("second") as parent:
        directory = parent / "bed"
        with PodBed(pods.tools, directory, crds=False) as second:
            assert second.node.ready()
            assert second.space.site != pod_bed.space.site
            assert len(traces(second.space.site, directory)) > 4
            panic = [*second.space.enter, "cat", "/proc/sys/kernel/panic"]
            shown = subprocess.run(panic, capture_output=True, text=True, check=True)
            assert shown.stdout.strip() == SYSCTLS["kernel/panic"]
        assert traces(second.space.site, directory) == []
    assert sysctls() == before
    assert pod_bed.node.ready()
    (pod,) = pods.operator.pods()
    assert pod["status"]["containerStatuses"][0]["ready"]


def test_a_directory_too_deep_for_the_sockets_of_the_kubelet_is_refused(pods: World, tmp_path: Path):
    bed = PodBed(pods.tools, tmp_path / ("d" * 100), crds=False)
    with pytest.raises(BedError, match="a path shorter by"):
        bed.start()


def test_a_bed_ends_with_the_process_that_started_it_however_that_ends(pod_bed: PodBed, tmp_path: Path):
    directory = tmp_path / "orphan"
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_STAY, str(directory)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        site = Site(int(owner.stdout.readline()))
        assert site != pod_bed.space.site
        assert traces(site, directory)
        owner.send_signal(signal.SIGKILL)
    wait_for(lambda: traces(site, directory) == [], what="no trace of the bed")


def test_a_bed_that_was_killed_from_outside_does_not_block_the_next(pod_bed: PodBed, tmp_path: Path):
    first = Space(tmp_path / "first")
    first.start()
    try:
        keeper = first.keeper_pid
        os.kill(keeper, signal.SIGKILL)
        wait_for(lambda: not Path(f"/proc/{first.pid}").exists(), what="process 1 is gone, too")
    finally:
        first.stop()
    with Space(tmp_path / "second") as second:
        assert second.site.number >= 0
        assert second.site != pod_bed.space.site
