"""What rules cost a running Prometheus: samples read, evaluation seconds, CPU seconds.

Samples are counted by the query engine itself, twice: expression by expression
(``/api/v1/query?stats=all``) times evaluations per minute, and as the engine's own counter over the
measured time. The first says where they go; the second shows that the first is no invention.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from fireline.api.plan import Manifest
from fireline.promql.durations import Duration
from tests.bed.prometheus import Prometheus

_TICKS = os.sysconf("SC_CLK_TCK")
_ENGINE_SAMPLES = "prometheus_engine_query_samples_total"
_RULE_SECONDS = "prometheus_rule_evaluation_duration_seconds_sum"
_FAILURES = "prometheus_rule_evaluation_failures_total"


@dataclass(frozen=True)
class Reading:
    """Totals since a Prometheus started."""

    samples: float
    rule_seconds: float
    failures: float
    cpu_seconds: float

    def __sub__(self, other: Reading) -> Reading:
        return Reading(
            self.samples - other.samples,
            self.rule_seconds - other.rule_seconds,
            self.failures - other.failures,
            self.cpu_seconds - other.cpu_seconds,
        )


def read(prometheus: Prometheus) -> Reading:
    """Counters from its /metrics page, CPU (user and system) from the kernel."""
    page = requests.get(f"{prometheus.url}/metrics", timeout=30).text
    stat = Path(f"/proc/{prometheus.pid}/stat").read_text().rpartition(")")[2].split()
    return Reading(
        samples=_sum(page, _ENGINE_SAMPLES),
        rule_seconds=_sum(page, _RULE_SECONDS),
        failures=_sum(page, _FAILURES),
        cpu_seconds=(int(stat[11]) + int(stat[12])) / _TICKS,
    )


def _sum(page: str, metric: str) -> float:
    return sum(
        float(line.rpartition(" ")[2])
        for line in page.splitlines()
        if line.startswith((f"{metric} ", f"{metric}{{"))
    )


@dataclass(frozen=True)
class RuleCost:
    """One rule: its name, and the samples it reads per minute."""

    group: str
    rule: str
    samples: float


def samples_per_minute(prometheus: Prometheus, groups: Iterable[Manifest]) -> list[RuleCost]:
    """Samples each rule reads now, times its evaluations per minute."""
    return [
        RuleCost(
            group["name"],
            _name(rule),
            _samples(prometheus, rule["expr"]) * 60 / Duration.parse(group["interval"]).seconds,
        )
        for group in groups
        for rule in group["rules"]
    ]


def _samples(prometheus: Prometheus, expr: str) -> int:
    stats: Mapping[str, Mapping[str, int]] = prometheus.api("query", query=expr, stats="all")["stats"]
    return stats["samples"]["totalQueryableSamples"]


def _name(rule: Manifest) -> str:
    window = rule.get("labels", {}).get("window")
    tier = rule.get("labels", {}).get("slo_tier")
    name = rule.get("record") or rule["alert"]
    return f"{name}{{{window or tier}}}" if window or tier else str(name)
