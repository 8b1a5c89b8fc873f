"""How Prometheus' refusals become our errors, given to :mod:`fireline.http`."""

from __future__ import annotations

from fireline.errors import MetricsError, MetricsForbidden, MetricsTooHeavy
from fireline.http.errors import Errors
from fireline.prometheus.answers import refusal

METRICS = Errors(general=MetricsError, forbidden=MetricsForbidden, heavy=MetricsTooHeavy, refusal=refusal)
