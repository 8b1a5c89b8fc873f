"""Values for the variables of a check: given on the command line, in files, in the environment, or typed.

A secret is never a command-line value: everybody on the machine can read those in the list of processes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from fireline.api.synthetic_check import SecretKeyRef, Variable
from fireline.synthetic.journey import env_name

_LONGEST = 1 << 20


@dataclass(slots=True)
class Given:
    """What the options say, and what was typed: each secret is asked for once."""

    plain: Mapping[str, str]
    secret: Mapping[str, str]
    typed: dict[SecretKeyRef, str] = field(default_factory=dict)

    @classmethod
    def of(cls, variables: Sequence[str], secrets: Sequence[str]) -> Given:
        """From ``--var`` and ``--secret``. Raises click's UsageError, which never repeats a value."""
        given = cls(
            dict(_pair("--var", one, "NAME=VALUE") for one in variables),
            dict(_secret(one) for one in secrets),
        )
        if both := sorted(given.plain.keys() & given.secret.keys()):
            raise click.UsageError(f"--var and --secret both name {', '.join(both)}; keep one")
        return given

    @property
    def names(self) -> set[str]:
        """The variables that are named."""
        return {*self.plain, *self.secret}


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one check's variables: those that may be shown, and those that may not."""

    plain: Mapping[str, str]
    secret: Mapping[str, str]


def values_of(variables: Sequence[Variable], given: Given, *, check: str) -> Values:
    """A value for every variable of a check. Raises click's UsageError when one is missing."""
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    missing: list[str] = []
    for one in variables:
        if one.name in given.secret:
            secret[one.name] = given.secret[one.name]
        elif one.value is not None:
            plain[one.name] = given.plain.get(one.name, one.value)
        elif one.name in given.plain:
            raise click.UsageError(f"--var {one.name}: {check} takes it from a Secret; {_instead(one.name)}")
        elif (known := os.environ.get(env_name(one.name))) is not None:
            secret[one.name] = known
        elif one.secret_key_ref and (typed := _typed(one.name, one.secret_key_ref, given, check)) is not None:
            secret[one.name] = typed
        else:
            missing.append(one.name)
    if missing:
        raise click.UsageError(f"{check} has no value for {', '.join(missing)}; {_instead(missing[0])}")
    return Values(plain, secret)


def _pair(option: str, text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or not value:
        raise click.UsageError(f"{option}: write it like {form}, such as {option} base=http://localhost:8080")
    return name, value


def _secret(text: str) -> tuple[str, str]:
    """Name and value. What stands behind ``=`` may be the secret itself, and is not repeated."""
    name, equals, where = text.partition("=")
    kind, colon, place = where.partition(":")
    if not name or not colon or not place or kind not in {"env", "file"}:
        shown = name if equals and name.isidentifier() else "NAME"
        raise click.UsageError(
            f"--secret {shown}: a value on the command line is seen by everybody in the list of processes; "
            f"write {shown}=env:VARIABLE or {shown}=file:PATH"
        )
    return name, _from_env(name, place) if kind == "env" else _from_file(name, place)


def _from_env(name: str, variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        found = "empty" if value is not None else "not set"
        raise click.UsageError(f"--secret {name}=env:{variable}: {variable} is {found} in the environment")
    return value


def _from_file(name: str, path: str) -> str:
    """The text without the line break that editors put at its end."""
    where = f"--secret {name}=file:{path}"
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{where}: {error.strerror}") from error
    if not content.strip() or len(content) > _LONGEST or b"\0" in content:
        what = "is empty" if not content.strip() else "is no text of at most 1 MiB"
        raise click.UsageError(f"{where}: the file {what}")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{where}: the file is no UTF-8 text") from error
    return text.removesuffix("\n").removesuffix("\r")


def _typed(name: str, ref: SecretKeyRef, given: Given, check: str) -> str | None:
    """What a person types at a terminal, unseen and once for each key of a Secret; None where nobody can."""
    if ref not in given.typed:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return None
        given.typed[ref] = click.prompt(f"{check}: {name}", hide_input=True, err=True)
    return given.typed[ref]


def _instead(name: str) -> str:
    return (
        f"write --secret {name}=env:VARIABLE or --secret {name}=file:PATH, or set {env_name(name)} in the "
        "environment"
    )
