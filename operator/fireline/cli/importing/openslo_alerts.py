"""OpenSLO's alert policies and their conditions as ``spec.alerting``."""

from __future__ import annotations

import re
from typing import Any

from fireline.cli.importing.openslo_book import Book, helper
from fireline.cli.importing.openslo_time import duration
from fireline.cli.importing.probe import refusal
from fireline.cli.importing.source import Field
from fireline.cli.importing.tiers import Severity, Tier, by_factor, on_grid
from fireline.promql.durations import Duration

_PAGES = ("page", "critical", "sev0", "sev1", "p0", "p1", "high", "urgent", "emergency")
_EXACT = ("page", "critical", "ticket", "warning")
_SHORT_SHARE = 12
"""A short window of a twelfth of the long one, as the SRE workbook has it."""


def alerting(spec: Field, body: dict[str, Any], book: Book) -> dict[str, Any]:
    """``spec.alerting`` of an objective; ``body`` holds its objective and window already.

    OpenSLO has no alerts without a policy, so neither has the object.
    """
    tiers: list[Tier] = []
    no_data: list[Field] = []
    for entry in spec.get("alertPolicies").entries():
        policy = _resolved(entry, "AlertPolicy", "alertPolicyRef", book)
        if policy is entry:
            entry.get("metadata", "name").drop("Fireline's alerts have fixed names", "match slo and slo_tier")
        if policy is not None:
            tiers += _policy(policy.get("spec"), body, no_data, tiers, book)
    if not tiers:
        for field in no_data:
            field.lost("there is no alert for missing data alone", "add burn-rate alerts, or remove disabled")
        return {"disabled": True}
    return {"burnRates": tiers, "budget": []} | ({} if no_data else {"noData": {"action": "Ignore"}})


def _resolved(entry: Field, kind: str, reference: str, book: Book) -> Field | None:
    """An inline object, or the one a reference names; None, with a loss, when it is not there."""
    field = entry if isinstance(entry.value, str) else entry.get(reference)
    if not field.present:
        if entry.get("kind").value not in (kind, None):
            entry.lost(f"is no {kind}", "")
            return None
        entry.get("kind").take()
        helper(entry, kind)
        return entry
    found = book.find(kind, field.text())
    if found is None:
        field.lost(f"no {kind} of this name is among the inputs", "import it together with the objective")
    return found


def _policy(
    spec: Field, body: dict[str, Any], no_data: list[Field], others: list[Tier], book: Book
) -> list[Tier]:
    spec.get("description").drop("Fireline's alerts describe themselves", "add an annotation")
    spec.get("alertWhenResolved").drop(
        "Alertmanager tells of resolved alerts, receiver by receiver", "set send_resolved there"
    )
    spec.get("notificationTargets").drop(
        "an objective does not say who is told; Alertmanager's routes do", "route on slo and severity"
    )
    if spec.get("alertWhenNoData").flag(default=False):
        no_data.append(spec.get("alertWhenNoData"))
    breaching = spec.get("alertWhenBreaching").flag(default=True)
    tiers: list[Tier] = []
    for entry in spec.get("conditions").entries():
        if not breaching:
            entry.lost("belongs to a policy that does not alert when it is breached", "")
            continue
        condition = _resolved(entry, "AlertCondition", "conditionRef", book)
        tier = _tier(condition, body, [*others, *tiers]) if condition is not None else None
        tiers += [tier] if tier else []
    return tiers


def _tier(condition: Field, body: dict[str, Any], others: list[Tier]) -> Tier | None:
    spec = condition.get("spec")
    spec.get("description").drop("Fireline's alerts describe themselves", "add an annotation")
    rule = spec.get("condition")
    kind = rule.get("kind")
    if kind.present and str(kind.value).lower() != "burnrate":
        kind.lost("only burn rates are known", "write the alert by hand")
        return None
    kind.take()
    operator = rule.get("op")
    if operator.value in ("gt", "gte"):
        operator.take()
    else:
        operator.drop("an alert fires above its burn rate", "")
    threshold, lookback = rule.get("threshold").number(), duration(rule.get("lookbackWindow"))
    if threshold is None or lookback is None:
        rule.lost("needs threshold and lookbackWindow", "add what is missing")
        return None
    long = on_grid(lookback)
    short = on_grid(Duration(long.milliseconds // _SHORT_SHARE))
    if long != lookback:
        rule.get("lookbackWindow").changed(f"became {long}: windows are whole five minutes", "")
    _waiting(rule.get("alertAfter"), short)
    name = _name(str(condition.get("metadata", "name").value or "Burn"), others)
    tier = by_factor(name, _severity(spec.get("severity")), long, short, threshold)
    why = refusal(objective=body["objective"], window=body["window"], alerting={"burnRates": [tier]})
    if why:
        rule.lost(why, "choose another threshold or lookbackWindow")
        return None
    return tier


def _waiting(field: Field, short: Duration) -> None:
    """How long a condition must hold: instead of waiting, Fireline looks at a short window too."""
    if field.present and str(field.value).strip("smhdw") in {"0", ""}:
        field.take()
        return
    field.drop(
        f"Fireline does not wait: the last {short} must burn as fast, so that a spike fires nothing",
        "set short in burnRates",
    )


def _severity(field: Field) -> Severity:
    text = (field.text() or "").lower()
    found: Severity = "Page" if text in _PAGES else "Ticket"
    if text not in _EXACT:
        field.changed(f"became a {found}", "set severity in burnRates to Page or Ticket")
    return found


def _name(text: str, others: list[Tier]) -> str:
    """A CamelCase name that no other tier has."""
    words = re.findall(r"[A-Za-z0-9]+", text)
    name = "".join(word[0].upper() + word[1:] for word in words)[:28] or "Burn"
    name = name if name[0].isalpha() else f"Burn{name}"
    taken = {tier["name"] for tier in others}
    numbered = (f"{name}{number}" for number in range(2, 100))
    return name if name not in taken else next(each for each in numbered if each not in taken)
