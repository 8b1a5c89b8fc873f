"""What Sloth says about alerts: page and ticket, their labels, and the AlertWindows catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fireline.cli.importing import labels as of_labels
from fireline.cli.importing import shape
from fireline.cli.importing.source import Field, LeftOut
from fireline.cli.importing.tiers import Severity, Tier, by_budget, on_grid, that_can_fire
from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.slo.tiers import standard_tiers

Pairs = list[tuple[str, Field]]
Given = dict[str, tuple[Field, str]]

_STANDARD: tuple[tuple[str, Severity, str, str, str], ...] = (
    ("PageFast", "Page", "1h", "5m", "2"),
    ("PageSlow", "Page", "6h", "30m", "5"),
    ("TicketFast", "Ticket", "1d", "2h", "10"),
    ("TicketSlow", "Ticket", "3d", "6h", "10"),
)
"""Sloth's alerts for 28d and 30d, which are Fireline's standard tiers: long, short, percent of budget."""
_SEVERITY = {"Page": "critical", "Ticket": "warning"}
"""The label Fireline gives its alerts."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The alerts of all objectives, for one SLO period. ``field`` is where they were written."""

    period: Duration
    tiers: tuple[Tier, ...]
    field: Field | None = None

    @classmethod
    def standard(cls, period: Duration) -> Catalogue:
        """Sloth's own alerts for a period."""
        return cls(
            period,
            tuple(
                by_budget(name, severity, Duration.parse(long), Duration.parse(short), Decimal(share))
                for name, severity, long, short, share in _STANDARD
            ),
        )

    @property
    def usual(self) -> bool:
        """Whether Fireline's standard tiers are these, so that nothing needs to be written down."""
        return self.field is None and self.period == Duration.of(days=30)

    def rolling(self, slo: Field) -> str:
        """The period as a rolling window. Raises LeftOut when Fireline has none of this length."""
        found = shape.rolling(self.period)
        if found is None:
            raise LeftOut(
                self.field or slo,
                f"a period of {self.period} is no whole number of days from 1 to 90",
                "choose a window such as 28d or 30d",
            )
        return found


def catalogue(root: Field) -> Catalogue | None:
    """The catalogue of an AlertWindows document; None for any other, and for one that cannot be read."""
    if root.get("kind").value != "AlertWindows":
        return None
    for name in ("apiVersion", "kind"):
        root.get(name).take()
    for _, field in root.get("metadata").pairs():
        field.drop("a catalogue is no object here: its alerts stand in every objective", "")
    spec = root.get("spec")
    period = _duration(spec.get("sloPeriod"))
    places = (("page", "quick"), ("page", "slow"), ("ticket", "quick"), ("ticket", "slow"))
    tiers = [
        _window(spec.get(*place), name, severity)
        for place, (name, severity, *_) in zip(places, _STANDARD, strict=True)
    ]
    complete = [tier for tier in tiers if tier]
    return Catalogue(period, tuple(complete), spec) if period and complete else None


def _window(field: Field, name: str, severity: Severity) -> Tier | None:
    long, short = _duration(field.get("longWindow")), _duration(field.get("shortWindow"))
    share = field.get("errorBudgetPercent").number()
    if not long or not short or share is None:
        if field.present:
            field.lost("lacks one of errorBudgetPercent, shortWindow and longWindow", "write all three")
        return None
    for window, at in ((long, "longWindow"), (short, "shortWindow")):
        if on_grid(window) != window:
            field.get(at).changed(
                f"became {on_grid(window)}: Fireline's windows are whole five minutes",
                "choose whole five minutes",
            )
    return by_budget(name, severity, on_grid(long), on_grid(short), share)


def _duration(field: Field) -> Duration | None:
    text = field.text()
    try:
        return Duration.parse(text) if text is not None else None
    except PromQLError as error:
        field.lost(str(error), "write a Prometheus duration")
        return None


def alerting(slo: Field, own: Pairs, windows: Catalogue, objective: str) -> dict[str, Any]:
    """``spec.alerting`` of one objective. ``own`` are labels of the service and the objective."""
    field = slo.get("alerting")
    alerts = {
        "Page": _either(field, "page_alert", "pageAlert"),
        "Ticket": _either(field, "ticket_alert", "ticketAlert"),
    }
    kept = {kind: alert for kind, alert in alerts.items() if not alert.get("disable").flag(default=False)}
    for kind, alert in alerts.items():
        if kind not in kept:
            for name in ("labels", "annotations"):
                alert.get(name).drop(f"belongs to the {kind.lower()} alert, which is disabled", "")
    field.get("name").drop(
        "Fireline's alerts have fixed names, one for each severity",
        "match slo, service and severity in routes and silences instead",
    )
    labels = _merged([*own, *field.get("labels").pairs()], kept, "labels")
    annotations = _merged(field.get("annotations").pairs(), kept, "annotations")
    found: dict[str, Any] = {}
    if not kept:
        found["disabled"] = True
    elif len(kept) < len(alerts) or not windows.usual:
        tiers = [tier for tier in windows.tiers if tier["severity"] in kept]
        fitting = that_can_fire(tiers, objective, {"rolling": windows.rolling(slo)}, slo.get("objective"))
        found |= {"burnRates": fitting} if fitting else {}
    else:
        for note in standard_tiers(windows.period, (100 - Decimal(objective)) / 100)[1]:
            slo.get("objective").note(note, "")
    if kept:
        found["budget"] = []
    carried = of_labels.on_alerts(labels)
    if carried:
        found["labels"] = carried
    renamed = {name: (at, _renamed(at, text)) for name, (at, text) in annotations.items()}
    return found | of_labels.annotate(renamed)


def _merged(common: Pairs, kept: dict[str, Field], name: str) -> Given:
    """What holds for all alerts: common entries, and those that page and ticket agree on."""
    given = _texts(common)
    special = {kind: _texts(alert.get(name).pairs()) for kind, alert in kept.items()}
    for key in dict.fromkeys(key for entries in special.values() for key in entries):
        there = {kind: entries.get(key, given.get(key)) for kind, entries in special.items()}
        if key == "severity" and name == "labels":
            _severity({kind: entries[key] for kind, entries in special.items() if key in entries})
        elif len({found[1] if found else None for found in there.values()}) == 1:
            given[key] = next(found for found in there.values() if found)
        else:
            for entries in special.values():
                if key in entries:
                    entries[key][0].lost(
                        f"is for one of page and ticket; Fireline's {name} are for all alerts",
                        "tell pages from tickets by severity or slo_tier",
                    )
    return given


def _severity(given: dict[str, tuple[Field, str]]) -> None:
    """Fireline's own severities are the usual ones; any other is lost."""
    for kind, (field, value) in given.items():
        own = _SEVERITY[kind]
        if value != own:
            field.lost(f"Fireline sets severity itself: {own} for a {kind.lower()}", f"match severity={own}")


def _texts(pairs: Pairs) -> Given:
    return {name: (field, text) for name, field in pairs if (text := field.text()) is not None}


def _renamed(field: Field, text: str) -> str:
    """An annotation whose templates name Fireline's labels instead of Sloth's."""
    renamed = text
    for old, new in (("service", "service"), ("slo", "slo"), ("id", "slo"), ("severity", "severity")):
        renamed = renamed.replace(f"$labels.sloth_{old} ", f"$labels.{new} ")
        renamed = renamed.replace(f"$labels.sloth_{old}}}", f"$labels.{new}}}")
    if renamed != text:
        field.changed("its templates name Fireline's labels now", "compare the values of slo and severity")
    return renamed


def _either(field: Field, plain: str, camel: str) -> Field:
    return field.get(camel) if field.get(camel).present else field.get(plain)
