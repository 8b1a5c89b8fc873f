"""What the bed runs, and from which locked Go module each program is built."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).parent / "tools"
_VERSION = "k8s.io/component-base/version"


@dataclass(frozen=True, slots=True)
class Program:
    """One program of a module. ``seconds`` is a cold build on two cores, after the module's others.

    Downloads are not counted; the first program of a module carries what they share.
    """

    package: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Module:
    """A folder with go.mod and go.sum, and how to build its programs."""

    name: str
    programs: dict[str, Program]
    flags: tuple[str, ...] = ()
    ldflags: str = "-s -w"
    locks: Path = LOCKS

    @property
    def lock(self) -> Path:
        """The folder that is built."""
        return self.locks / self.name

    @property
    def fingerprint(self) -> str:
        """Changes with the files of the folder and with the flags: the key of the cache."""
        digest = hashlib.sha256()
        for file in sorted(self.lock.iterdir()):
            digest.update(file.read_bytes())
        digest.update(repr((self.flags, self.ldflags)).encode())
        return digest.hexdigest()[:16]

    @property
    def go_version(self) -> tuple[int, int]:
        """The oldest Go the lock file allows, as (major, minor)."""
        for line in (self.lock / "go.mod").read_text().splitlines():
            if line.startswith("go "):
                major, minor = line.split()[1].split(".")[:2]
                return int(major), int(minor)
        raise LookupError(f"no `go` line in {self.lock / 'go.mod'}")

    def arguments(self, program: str, output: Path) -> list[str]:
        """Arguments of ``go`` that build ``program`` into ``output``."""
        package = self.programs[program].package
        return ["build", *self.flags, "-ldflags", self.ldflags, "-o", str(output), package]


MODULES = (
    Module("etcd", {"etcd": Program("go.etcd.io/etcd/server/v3", 37)}),
    Module(
        "kubernetes",
        {
            "kube-apiserver": Program("k8s.io/kubernetes/cmd/kube-apiserver", 158),
            "kube-controller-manager": Program("k8s.io/kubernetes/cmd/kube-controller-manager", 52),
            "kube-scheduler": Program("k8s.io/kubernetes/cmd/kube-scheduler", 5),
            "kubectl": Program("k8s.io/kubernetes/cmd/kubectl", 18),
            "kubelet": Program("k8s.io/kubernetes/cmd/kubelet", 16),
            "kube-proxy": Program("k8s.io/kubernetes/cmd/kube-proxy", 23),
        },
        # Without these clients see v0.0.0 and refuse.
        ldflags=f"-s -w -X {_VERSION}.gitVersion=v1.34.4 -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=34",
    ),
    Module("coredns", {"coredns": Program("fireline.dev/bed/coredns", 146)}),
    Module(
        "prometheus-operator",
        {
            "prometheus-operator": Program(
                "github.com/prometheus-operator/prometheus-operator/cmd/operator", 84
            )
        },
    ),
    Module(
        "prometheus",
        {
            "prometheus": Program("github.com/prometheus/prometheus/cmd/prometheus", 110),
            "promtool": Program("github.com/prometheus/prometheus/cmd/promtool", 7),
        },
        # One of its cloud discovery modules is gone; without them there is nothing to miss.
        flags=("-mod=mod", "-tags", "remove_all_sd,enable_file_sd,enable_http_sd,enable_kubernetes_sd,netgo"),
    ),
    Module(
        "alertmanager",
        {
            "alertmanager": Program("github.com/prometheus/alertmanager/cmd/alertmanager", 17),
            "amtool": Program("github.com/prometheus/alertmanager/cmd/amtool", 3),
        },
        # What an escalation promises depends on it.
        ldflags="-s -w -X github.com/prometheus/common/version.Version=0.28.1",
    ),
)

POD_PROGRAMS = ("kubelet", "kube-proxy", "coredns")
"""What only the pod bed runs: built where pods can run, or when asked for."""
PROGRAMS = tuple(name for module in MODULES for name in module.programs if name not in POD_PROGRAMS)
OPERATOR_MODULE = "github.com/prometheus-operator/prometheus-operator"


def module_of(program: str) -> Module:
    """The module that ``program`` is built from. Raises LookupError for an unknown one."""
    for module in MODULES:
        if program in module.programs:
            return module
    raise LookupError(
        f"the bed knows no program {program!r}; it knows {', '.join((*PROGRAMS, *POD_PROGRAMS))}"
    )
