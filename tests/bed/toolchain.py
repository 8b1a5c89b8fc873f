"""Finds the programs the bed runs, or builds them once from the locked Go modules in ``tools/``.

Order, per program: ``FIRELINE_BED_<PROGRAM>`` (a file) → ``KUBEBUILDER_ASSETS`` (a directory) → the
cache → ``go build``. The cache is keyed by the lock files, so a changed lock builds anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tests.bed import gobuild
from tests.bed.errors import ToolMissingError
from tests.bed.recipes import OPERATOR_MODULE, PROGRAMS, Module, module_of


class Tools:
    """Where each program is. Asking for one that is not there yet builds it.

    ``FIRELINE_BED_BUILD=0`` in ``environ`` forbids building: then a missing program is an error at once.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ, cache: Path | None = None) -> None:
        self._environ = environ
        home = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.cache = cache or home / "fireline" / "tools"
        self._found: dict[str, Path] = {}

    def path(self, program: str) -> Path:
        """The executable of ``program``. Raises ToolMissingError or BuildFailedError."""
        if program not in self._found:
            self._found[program] = self.find(program) or self._build(program)
        return self._found[program]

    def ensure(self, programs: Iterable[str] = PROGRAMS) -> dict[str, Path]:
        """Paths of several programs; what is missing is built, one after the other."""
        return {program: self.path(program) for program in programs}

    def crd_directory(self) -> Path:
        """A directory with prometheus-operator's CRDs, one YAML file each."""
        files = {OPERATOR_MODULE: ("example/prometheus-operator-crd/*.yaml",)}
        return self.files_of(module_of("prometheus-operator"), files, "prometheus-operator's CRDs")

    def files_of(self, module: Module, sources: Mapping[str, Sequence[str]], what: str) -> Path:
        """A directory with files that Go modules ship; see :func:`tests.bed.gobuild.fetch`."""
        directory = self._directory(module) / "crds"
        if not directory.is_dir():
            self._may_build(what)
            gobuild.fetch(module, sources, directory, self.cache, what)
        return directory

    def find(self, program: str) -> Path | None:
        """The executable where it is already there, without building anything.

        Raises ToolMissingError when ``FIRELINE_BED_<PROGRAM>`` names something that is not a program.
        """
        variable = variable_of(program)
        if named := self._environ.get(variable):
            if not _executable(Path(named)):
                raise ToolMissingError(
                    f"{variable} says {named}, which is not an executable file ({program})"
                )
            return Path(named).absolute()
        places = [self._directory(module_of(program))]
        if assets := self._environ.get("KUBEBUILDER_ASSETS"):
            places.insert(0, Path(assets).absolute())
        return next((place / program for place in places if _executable(place / program)), None)

    def _build(self, program: str) -> Path:
        self._may_build(program)
        module = module_of(program)
        target = self._directory(module) / program
        gobuild.build(module, program, target, self.cache)
        return target

    def _may_build(self, what: str) -> None:
        if self._environ.get("FIRELINE_BED_BUILD") == "0":
            assets = self._environ.get("KUBEBUILDER_ASSETS", "(not set)")
            raise ToolMissingError(
                f"{what} is missing and FIRELINE_BED_BUILD=0 forbids building. Looked at "
                f"{variable_of(what)}, KUBEBUILDER_ASSETS={assets} and {self.cache}. Run `make tools`."
            )

    def _directory(self, module: Module) -> Path:
        return self.cache / f"{module.name}-{module.fingerprint}"


def variable_of(program: str) -> str:
    """Environment variable that names a program's file, such as FIRELINE_BED_KUBE_APISERVER."""
    return "FIRELINE_BED_" + program.upper().replace("-", "_").replace("'", "").replace(" ", "_")


def _executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)
