"""What ``fireline check run`` does: read, give values, run, tell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from fireline.cli import output as out
from fireline.cli.checking.carried import Carried, examine_checks
from fireline.cli.checking.running import Planned, Ran, all_of
from fireline.cli.checking.screen import Screen, summary
from fireline.cli.checking.values import Given, values_of
from fireline.cli.inputs import load
from fireline.cli.offline import operator_settings, refused, with_image
from fireline.settings import Settings
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.journey import journey
from fireline.synthetic.message import document

_NOTHING_MEASURED = 2


@dataclass(frozen=True, slots=True)
class _Wishes:
    """How to run."""

    given: Given
    settings: Settings
    cleanup: bool


def run_checks(
    *,
    paths: tuple[str, ...],
    names: tuple[str, ...],
    namespace: str,
    variables: tuple[str, ...],
    secrets: tuple[str, ...],
    refuse: tuple[str, ...],
    no_cleanup: bool,
    repeat: int,
    config: Path | None,
    output: str,
) -> None:
    """See the command's help. Ends the program with its exit code."""
    given = Given.of(variables, secrets)
    settings = _with_refused(with_image(operator_settings(config)), refuse)
    chosen = _chosen(paths, names, namespace, settings)
    _known(chosen, given)
    planned = [_planned(one, _Wishes(given, settings, cleanup=not no_cleanup)) for one in chosen]
    screen = Screen() if output == "text" else None
    try:
        ran = asyncio.run(all_of(planned, repeat, screen))
    except asyncio.CancelledError:
        out.note("stopped in the middle of its cleanup: what the steps made may still be there")
        raise SystemExit(_NOTHING_MEASURED) from None
    if screen is None:
        documents = [_document(one) for one in ran]
        click.echo(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))
    elif len(ran) > 1:
        screen.say("")
        for line in summary(ran):
            screen.say(line)
    raise SystemExit(_exit_code([one.result.outcome for one in ran]))


def _with_refused(settings: Settings, refuse: Sequence[str]) -> Settings:
    for one in refuse:
        try:
            ip_network(one)
        except ValueError as error:
            raise click.UsageError(f"--refuse {one}: {error}; write a network like 10.0.0.0/8") from error
    checks = settings.checks.model_copy(update={"refuse": (*settings.checks.refuse, *refuse)})
    return settings.model_copy(update={"checks": checks})


def _chosen(paths: Sequence[str], names: Sequence[str], namespace: str, settings: Settings) -> list[Carried]:
    """The checks to run. Ends the program when one that is meant is not valid."""
    inputs = load(paths, namespace=namespace)
    carried, findings = examine_checks(inputs, settings)
    there = {one.check.name for one in carried} | {one.label.rpartition("/")[2] for one in inputs.checks}
    if missing := sorted(set(names) - there):
        known = f"there are {', '.join(sorted(there))}" if there else f"found {out.counted(inputs)}"
        raise click.UsageError(f"--name: there is no SyntheticCheck {', '.join(missing)}; {known}")
    meant = [one for one in findings if not names or one.object.rpartition("/")[2] in names]
    out.report(meant, output="text", stderr=True, summary={})
    if refused(meant):
        raise SystemExit(_NOTHING_MEASURED)
    if not carried:
        raise click.UsageError(f"nothing to run: {out.counted(inputs)}")
    chosen = [one for one in carried if not names or one.check.name in names]
    for one in chosen:
        if one.check.custom:
            out.note(f"left out: {one.check.name}: an image of its own is run by its CronJob only")
    with_steps = [one for one in chosen if not one.check.custom]
    if not with_steps:
        raise SystemExit(_NOTHING_MEASURED)
    return with_steps


def _known(chosen: Sequence[Carried], given: Given) -> None:
    """A name with a slip of the pen would leave the spec's value in force."""
    known = {one.name for carried in chosen for one in carried.check.spec.variables or ()}
    if unknown := sorted(given.names - known):
        listed = ", ".join(sorted(known)) or "none"
        raise click.UsageError(f"no variable is called {', '.join(unknown)}; there are: {listed}")


def _planned(one: Carried, wishes: _Wishes) -> Planned:
    check = one.check
    values = values_of(check.spec.variables or (), wishes.given, check=check.name)
    told = journey(
        check.spec, namespace=check.namespace, name=check.name, refuse=wishes.settings.checks.refuse
    )
    told["variables"] = [
        {"name": name, "value": values.plain[name]} if name in values.plain else {"name": name}
        for name in (*values.plain, *values.secret)
    ]
    left_out: Collection[str] = ()
    if not wishes.cleanup and "cleanup" in told:
        left_out = [step["name"] for step in told.pop("cleanup")]
    notes = [f"{', '.join(left_out)}: left out; what was made stays"] if left_out else []
    if check.spec.suspend:
        notes.append("spec.suspend is true: in the cluster it does not run")
    return Planned(
        name=f"{check.namespace}/{check.name}",
        where=f"{one.document.file}:{one.document.line()}",
        journey=Journey.of(told),
        secrets=values.secret,
        notes=tuple(notes),
    )


def _document(ran: Ran) -> dict[str, Any]:
    namespace, _, name = ran.planned.name.partition("/")
    return {"name": name, "namespace": namespace, "run": ran.run_id, **document(ran.result)}


def _exit_code(outcomes: Sequence[str]) -> int:
    """1 when a target said no; 2 when something was never measured; 0 when all is well."""
    if {"failure", "error"} & set(outcomes):
        return 1
    return 0 if outcomes and set(outcomes) == {"success"} else _NOTHING_MEASURED
