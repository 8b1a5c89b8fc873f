"""The alerts of an SLO in words: when each fires, what that means by hand, and how it stands. Pure.

The list is that of the rules Fireline really writes, so that a reviewer reads what will page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.cli.explaining.arithmetic import UNKNOWN, allowed, outage, things
from fireline.cli.words import exact, rough
from fireline.promql.expr import number
from fireline.slo import names
from fireline.slo.model import Objective, Tier
from fireline.slo.render import render_rule


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alert. ``state`` is what Prometheus last said (Inactive, Firing, …, Unknown); empty in a file."""

    tier: str
    alert: str
    severity: str
    sev: str
    state: str
    since: datetime | None
    words: tuple[str, ...]


def alarms(objective: Objective, status: Mapping[str, Any], now: datetime) -> list[Alarm]:
    """The alerts as they are written, the most severe first; none when they are disabled."""
    states = {one["tier"]: one for one in status.get("alerts", ())}
    words = {tier.name: tuple(_burn(objective, tier, status)) for tier in objective.tiers}
    words |= {
        names.budget_tier(percent): tuple(_budget(objective, float(percent), status, now))
        for percent in objective.budget_thresholds
    }
    words["NoData"] = tuple(_no_data(objective))
    words["Ineffective"] = (
        "fires when the objective tells nothing: the first bad event exhausts it, or it is always spent",
    )
    found = []
    for rule in _written(objective, now):
        labels = rule["labels"]
        tier = labels["slo_tier"]
        seen = states.get(tier, {})
        since = parse_timestamp(seen["since"]) if "since" in seen else None
        found.append(
            Alarm(
                tier,
                rule["alert"],
                labels["severity"],
                labels["sev"],
                seen.get("state", UNKNOWN) if status else "",
                since,
                words[tier],
            )
        )
    return found


def _written(objective: Objective, now: datetime) -> Iterator[dict[str, Any]]:
    rules = [
        rule
        for group in render_rule(objective, at=now.timestamp())["spec"]["groups"]
        for rule in group["rules"]
    ]
    return (rule for rule in rules if "alert" in rule)


def _burn(objective: Objective, tier: Tier, status: Mapping[str, Any]) -> Iterator[str]:
    factor, length = number(tier.factor), objective.window.nominal
    share = tier.factor * objective.budget_ratio
    grouped = " of a group" if objective.group_by and objective.alert_per_group else ""
    yield (
        f"fires while the burn{grouped} is above {factor} over {tier.long} and over {tier.short}: more than "
        f"{factor} × {allowed(objective)} = {number(share * 100)} % of {things(objective)} bad in both"
    )
    spent = float(tier.factor) * tier.long.seconds / length.seconds * 100
    yield f"burning so for {tier.long} spends {factor} × {tier.long} ÷ {length} = {spent:.3g} % of the budget"
    if share < 1:
        reached = exact(float(share) * tier.long.seconds)
        yield f"a total outage gets the long window there in {reached}, the short one sooner"
    for least, noun in ((objective.min_events, "events"), (objective.min_bad_events, "bad events")):
        if least:
            yield f"silent with fewer than {least} {noun} in {tier.long}"
    if not status:
        return
    burns = {one["window"]: one["value"] for one in status.get("burnRates", ())}
    now = ", ".join(f"{window} {burns.get(str(window), UNKNOWN)}" for window in (tier.long, tier.short))
    yield f"now: {now}"


def _budget(objective: Objective, percent: float, status: Mapping[str, Any], now: datetime) -> Iterator[str]:
    time = exact(outage(objective, now) * percent / 100)
    yield f"fires when {percent:g} % of the budget is consumed, such as by a total outage of {time}"
    if status:
        consumed = status.get("budget", {}).get("consumed")
        yield f"now: {UNKNOWN if consumed is None else f'{consumed} %'}"


def _no_data(objective: Objective) -> Iterator[str]:
    yield (
        f"fires when series that were there within the hour are gone for {objective.no_data.after}; at once "
        "when a page was firing as they went: a dead service must never look like a healthy one"
    )


def age_of(alarm: Alarm, now: datetime) -> str:
    """``, since 03:00:00Z (4m)`` for an alert that is active."""
    if alarm.since is None:
        return ""
    return f" since {alarm.since:%Y-%m-%dT%H:%M:%SZ} ({rough((now - alarm.since).total_seconds())})"
