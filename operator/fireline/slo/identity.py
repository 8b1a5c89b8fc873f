"""The ``sli`` label: what tells the history of one indicator from that of another."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from fireline.api.slo import Spec
from fireline.api.slo_indicator import Events, Indicator
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.promql.parse import canonical_query
from fireline.promql.selectors import parse_selector

_HASH_VERSION = "v1"


def indicator_hash(spec: Spec) -> str:
    """The ``sli`` label: a short hash of what is measured, with a version prefix.

    It depends neither on the object's identity nor on spelling (order of matchers, white space), so
    that ``render`` agrees with the operator and an object created again keeps its history. What is
    counted in slices of time is another history than what is counted in events.
    """
    canonical: dict[str, Any] = {"groupBy": sorted(spec.group_by or []), **_canonical_kind(spec.indicator)}
    if spec.timeslice is not None:
        canonical["timeslice"] = [
            str(Duration.parse(spec.timeslice.length)),
            number(Decimal(spec.timeslice.objective)),
        ]
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return f"{_HASH_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _canonical_kind(kind: Indicator) -> dict[str, Any]:
    if kind.ratio is not None:
        parts = (("bad", kind.ratio.bad), ("good", kind.ratio.good), ("total", kind.ratio.total))
        return {"ratio": {name: _canonical(events) for name, events in parts if events is not None}}
    if kind.latency is not None:
        return {
            "latency": {
                "histogram": str(parse_selector(kind.latency.histogram)),
                "type": kind.latency.type,
                "below": str(Duration.parse(kind.latency.below)),
            }
        }
    if kind.availability is not None:
        return {"availability": str(parse_selector(kind.availability.metric))}
    if kind.threshold is not None:
        limit = number(Decimal(kind.threshold.value))
        return {"threshold": [canonical_query(kind.threshold.query), kind.threshold.operator, limit]}
    if kind.error_ratio is not None:
        return {"errorRatio": canonical_query(kind.error_ratio.query)}
    if kind.synthetic is not None:
        return {"synthetic": [kind.synthetic.check, kind.synthetic.measure]}
    assert kind.composite is not None  # noqa: S101 - the schema asks for exactly one kind
    members = sorted((one.name, number(Decimal(one.weight or "1"))) for one in kind.composite.objectives)
    return {"composite": [kind.composite.method, members]}


def _canonical(events: Events) -> str:
    if events.metric is not None:
        return str(parse_selector(events.metric))
    return canonical_query(events.query or "")
