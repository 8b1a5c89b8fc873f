"""Says whether this computer can run pods, and what is missing if it cannot.

Asked by the e2e suite (skip with the reason, or fail where pods are required), by ``make e2e`` and by
``python -m tests.bed tools`` (what only pods need is built only where pods can run).
"""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

PACKAGES = (
    *("containerd", "runc", "containernetworking-plugins", "iptables"),
    *("conntrack", "iproute2", "busybox-static"),
)
"""Debian and Ubuntu packages with everything the pod bed does not build itself."""
_PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "busybox": "busybox-static",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
}
_CNI = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
_CNI_PLUGINS = ("bridge", "host-local", "loopback", "portmap")
CGROUPS = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids")
"""What runc uses of cgroup v1."""


def obstacles() -> list[str]:
    """Why pods cannot run here, one sentence each with what to do; empty when they can."""
    if platform.system() != "Linux":
        return ["The pod bed needs Linux."]
    if os.geteuid() != 0:
        return ["The pod bed needs root."]
    return [*_missing_programs(), *_cgroup_obstacles()]


def cni_directory() -> Path:
    """Where the CNI plugins are. Raises LookupError when they are nowhere."""
    for place in _CNI:
        if all((place / plugin).exists() for plugin in _CNI_PLUGINS):
            return place
    raise LookupError(f"no CNI plugins {', '.join(_CNI_PLUGINS)} in {' or '.join(map(str, _CNI))}")


def unified_cgroups() -> bool:
    """Whether this is cgroup v2 (one tree) rather than v1 (a tree per controller)."""
    return (CGROUPS / "cgroup.controllers").exists()


def _missing_programs() -> list[str]:
    missing = {package for program, package in _PROGRAMS.items() if not _found(program)}
    try:
        cni_directory()
    except LookupError:
        missing.add("containernetworking-plugins")
    if not missing:
        return []
    names = " ".join(sorted(missing))
    return [f"Missing packages: {names}. Install them: apt-get install --no-install-recommends {names}"]


def _found(program: str) -> str | None:
    # Debian keeps some in directories that a user's PATH may not name.
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(program, path=f"{path}:/usr/sbin:/sbin:/usr/bin:/bin")


def _cgroup_obstacles() -> list[str]:
    needed = [CGROUPS] if unified_cgroups() else [CGROUPS / name for name in CONTROLLERS]
    absent = [str(place) for place in needed if not place.is_dir()]
    if absent:
        return [f"Cgroups are not mounted: {', '.join(absent)}. Mount them, or use a privileged container."]
    fixed = [str(place) for place in needed if os.statvfs(place).f_flag & os.ST_RDONLY]
    if fixed:
        return [f"Cgroups are read-only: {', '.join(fixed)}. Use a privileged container."]
    return []
