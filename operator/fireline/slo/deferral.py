"""Re-labelling a firing alert pages twice, so it waits until the alert resolves, or for six hours.

Prometheus takes an alert whose labels changed for another one: it sends the new one at once and never
says that the old one is over. So each rule object carries a fingerprint of the labels of its alerts, and
while one of those that fire would get other labels, the plan leaves the object as it is. The same holds
while any alert fires for rules that only a new version of Fireline writes differently.

RulesLoaded is False meanwhile, which it is for no other reason that deferral would follow on: so its
``lastTransitionTime`` tells, also after a restart, since when.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api.conditions import DEFERRED, found, parse_timestamp, timestamp
from fireline.api.labels import ALERT_LABELS, RENDERER
from fireline.api.plan import Manifest, SeenChild
from fireline.slo.observation import Observation

PATIENCE = timedelta(hours=6)
"""An alert that fires for days must not hold up a change for days."""
_TIER_DIGITS, _LABEL_DIGITS = 6, 4
_TIER, _GROUPS = "slo_tier", "groups"
_POLICY = "alert_policy"
_NOT_WRITTEN = frozenset({_TIER, "severity", "sev", "namespace", "slo"})
_SEVERITY = "this change alters the severity of the alert"


@dataclass(frozen=True, slots=True)
class Deferral:
    """The alerts that fire and would be sent anew, what would change about them, and until when it waits."""

    tiers: tuple[str, ...]
    what: str
    until: datetime

    @property
    def message(self) -> str:
        """For people: which alert, which labels, until when."""
        fires = "fires" if len(self.tiers) == 1 else "fire"
        return (
            f"{' and '.join(self.tiers)} {fires}, and {self.what}: Prometheus would send firing alerts a "
            f"second time. The rules are written once they resolve, at the latest at {timestamp(self.until)}"
        )


def fingerprint(rules: Iterable[Manifest], groups: Iterable[str]) -> str:
    """Hashes of the labels of all alerts among ``rules``, by tier, and of the labels people write.

    ``groups`` are the labels that the alerts have from their expressions. The form is
    ``PageFast=1b2c3d … | service=0f1e …``; :func:`deferral` compares two of them.
    """
    by = ",".join(groups)
    alerts = [(rule["alert"], rule["labels"]) for rule in rules if "alert" in rule]
    tiers = [
        f"{labels[_TIER]}={_hash(f'{name} {by} {sorted(labels.items())}', _TIER_DIGITS)}"
        for name, labels in alerts
    ]
    shared: Mapping[str, str] = alerts[0][1] if alerts else {}
    own = {name: value for name, value in shared.items() if name not in _NOT_WRITTEN}
    listed = {**own, **({_GROUPS: by} if by else {})}
    named = [f"{name}={_hash(value, _LABEL_DIGITS)}" for name, value in sorted(listed.items())]
    return f"{' '.join(tiers)} | {' '.join(named)}"


def deferral(
    child: SeenChild | None,
    wanted: Manifest,
    *,
    firing: Iterable[str],
    old: Mapping[str, Any],
    generation: int,
    now: datetime,
    apply_now: bool = False,
    policies: Iterable[str] = (),
) -> Deferral | None:
    """Why the rule object must stay as it is for now; None when it may be written.

    ``firing`` are the tiers that fire, ``old`` the status as it is. Rules that Prometheus cannot load
    are replaced at once: nothing that fires is theirs for long. ``apply_now``: the SLO is annotated so.
    ``policies`` are the ``namespace/name`` of those that are there: alerts that carry the name of another one
    have no routes any more, and must not wait to get some.
    """
    tiers = tuple(sorted(firing))
    if child is None or not tiers or apply_now:
        return None
    before = found(old, "RulesLoaded")
    waiting = before is not None and before["reason"] == DEFERRED
    if before is not None and before["status"] == "False" and not waiting:
        return None
    altered, what = _altered(child, wanted, tiers)
    if not altered and _is_rewrite(child, wanted) and old.get("observedGeneration") == generation:
        altered, what = tiers, "this version of Fireline writes its rules differently"
    since = parse_timestamp(before["lastTransitionTime"]) if before is not None and waiting else now
    if not altered or now >= since + PATIENCE or _orphaned(child, policies):
        return None
    return Deferral(altered, what, since + PATIENCE)


def firing_tiers(seen: Observation, old: Mapping[str, Any]) -> list[str]:
    """The tiers that fire, or did when the status was written, while Prometheus was not asked yet."""
    if seen.total_present is None and seen.configured:
        return [row["tier"] for row in old.get("alerts", ()) if row["state"] == "Firing"]
    return [alert.tier for alert in seen.alerts if alert.firing]


def _altered(child: SeenChild, wanted: Manifest, firing: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The firing tiers that stay and get other labels, and which labels those are."""
    tiers_before, labels_before = _parts(child.annotations.get(ALERT_LABELS, ""))
    tiers_after, labels_after = _parts(wanted["metadata"]["annotations"].get(ALERT_LABELS, ""))
    altered = tuple(
        tier
        for tier in firing
        if tier in tiers_before and tier in tiers_after and tiers_before[tier] != tiers_after[tier]
    )
    labels = sorted({name for name, _ in labels_before.items() ^ labels_after.items()})
    return altered, f"this change alters {', '.join(labels)} of the alert" if labels else _SEVERITY


def _orphaned(child: SeenChild, policies: Iterable[str]) -> bool:
    _, labels = _parts(child.annotations.get(ALERT_LABELS, ""))
    named = labels.get(_POLICY)
    return named is not None and named not in {_hash(one, _LABEL_DIGITS) for one in policies}


def _is_rewrite(child: SeenChild, wanted: Manifest) -> bool:
    return bool(child.annotations.get(RENDERER) != wanted["metadata"]["annotations"][RENDERER])


def _parts(text: str) -> tuple[dict[str, str], dict[str, str]]:
    tiers, _, labels = text.partition(" | ")
    return _pairs(tiers), _pairs(labels)


def _pairs(text: str) -> dict[str, str]:
    return {name: value for name, _, value in (pair.partition("=") for pair in text.split())}


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
