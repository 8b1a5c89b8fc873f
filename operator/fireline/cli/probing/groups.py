"""groupBy: do the labels exist on the series, on all of them, and how many groups do they make?"""

from __future__ import annotations

from collections.abc import Sequence

from fireline.api.issues import Issue
from fireline.cli.probing.absent import nearest, or_
from fireline.cli.probing.catalog import Catalog
from fireline.cli.probing.parts import Part


async def groups(
    labels: Sequence[str], parts: Sequence[Part], catalog: Catalog, *, at_most: int
) -> list[Issue]:
    """What is wrong with the groups of an SLO; nothing without groupBy."""
    if not labels:
        return []
    issues: dict[str, Issue] = {}
    for part in parts:
        found = await catalog.samples(f"group by ({', '.join(labels)}) ({part.expression}\n)")
        for number, label in enumerate(labels):
            have = sum(label in one.labels for one in found)
            if have < len(found) and label not in issues:
                issues[label] = await _lacking(label, number, part, catalog, some=have > 0)
        if part is parts[0] and len(found) > at_most:
            words = f"makes {len(found)} groups; the operator's settings allow {at_most} (max_groups)"
            issues[""] = Issue("TooManyGroups", ("spec", "groupBy"), words)
    return list(issues.values())


async def _lacking(label: str, number: int, part: Part, catalog: Catalog, *, some: bool) -> Issue:
    at = ("spec", "groupBy", number)
    where = part.expression if len(part.expression) <= 100 else f"{part.at[-2]}.{part.at[-1]}"
    if some:
        words = f"some series of {where} have no label {label}: they make a group without a name"
        return Issue("GroupIncomplete", at, words, note=True)
    there = sorted({name for one in part.selectors for name in await catalog.label_names(one)})
    close = nearest(label, there)
    hint = f"did you mean {or_(close)}? " if close else ""
    return Issue(
        "NoGroupLabel",
        at,
        f"no series of {where} has a label {label}; {hint}labels there: {', '.join(there)}",
    )
