"""What an alert rule of type anomaly says. Part of :mod:`fireline.api.alert_rule`."""

from __future__ import annotations

from typing import Literal

from fireline.api import strings
from fireline.api.common import ApiModel
from fireline.api.slo_indicator import Query


class Anomaly(ApiModel):
    """A value unlike the same hour of past weeks, judged by how far the series itself usually strays.

    Severity info, never a page. Silent while data is missing and until it has seen enough of the past.
    """

    query: Query
    """PromQL over `[$window]` whose value is judged, such as `sum(rate(http_requests_total[$window]))`."""
    window: strings.Duration = "5m"
    """What `$window` stands for."""
    direction: Literal["Up", "Down", "Both"] = "Both"
    """`Up` notices values that are too high, `Down` those too low."""
    noise_floor: strings.Number | None = None
    """What the value may be without meaning anything, in its own unit, such as `"0.5"` requests per second:
    small numbers stray by chance. Default: what the series itself shows."""
