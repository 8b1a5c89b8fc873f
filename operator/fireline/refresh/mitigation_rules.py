"""Alerting rules as Prometheus has loaded them: known, healthy, evaluated lately? Part of ``mitigations``.

An alert that does not fire says something only while its rule is evaluated. The shape is that of
https://prometheus.io/docs/prometheus/latest/querying/api/#rules; servers that do not know a filter ignore it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from fireline.errors import MetricsError
from fireline.mitigation.questions import AskedAlert
from fireline.mitigation.verdicts import DEFAULT_INTERVAL, Rules, RuleSeen
from fireline.prometheus.source import MetricsSource
from fireline.slo.names import rule_name

_LONG_AGO = 1.0
"""Go's zero time is how a rule says that it was never evaluated."""


async def rules_of(source: MetricsSource, alerts: Collection[AskedAlert], *, at: float) -> Rules:
    """The rules that can raise these alerts. ``at``: the server's time now. Never raises for an outage."""
    found: list[RuleSeen] = []
    try:
        for name, wanted in _filters(alerts):
            filters = [(f"{name}[]", value) for value in sorted(wanted)]
            found += parse(await source.get("rules", [("type", "alert"), *filters]))
    except MetricsError as error:
        return Rules(at=at, error=str(error))
    return Rules(at=at, rules=tuple(dict.fromkeys(found)))


def parse(data: Any) -> list[RuleSeen]:
    """The alerting rules of ``data`` of an answer. Raises MetricsError when it has another shape."""
    try:
        return [
            _rule(rule, float(group.get("interval") or DEFAULT_INTERVAL))
            for group in data["groups"]
            for rule in group["rules"]
            if rule.get("type") == "alerting"
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise MetricsError(f"Prometheus lists its rules in a shape we do not know: {error!r}") from error


def _filters(alerts: Collection[AskedAlert]) -> Iterator[tuple[str, set[str]]]:
    """One request by name of the alert, one by group for those of SLOs: a server joins filters by and."""
    names = {one.name for one in alerts if one.name is not None}
    slos = {rule_name(one.slo[1]) for one in alerts if one.slo is not None}
    if names:
        yield "rule_name", names
    if slos:
        yield "rule_group", slos | {f"{name}:tickets" for name in slos}


def _rule(rule: dict[str, Any], interval: float) -> RuleSeen:
    active = [one for one in rule.get("alerts") or () if one.get("state") == "firing"]
    return RuleSeen(
        name=rule["name"],
        labels=_Labels(rule.get("labels") or {}),
        health=rule.get("health", "unknown"),
        error=rule.get("lastError", ""),
        interval=interval,
        evaluated=_time(rule.get("lastEvaluation")),
        active=tuple((_Labels(one["labels"]), str(one.get("value", ""))) for one in active),
    )


def _time(text: str | None) -> float | None:
    found = datetime.fromisoformat(text).timestamp() if text else 0.0
    return found if found > _LONG_AGO else None


class _Labels(dict[str, str]):
    """Labels that can be hashed: two requests may name the same rule."""

    def __hash__(self) -> int:  # type: ignore[override]  # never changed once made
        return hash(frozenset(self.items()))
