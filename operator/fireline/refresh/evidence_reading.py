"""The questions an incident raises, as PromQL, and what their answers mean.

Asked by :mod:`fireline.refresh.evidence`. Each is bounded, and raises MetricsError when Prometheus does not
answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.api.conditions import timestamp
from fireline.api.metrics import Sample
from fireline.api.plan import Manifest
from fireline.incident.impact import impact_start
from fireline.prometheus.source import MetricsSource
from fireline.promql.durations import Duration
from fireline.promql.expr import quote, selector
from fireline.slo import names
from fireline.slo.burn import burn_expr
from fireline.slo.model import Objective

BEFORE = timedelta(hours=1)
"""Rollouts so long before are looked at."""
REACH = timedelta(hours=6)
"""The start of impact is looked for so far back."""
STEP = timedelta(seconds=30)
_EVALUATED = timedelta(seconds=1)
"""The alert's samples are of the second it began in."""
_MOST_GROUPS, _MOST_ROLLOUTS, _MOST_TRACES = 10, 10, 3
_SECRET = re.compile(r"passw|secret|token|api_?key|authorization|cookie|credential", re.IGNORECASE)
"""Labels whose values are not shown."""
_TRACE = re.compile(r"^trace_?id$", re.IGNORECASE)
_SOUND_TRACE = re.compile(r"^[0-9A-Za-z-]{8,64}$")
_LABEL_LENGTH = 128


async def top_series(source: MetricsSource, query: str) -> list[Manifest]:
    """The answer to :func:`fireline.slo.failing.failing_series`, the worst first."""
    found = sorted(await source.instant(query), key=lambda one: (-one.value, sorted(one.labels.items())))
    return [{"labels": _shown(one.labels), "perSecond": f"{one.value:.3g}"} for one in found[:5]]


def _shown(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels without what may be a secret, and without what the SLO says itself."""
    wanted = sorted((name, value) for name, value in labels.items() if name != "__name__" and value)
    shown = {name: "(not shown)" if _SECRET.search(name) else value[:_LABEL_LENGTH] for name, value in wanted}
    return dict(list(shown.items())[:16])


async def firing_groups(source: MetricsSource, objective: Objective) -> list[str]:
    """The groups whose burn-rate alerts fire."""
    where = {"namespace": objective.namespace, "slo": objective.name, "alertstate": "firing"}
    alerts = selector("ALERTS", where).removesuffix("}")
    alerts += f',alertname=~"{names.ALERT_PAGE}|{names.ALERT_TICKET}"}}'
    by = ", ".join(objective.group_by)
    found = await source.instant(f"topk({_MOST_GROUPS}, count by ({by}) ({alerts}))")
    listed = (
        ", ".join(f"{name}={one.labels[name]}" for name in objective.group_by if one.labels.get(name))
        for one in found
    )
    return sorted({text[:_LABEL_LENGTH] for text in listed if text})[:_MOST_GROUPS]


async def rollouts(source: MetricsSource, namespace: str, *, until: datetime) -> list[Manifest] | None:
    """New ReplicaSets within the hour before, the newest first; None when nobody records them.

    kube-state-metrics scraped without honorLabels has the namespace in ``exported_namespace``.
    """
    end = until.timestamp()
    for label in ("namespace", "exported_namespace"):
        made = selector("kube_replicaset_created", {label: namespace})
        if not await source.instant(f"count({made})"):
            continue
        query = f"max by (replicaset) ({made}) >= {end - BEFORE.total_seconds():.0f} <= {end:.0f}"
        new = sorted(await source.instant(query), key=lambda one: -one.value)[:_MOST_ROLLOUTS]
        owners = await _owners(source, label, namespace, [one.labels["replicaset"] for one in new])
        return [_rollout(one, owners) for one in new]
    return None


async def _owners(
    source: MetricsSource, label: str, namespace: str, replica_sets: Sequence[str]
) -> dict[str, str]:
    if not replica_sets:
        return {}
    owned = selector("kube_replicaset_owner", {label: namespace}).removesuffix("}")
    named = quote("|".join(re.escape(one) for one in replica_sets))
    query = f"max by (replicaset, owner_kind, owner_name) ({owned},replicaset=~{named}}})"
    found = await source.instant(query)
    return {
        one.labels["replicaset"]: f"{one.labels['owner_kind']}/{one.labels['owner_name']}"
        for one in found
        if one.labels.get("owner_kind") and one.labels.get("owner_name")
    }


def _rollout(one: Sample, owners: Mapping[str, str]) -> Manifest:
    name = one.labels["replicaset"]
    at = timestamp(datetime.fromtimestamp(one.value, UTC))
    return {"workload": owners.get(name, f"ReplicaSet/{name}"), "replicaSet": name, "at": at}


async def traces(source: MetricsSource, query: str, slowest: bool, *, started: datetime) -> list[str]:
    """Traces of bad events, the newest first; of latency, the slowest."""
    now = datetime.now(UTC)
    start = started - timedelta(minutes=10)
    times = [("start", f"{start.timestamp():.0f}"), ("end", f"{now.timestamp():.0f}")]
    found = await source.get("query_exemplars", [("query", query), *times])
    return traces_of(found, slowest=slowest)


def traces_of(answer: Any, *, slowest: bool) -> list[str]:
    """Trace ids in an answer of ``/api/v1/query_exemplars``: a list of series, each with ``exemplars`` that
    have ``labels``, ``value`` and ``timestamp``."""
    ranked: list[tuple[float, str]] = []
    for series in answer if isinstance(answer, list) else ():
        for one in series.get("exemplars", ()):
            trace = next((value for name, value in one["labels"].items() if _TRACE.match(name)), "")
            if _SOUND_TRACE.match(trace):
                ranked.append((float(one["value" if slowest else "timestamp"]), trace))
    ordered = [trace for _, trace in sorted(ranked, reverse=True)]
    return list(dict.fromkeys(ordered))[:_MOST_TRACES]


async def impact(source: MetricsSource, objective: Objective, *, detected: datetime) -> datetime | None:
    """When the budget began to burn, see :func:`fireline.incident.impact.impact_start`."""
    end = detected + _EVALUATED
    found = await source.range(_burn(objective, names.RAW_WINDOWS[0]), start=end - REACH, end=end, step=STEP)
    points = [(one.at, one.value) for one in found]
    start = impact_start(points, detected=end.timestamp(), step=STEP.total_seconds())
    return None if start is None else min(datetime.fromtimestamp(start, UTC), detected)


async def burn(source: MetricsSource, objective: Objective, *, detected: datetime) -> dict[str, float]:
    """The burn rates by window that the page was judged by. Those in the status are recorded less often, and
    may be from before it."""
    found: dict[str, float] = {}
    for window in names.RAW_WINDOWS:
        samples = await source.instant(_burn(objective, window), at=detected + _EVALUATED)
        found |= {str(window): one.value for one in samples if math.isfinite(one.value)}
    return found


def _burn(objective: Objective, window: Duration) -> str:
    """As alerts read it; of groups with alerts of their own the worst."""
    return f"max({burn_expr(objective, window)})"


async def consumed(source: MetricsSource, objective: Objective, at: datetime) -> float | None:
    """The share of the budget that was consumed then, by the recorded series."""
    found = await source.instant(names.series(names.CONSUMED, objective), at=at)
    return found[0].value if len(found) == 1 else None
