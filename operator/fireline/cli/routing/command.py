"""What ``fireline route`` does."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from fireline.alerting.effective import Strategy
from fireline.alerting.simulate import Silence, Simulation
from fireline.alerting.simulate.matchers import Labels
from fireline.api.plan import Manifest
from fireline.cli import output as out
from fireline.cli.offline import operator_settings, refused
from fireline.cli.routing import page
from fireline.cli.routing.composing import Asked, compose
from fireline.cli.routing.given import Given, plain_file, read
from fireline.cli.routing.labels import parsed, split
from fireline.cli.when import moment
from fireline.errors import SpecError
from fireline.settings import Settings


def show(
    *,
    arguments: tuple[str, ...],
    namespace: str | None,
    base: str | None,
    strategy: Strategy,
    alertmanager_namespace: str,
    alertmanager: str | None,
    cluster: bool,
    config: Path | None,
    at: str | None,
    firing: tuple[str, ...],
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """See the command's help."""
    labels, paths = split(arguments)
    if not labels:
        raise click.UsageError("name the alert's labels, like alertname=CheckoutErrors severity=critical")
    if bool(paths) + (alertmanager is not None) + cluster != 1:
        raise click.UsageError("give one of: PATHs, --cluster, --alertmanager URL")
    settings = operator_settings(config)
    when = datetime.fromtimestamp(moment(at, option="--at") if at else int(time.time()), UTC)
    others: list[Labels] = [parsed(text, option="--firing") for text in firing]
    silences: tuple[Silence, ...] = ()
    asked = Asked(when, plain_file(base) if base else None, strategy, alertmanager_namespace)
    if alertmanager is not None:
        from fireline.cli.routing.running import running  # noqa: PLC0415 - imports the HTTP client

        server = running(alertmanager, settings)
        configuration, silences = server.configuration, server.silences
        others += server.firing
    elif cluster:
        from fireline.cli.routing.incluster import in_cluster  # noqa: PLC0415 - asks a cluster

        given, asked = in_cluster(kubeconfig, context, asked)
        configuration = _composed(given, settings, asked)
    else:
        configuration = _composed(read(paths, namespace=namespace or "default"), settings, asked)
    try:
        told = Simulation.of(configuration).told(labels, at=when, firing=others, silences=silences)
    except SpecError as error:
        raise click.UsageError(f"Alertmanager would not load this configuration: it {error}") from None
    _print(page.document(told, labels, when), list(page.lines(told, labels, when)), output)
    if not page.reached(told):
        raise SystemExit(1)


def _composed(given: Given, settings: Settings, asked: Asked) -> Manifest:
    """The configuration of objects. Ends the program with 1 when there would be none, or a wrong one."""
    if not (given.policies or given.configs or given.plain):
        raise click.UsageError(f"there is nothing that routes alerts: found {given}")
    composed = compose(given, settings, asked)
    out.report(composed.findings, output="text", stderr=True, summary={})
    # What prometheus-operator leaves out changes nothing for others; anything else does.
    if refused([one for one in composed.findings if one.issue.reason != "Rejected"]):
        raise SystemExit(1)
    return composed.configuration


def _print(document: dict[str, Any], lines: list[str], output: str) -> None:
    if output == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif output == "yaml":
        click.echo(out.to_yaml(document).rstrip())
    else:
        click.echo("\n".join(lines))
