"""Values of secret variables, from the files the kubelet puts them into; read anew for every run.

A Secret that appears, changes or goes is thus seen by the next run, and stops only the checks that name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fireline.errors import FirelineError


class MissingSecret(FirelineError):
    """A variable has no value: the Secret or its key is not there."""


def read(directory: Path, paths: Mapping[str, str]) -> dict[str, str]:
    """Values by variable. ``paths``: by variable, ``<Secret>/<key>``. Raises MissingSecret."""
    return {variable: _value(directory, variable, path) for variable, path in paths.items()}


def _value(directory: Path, variable: str, path: str) -> str:
    try:
        return (directory / path).read_bytes().decode()
    except OSError:
        secret, _, key = path.partition("/")
        words = (
            f"variable {variable} has no value: there is no Secret {secret} with a key {key}, or it was not "
            "brought to the prober yet, which takes up to two minutes"
        )
    except UnicodeDecodeError:
        words = f"variable {variable} has no value: {path} is not text in UTF-8"
    raise MissingSecret(words)
