"""Reads the summary k6 writes at the end of a test. Pure.

There are three layouts with the same content: the one of ``--summary-export`` (values beside the
metric's name), the ``data`` of ``handleSummary()`` (values under ``values``), and the machine-readable
summary of newer versions (a list under ``results.metrics``). Trends of time are in milliseconds in all
of them. A metric with tags (a submetric) is there only when some threshold names it, and is all
zeros when nothing was ever recorded for it (k6: metrics/sink.go, an empty trend): that is no
measurement.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fireline.cli.gating.checks import Missing
from fireline.cli.performance.percentiles import percent
from fireline.errors import SpecError
from fireline.promql.expr import number

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric's name and the tags it is narrowed by; equal however the tags were written."""

    name: str
    tags: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Metric:
        """``http_req_duration{name:createEvent}`` as k6 reads it. Raises SpecError for a lone brace."""
        name, brace, rest = text.partition("{")
        if not brace:
            return cls(text.strip())
        if not rest.rstrip().endswith("}"):
            raise SpecError(f"{text!r} is no k6 metric; write it like http_req_duration{{name:createEvent}}")
        pairs = (tag.partition(":") for tag in rest.rstrip()[:-1].split(",") if tag.strip())
        return cls(name.strip(), frozenset((_bare(key), _bare(value)) for key, _, value in pairs))

    def __str__(self) -> str:
        inside = ",".join(f"{key}:{value}" for key, value in sorted(self.tags))
        return f"{self.name}{{{inside}}}" if inside else self.name


@dataclass(frozen=True, slots=True)
class Summary:
    """The metrics of one summary."""

    metrics: Mapping[Metric, Values]

    @classmethod
    def of(cls, document: Any) -> Summary:
        """The summary in a JSON document. Raises SpecError when it has none of the three layouts."""
        found: dict[Metric, Values] = {}
        for name, metric in _listed(document):
            values = metric.get("values", metric)
            if not isinstance(values, dict):
                raise SpecError(f"is no k6 summary: {name} has no values")
            found[Metric.parse(name)] = {
                key: float(value)
                for key, value in values.items()
                if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            }
        return cls(found)

    def percentile(self, metric: Metric, percentile: str) -> float | Missing:
        """A percentile of a trend, in milliseconds for trends of time."""
        values = self.metrics.get(metric)
        if values is None:
            return Missing(self._absent(metric))
        if _is_empty(values):
            return Missing(f"k6 recorded nothing for {metric}; did any request carry its tags?")
        key = f"p({number(percent(percentile))})"
        value = values.get(key, values.get("med") if key == "p(50)" else None)
        if value is None:
            there = ", ".join(name for name in values if name == "med" or name.startswith("p("))
            return Missing(
                f"k6 wrote {there or 'no percentiles'} for {metric}; run it with "
                f'--summary-trend-stats "med,p(95),p(99)"'
            )
        return value

    def _absent(self, metric: Metric) -> str:
        if not metric.tags:
            return f"k6 wrote no metric {metric}"
        if any(one.name == metric.name for one in self.metrics):
            return (
                f"k6 wrote no {metric}: it writes a metric with tags only when options.thresholds names it, "
                f"such as '{metric}': ['p(95)<500']"
            )
        return f"k6 wrote no metric {metric.name} at all"


def _listed(document: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names and metrics of any of the layouts."""
    found: Any = None
    if isinstance(document, dict):
        results = document.get("results")
        found = results.get("metrics") if isinstance(results, dict) else document.get("metrics")
    if isinstance(found, list):
        found = {metric.get("name"): metric for metric in found if isinstance(metric, dict)}
    if not isinstance(found, dict) or not found:
        raise SpecError("is no k6 summary: it has no metrics")
    if not all(isinstance(name, str) and isinstance(metric, dict) for name, metric in found.items()):
        raise SpecError("is no k6 summary: a metric has no name or no values")
    return list(found.items())


def _is_empty(values: Values) -> bool:
    """A trend without a single sample. ``count`` is there only when it was asked for."""
    if "count" in values:
        return values["count"] == 0
    return all(value == 0 for value in values.values())


def _bare(text: str) -> str:
    return text.strip().strip("\"'")
