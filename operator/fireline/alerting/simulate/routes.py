"""The tree of routes: what a route inherits, and which routes an alert ends in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fireline.alerting.effective.durations import milliseconds
from fireline.alerting.simulate.matchers import (
    Labels,
    Matcher,
    compiled,
    fit,
    in_order,
    parse_matchers,
    shown,
)
from fireline.api.plan import Manifest
from fireline.errors import SpecError

EVERYTHING = "..."
"""What ``group_by`` holds to group by all labels."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When a route's notifications are sent; inherited."""

    wait: timedelta = timedelta(seconds=30)
    interval: timedelta = timedelta(minutes=5)
    repeat: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One route with what it inherited. ``number`` is its place among its siblings, from 0."""

    receiver: str
    matchers: tuple[Matcher, ...]
    goes_on: bool
    group_by: frozenset[str]
    by_everything: bool
    timing: Timing
    mute: tuple[str, ...]
    active: tuple[str, ...]
    number: int = 0
    parent: Route | None = field(default=None, repr=False)
    routes: tuple[Route, ...] = ()

    @property
    def path(self) -> tuple[Route, ...]:
        """From the root to this route."""
        return (*self.parent.path, self) if self.parent else (self,)

    @property
    def key(self) -> str:
        """What Alertmanager's group keys begin with: two routes with the same key are one to it."""
        return "/".join(shown(route.matchers) for route in self.path)

    def all(self) -> Iterator[Route]:
        """This route and everything below it."""
        yield self
        for child in self.routes:
            yield from child.all()

    def matched(self, labels: Labels) -> tuple[Route, ...]:
        """The routes that an alert ends in, in order; none when it does not fit this route."""
        if not fit(self.matchers, labels):
            return ()
        found: list[Route] = []
        for child in self.routes:
            inside = child.matched(labels)
            found += inside
            if inside and not child.goes_on:
                break
        return tuple(found) or (self,)

    def group(self, labels: Labels) -> dict[str, str]:
        """The labels that name an alert's notification group."""
        return {
            name: value
            for name, value in sorted(labels.items())
            if self.by_everything or name in self.group_by
        }


def route_tree(configuration: Manifest) -> Route:
    """The routes of an alertmanager.yaml. Raises SpecError for what Alertmanager would refuse."""
    root = configuration.get("route")
    if not isinstance(root, dict) or not root.get("receiver"):
        raise SpecError("has no route with a receiver; Alertmanager needs one for every alert to end in")
    return _route(root, None, 0)


def _route(given: Manifest, parent: Route | None, number: int) -> Route:
    named = [str(name) for name in given.get("group_by") or ()]
    by = frozenset(name for name in named if name != EVERYTHING)
    route = Route(
        receiver=given.get("receiver") or (parent.receiver if parent else ""),
        matchers=_matchers(given),
        goes_on=bool(given.get("continue")),
        group_by=by or (parent.group_by if parent else frozenset()),
        # Own labels end an inherited "...", nothing else does.
        by_everything=not by and (EVERYTHING in named or (parent.by_everything if parent else False)),
        timing=_timing(given, parent.timing if parent else Timing()),
        mute=tuple(given.get("mute_time_intervals") or ()),
        active=tuple(given.get("active_time_intervals") or ()),
        number=number,
        parent=parent,
    )
    children = tuple(_route(child, route, at) for at, child in enumerate(given.get("routes") or ()))
    object.__setattr__(route, "routes", children)  # a tree whose nodes know their parent is made in two steps
    return route


def _matchers(given: Manifest) -> tuple[Matcher, ...]:
    """The new notation and both older ones."""
    return in_order(
        [
            *older(given.get("match"), "="),
            *older(given.get("match_re"), "=~"),
            *parse_matchers(given.get("matchers") or ()),
        ]
    )


def older(given: Mapping[str, Any] | None, operator: str) -> list[Matcher]:
    """Matchers of a mapping, as ``match`` and ``match_re`` are. Raises SpecError."""
    found = [Matcher(name, operator, str(value)) for name, value in (given or {}).items()]
    if operator == "=~":
        for matcher in found:
            compiled(matcher.value)
    return found


def _timing(given: Manifest, inherited: Timing) -> Timing:
    return Timing(
        _length(given, "group_wait", inherited.wait),
        _length(given, "group_interval", inherited.interval),
        _length(given, "repeat_interval", inherited.repeat),
    )


def _length(given: Manifest, name: str, inherited: timedelta) -> timedelta:
    text = given.get(name)
    if text in (None, ""):
        return inherited
    length = milliseconds(str(text))
    if length is None:
        raise SpecError(f"{name} {text!r} is no duration; write it like 30s, 5m or 4h")
    return timedelta(milliseconds=length)
