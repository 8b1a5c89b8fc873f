"""Builds one program with Go, from a copy of its lock files, and puts it into the cache in one step.

Called by the toolchain only. A file lock lets two runs build side by side without clashing: the second
waits, then finds the program there.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bed.errors import BuildFailedError
from tests.bed.golang import find_go
from tests.bed.progress import Progress
from tests.bed.recipes import Module


def build(module: Module, program: str, target: Path, cache: Path) -> None:
    """Build ``program`` into ``target``. Raises BuildFailedError with the end of Go's output."""
    with _locked(target), _copy_of(module) as folder:
        if target.exists():
            return
        go = find_go(module, program, cache)
        output = folder / "out" / program
        _run(
            [str(go), *module.arguments(program, output)],
            folder,
            f"building {program}",
            module.programs[program].seconds,
        )
        # Same file system first: the last step must be one rename.
        staged = target.with_name(f".{program}.{os.getpid()}")
        shutil.copy2(output, staged)
        staged.rename(target)


def fetch(module: Module, sources: Mapping[str, Sequence[str]], target: Path, cache: Path, what: str) -> None:
    """Copy files that Go modules ship, and YAML beside the lock file, to the directory ``target``.

    ``sources``: the path of a Go module → patterns of its files. Charts' own conditions are left out.
    """
    with _locked(target), _copy_of(module) as folder:
        if target.exists():
            return
        go = find_go(module, what, cache)
        staged = target.with_name(f".{target.name}.{os.getpid()}")
        staged.mkdir()
        for name, patterns in sources.items():
            found = _run([str(go), "mod", "download", "-json", name], folder, f"fetching {what}", 5)
            source = Path(json.loads(found)["Dir"])
            for file in (file for pattern in patterns for file in source.glob(pattern)):
                # Anew: the module cache's copies are read-only, so that nobody could remove them.
                (staged / file.name).write_text(_without_conditions(file.read_text()))
        for file in folder.glob("*.yaml"):
            shutil.copyfile(file, staged / file.name)
        staged.rename(target)


def _without_conditions(text: str) -> str:
    """A chart's file without the lines that only its templating reads."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("{{"))


@contextlib.contextmanager
def _locked(target: Path) -> Iterator[None]:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _copy_of(module: Module) -> Iterator[Path]:
    # `go build` with -mod=mod may rewrite go.mod; the repository's files stay as they are.
    with tempfile.TemporaryDirectory(prefix="fireline-build-") as directory:
        folder = Path(directory)
        for file in module.lock.iterdir():
            shutil.copyfile(file, folder / file.name)
        yield folder


def _run(command: list[str], folder: Path, title: str, seconds: int) -> str:
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    with (folder / "out.log").open("w+") as errors, (folder / "out.txt").open("w+") as output:
        with (
            Progress(title, seconds) as progress,
            subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=errors) as process,
        ):
            while process.poll() is None:
                progress.tick()
        errors.seek(0)
        output.seek(0)
        if process.returncode:
            end = "\n".join(f"  {line}" for line in errors.read().splitlines()[-25:])
            raise BuildFailedError(
                f"{title} failed: `{' '.join(command)}` ended with {process.returncode}:\n{end}"
            )
        return output.read()
