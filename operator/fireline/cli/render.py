"""``fireline render``: what the operator would write, byte for byte, without a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from fireline.api.plan import Key, Manifest
from fireline.api.resources import SLO
from fireline.api.stamp import stamp
from fireline.cli import mimir
from fireline.cli import output as out
from fireline.cli.inputs import load
from fireline.cli.offline import Sound, examine, operator_settings, refused
from fireline.settings import Settings, Source
from fireline.slo import names
from fireline.slo.mimir import rule_namespaces
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import Wanted, render_windows


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("-n", "--namespace", default="default", show_default=True, help="For objects that name none.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["prometheusrule", "rules", "mimir"]),
    default="prometheusrule",
    show_default=True,
    help="prometheusrule: the objects. rules: one plain Prometheus rule file, for use without Kubernetes. "
    "mimir: rule files for mimirtool, one per namespace.",
)
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write files into a folder.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The operator's settings (sources, rule labels). Default: FIRELINE_CONFIG, else the defaults.",
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Write maintenance and calendar periods as of this time (UTC). Default: now.",
)
@click.option("--source", help="Only SLOs of this source of the settings (spec.prometheus).")
@click.option("--upload", metavar="URL", help="With --as mimir: write to the ruler of this Mimir.")
@click.option("--diff", is_flag=True, help="With --upload: show what would change; exit code 1 if anything.")
@click.option("--prune", is_flag=True, help="With --upload: delete Fireline's groups that are not rendered.")
def render(
    *,
    paths: tuple[str, ...],
    namespace: str,
    form: str,
    folder: Path | None,
    config: Path | None,
    at: datetime | None,
    source: str | None,
    upload: str | None,
    diff: bool,
    prune: bool,
) -> None:
    """Print the rules the operator would write for SLOs in files, folders or stdin (-).

    Nothing is printed when any object is wrong. Exit code 1: something is wrong; 2: wrong usage, or a
    server that cannot be asked.
    """
    if upload is not None and (form != "mimir" or folder is not None):
        raise click.UsageError("--upload needs --as mimir, and takes no --out")
    if upload is None and (diff or prune):
        raise click.UsageError("--diff and --prune need --upload")
    inputs, settings = load(paths, namespace=namespace), operator_settings(config)
    sound, findings = examine(inputs, settings)
    out.report(findings, output="text", stderr=True, summary={})
    if refused(findings):
        raise SystemExit(1)
    sound = [one for one in sound if source in (None, one.objective.source)]
    if not sound:
        of_source = f" for source {source}" if source else ""
        raise click.UsageError(f"nothing to render{of_source}: {out.counted(inputs)}")
    when = (at.replace(tzinfo=UTC) if at else datetime.now(UTC)).timestamp()
    rules = [*(_rule(one, settings, when) for one in sound), *_windows(sound, settings, when)]
    namespaces = rule_namespaces(rules, instance=settings.instance) if form == "mimir" else {}
    if upload is not None:
        raise SystemExit(mimir.upload(namespaces, settings, mimir.Upload(upload, diff=diff, prune=prune)))
    if form == "rules":
        files = {"rules.yaml": plain_rules(rules)}
    else:
        files = mimir.files(namespaces) if form == "mimir" else {_file(rule): rule for rule in rules}
    if folder is None:
        click.echo(out.to_yaml(*files.values()), nl=False)
    else:
        _write(folder, files)
    out.note(f"rendered {out.counted(inputs)}")


def _rule(sound: Sound, settings: Settings, at: float) -> Manifest:
    objective = sound.objective
    return stamp(
        render_rule(objective, _source(settings, objective.source).rule_labels, at=at),
        key=Key(SLO.kind, objective.namespace, objective.name),
        parent=sound.document.manifest,
        instance=settings.instance,
    )


def _windows(sound: Sequence[Sound], settings: Settings, at: float) -> list[Manifest]:
    """The shared windows of each namespace and source among the objects."""
    members: dict[tuple[str, str], list[Wanted]] = {}
    for one in sound:
        members.setdefault((one.objective.namespace, one.objective.source), []).append(wanted(one.objective))
    return [
        stamp(
            render_windows(namespace, source, windows, _source(settings, source).rule_labels, at=at),
            key=Key(names.WINDOWS_KIND, namespace, source),
            parent=None,
            instance=settings.instance,
        )
        for (namespace, source), windows in sorted(members.items())
    ]


def _source(settings: Settings, name: str) -> Source:
    return settings.sources.get(name, Source())


def _file(rule: Manifest) -> str:
    return f"{rule['metadata']['namespace']}/{rule['metadata']['name']}.yaml"


def _write(folder: Path, files: dict[str, Manifest]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(out.to_yaml(content), encoding="utf-8")
        click.echo(str(path))
