"""Whom a ServiceLevelObjective tells, and when, as users write it. Part of :mod:`fireline.api.slo`."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, ListKind, Rule, Text, exactly_one

RESERVED_LABELS = (
    "namespace",
    "slo",
    "sli",
    "service",
    "severity",
    "sev",
    "slo_tier",
    "alert_policy",
    "window",
    "le",
    "alertname",
)
"""Labels Fireline sets itself on series and alerts: no user label and no groupBy may take them."""

RESERVED_CEL = "[" + ", ".join(f"'{name}'" for name in RESERVED_LABELS) + "]"
RESERVED_TEXT = f"these labels are set by Fireline and cannot be used: {', '.join(RESERVED_LABELS)}"


class BurnRate(ApiModel):
    """One burn-rate alert of your own."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("factor", "consumed"),)

    name: strings.CamelName
    """Name of the tier, such as `PageFast`; label `slo_tier` of its alerts."""
    severity: Literal["Page", "Ticket"]
    """Whether a person is woken up or a ticket is enough."""
    long: strings.Duration
    """The long window, which shows that enough budget was spent."""
    short: strings.Duration
    """The short window, which shows that it is still being spent."""
    factor: strings.Factor | None = None
    """Fires above this multiple of the rate that spends exactly the budget, such as `"14.4"`."""
    consumed: strings.SharePercent | None = None
    """Fires when the long window spent this percentage of the budget, such as `"2"`."""


class BudgetAlert(ApiModel):
    """One alert on the budget consumed so far."""

    consumed: strings.SharePercent
    """Percentage of the error budget, in quotes; `"100"` is the exhausted budget."""


class NoData(ApiModel):
    """What to do when the series of the service vanish."""

    after: strings.Duration = "5m"
    """How long data must be missing."""
    action: Literal["Alert", "Ignore"] = "Alert"
    """`Alert` tells people; `Ignore` accepts silence while nothing is measured."""


NAMES_ARE_PLAIN = Rule(
    "self.all(name, name.matches('^[a-zA-Z][a-zA-Z0-9_]*$'))",
    "names must consist of letters, digits and _ and begin with a letter, for example team",
    lambda given: all(re.fullmatch("[a-zA-Z][a-zA-Z0-9_]*", name) for name in given),
)
AlertLabels = Annotated[
    dict[str, Annotated[str, Text(r"^[^{}\x00]+$", 256, "a label value without { or }")]],
    Field(max_length=16),
    NAMES_ARE_PLAIN,
    Rule(
        f"self.all(name, !(name in {RESERVED_CEL}))",
        RESERVED_TEXT,
        lambda given: not set(given) & set(RESERVED_LABELS),
    ),
]
AlertAnnotations = Annotated[
    dict[str, Annotated[str, Text(r"^[^\x00]+$", 2048, "text")]], Field(max_length=16), NAMES_ARE_PLAIN
]


class Alerting(ApiModel):
    """Which alerts there are, and what they carry."""

    disabled: bool = False
    """No alerts at all; the figures are still recorded."""
    per: Literal["Group", "Total"] | None = None
    """With groupBy: burn alerts for each group, or for the total of all. Default: Group."""
    burn_rates: Annotated[list[BurnRate], Field(max_length=8), ListKind(("name",))] | None = None
    """Burn-rate alerts instead of the standard tiers (1h/5m, 6h/30m, 1d/2h, 3d/6h, scaled to the window)."""
    budget: Annotated[list[BudgetAlert], Field(max_length=8), ListKind(("consumed",))] = [  # noqa: RUF012 - pydantic copies it
        BudgetAlert(consumed="50"),
        BudgetAlert(consumed="100"),
    ]
    """Alerts when this much of the budget is consumed; an empty list means none."""
    no_data: NoData = NoData()
    """What to do when the series of the service vanish."""
    ineffective: Literal["Alert", "Ignore"] = "Alert"
    """Whether to report (as severity info) an objective that cannot tell anything: too few events for even
    one to be bad, or a budget that was spent all window long."""
    min_events: strings.Count | None = None
    """Burn alerts stay silent below this many events in the long window."""
    min_bad_events: strings.Count | None = None
    """Burn alerts stay silent below this many bad events in the long window."""
    runbook_url: Annotated[strings.Url | None, Field(alias="runbookURL")] = None
    """Annotation `runbook_url` of every alert."""
    dashboard_url: Annotated[strings.Url | None, Field(alias="dashboardURL")] = None
    """Annotation `dashboard_url` of every alert. Default: from the operator's settings, if set there."""
    labels: AlertLabels | None = None
    """Further labels of every alert. Plain text: templates are refused here."""
    annotations: AlertAnnotations | None = None
    """Further annotations. `{{ $value }}` and `{{ $labels.name }}` work, other templates are refused."""
