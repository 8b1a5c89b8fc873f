"""Alerts that never fired, and whether that can be said: silence without data is no evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from fireline.alerting.quality.model import Alert, Declared, Policy, SLOKey

ENOUGH = 0.95
"""Share of the time that must be known before an alert is called silent."""


@dataclass(frozen=True, slots=True)
class Silence:
    """The declared alerts that did not fire in the last ``seconds``: ``silent`` surely; of ``unknown`` the
    data do not cover enough to say so."""

    seconds: int
    silent: tuple[Declared, ...] = ()
    unknown: tuple[Declared, ...] = ()


def silence(
    policy: Policy,
    fired: Collection[Alert],
    *,
    seconds: int,
    now: int,
    covered: float | None,
    coverage: Mapping[SLOKey, float],
) -> Silence:
    """Declared alerts against those that ``fired`` in the last ``seconds``.

    ``covered``: share of them in which Prometheus evaluated anything, None where that is not known;
    ``coverage``: the same for the rules of each SLO. A policy younger than that is not known for long enough.
    """
    seen = {_key(alert) for alert in fired}
    quiet = [one for one in policy.declared if _key(one.alert) not in seen]
    old_enough = policy.since is None or now - policy.since >= seconds * ENOUGH
    rules_known = covered is not None and covered >= ENOUGH and old_enough
    known = [one for one in quiet if _known(one, rules_known=rules_known, coverage=coverage)]
    rest = [one for one in quiet if one not in known]
    return Silence(seconds, tuple(known), tuple(rest))


def _known(one: Declared, *, rules_known: bool, coverage: Mapping[SLOKey, float]) -> bool:
    slo = one.alert.of_slo
    return rules_known if slo is None else coverage.get(slo, 0.0) >= ENOUGH


def _key(alert: Alert) -> tuple[str, ...]:
    """Which alert it is whatever the group; an SLO's alerts stay the same when its policy changes."""
    return (alert.policy if not alert.slo else "", alert.namespace, alert.name, alert.slo, alert.tier)


def of_rules(declared: Iterable[Declared]) -> list[Declared]:
    """Those that are no SLO's: an SLO that never pages is what everybody hopes for."""
    return [one for one in declared if not one.alert.slo]
