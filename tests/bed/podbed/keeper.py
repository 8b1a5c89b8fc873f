"""The process on the host that owns one pod bed: it makes the namespaces and tidies up after them.

Started by ``space`` as ``python -I -S keeper.py SETTINGS``, in a session of its own: it must not import the
project. Its standard input is a pipe that only the parent holds. When that closes (the parent is done, or
died in whatever way) the keeper kills process 1 of the namespaces, which ends everything inside, removes the
cgroups and the bed's directory, and ends. Dies the keeper itself, process 1 dies too (a death signal), and
the next bed removes the empty cgroups that were left.

It answers on standard output ``ready PID`` with the number of process 1. SETTINGS is JSON: ``name``,
``directory``, ``address`` (node with prefix length), ``link`` (host and bed, with prefix length), ``routes``
(networks behind the bed), ``interface``, ``init`` (path), ``keep`` (the directory), ``unified`` (cgroup v2).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

CGROUPS = Path("/sys/fs/cgroup")
V1 = ("cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd", "unified")
V2 = ("cpu", "cpuset", "memory", "pids", "io", "hugetlb")
TIDY_SECONDS = 10.0


def roots(name: str, *, unified: bool) -> list[Path]:
    """The bed's cgroups, those of controllers that this kernel has."""
    if unified:
        return [CGROUPS / name]
    return [CGROUPS / controller / name for controller in V1 if (CGROUPS / controller).is_dir()]


def make_cgroups(name: str, *, unified: bool) -> None:
    """Make the bed's cgroups; a cpuset needs its cores named before anything may enter it."""
    for root in roots(name, unified=unified):
        root.mkdir(exist_ok=True)
        if not unified and root.parent.name == "cpuset":
            for file in ("cpuset.cpus", "cpuset.mems"):
                (root / file).write_text((root.parent / file).read_text())
    if unified:
        offered = (CGROUPS / "cgroup.controllers").read_text().split()
        wanted = " ".join(f"+{controller}" for controller in V2 if controller in offered)
        try:
            (CGROUPS / "cgroup.subtree_control").write_text(wanted)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            move_aside()
            (CGROUPS / "cgroup.subtree_control").write_text(wanted)
        (CGROUPS / name / "cgroup.subtree_control").write_text(wanted)


def move_aside() -> None:
    """In a container the topmost cgroup is none: it may have processes, or groups with controllers, not both.

    Moves its processes into a group of their own, as other clusters in containers do.
    """
    aside = CGROUPS / "fireline-others"
    aside.mkdir(exist_ok=True)
    for number in (CGROUPS / "cgroup.procs").read_text().split():
        # Some end meanwhile, and threads of the kernel stay.
        with contextlib.suppress(OSError):
            (aside / "cgroup.procs").write_text(number)


def remove_cgroups(name: str, *, unified: bool) -> None:
    """Remove the bed's cgroups, innermost first. The kernel empties them shortly after the last death."""
    deadline = time.monotonic() + TIDY_SECONDS
    for root in roots(name, unified=unified):
        while root.is_dir() and time.monotonic() < deadline:
            for folder, _, _ in os.walk(root, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
            if root.is_dir():
                time.sleep(0.05)


def start_inside(settings: dict[str, Any]) -> subprocess.Popen[str]:
    """Process 1 in new namespaces; killed with this process."""
    inside = {"directory": settings["directory"], "address": settings["address"]}
    return subprocess.Popen(
        [
            *("setpriv", "--pdeathsig", "KILL"),
            *("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"),
            *("--", sys.executable, "-I", "-S", settings["init"], json.dumps(inside)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def connect(settings: dict[str, Any], pid: str) -> None:
    """One pair of interfaces between host and bed, and routes to what is behind it."""
    here, there = settings["link"]
    near, far = settings["interface"], settings["interface"][:-1] + "n"
    run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", pid)
    run("ip", "address", "add", here, "dev", near)
    run("ip", "link", "set", near, "up")
    inside = ("nsenter", "--target", pid, "--net", "--")
    run(*inside, "ip", "address", "add", there, "dev", far)
    run(*inside, "ip", "link", "set", far, "up")
    run(*inside, "ip", "route", "add", "default", "via", here.split("/")[0])
    for route in settings["routes"]:
        run("ip", "route", "add", route, "via", there.split("/")[0])


def disconnect(interface: str) -> None:
    """Take the link and its routes away. The kernel does so only when the last connection has timed out."""
    subprocess.run(["ip", "link", "delete", interface], check=False, stderr=subprocess.DEVNULL)


def run(*command: str) -> None:
    """Run one command; its words go to the log."""
    subprocess.run(command, check=True, stdout=sys.stderr)


def main() -> None:
    """Make everything, wait until the parent is gone, take everything away."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    settings = json.loads(sys.argv[1])
    name, unified = settings["name"], settings["unified"]
    # What a keeper left that was killed itself.
    disconnect(settings["interface"])
    remove_cgroups(name, unified=unified)
    inside = None
    try:
        make_cgroups(name, unified=unified)
        inside = start_inside(settings)
        if inside.stdout is None:
            raise RuntimeError("process 1 was started without a pipe")
        pid = inside.stdout.readline().strip()
        if inside.stdout.readline().strip() != "ready":
            raise RuntimeError("process 1 ended before it was ready; its words are above")
        connect(settings, pid)
        print(f"ready {pid}", flush=True)
        sys.stdin.buffer.read()
    finally:
        if inside is not None:
            # The whole group: `unshare`, and process 1 with everything inside.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(inside.pid, signal.SIGKILL)
            inside.wait()
            disconnect(settings["interface"])
        remove_cgroups(name, unified=unified)
        if not settings["keep"]:
            shutil.rmtree(settings["directory"], ignore_errors=True)


if __name__ == "__main__":
    main()
