"""What ``fireline render`` does: rules of SLOs, to stdout, into a folder, or to a Mimir."""

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
from fireline.cli.thrift import uncollected
from fireline.settings import Settings, Source
from fireline.slo import names
from fireline.slo.mimir import rule_namespaces
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import Wanted, render_windows


@uncollected()
def render_rules(
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
    """Print, write or upload the rules; ends the program with exit code 1 when something is wrong."""
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
