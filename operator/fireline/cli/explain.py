"""``fireline explain``: why an SLO, AlertPolicy, SyntheticCheck or Mitigation is not Ready, or how it goes.

It asks the cluster as far as the user's rights go, and with ``--prometheus`` the raw series too. A file
is explained offline: the arithmetic and the alerts in words, for reviews.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.cli.cluster import Cluster, cluster_options

if TYPE_CHECKING:
    from fireline.cli.explaining.page import Explanation

_KINDS = {
    "slo": frozenset({"slo", "slos", "servicelevelobjective", "servicelevelobjectives"}),
    "ap": frozenset({"ap", "alertpolicy", "alertpolicies"}),
    "syn": frozenset({"syn", "check", "syntheticcheck", "syntheticchecks"}),
    "mit": frozenset({"mit", "mitigation", "mitigations"}),
}
"""Kinds by their short name, and what they may be called."""
_ENDINGS = frozenset({".yaml", ".yml", ".json"})
_AS_WIDE_AS_IT_GETS = 10_000


@click.command()
@click.argument("target", metavar="KIND/NAME|NAME|FILE")
@click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
@click.option("--prometheus", metavar="URL", help="Also ask this server for raw counts and loaded rules.")
@click.option("--source", metavar="NAME", help="The same with a source of --config and its credentials.")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings (sources, tiers). Default: FIRELINE_CONFIG, else the defaults.",
)
@click.option(
    "-o", "--output", type=click.Choice(["text", "json", "yaml"]), default="text", show_default=True
)
@cluster_options
def explain(
    *,
    target: str,
    namespace: str | None,
    prometheus: str | None,
    source: str | None,
    config: Path | None,
    output: str,
    kubeconfig: Path | None,
    context: str | None,
) -> None:
    """Say why an SLO, AlertPolicy, SyntheticCheck or Mitigation is, or is not, Ready, what its numbers mean,
    how its runs go, and who is told.

    slo/checkout (or just checkout), ap/on-call, syn/login and mit/undo are objects of the cluster;
    checkout.yaml, a folder that ends in /, and - are files, explained before they are applied.

    Exit code 0: explained. 2: wrong usage, no such object, or a server cannot be reached.
    """
    from fireline.cli.explaining.check_reading import check_from_cluster  # noqa: PLC0415 - --help stays light
    from fireline.cli.explaining.mitigation_reading import mitigation_from_cluster  # noqa: PLC0415 - likewise
    from fireline.cli.explaining.policy_reading import policy_from_cluster  # noqa: PLC0415 - likewise
    from fireline.cli.explaining.reading import from_cluster, from_files  # noqa: PLC0415 - likewise
    from fireline.cli.offline import operator_settings  # noqa: PLC0415 - likewise
    from fireline.cli.reach import Reach  # noqa: PLC0415 - likewise

    settings = operator_settings(config)
    reach = Reach(settings, url=prometheus, name=source) if prometheus or source else None
    meant, now = object_meant(target), datetime.now(UTC)
    if meant is None:
        if kubeconfig or context:
            raise click.UsageError("--kubeconfig and --context ask a cluster; leave them out with a file")
        show(from_files(target, settings, reach, namespace=namespace or "default", now=now), output)
        return
    kind, name = meant
    if kind != "slo" and reach:
        what = {"ap": "an AlertPolicy", "syn": "a SyntheticCheck", "mit": "a Mitigation"}[kind]
        raise click.UsageError(f"--prometheus and --source are for SLOs; leave them out with {what}")
    with Cluster.connect(kubeconfig, context) as cluster:
        place = namespace or cluster.namespace
        if kind == "ap":
            show([policy_from_cluster(cluster, place, name, settings, now=now)], output)
        elif kind == "syn":
            show([check_from_cluster(cluster, place, name, settings, now=now)], output)
        elif kind == "mit":
            show([mitigation_from_cluster(cluster, place, name, settings, now=now)], output)
        else:
            show([from_cluster(cluster, place, name, settings, reach, now=now)], output)


def object_meant(target: str) -> tuple[str, str] | None:
    """Kind (``slo``, ``ap``, ``syn``, ``mit``) and name of the object; None for a file.

    Raises click's UsageError for another kind.
    """
    word, slash, name = target.partition("/")
    said = word.partition(".")[0].lower()
    kind = next((kind for kind, names in _KINDS.items() if said in names), None)
    if slash and kind and name:
        return kind, name
    if target == "-" or Path(target).suffix in _ENDINGS or slash:
        if not slash or target.startswith((".", "/")) or Path(target).exists():
            return None
        raise click.UsageError(
            f"{target}: there is no such file, and {word!r} is no kind that is explained; write slo/NAME, "
            f"ap/NAME, syn/NAME or mit/NAME"
        )
    return "slo", target


def show(explanations: Sequence[Explanation], output: str) -> None:
    """Print explanations one below the other, or as one document (a list when there are several)."""
    from rich.console import Console  # noqa: PLC0415 - --help stays light

    from fireline.cli.explaining.page import document, page  # noqa: PLC0415 - likewise
    from fireline.cli.output import to_yaml  # noqa: PLC0415 - likewise

    if output != "text":
        documents = [document(one) for one in explanations]
        whole = documents[0] if len(documents) == 1 else documents
        click.echo(json.dumps(whole, indent=2) if output == "json" else to_yaml(whole).rstrip())
        return
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(*(page(one, console) for one in explanations), sep="\n\n")
        return
    wide = Console(highlight=False, width=_AS_WIDE_AS_IT_GETS)
    with wide.capture() as captured:
        wide.print(*(page(one, wide) for one in explanations), sep="\n\n")
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
