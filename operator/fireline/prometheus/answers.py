"""Prometheus' HTTP answers as plain data, and its refusals as our errors. Pure.

Used by :mod:`fireline.prometheus.client`. The shapes are those of
https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fireline.api.metrics import Sample
from fireline.errors import MetricsError, MetricsForbidden, MetricsTooHeavy
from fireline.prometheus.source import LoadedRule

_HEAVY_STATUS = {408, 413, 504}
_FORBIDDEN_STATUS = {401, 403, 407}
_HEAVY_WORDS = ("too many samples", "timed out", "timeout", "limit", "exceed", "too large", "maximum")
"""What Prometheus, Thanos, Mimir and VictoriaMetrics say when a query is too big for them."""


def samples(result: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """The samples of an instant vector or of a matrix, in the order given.

    Series that hold native histograms only have no plain value and are left out.
    Raises MetricsError when the answer has another shape.
    """
    found: list[Sample] = []
    try:
        for series in result:
            labels = dict(series["metric"])
            points = (
                series["values"] if "values" in series else [series["value"]] if "value" in series else []
            )
            found.extend(Sample(labels, float(value), float(at)) for at, value in points)
    except (KeyError, TypeError, ValueError) as error:
        raise MetricsError(f"Prometheus answered in a shape we do not know: {error!r}") from error
    return found


def whole(document: Any) -> list[Sample]:
    """The samples of an instant query's answer that says nothing is missing.

    Raises MetricsError for a warning, except one about the query's own text, and for what is no vector.
    """
    found = data(document)
    for warning in document.get("warnings") or ():
        if not str(warning).startswith(_ABOUT_THE_QUERY):
            raise MetricsError(f"Prometheus answered, but warns that something is missing: {warning}"[:500])
    kind = found.get("resultType") if isinstance(found, dict) else None
    if kind in {"scalar", "string", "matrix"}:
        raise MetricsError(f"the query yields a {kind}, not an instant vector")
    if kind != "vector" or not isinstance(found.get("result"), list):
        raise MetricsError("Prometheus answered in a shape we do not know: there is no vector")
    return samples(found["result"])


_ABOUT_THE_QUERY = "PromQL "
"""Remarks on a query's own text begin with ``PromQL warning:``; all others are about data that could not be
read."""


def data(document: Any) -> Any:
    """``data`` of an answer. Raises MetricsError when there is none."""
    if not isinstance(document, dict) or "data" not in document:
        raise MetricsError("Prometheus answered in a shape we do not know: there is no data")
    return document["data"]


def rules(document: Any, groups: frozenset[str]) -> list[LoadedRule]:
    """The rules of ``/api/v1/rules`` that are in one of the groups (old servers ignore the filter)."""
    try:
        return [
            LoadedRule(
                group=group["name"],
                file=group.get("file", ""),
                name=rule["name"],
                health=rule.get("health", "unknown"),
                error=rule.get("lastError", ""),
                labels=rule.get("labels") or {},
            )
            for group in document["data"]["groups"]
            if group["name"] in groups
            for rule in group["rules"]
        ]
    except (KeyError, TypeError) as error:
        raise MetricsError(f"Prometheus answered in a shape we do not know: {error!r}") from error


def refusal(status: int, text: str, location: str = "", *, who: str = "Prometheus") -> MetricsError:
    """The error for an HTTP answer that is of no use, with the server's own words."""
    kind, message = "", text.strip()[:500] or "no text"
    if location:
        message = f"redirected to {location}; name the final URL in the source's settings"
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict):
        kind, message = str(document.get("errorType", "")), str(document.get("error", message))
    heavy = status in _HEAVY_STATUS or kind == "timeout"
    if status in {422, 503}:
        heavy = heavy or any(word in message.lower() for word in _HEAVY_WORDS)
    said = f"{who} answered {status}: {message}"
    if status in _FORBIDDEN_STATUS:
        return MetricsForbidden(said)
    return MetricsTooHeavy(said) if heavy else MetricsError(said)
