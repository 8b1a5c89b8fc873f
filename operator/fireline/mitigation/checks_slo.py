"""What is wrong between a Mitigation and the SLO that its trigger asks about. Part of ``checks``.

Only notes: an SLO may be written, and mended, after the Mitigation. But what is told of here leaves the
trigger unknown, so that it never calls for anything. Called by ``plan`` and by ``fireline validate``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fireline.api.issues import Issue
from fireline.api.mitigation import Spec
from fireline.api.slo import Spec as SLOSpec

Found = Iterator[Issue]
_SOURCE: str = SLOSpec.model_fields["prometheus"].default
_TIMED = {
    "threshold": "it looks at a gauge (indicator.threshold)",
    "availability": "it looks at a gauge (indicator.availability)",
    "errorRatio": "only a ratio is known (indicator.errorRatio)",
}


def asked_slo(spec: Spec) -> str | None:
    """The SLO whose series the trigger reads; None when it reads none."""
    if spec.trigger is None:
        return None
    return spec.trigger.slo or (spec.slo if spec.trigger.min_traffic is not None else None)


def fits_its_slo(spec: Spec, slo: Mapping[str, Any]) -> Found:
    """``slo``: spec of that SLO as JSON, which may be wrong itself."""
    name = asked_slo(spec)
    if name is None:
        return
    source = slo.get("prometheus") or _SOURCE
    if source != spec.prometheus:
        words = (
            f"found {spec.prometheus}, but the series of SLO {name} are in source {source}: unless both see "
            f"them, the trigger is never known; write {source}, as in prometheus: {source}"
        )
        yield Issue("OtherSource", ("spec", "prometheus"), words, note=True)
    least = spec.trigger.min_traffic if spec.trigger else None
    if least is not None and (why := _without_requests(slo)):
        words = (
            f"found {least}, but SLO {name} counts no requests: {why}; leave minTraffic out, or ask about an "
            "SLO with indicator.ratio or indicator.latency, as in trigger: {slo: checkout-availability}"
        )
        yield Issue("NoTraffic", ("spec", "trigger", "minTraffic"), words, note=True)


def _without_requests(slo: Mapping[str, Any]) -> str:
    """Why what it counts per second are no requests; empty when they are."""
    indicator = slo.get("indicator")
    given = indicator if isinstance(indicator, Mapping) else {}
    if given.get("composite"):
        return "it is made of other SLOs (indicator.composite), so its traffic is never known"
    if slo.get("budgeting") == "Timeslices":
        return "it counts slices of time (budgeting: Timeslices), so its traffic is 1 or not known"
    return next((words for kind, words in _TIMED.items() if given.get(kind)), "")
