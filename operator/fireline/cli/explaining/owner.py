"""The AlertPolicy an SLO's alerts belong to, and whom it tells of them: one line per severity. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from fireline.api.alert_policy import AlertPolicy
from fireline.api.alert_policy_severities import SEVS
from fireline.api.belonging import Owner, Policies
from fireline.cli.explaining.alarms import Alarm
from fireline.cli.explaining.arithmetic import UNKNOWN, Line
from fireline.cli.explaining.page import Section
from fireline.cli.explaining.told import short
from fireline.cli.explaining.world import Manifest, World


def owning(slo: Manifest, policies: Sequence[Manifest] | None) -> Owner | None:
    """The policy of an SLO among those of its namespace; None when it has none, or nobody knows."""
    found = _ranked(slo, policies or ())
    return Policies(found).owner(_labels(slo)) if found else None


def told_of(world: World, alarms: Sequence[Alarm]) -> list[Section]:
    """Who would be told of the SLO's alerts; nothing for one of a file without policies beside it."""
    if world.policies is None:
        if world.evaluators is None:
            return []
        words = "policies of the namespace may not be read"
        return [Section("Who is told?", "told", (Line("Policy", UNKNOWN, (words,)),))]
    ranked = _ranked(world.slo, world.policies)
    if not ranked:
        words = (
            "no AlertPolicy of its namespace selects it: its alerts carry the default severities and go "
            "wherever the cluster's own routing sends them"
        )
        return [Section("Who is told?", "told", (Line("Policy", "none", (words,)),))]
    return [Section("Who is told?", "told", (_policy(ranked), *_severities(ranked[0], alarms)))]


def _ranked(slo: Manifest, policies: Sequence[Manifest]) -> list[Manifest]:
    namespace = slo["metadata"].get("namespace")
    here = [one for one in policies if one["metadata"].get("namespace") == namespace]
    return Policies(here).ranked(_labels(slo))


def _labels(slo: Manifest) -> dict[str, str]:
    labels = slo["metadata"].get("labels")
    return labels if isinstance(labels, dict) else {}


def _policy(ranked: Sequence[Manifest]) -> Line:
    metadata, *others = (one["metadata"] for one in ranked)
    place = f"fireline explain ap/{metadata['name']} -n {metadata['namespace']}"
    words = [f"more: {place}"]
    if others:
        listed = ", ".join(one["name"] for one in others)
        words.append(
            f"{listed} selects it too: the highest spec.priority has it, then the oldest, then by name"
        )
    return Line("Policy", metadata["name"], tuple(words))


def _severities(policy: Manifest, alarms: Sequence[Alarm]) -> list[Line]:
    """Only of severities that the SLO's alerts have; a policy that is not valid routes as it last did."""
    try:
        spec = AlertPolicy.of(policy).spec
    except ValidationError:
        return [Line("sev0 to sev2", UNKNOWN, ("the spec of the policy is not valid",))]
    lines = []
    for sev in SEVS:
        tiers = [alarm.tier for alarm in alarms if alarm.sev == sev]
        if tiers:
            lines.append(Line(sev, short(spec, sev), (", ".join(tiers),)))
    return lines
