"""Episodes as people live through them: pages, flapping, what comes back."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fireline.alerting.quality.model import WEEK, Alert, Episode, Page

HOUR = 3600
FLAPS = 3
"""So many episodes of one alert within an hour are flapping."""


@dataclass(frozen=True, slots=True)
class Flap:
    """An alert that flapped: ``most`` episodes within one hour, ``bursts`` such hours, and the longest
    pause in them, in seconds."""

    alert: Alert
    most: int
    bursts: int
    pause: int


@dataclass(frozen=True, slots=True)
class Repeat:
    """An alert that came back ``times`` times, each within seven days of its last end."""

    alert: Alert
    times: int


def pages(episodes: Iterable[Episode]) -> list[Page]:
    """Paging episodes, merged where those of one alert name of one SLO, or of one rule, overlap or touch.

    By time. PageFast and PageSlow have one name; a budget that is spent for weeks swallows no other page.
    """
    groups: dict[tuple[str, ...], list[Episode]] = defaultdict(list)
    for episode in episodes:
        alert = episode.alert
        what = (alert.namespace, alert.slo, alert.name) if alert.slo else (alert.policy, "", alert.name)
        groups[what].append(episode)
    found = [page for group in groups.values() for page in _merged(group)]
    return sorted(found, key=lambda page: (page.start, page.first.alert))


def _merged(group: Sequence[Episode]) -> list[Page]:
    found: list[list[Episode]] = []
    end: int | None = 0
    for episode in sorted(group, key=lambda one: one.start):
        if found and (end is None or episode.start <= end):
            found[-1].append(episode)
            end = None if end is None or episode.end is None else max(end, episode.end)
        else:
            found.append([episode])
            end = episode.end
    return [Page(tuple(one)) for one in found]


def flapping(episodes: Iterable[Episode]) -> list[Flap]:
    """Alerts with at least ``FLAPS`` episodes that began within an hour, the worst first."""
    found = [flap for alert, own in _by_alert(episodes).items() if (flap := _flap(alert, own))]
    return sorted(found, key=lambda one: (-one.most, -one.bursts, one.alert))


def _flap(alert: Alert, own: Sequence[Episode]) -> Flap | None:
    most, bursts, pause, busy_until = 0, 0, 0, -1
    for index, first in enumerate(own):
        near = [one for one in own[index:] if one.start - first.start < HOUR]
        most = max(most, len(near))
        if len(near) < FLAPS:
            continue
        if first.start > busy_until:
            bursts += 1
        busy_until = near[-1].start
        gaps = (two.start - one.end for one, two in itertools.pairwise(near) if one.end is not None)
        pause = max([pause, *gaps])
    return Flap(alert, most, bursts, pause) if bursts else None


def repeated(episodes: Iterable[Episode]) -> list[Repeat]:
    """Alerts that began again within seven days of their last end, the worst first."""
    found = []
    for alert, own in _by_alert(episodes).items():
        pairs = itertools.pairwise(own)
        times = sum(one.end is not None and two.start - one.end <= WEEK for one, two in pairs)
        if times:
            found.append(Repeat(alert, times))
    return sorted(found, key=lambda one: (-one.times, one.alert))


def _by_alert(episodes: Iterable[Episode]) -> dict[Alert, list[Episode]]:
    found: dict[Alert, list[Episode]] = defaultdict(list)
    for episode in sorted(episodes, key=lambda one: one.start):
        found[episode.alert].append(episode)
    return found
