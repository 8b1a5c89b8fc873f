"""Walks through an AlertmanagerConfig: every route, receiver and matcher with its path."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.alerting.effective.receivers import INTEGRATIONS
from fireline.api.plan import Manifest

Placed = tuple[str, Manifest]
"""Path and what stands there."""


def spec_of(config: Manifest) -> Manifest:
    """The spec; empty when there is none."""
    spec = config.get("spec")
    return spec if isinstance(spec, dict) else {}


def routes(config: Manifest) -> Iterator[Placed]:
    """The top route and everything below it, parents first."""
    top = spec_of(config).get("route")
    if isinstance(top, dict):
        yield from _below("spec.route", top)


def receivers(config: Manifest) -> Iterator[Placed]:
    """Each receiver."""
    return listed(spec_of(config), "receivers", "spec")


def integrations(config: Manifest) -> Iterator[tuple[str, str, Manifest]]:
    """Each entry of each receiver: its path, the name of its list, and the entry."""
    for at, receiver in receivers(config):
        for field in INTEGRATIONS:
            for place, one in listed(receiver, field, at):
                yield place, field, one


def inhibit_rules(config: Manifest) -> Iterator[Placed]:
    """Each rule of inhibition."""
    return listed(spec_of(config), "inhibitRules", "spec")


def time_intervals(config: Manifest) -> Iterator[Placed]:
    """Each named interval."""
    return listed(spec_of(config), "muteTimeIntervals", "spec")


def matchers(config: Manifest) -> Iterator[Placed]:
    """Each matcher of routes and of inhibition."""
    for at, route in routes(config):
        yield from listed(route, "matchers", at)
    for at, rule in inhibit_rules(config):
        yield from listed(rule, "sourceMatch", at)
        yield from listed(rule, "targetMatch", at)


def listed(given: Manifest, field: str, at: str) -> Iterator[Placed]:
    """The entries of a list of mappings, with their paths."""
    for number, one in enumerate(given.get(field) or ()):
        yield f"{at}.{field}[{number}]", one


def _below(at: str, route: Manifest) -> Iterator[Placed]:
    yield at, route
    for place, child in listed(route, "routes", at):
        yield from _below(place, child)
