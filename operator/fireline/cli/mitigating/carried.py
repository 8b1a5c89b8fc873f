"""Mitigations of files as the operator would carry them out. For ``validate``, ``render`` and ``explain``."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fireline.api.belonging import Owner, Policies
from fireline.api.issues import Issue, Location
from fireline.api.mitigation import Mitigation
from fireline.api.plan import Key, Manifest
from fireline.api.resources import MITIGATION
from fireline.api.stamp import stamp
from fireline.cli.inputs import Document, Finding, Inputs
from fireline.cli.offline import duplicate, policies_of, shaped, sources_for
from fireline.mitigation.alerts import MitigationAlerts, alerts_object
from fireline.mitigation.checks import read
from fireline.mitigation.checks_slo import asked_slo, fits_its_slo
from fireline.settings import MitigationSettings, Settings, Source


@dataclass(frozen=True, slots=True)
class Carried:
    """One Mitigation that nothing is wrong with."""

    document: Document
    given: Mitigation
    policy: Owner | None
    service: str | None
    """Of its SLO, if that is in the files."""


def judged(settings: Settings) -> MitigationSettings:
    """Settings to judge a file by: where the operator's were not given, mode Auto may be allowed anywhere."""
    if "mitigations" in settings.model_fields_set:
        return settings.mitigations
    return settings.mitigations.model_copy(update={"auto_namespaces": ("*",)})


def examine_mitigations(inputs: Inputs, settings: Settings) -> tuple[list[Carried], list[Finding]]:
    """Those that can be carried out, and everything found about all of them."""
    policies, slos = policies_of(inputs.policies), shaped(inputs.documents)
    carried: list[Carried] = []
    findings: list[Finding] = []
    first: dict[tuple[str, str], Document] = {}
    for document in inputs.mitigations:
        sources = sources_for(document.manifest, settings)
        given, issues = read(document.manifest, settings=judged(settings), sources=sources)
        findings += [Finding.of(document, issue) for issue in issues]
        if given is None:
            continue
        metadata = given.metadata
        other = first.setdefault((metadata.namespace, metadata.name), document)
        if other is not document:
            findings.append(Finding.of(document, duplicate(document, other)))
            continue
        owner = policies.get(metadata.namespace, Policies(())).owner(metadata.labels or {})
        carried.append(Carried(document, given, owner, _service(given, slos)))
    return carried, findings


def alerts_of(one: Carried, settings: Settings) -> MitigationAlerts:
    """What its alerts depend on."""
    return MitigationAlerts.of(
        one.given, service=one.service, policy=one.policy, default_runbook=settings.runbook_url
    )


def rule_of(one: Carried, settings: Settings) -> Manifest:
    """The PrometheusRule that the operator writes."""
    source = one.given.spec.prometheus
    labels = settings.sources.get(source, Source()).rule_labels
    metadata = one.given.metadata
    return stamp(
        alerts_object(alerts_of(one, settings), source=source, rule_labels=labels),
        key=Key(MITIGATION.kind, metadata.namespace, metadata.name),
        parent=one.document.manifest,
        instance=settings.instance,
    )


def beside(inputs: Inputs) -> Iterator[Finding]:
    """SLOs and checks that are named and not there, or cannot tell what is asked: notes, since the files
    may not be all there is."""
    slos, checks = _names(inputs.documents), _names(inputs.checks)
    for document in inputs.mitigations:
        try:
            given = Mitigation.of(document.manifest)
        except ValueError:  # told by examine_mitigations
            continue
        spec, namespace = given.spec, given.metadata.namespace
        slo = spec.trigger.slo if spec.trigger else None
        for kind, at, name, there in (
            ("ServiceLevelObjective", ("spec", "trigger", "slo"), slo, slos),
            ("ServiceLevelObjective", ("spec", "slo"), spec.slo, slos),
            ("SyntheticCheck", ("spec", "verify", "check"), spec.verify.check, checks),
        ):
            near = there.get(namespace, [])
            if name is not None and name not in near:
                yield Finding.of(document, _missing(kind, at, name, near))
        for one in shaped(inputs.documents):
            if (one["metadata"]["namespace"], one["metadata"]["name"]) == (namespace, asked_slo(spec)):
                yield from (Finding.of(document, issue) for issue in fits_its_slo(spec, one["spec"]))


def _missing(kind: str, at: Location, name: str, near: Sequence[str]) -> Issue:
    close = difflib.get_close_matches(name, near, n=1)
    listed = f"; there are {', '.join(sorted(near))}" if near else ""
    instead = f"; did you mean {close[0]}?" if close else listed
    reason = "UnknownSLO" if kind == "ServiceLevelObjective" else "UnknownCheck"
    return Issue(reason, at, f"there is no {kind} {name!r} in these files{instead}", note=True)


def _names(documents: Sequence[Document]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for document in documents:
        namespace, _, name = document.label.rpartition("/")
        found.setdefault(namespace, []).append(name)
    return found


def _service(given: Mitigation, slos: Sequence[Manifest]) -> str | None:
    name = given.spec.slo or (given.spec.trigger.slo if given.spec.trigger else None)
    where = (given.metadata.namespace, name)
    found = (one for one in slos if (one["metadata"]["namespace"], one["metadata"]["name"]) == where)
    service = next((one["spec"].get("service") for one in found), None)
    return service if isinstance(service, str) else None
