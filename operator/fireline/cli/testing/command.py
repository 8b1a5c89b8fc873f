"""What ``fireline test-alert`` does: read the policy, have the alert sent, show the result."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fireline.api.delivery import DeliveryState, TestResult
from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY
from fireline.cli import output as out
from fireline.cli.cluster import Cluster, asking
from fireline.cli.testing.asked import by_operator

if TYPE_CHECKING:
    from fireline.settings import Alertmanager, Settings

_DIRECT_SECONDS, _OPERATOR_SECONDS = 30.0, 120.0
_COLOURS = {
    DeliveryState.DELIVERED: "green",
    DeliveryState.FAILED: "bold red",
    DeliveryState.UNKNOWN: "yellow",
}


def prove(
    *,
    policy: str,
    namespace: str | None,
    urls: tuple[str, ...],
    config: Path | None,
    file: str | None,
    timeout: float | None,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """See the command's help."""
    direct = bool(urls) or config is not None
    if file and not direct:
        raise click.UsageError(
            "--file needs --alertmanager or --config: the operator tests what is in the cluster"
        )
    if file and (kubeconfig or context):
        raise click.UsageError("--kubeconfig and --context ask a cluster; leave them out with --file")
    place, _, name = policy.rpartition("/")
    if place and namespace and place != namespace:
        raise click.UsageError(f"-n {namespace} and {policy} name two namespaces; choose one")
    namespace = place or namespace
    seconds = timeout or (_DIRECT_SECONDS if direct else _OPERATOR_SECONDS)
    with contextlib.ExitStack() as stack:
        if file:
            manifest = _in_file(file, namespace, name)
        else:
            cluster = stack.enter_context(Cluster.connect(kubeconfig, context))
            namespace = namespace or cluster.namespace
            with asking(ALERT_POLICY):
                manifest = cluster.get(ALERT_POLICY, namespace, name)
        namespace = manifest["metadata"]["namespace"]
        with _waiting(f"AlertPolicyTest of {namespace}/{name}"):
            if direct:
                result = _from_here(manifest, urls, config, timedelta(seconds=seconds))
            else:
                result = by_operator(cluster, namespace, name, seconds=seconds)
    _show(result, f"{namespace}/{name}", output)
    if result.state is not DeliveryState.DELIVERED:
        raise SystemExit(1)


def _from_here(
    manifest: Manifest, urls: tuple[str, ...], config: Path | None, deadline: timedelta
) -> TestResult:
    """Sent by this process. Raises UsageError for a policy that is not valid."""
    from fireline.cli.offline import operator_settings  # noqa: PLC0415 - the operator's way needs no settings
    from fireline.cli.testing.direct import compiled, send  # noqa: PLC0415 - imports the HTTP client

    settings = operator_settings(config)
    name = manifest.get("spec", {}).get("alertmanager", "default")
    entry = _alertmanager(settings, name, urls)
    return send(entry, name if config else "", compiled(manifest, settings), deadline)


def _alertmanager(settings: Settings, name: str, urls: tuple[str, ...]) -> Alertmanager:
    """The Alertmanager of the settings, with the URLs of the command line instead of its own."""
    from pydantic import ValidationError  # noqa: PLC0415 - comes with the settings

    from fireline.settings import Alertmanager, mistakes  # noqa: PLC0415 - likewise

    entry = settings.alertmanagers.get(name, Alertmanager())
    if not urls and not entry.urls:
        raise click.UsageError(
            f"no Alertmanager to ask: give --alertmanager URL, or alertmanagers.{name}.urls"
        )
    try:
        return Alertmanager.model_validate(entry.model_dump() | ({"urls": urls} if urls else {}))
    except ValidationError as error:
        raise click.UsageError(f"--alertmanager: {'; '.join(mistakes(error))}") from None


def _in_file(path: str, namespace: str | None, name: str) -> Manifest:
    """The policy of that name. Raises UsageError when there is none, or more than one."""
    from fireline.cli.inputs import load_any  # noqa: PLC0415 - only for files

    inputs = load_any([path])
    if inputs.findings:
        out.report(inputs.findings, output="text", stderr=True, summary={})
        raise click.UsageError("the file cannot be read as Kubernetes objects")
    found = []
    for document in inputs.documents:
        manifest = document.manifest
        if isinstance(manifest, dict) and manifest.get("kind") == ALERT_POLICY.kind:
            metadata = manifest.setdefault("metadata", {})
            own = metadata.setdefault("namespace", namespace or "default")
            if metadata.get("name") == name and own == (namespace or own):
                found.append(manifest)
    if len(found) != 1:
        raise click.UsageError(
            f"{path}: must hold one AlertPolicy called {name}, found {len(found) or 'none'}"
        )
    return found[0]


def _show(result: TestResult, policy: str, output: str) -> None:
    if output != "text":
        document = _plain(result, policy)
        click.echo(json.dumps(document, indent=2) if output == "json" else out.to_yaml(document).rstrip())
        return
    from rich.console import Console  # noqa: PLC0415 - JSON and YAML need none
    from rich.table import Table  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    table = Table("RECEIVER", "RESULT", "WHAT HAPPENED", box=None, pad_edge=False, header_style="bold")
    for one in result.receivers:
        table.add_row(Text(one.name), Text(one.state, _COLOURS[one.state]), Text(one.message))
    Console(highlight=False).print(table)
    for note in result.notes:
        out.note(f"note: {note}")


def _plain(result: TestResult, policy: str) -> dict[str, Any]:
    return {
        "policy": policy,
        "nonce": result.nonce,
        "at": result.at.isoformat().replace("+00:00", "Z"),
        "state": str(result.state),
        "receivers": [
            {"name": one.name, "state": str(one.state), "message": one.message} for one in result.receivers
        ],
        "notes": list(result.notes),
    }


@contextlib.contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Says what is going on, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal

    with Console(stderr=True).status(f"{what}: waiting for every receiver"):
        yield
