"""What ``fireline render`` does: objects and rules, to stdout, into a folder, or to a Mimir."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fireline.api.plan import Key, Manifest
from fireline.api.resources import ALERTMANAGER_CONFIG, CRON_JOB, DEPLOYMENT, PROMETHEUS_RULE, SLO
from fireline.api.stamp import stamp
from fireline.cli import mimir
from fireline.cli import output as out
from fireline.cli.inputs import Finding, Inputs, load
from fireline.cli.offline import SOME_IMAGE, Sound, examine, operator_settings, refused
from fireline.cli.routing.options import FORMS
from fireline.cli.thrift import uncollected
from fireline.settings import Settings, Source
from fireline.slo import names
from fireline.slo.mimir import rule_namespaces
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import Wanted, render_windows

if TYPE_CHECKING:
    from fireline.alerting.effective import Strategy


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
    base: str | None,
    strategy: Strategy,
    alertmanager_namespace: str,
) -> None:
    """Print, write or upload the rules; ends the program with exit code 1 when something is wrong."""
    if upload is not None and (form != "mimir" or folder is not None):
        raise click.UsageError("--upload needs --as mimir, and takes no --out")
    if upload is None and (diff or prune):
        raise click.UsageError("--diff and --prune need --upload")
    if form in FORMS:
        if source is not None:
            raise click.UsageError("--source chooses rules; routes belong to an Alertmanager")
        from fireline.cli.routing.rendering import files as routing_files  # noqa: PLC0415 - rules need none of it

        routes, read = routing_files(
            form=form,
            paths=paths,
            namespace=namespace,
            config=config,
            at=at,
            base=base,
            strategy=strategy,
            alertmanager_namespace=alertmanager_namespace,
        )
        _out(iter(routes), folder, marked=form == "alertmanagerconfig")
        out.note(f"rendered {read}")
        return
    inputs, settings = load(paths, namespace=namespace), operator_settings(config)
    sound, findings = examine(inputs, settings)
    now = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    others, wrong = _of_others(inputs, settings, source, now, form)
    findings += wrong
    out.report(findings, output="text", stderr=True, summary={})
    if refused(findings):
        raise SystemExit(1)
    sound = [one for one in sound if form != "cronjob" and source in (None, one.objective.source)]
    if not sound and not others:
        of_source = f" for source {source}" if source else ""
        hint = "; for its routes: --as alertmanagerconfig" if inputs.policies else ""
        raise click.UsageError(f"nothing to render{of_source}: {out.counted(inputs)}{hint}")
    rules = itertools.chain(_rules(sound, settings, now.timestamp()), others)
    files: Files
    if form == "mimir":
        namespaces = rule_namespaces(rules, instance=settings.instance)
        if upload is not None:
            asked = mimir.Upload(upload, diff=diff, prune=prune)
            raise SystemExit(mimir.upload(namespaces, settings, asked))
        written = mimir.files(namespaces)
        files, marked = ((name, [out.to_yaml(one)]) for name, one in written.items()), len(written) > 1
    elif form == "rules":
        files, marked = iter([("rules.yaml", _one_file(rules))]), False
    else:
        files, marked = ((_file(rule), [out.to_yaml(rule)]) for rule in rules), True
    _out(files, folder, marked=marked)
    out.note(f"rendered {out.counted(inputs)}")


_BY_NAME = frozenset({PROMETHEUS_RULE.kind, ALERTMANAGER_CONFIG.kind})
_SOME_IMAGE = (
    f"note: the operator's settings say which image runs steps of checks; {SOME_IMAGE} stands for it here, "
    "name yours in checks.image of --config or in FIRELINE_CHECKS__IMAGE"
)
Files = Iterator[tuple[str, Iterable[str]]]
"""Name and pieces of text of each file, made while they are written: thousands of SLOs are megabytes."""


def _of_others(
    inputs: Inputs, settings: Settings, source: str | None, at: datetime, form: str
) -> tuple[list[Manifest], list[Finding]]:
    """Objects of policies and checks, as far as the form has them, and what is wrong with those."""
    found: list[Manifest] = []
    findings: list[Finding] = []
    if inputs.policies:
        found, findings = _of_policies(inputs, settings, source, at)
    if inputs.checks:
        of_checks, wrong = _of_checks(inputs, settings, source)
        found, findings = found + of_checks, findings + wrong
    if inputs.mitigations:
        of_mitigations, wrong = _of_mitigations(inputs, settings, source)
        found, findings = found + of_mitigations, findings + wrong
    if form != "objects":  # all others but cronjob hold rules
        kind = CRON_JOB.kind if form == "cronjob" else PROMETHEUS_RULE.kind
        found = [one for one in found if one["kind"] == kind]
    runs = any(one["kind"] in {CRON_JOB.kind, DEPLOYMENT.kind} for one in found)
    if runs and "checks" not in settings.model_fields_set:
        out.note(_SOME_IMAGE)
    return found, findings


def _of_policies(
    inputs: Inputs, settings: Settings, source: str | None, at: datetime
) -> tuple[list[Manifest], list[Finding]]:
    """Rules of the policies' own alerts, and what is wrong with the policies."""
    from fireline.cli.routing.composing import examine_policies  # noqa: PLC0415 - SLOs need none of it

    carried, findings = examine_policies(inputs, settings, at=at)
    chosen = (one for one in carried if source in (None, one.policy.source))
    return [rule for one in chosen for rule in one.rules], findings


def _of_checks(
    inputs: Inputs, settings: Settings, source: str | None
) -> tuple[list[Manifest], list[Finding]]:
    """What runs checks, their rules, and what is wrong with the checks."""
    from fireline.cli.checking.carried import examine_checks, objects, probers  # noqa: PLC0415 - likewise

    carried, findings = examine_checks(inputs, settings)
    chosen = [one for one in carried if source in (None, one.check.spec.prometheus)]
    found = [child for one in chosen for child in objects(one, settings)]
    return [*found, *probers(chosen, settings)], findings


def _of_mitigations(
    inputs: Inputs, settings: Settings, source: str | None
) -> tuple[list[Manifest], list[Finding]]:
    """Rules of mitigations, and what is wrong with them."""
    from fireline.cli.mitigating.carried import examine_mitigations, rule_of  # noqa: PLC0415 - likewise

    carried, findings = examine_mitigations(inputs, settings)
    chosen = (one for one in carried if source in (None, one.given.spec.prometheus))
    return [rule_of(one, settings) for one in chosen], findings


def _rules(sound: Sequence[Sound], settings: Settings, at: float) -> Iterator[Manifest]:
    yield from (_rule(one, settings, at) for one in sound)
    yield from _windows(sound, settings, at)


def _one_file(rules: Iterable[Manifest]) -> Iterator[str]:
    """All groups below one key, as ``plain_rules`` has them."""
    yield "groups:\n"
    yield from (out.to_yaml(plain_rules([rule])["groups"]) for rule in rules)


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


def _file(child: Manifest) -> str:
    """Objects of different kinds may have one name; rules, the most of them, are called by that alone."""
    kind = "" if child["kind"] in _BY_NAME else f"{child['kind'].lower()}-"
    return f"{child['metadata']['namespace']}/{kind}{child['metadata']['name']}.yaml"


def _out(files: Files, folder: Path | None, *, marked: bool) -> None:
    if folder is None:
        _print(files, marked=marked)
    else:
        _write(folder, files)


def _print(files: Files, *, marked: bool) -> None:
    """One stream of documents; ``marked``: there are several."""
    for _, pieces in files:
        if marked:
            click.echo("---")
        for piece in pieces:
            click.echo(piece, nl=False)


def _write(folder: Path, files: Files) -> None:
    for name, pieces in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(pieces), encoding="utf-8")
        click.echo(str(path))
