"""AlertmanagerConfigs of a cluster, and how its Alertmanager merges them.

No Secret is read: the Alertmanager's own configuration, which is in one, comes from ``--base``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import yaml

from fireline.alerting.effective import STRATEGIES, Strategy
from fireline.api.plan import Manifest
from fireline.api.resources import ALERTMANAGER, ALERTMANAGER_CONFIG, NAMESPACE
from fireline.cli import output as out
from fireline.cli.cluster import Cluster, asking
from fireline.cli.inputs import Document
from fireline.cli.routing.composing import Asked
from fireline.cli.routing.given import Given
from fireline.selection.labels import unmet


def in_cluster(kubeconfig: Path | None, context: str | None, asked: Asked) -> tuple[Given, Asked]:
    """The objects that the cluster's Alertmanager selects, and its namespace and strategy.

    Raises Unreachable, and click's UsageError when there is no Alertmanager object, or more than one.
    """
    with Cluster.connect(kubeconfig, context) as cluster:
        with asking(ALERTMANAGER):
            chosen = _chosen(cluster.list(ALERTMANAGER), asked.alertmanager_namespace)
        with asking(ALERTMANAGER_CONFIG):
            configs = cluster.list(ALERTMANAGER_CONFIG)
        spec, home = chosen.get("spec", {}), chosen["metadata"]["namespace"]
        by_label = spec.get("alertmanagerConfigNamespaceSelector")
        places = {home} if by_label is None else None
        if by_label:
            with asking(NAMESPACE):
                listed = cluster.list(NAMESPACE)
            places = {
                one["metadata"]["name"]
                for one in listed
                if not unmet(by_label, one["metadata"].get("labels", {}))
            }
    selector = spec.get("alertmanagerConfigSelector")
    name = f"{home}/{chosen['metadata']['name']}"
    if selector is None:
        out.note(
            f"note: Alertmanager {name} has no alertmanagerConfigSelector and takes no AlertmanagerConfig"
        )
    if asked.base is None:
        out.note(
            f"note: the own routes of Alertmanager {name} are in a Secret, which is not read; give --base"
        )
    taken = [
        one
        for one in configs
        if selector is not None
        and (places is None or one["metadata"]["namespace"] in places)
        and not unmet(selector, one["metadata"].get("labels", {}))
    ]
    given = Given(configs=[_document(one) for one in taken])
    strategy = (spec.get("alertmanagerConfigMatcherStrategy") or {}).get("type")
    known: Strategy = next((one for one in STRATEGIES if one == strategy), "OnNamespace")
    return given, replace(asked, strategy=known, alertmanager_namespace=home)


def _chosen(alertmanagers: list[Manifest], namespace: str) -> Manifest:
    """The only one, or the only one of the namespace that was named."""
    found = alertmanagers
    if len(found) > 1:
        found = [one for one in alertmanagers if one["metadata"]["namespace"] == namespace]
    if len(found) != 1:
        names = ", ".join(
            f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in alertmanagers
        )
        raise click.UsageError(
            f"there must be one Alertmanager object to ask about, found {names or 'none'}; choose its "
            "namespace with --alertmanager-namespace, or ask the server with --alertmanager URL"
        )
    return found[0]


def _document(config: Manifest) -> Document:
    """An object of the cluster where documents of files are expected."""
    node = yaml.compose("{}")
    assert node is not None  # noqa: S101 - it is a mapping
    manifest = {**config, "kind": ALERTMANAGER_CONFIG.kind, "apiVersion": ALERTMANAGER_CONFIG.api_version}
    return Document("the cluster", 0, manifest, node)
