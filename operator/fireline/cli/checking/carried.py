"""SyntheticChecks of files as the operator would carry them out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fireline.api.belonging import Policies
from fireline.api.issues import Issue
from fireline.api.plan import Key, Manifest
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.api.stamp import stamp
from fireline.api.synthetic_check import SyntheticCheck
from fireline.cli.inputs import Document, Finding, Inputs
from fireline.cli.offline import Sound, duplicate, policies_of, sources_for, with_image
from fireline.settings import Settings, Source
from fireline.synthetic.alerts import CheckAlerts, alerts_object
from fireline.synthetic.checks import read
from fireline.synthetic.compile import compile_check
from fireline.synthetic.model import Check
from fireline.synthetic.prober_render import entry, file_of, render_prober
from fireline.synthetic.prober_render import key_of as prober_of
from fireline.synthetic.render import render_cron_job


@dataclass(frozen=True, slots=True)
class Carried:
    """One check that nothing is wrong with."""

    document: Document
    given: SyntheticCheck
    check: Check


def examine_checks(inputs: Inputs, settings: Settings) -> tuple[list[Carried], list[Finding]]:
    """The checks that can be carried out, and everything found about all of them."""
    settings = with_image(settings)
    policies = policies_of(inputs.policies)
    carried: list[Carried] = []
    findings: list[Finding] = []
    first: dict[tuple[str, str], Document] = {}
    for document in inputs.checks:
        sources = sources_for(document.manifest, settings)
        given, issues = read(document.manifest, settings=settings.checks, sources=sources)
        findings += [Finding.of(document, issue) for issue in issues]
        if given is None:
            continue
        metadata = given.metadata
        other = first.setdefault((metadata.namespace, metadata.name), document)
        if other is not document:
            findings.append(Finding.of(document, duplicate(document, other)))
            continue
        near = policies.get(metadata.namespace, Policies(()))
        check = compile_check(given, policy=near.owner(metadata.labels or {}))
        carried.append(Carried(document, given, check))
    return carried, findings


def objects(one: Carried, settings: Settings) -> Iterator[Manifest]:
    """What the operator writes for a check: the CronJob, and the PrometheusRule with its alerts."""
    settings = with_image(settings)
    check, manifest = one.check, one.document.manifest
    source = settings.sources.get(check.spec.prometheus, Source())
    children: list[Manifest] = []
    if check.timing.cron is not None:
        uid = manifest["metadata"].get("uid")
        children.append(render_cron_job(check, settings.checks, uid=uid, instance=settings.instance))
    if not check.spec.alert.disabled:
        alerts = CheckAlerts.of(
            one.given,
            interval=check.timing.interval,
            policy=check.policy,
            default_runbook=settings.runbook_url,
        )
        children.append(alerts_object(alerts, source=check.spec.prometheus, rule_labels=source.rule_labels))
    key = Key(SYNTHETIC_CHECK.kind, check.namespace, check.name)
    for child in children:
        yield stamp(child, key=key, parent=manifest, instance=settings.instance)


def probers(carried: Iterable[Carried], settings: Settings) -> Iterator[Manifest]:
    """What the operator writes for all checks with ``runner: Prober``: Deployments with their ConfigMaps."""
    settings = with_image(settings)
    entries: dict[Key, dict[str, str]] = {}
    for one in carried:
        check = one.check
        if check.spec.runner == "Prober" and not check.spec.suspend:
            uid = one.document.manifest["metadata"].get("uid", "")
            told = entry(check, settings.checks, uid=uid)
            key = prober_of(check.namespace, check.spec.location)
            entries.setdefault(key, {})[file_of(check.name)] = told
    for key, wanted in sorted(entries.items()):
        for child in render_prober(key, wanted, settings.checks, instance=settings.instance):
            yield stamp(child, key=key, parent=None, instance=settings.instance)


def beside(sound: Sequence[Sound], inputs: Inputs) -> Iterator[Finding]:
    """SLOs on checks that are not there: a note, since the files may not be all there is."""
    there: dict[str, list[str]] = {}
    for document in inputs.checks:
        namespace, _, name = document.label.rpartition("/")
        there.setdefault(namespace, []).append(name)
    for one in sound:
        synthetic = one.slo.spec.indicator.synthetic
        if synthetic is None:
            continue
        names = there.get(one.slo.metadata.namespace, [])
        if synthetic.check not in names:
            instead = _instead(synthetic.check, names)
            words = f"there is no SyntheticCheck {synthetic.check!r} in these files{instead}"
            at = ("spec", "indicator", "synthetic", "check")
            yield Finding.of(one.document, Issue("UnknownCheck", at, words, note=True))


def _instead(name: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there are {', '.join(sorted(names))}" if names else ""
