"""The two sides of a canary: an SLO's selectors, narrowed to one version each. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from fireline.api.issues import Issue, Location
from fireline.api.plan import Manifest
from fireline.errors import PromQLError, SpecError
from fireline.promql.selectors import Matcher, parse_selector

_SELECTORS: tuple[Location, ...] = (
    ("ratio", "bad", "metric"),
    ("ratio", "good", "metric"),
    ("ratio", "total", "metric"),
    ("latency", "histogram"),
)


def matchers(text: str) -> tuple[Matcher, ...]:
    """Label matchers as they stand between the braces of a selector: ``track="canary",region=~"eu.*"``.

    Raises PromQLError when there are none, or they are not PromQL.
    """
    inside = text.strip().removeprefix("{").removesuffix("}")
    found = parse_selector(f"metric{{{inside}}}")
    if not found.matchers or found.metric != "metric":
        raise PromQLError(f'{text!r} has no label matcher; write it like track="canary"')
    return found.matchers


def narrowed(manifest: Manifest, side: tuple[Matcher, ...]) -> Manifest:
    """The SLO of one side. Raises SpecError when its indicator is not made of selectors only."""
    made = copy.deepcopy(manifest)
    indicator = made["spec"]["indicator"]
    places = list(_present(indicator))
    if not places or _has_query(indicator):
        raise SpecError(
            str(
                Issue(
                    "NotComparable",
                    ("spec", "indicator"),
                    "only ratios of metrics and latencies can be narrowed to a version; for others give the "
                    "queries themselves: --canary-bad, --canary-total, --baseline-bad, --baseline-total",
                )
            )
        )
    for place in places:
        node = indicator
        for part in place[:-1]:
            node = node[part]
        selector = parse_selector(node[place[-1]])
        for one in side:
            selector = selector.matching(one.label, one.op, one.value)
        node[place[-1]] = str(selector)
    return made


def _present(indicator: Manifest) -> Iterator[tuple[str, ...]]:
    for place in _SELECTORS:
        node: object = indicator
        for part in place:
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, str):
            yield tuple(map(str, place))


def _has_query(indicator: Manifest) -> bool:
    return any("query" in (events or {}) for events in (indicator.get("ratio") or {}).values())
