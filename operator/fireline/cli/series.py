"""``validate --prometheus``: asks servers whether what SLOs read is there, and what they take it for.

The checks are in :mod:`fireline.cli.probing`; their order is the contract: a field without data is
judged no further.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fireline.api.issues import Issue
from fireline.cli.inputs import Finding
from fireline.cli.offline import Sound
from fireline.cli.probing import counting
from fireline.cli.probing.absent import absent
from fireline.cli.probing.catalog import Catalog
from fireline.cli.probing.groups import groups
from fireline.cli.probing.histograms import histogram
from fireline.cli.probing.pace import pace
from fireline.cli.probing.parts import INDICATOR, parts
from fireline.cli.reach import Reach
from fireline.promql.expr import selector
from fireline.slo import names

_AT_A_TIME = 20
"""SLOs asked about together; each server answers four questions at a time anyway."""


async def findings_of(
    sounds: Sequence[Sound], reach: Reach, *, max_groups: int, done: Callable[[int], None]
) -> list[Finding]:
    """Everything found, in the order of the SLOs. ``done`` is told about progress.

    Raises MetricsError when a server cannot be asked, click's UsageError when none is known.
    """
    catalogs: dict[int, Catalog] = {}
    given = {(one.objective.namespace, one.objective.name) for one in sounds}
    slots = asyncio.Semaphore(_AT_A_TIME)

    async def ask(sound: Sound) -> list[Finding]:
        source = reach.source(sound.objective)
        catalog = catalogs.setdefault(id(source), Catalog(source))
        async with slots:
            issues = await _issues(sound, catalog, given, max_groups=max_groups)
        done(1)
        return [Finding.of(sound.document, issue) for issue in issues]

    return [finding for found in await asyncio.gather(*map(ask, sounds)) for finding in found]


async def _issues(
    sound: Sound, catalog: Catalog, given: set[tuple[str, str]], *, max_groups: int
) -> list[Issue]:
    spec = sound.slo.spec
    found = list(parts(spec, sound.objective.namespace))
    issues = await _members(sound, catalog, given)
    present = []
    for part in found:
        lacking = await histogram(spec.indicator.latency, catalog) if spec.indicator.latency else []
        if not spec.indicator.latency and (why := await absent(part, catalog)):
            lacking = [why]
        issues += lacking
        if lacking:
            continue
        present.append(part)
        issues += await counting.rates(part, catalog)
        issues += await counting.free_ratio(spec, part, catalog)
        issues += [] if spec.indicator.threshold else await pace(part, catalog)
    if present:
        issues += await counting.gauge(spec, catalog)
    if all(issue.note for issue in issues):
        issues += await counting.subset(spec, sound.objective.indicator, present, catalog)
    issues += await groups(spec.group_by or [], present, catalog, at_most=max_groups)
    return issues


async def _members(sound: Sound, catalog: Catalog, given: set[tuple[str, str]]) -> list[Issue]:
    """Members of a composite that are neither among the files nor recorded by anyone."""
    composite, namespace = sound.slo.spec.indicator.composite, sound.objective.namespace
    issues = []
    for number, member in enumerate(composite.objectives if composite else ()):
        recorded = selector(names.OBJECTIVE, {"namespace": namespace, "slo": member.name})
        if (namespace, member.name) not in given and not await catalog.exists(recorded):
            at = (*INDICATOR, "composite", "objectives", number, "name")
            words = f"there is no SLO {member.name} in namespace {namespace}, neither here nor in Prometheus"
            issues.append(Issue("NoMember", at, words))
    return issues
