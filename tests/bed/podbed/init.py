"""Process 1 of a pod bed: prepares mounts and the network of its namespaces, then only reaps orphans.

Started by the keeper inside new net, mount and pid namespaces, as ``python -I -S init.py SETTINGS``: it
must not import the project. When it dies the kernel ends everything inside. It tells the keeper on its
standard output: its process number as the host sees it, then ``ready``.

SETTINGS is JSON: ``directory`` (the bed's files), ``address`` (of the node, with prefix length).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

SYSCTLS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What a kubelet wants of the whole computer. It reads first and writes only what differs."""
IN_MEMORY = ("etcd", "containerd", "kubelet")
"""Directories of servers whose data need no disk, nor be removed file by file."""


def run(*command: str) -> None:
    """Run one command; its words go to the log."""
    subprocess.run(command, check=True, stdout=sys.stderr)


def mounts(directory: Path) -> None:
    """Give the bed its own places where Kubernetes writes to fixed paths."""
    run("mount", "--make-rshared", "/")
    run("mount", "-t", "proc", "proc", "/proc")
    for name in IN_MEMORY:
        place = directory / name
        place.mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "-o", "mode=0755", f"fireline-{name}", str(place))
    resolver = directory / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\n")
    if not Path("/etc/resolv.conf").is_symlink():
        # An image that is not there must fail at once, not wait for somebody's DNS.
        run("mount", "--bind", str(resolver), "/etc/resolv.conf")
    logs = directory / "varlog"
    logs.mkdir(exist_ok=True)
    run("mount", "--bind", str(logs), "/var/log")
    over = directory / "varlib"
    over.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "fireline-varlib", str(over))
    (over / "upper").mkdir()
    (over / "work").mkdir()
    layers = f"lowerdir=/var/lib,upperdir={over / 'upper'},workdir={over / 'work'}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, "/var/lib")
    run("mount", "-t", "tmpfs", "-o", "mode=0755", "fireline-run", "/run")
    for name in ("lock", "netns"):
        Path("/run", name).mkdir()


def sysctls(directory: Path) -> None:
    """Show files in place of the sysctls of the whole computer: those are never written."""
    shown = directory / "sysctl"
    shown.mkdir(exist_ok=True)
    for name, value in SYSCTLS.items():
        if Path("/proc/sys", name).exists():
            file = shown / name.replace("/", ".")
            file.write_text(f"{value}\n")
            run("mount", "--bind", str(file), f"/proc/sys/{name}")


def network(address: str) -> None:
    """Loopback and the bridge that pods hang on."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "cni0", "type", "bridge")
    run("ip", "address", "add", address, "dev", "cni0")
    run("ip", "link", "set", "cni0", "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")


def main() -> None:
    """Prepare, say so, and stay."""
    # Before /proc is mounted anew this still speaks of the host's process numbers.
    print(Path("/proc/self").readlink(), flush=True)
    settings = json.loads(sys.argv[1])
    directory = Path(settings["directory"])
    mounts(directory)
    sysctls(directory)
    network(settings["address"])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    print("ready", flush=True)
    while True:
        signal.sigwait({signal.SIGCHLD})
        reap()


def reap() -> None:
    """Collect every child that has ended: the bed's orphans."""
    while True:
        try:
            number, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if number == 0:
            return


if __name__ == "__main__":
    main()
