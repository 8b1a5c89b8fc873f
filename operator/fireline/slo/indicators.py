"""From what a user calls good or bad to two rates Prometheus can count.

Every form ends as an :class:`~fireline.slo.model.Indicator`: a total and a part, both
``sum(rate(…[$window]))``, so that the rest of the room knows one shape only.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fireline.api.slo import Spec
from fireline.api.slo_indicator import Events, Latency, Ratio
from fireline.errors import SpecError
from fireline.promql.durations import Duration
from fireline.promql.expr import WINDOW, nested
from fireline.promql.parse import canonical_query
from fireline.promql.selectors import Selector, parse_selector
from fireline.slo.model import Indicator

_HASH_VERSION = "v1"


def build_indicator(spec: Spec) -> Indicator:
    """The indicator of a checked spec.

    Raises SpecError for an indicator this release does not carry out, PromQLError when a selector
    does not parse (both are reported earlier, with their path, by ``checks``).
    """
    if spec.indicator.ratio is not None:
        return _ratio(spec.indicator.ratio)
    if spec.indicator.latency is not None:
        return _latency(spec.indicator.latency)
    raise SpecError("this indicator is not implemented in this release")


def _ratio(ratio: Ratio) -> Indicator:
    part = ratio.bad if ratio.bad is not None else ratio.good
    if part is None:
        raise SpecError("exactly one of bad and good must be set")
    return Indicator(
        total=_rate(ratio.total),
        part=_rate(part),
        counts="Bad" if ratio.bad is not None else "Good",
        presence=_presence(ratio.total),
    )


def _rate(events: Events) -> str:
    if events.metric is not None:
        return f"sum(rate({parse_selector(events.metric)}[{WINDOW}]))"
    return f"sum{nested(events.query or '')}"


def _presence(events: Events) -> str:
    if events.metric is not None:
        return f"group({parse_selector(events.metric)})"
    return f"group{nested((events.query or '').replace(WINDOW, '5m'))}"


def _latency(latency: Latency) -> Indicator:
    histogram = parse_selector(latency.histogram)
    bound = Duration.parse(latency.below).seconds
    if latency.type == "Native":
        rate = f"sum(rate({histogram}[{WINDOW}]))"
        total = f"histogram_count({rate})"
        return Indicator(
            total=total,
            part=f"histogram_fraction(-Inf, {_bounds(bound)[0]}, {rate}) * {total}",
            counts="Below",
            presence=f"group({histogram})",
            native=True,
        )
    count = histogram.renamed(f"{histogram.metric}_count")
    return Indicator(
        total=f"sum(rate({count}[{WINDOW}]))",
        part=f"sum(rate({bucket_selector(histogram, bound)}[{WINDOW}]))",
        counts="Below",
        presence=f"group({count})",
    )


def bucket_selector(histogram: Selector, bound: float) -> Selector:
    """The ``_bucket`` series of a classic histogram at a bound in seconds.

    Prometheus 3 writes an integer bound as ``1.0`` and Prometheus 2 as ``1``: both match.
    """
    escaped = "|".join(text.replace(".", r"\.").replace("+", r"\+") for text in _bounds(bound))
    return histogram.renamed(f"{histogram.metric}_bucket").matching("le", "=~", escaped)


def _bounds(seconds: float) -> list[str]:
    """The ways a bucket bound is written, shortest first."""
    shortest = repr(seconds)
    return [shortest.removesuffix(".0"), shortest] if shortest.endswith(".0") else [shortest]


def indicator_hash(spec: Spec) -> str:
    """The ``sli`` label: a short hash of what is measured, with a version prefix.

    It depends neither on the object's identity nor on spelling (order of matchers, white space), so
    that ``render`` agrees with the operator and an object created again keeps its history.
    """
    canonical: dict[str, Any] = {"groupBy": sorted(spec.group_by or [])}
    ratio, latency = spec.indicator.ratio, spec.indicator.latency
    if ratio is not None:
        canonical["ratio"] = {
            name: _canonical(events)
            for name, events in (("bad", ratio.bad), ("good", ratio.good), ("total", ratio.total))
            if events is not None
        }
    if latency is not None:
        canonical["latency"] = {
            "histogram": str(parse_selector(latency.histogram)),
            "type": latency.type,
            "below": str(Duration.parse(latency.below)),
        }
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return f"{_HASH_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _canonical(events: Events) -> str:
    if events.metric is not None:
        return str(parse_selector(events.metric))
    return canonical_query(events.query or "")
