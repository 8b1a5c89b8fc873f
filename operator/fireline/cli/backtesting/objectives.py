"""Each SLO with the objectives to compare: the same spec with another percentage, checked like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fireline.api.issues import Issue
from fireline.cli.inputs import Document, Finding, Inputs
from fireline.cli.offline import Sound, examine
from fireline.settings import Settings
from fireline.slo.model import Objective

Name = tuple[str, str]
"""Namespace and name of an SLO."""


@dataclass(frozen=True, slots=True)
class Case:
    """One SLO and its objectives, in the order they were asked for. They differ in percentage and tiers."""

    own: Objective
    """As it is written: what composites count it with."""
    objectives: tuple[Objective, ...]

    @property
    def key(self) -> Name:
        """Its namespace and name."""
        return self.own.namespace, self.own.name

    @property
    def members(self) -> set[Name]:
        """The SLOs a composite is made of."""
        of = self.own.composite.members if self.own.composite else ()
        return {(self.own.namespace, name) for name, _ in of}

    @property
    def widest(self) -> Objective:
        """One objective with the tiers of all: what must be recorded for any of them."""
        tiers = {tier: None for objective in self.objectives for tier in objective.tiers}
        return dataclasses.replace(self.own, tiers=tuple(tiers))

    @property
    def per_group(self) -> bool:
        """Whether burn alerts are for each group."""
        return bool(self.own.group_by) and self.own.alert_per_group


def cases(
    sound: Sequence[Sound], percentages: str | None, settings: Settings
) -> tuple[list[Case], list[Finding]]:
    """Every SLO with its own objective, or with each of ``percentages`` (separated by commas).

    The findings are about percentages that do not fit, and about composites without their members.
    """
    incomplete = list(without_members(sound))
    if percentages is None:
        return [Case(one.objective, (one.objective,)) for one in sound], incomplete
    wanted = list(dict.fromkeys(text.strip() for text in percentages.split(",") if text.strip()))
    found: list[Case] = []
    findings = incomplete
    for one in sound:
        variants, issues = _variants(one.document, wanted, settings)
        findings += (issue for issue in issues if not issue.issue.note)
        if variants:
            found.append(Case(one.objective, tuple(variants)))
    return found, findings


def without_members(sound: Sequence[Sound]) -> Iterator[Finding]:
    """A composite is computed from its members, so they must be among the files."""
    there = {(one.objective.namespace, one.objective.name) for one in sound}
    for one in sound:
        for namespace, name in sorted(Case(one.objective, ()).members - there):
            issue = Issue(
                "MissingMember",
                ("spec", "indicator", "composite", "objectives"),
                f"{namespace}/{name} is not among the files: give them together, for example as one folder",
            )
            yield Finding.of(one.document, issue)


def _variants(
    document: Document, percentages: Sequence[str], settings: Settings
) -> tuple[list[Objective], list[Finding]]:
    objectives: list[Objective] = []
    findings: list[Finding] = []
    for percent in percentages:
        manifest = document.manifest | {"spec": document.manifest["spec"] | {"objective": percent}}
        changed = Inputs(documents=[dataclasses.replace(document, manifest=manifest)])
        sound, issues = examine(changed, settings)
        objectives += (one.objective for one in sound)
        findings += issues
    return objectives, findings
