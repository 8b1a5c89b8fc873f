"""Who is told about one alert, and when: routes, hours and inhibition put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from fireline.alerting.simulate.calendar import Interval, intervals
from fireline.alerting.simulate.inhibition import Inhibited, Rule, inhibitors, rules
from fireline.alerting.simulate.matchers import Labels, fit
from fireline.alerting.simulate.routes import Route, Timing, route_tree
from fireline.alerting.simulate.silences import Silence
from fireline.alerting.simulate.words import reason
from fireline.api.plan import Manifest
from fireline.errors import SpecError

HORIZON = timedelta(days=366)
"""How far ahead the end of muted hours is looked for."""
_SUFFIX = "_configs"


@dataclass(frozen=True, slots=True)
class Told:
    """One receiver that an alert ends at.

    ``first`` is when Alertmanager looks at the group for the first time, ``when`` the first time it would
    send: the same, unless hours are against it; None when it never does within a year, or while the alert
    is inhibited. ``muted_by`` are the intervals that are against ``first``: those of
    ``mute_time_intervals`` it lies in, or all ``active_time_intervals`` when it lies in none of them.
    ``silenced_by`` are the silences over ``first``.
    ``repeats``: an earlier entry has the same receiver and group key, so Alertmanager takes this one for
    sent already. ``integrations`` are kinds of notification; without any nobody is told.
    """

    receiver: str
    integrations: tuple[str, ...]
    path: tuple[Route, ...]
    group: Mapping[str, str]
    timing: Timing
    first: datetime
    when: datetime | None
    muted_by: tuple[str, ...]
    outside_hours: bool
    inhibited_by: tuple[Inhibited, ...]
    silenced_by: tuple[Silence, ...]
    repeats: bool

    @property
    def waits(self) -> bool:
        """Whether it is told later than it would be without hours and silences."""
        return bool(self.muted_by or self.silenced_by)

    @property
    def group_key(self) -> str:
        """Alertmanager's name of the notification group."""
        named = ", ".join(f'{name}="{value}"' for name, value in self.group.items())
        return f"{self.path[-1].key}:{{{named}}}"

    @property
    def why(self) -> str:
        """The whole in one or two sentences."""
        return reason(self)


@dataclass(frozen=True, slots=True)
class Simulation:
    """An effective configuration, read once and asked many times."""

    root: Route
    intervals: Mapping[str, tuple[Interval, ...]]
    rules: tuple[Rule, ...]
    integrations: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, configuration: Manifest) -> Self:
        """From an alertmanager.yaml as JSON. Raises SpecError for what Alertmanager would refuse."""
        found = cls(
            route_tree(configuration),
            intervals(configuration),
            rules(configuration),
            {str(one.get("name")): _kinds(one) for one in configuration.get("receivers") or ()},
        )
        for route in found.root.all():
            _defined("receiver", [route.receiver], found.integrations)
            _defined("time interval", (*route.mute, *route.active), found.intervals)
        return found

    def receivers(self, labels: Labels) -> tuple[str, ...]:
        """Receivers of an alert in order, hours and inhibition apart: what ``amtool config routes test``
        prints."""
        return tuple(route.receiver for route in self.root.matched(labels))

    def told(
        self,
        labels: Labels,
        *,
        at: datetime,
        started: datetime | None = None,
        firing: Iterable[Labels] = (),
        silences: Iterable[Silence] = (),
    ) -> tuple[Told, ...]:
        """Who would be told about an alert that Alertmanager first hears of ``at`` a time.

        ``started``: when it began to fire, if that was earlier: the first wait counts from there.
        ``firing``: other alerts that fire all the while. Times have a time zone.
        """
        quiet = inhibitors(self.rules, labels, firing)
        asked = tuple(one for one in silences if fit(one.matchers, labels))
        seen: set[tuple[str, str]] = set()
        done = []
        for route in self.root.matched(labels):
            first = max(at, (started or at) + route.timing.wait)
            told = self._one(route, labels, first, quiet, asked)
            key = (told.receiver, told.group_key)
            done.append(replace(told, when=None, repeats=True) if key in seen else told)
            seen.add(key)
        return tuple(done)

    def _one(
        self,
        route: Route,
        labels: Labels,
        first: datetime,
        quiet: tuple[Inhibited, ...],
        asked: tuple[Silence, ...],
    ) -> Told:
        outside, muted = self._against(route, first)
        return Told(
            receiver=route.receiver,
            integrations=self.integrations.get(route.receiver, ()),
            path=route.path,
            group=route.group(labels),
            timing=route.timing,
            first=first,
            when=None if quiet else self._sent(route, labels, first, asked),
            muted_by=muted,
            outside_hours=outside,
            inhibited_by=quiet,
            silenced_by=tuple(one for one in asked if one.covers(labels, first)),
            repeats=False,
        )

    def _sent(
        self, route: Route, labels: Labels, first: datetime, asked: tuple[Silence, ...]
    ) -> datetime | None:
        """The first look at the group from ``first`` on that neither hours nor silences are against."""
        if not route.mute and not route.active and not asked:
            return first
        step, look = max(route.timing.interval, timedelta(seconds=1)), first
        while look <= first + HORIZON:
            silenced = any(one.covers(labels, look) for one in asked)
            if not silenced and not self._against(route, look)[1]:
                return look
            look += step
        return None

    def _against(self, route: Route, instant: datetime) -> tuple[bool, tuple[str, ...]]:
        """Whether no active interval holds, and the names that are against sending."""
        if route.active and not any(self._holds(name, instant) for name in route.active):
            return True, route.active
        return False, tuple(name for name in route.mute if self._holds(name, instant))

    def _holds(self, name: str, instant: datetime) -> bool:
        return any(interval.holds(instant) for interval in self.intervals.get(name, ()))


def _defined(what: str, named: Iterable[str], known: Mapping[str, object]) -> None:
    for name in named:
        if name not in known:
            raise SpecError(f"has a route with the {what} {name!r}, which is not defined")


def _kinds(receiver: Manifest) -> tuple[str, ...]:
    """``slack``, ``webhook`` and so on, one for each notification that is sent."""
    return tuple(
        key.removesuffix(_SUFFIX)
        for key, listed in receiver.items()
        if key.endswith(_SUFFIX)
        for _ in listed or ()
    )
