"""The real ``amtool``: its verdict on a configuration, and where it routes an alert."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tests.bed.toolchain import Tools

_TOOLS = Tools()


def write(configuration: Mapping[str, Any], folder: Path, name: str = "alertmanager.yaml") -> Path:
    """The configuration as a file."""
    file = folder / name
    file.write_text(yaml.dump(configuration, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))
    return file


def check(file: Path) -> str:
    """What is wrong with a configuration; empty when Alertmanager would take it."""
    done = _run("check-config", str(file))
    return "" if done.returncode == 0 else done.stdout + done.stderr


def receivers(file: Path, labels: Mapping[str, str]) -> list[str]:
    """Receivers of an alert, in order."""
    arguments = [f"{_quoted(name)}={_quoted(value)}" for name, value in labels.items()]
    done = _run("config", "routes", "test", f"--config.file={file}", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip().splitlines()[-1].split(",")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{escaped}"'


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(_TOOLS.path("amtool")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
