"""Each SLO with the objectives to compare: the same spec with another percentage, checked like any other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from fireline.cli.inputs import Document, Finding, Inputs
from fireline.cli.offline import Sound, examine
from fireline.settings import Settings
from fireline.slo.model import Objective


@dataclass(frozen=True, slots=True)
class Case:
    """One SLO and its objectives, in the order they were asked for. They differ in percentage and tiers."""

    objectives: tuple[Objective, ...]

    @property
    def widest(self) -> Objective:
        """One objective with the tiers of all: what must be recorded for any of them."""
        tiers = {tier: None for objective in self.objectives for tier in objective.tiers}
        return dataclasses.replace(self.objectives[0], tiers=tuple(tiers))

    @property
    def per_group(self) -> bool:
        """Whether burn alerts are for each group."""
        first = self.objectives[0]
        return bool(first.group_by) and first.alert_per_group


def cases(
    sound: Sequence[Sound], percentages: str | None, settings: Settings
) -> tuple[list[Case], list[Finding]]:
    """Every SLO with its own objective, or with each of ``percentages`` (separated by commas).

    The findings are about percentages that do not fit.
    """
    if percentages is None:
        return [Case((one.objective,)) for one in sound], []
    wanted = list(dict.fromkeys(text.strip() for text in percentages.split(",") if text.strip()))
    found: list[Case] = []
    findings: list[Finding] = []
    for one in sound:
        variants, issues = _variants(one.document, wanted, settings)
        findings += (issue for issue in issues if not issue.issue.note)
        if variants:
            found.append(Case(tuple(variants)))
    return found, findings


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
