"""``fireline render --as alertmanagerconfig`` and ``--as alertmanager``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from fireline.alerting.effective import Strategy
from fireline.api.plan import Manifest
from fireline.cli import output as out
from fireline.cli.offline import operator_settings, refused
from fireline.cli.routing.composing import Asked, compose
from fireline.cli.routing.given import plain_file, read
from fireline.cli.routing.policies import Carried


def files(
    *,
    form: str,
    paths: tuple[str, ...],
    namespace: str,
    config: Path | None,
    at: datetime | None,
    base: str | None,
    strategy: Strategy,
    alertmanager_namespace: str,
) -> tuple[list[tuple[str, Iterable[str]]], str]:
    """Name and text of each file, and what was read, in words.

    Ends the program with exit code 1 when something is wrong.
    """
    given, settings = read(paths, namespace=namespace), operator_settings(config)
    if form == "alertmanagerconfig" and not given.policies:
        raise click.UsageError(f"there is no AlertPolicy to render: found {given}")
    if not (given.policies or given.configs or given.plain):
        raise click.UsageError(f"there is nothing that routes alerts: found {given}")
    when = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    asked = Asked(when, plain_file(base) if base else None, strategy, alertmanager_namespace)
    composed = compose(given, settings, asked)
    out.report(composed.findings, output="text", stderr=True, summary={})
    if refused(composed.findings):
        raise SystemExit(1)
    if form == "alertmanager":
        return [("alertmanager.yaml", [out.to_yaml(composed.configuration)])], str(given)
    objects = [_object(one) for one in composed.carried]
    return [(_name(one), [out.to_yaml(one)]) for one in objects], str(given)


def _object(carried: Carried) -> Manifest:
    if carried.policy.mode == "Secret":
        out.note(
            f"note: {carried.policy.namespace}/{carried.policy.name} is delivered in the merged Secret "
            f"({carried.policy.mode_reason}); see --as alertmanager"
        )
    return carried.config


def _name(config: Manifest) -> str:
    return f"{config['metadata']['namespace']}/{config['metadata']['name']}.yaml"
