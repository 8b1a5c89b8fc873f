"""From where alerts began and ended to episodes: one each, whatever Prometheus was doing meanwhile.

An alert that vanishes because Prometheus restarts comes back as if it had begun anew. It is one episode when
nothing was evaluated in between, or when only a single evaluation is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fireline.alerting.quality.model import Alert, Episode, Stretch
from fireline.alerting.quality.queries import STEP
from fireline.api.metrics import Sample

MISSED = 2 * STEP
"""A gap up to this is an evaluation that was missed: nobody was told of an end."""
RETURNING = 300
"""After a restart an alert may need so many seconds to have the data to fire again."""

_NO_GROUP = frozenset(
    {"__name__", "alert_policy", "namespace", "alertname", "slo", "slo_tier", "sev", "severity"}
)


def alert_of(labels: Mapping[str, str]) -> Alert:
    """The alert a series of ALERTS belongs to; what is no identity of it counts as a group."""
    return Alert(
        policy=labels.get("alert_policy", ""),
        namespace=labels.get("namespace", ""),
        name=labels.get("alertname", ""),
        slo=labels.get("slo", ""),
        tier=labels.get("slo_tier", ""),
        group=tuple(sorted((key, value) for key, value in labels.items() if key not in _NO_GROUP and value)),
    )


def episodes(
    began: Iterable[Sample],
    ended: Iterable[Sample],
    *,
    before: Iterable[Sample],
    asked: Stretch,
    holes: Sequence[Stretch] = (),
    missed: int = MISSED,
) -> list[Episode]:
    """Every episode that touches ``asked``, in order of time.

    ``began`` and ``ended`` as :func:`fireline.alerting.quality.queries.edges` asks them, in any order;
    ``before``: what fired one step before the first look. ``holes``: where nothing was evaluated.
    A pause of at most ``missed`` seconds is none.
    """
    turns: dict[Alert, list[_Turn]] = defaultdict(list)
    for samples, fires in ((ended, False), (began, True)):
        for sample in samples:
            turns[alert_of(sample.labels)].append((round(sample.at), fires, _told(sample)))
    known: dict[Alert, list[_Told]] = defaultdict(list)
    for sample in before:
        known[alert_of(sample.labels)].append(_told(sample))
    found = [
        _at_holes(episode, holes, asked)
        for alert in {*turns, *known}
        for episode in _merged(_runs(alert, sorted(turns[alert]), known[alert], asked), holes, missed)
    ]
    return sorted(found, key=lambda one: (one.start, one.alert))


_Told = tuple[str, str]
"""sev and severity: what an alert was told as."""
_Turn = tuple[int, bool, _Told]


def _told(sample: Sample) -> _Told:
    return sample.labels.get("sev", ""), sample.labels.get("severity", "")


def _runs(alert: Alert, turns: Sequence[_Turn], before: Sequence[_Told], asked: Stretch) -> list[Episode]:
    """One episode per run. An alert that goes on under another severity is still firing: it ends when none
    of its series does."""
    found: list[Episode] = []
    firing = set(before)
    current = Episode(alert, *before[0], asked.start, None, truncated=True) if before else None
    for at, fires, told in turns:
        if fires:
            current = current or Episode(alert, *told, at, None)
            firing.add(told)
        elif current is not None:
            firing.discard(told)
            if not firing:
                found.append(replace(current, end=at))
                current = None
    return [*found, current] if current is not None else found


def _merged(runs: Sequence[Episode], holes: Sequence[Stretch], missed: int) -> list[Episode]:
    found: list[Episode] = []
    for run in runs:
        last = found[-1] if found else None
        if last is not None and last.end is not None and _is_one(last.end, run.start, holes, missed):
            found[-1] = replace(last, end=run.end)
        else:
            found.append(run)
    return found


def _is_one(end: int, start: int, holes: Sequence[Stretch], missed: int) -> bool:
    """Whether a gap is none: too short, or as long as Prometheus was away."""
    if start - end <= missed:
        return True
    return any(abs(hole.start - end) <= MISSED and -MISSED <= start - hole.end <= RETURNING for hole in holes)


def _at_holes(episode: Episode, holes: Sequence[Stretch], asked: Stretch) -> Episode:
    """What fires where all data begin did so since nobody knows when; what fires as Prometheus comes back was
    told of then. What fired last before it went ended at some time nobody knows."""
    began = any(hole.start <= asked.start and 0 <= episode.start - hole.end <= MISSED for hole in holes)
    ended = episode.end is not None and any(abs(hole.start - episode.end) <= MISSED for hole in holes)
    return replace(episode, truncated=episode.truncated or began, lost=ended)


def holes(
    up: Iterable[Sample], down: Iterable[Sample], *, alive_before: bool, asked: Stretch
) -> list[Stretch]:
    """Stretches of ``asked`` in which Prometheus evaluated nothing."""
    turns = sorted([(round(one.at), True) for one in up] + [(round(one.at), False) for one in down])
    found: list[Stretch] = []
    gone: int | None = None if alive_before else asked.start
    for at, alive in turns:
        if alive and gone is not None:
            if at > gone:
                found.append(Stretch(gone, at))
            gone = None
        elif not alive and gone is None:
            gone = at
    if gone is not None and gone < asked.end:
        found.append(Stretch(gone, asked.end))
    return found


def covered(period: Stretch, holes: Iterable[Stretch]) -> float:
    """Share of a period in which Prometheus evaluated something."""
    away = sum(period.overlap(hole.start, hole.end) for hole in holes)
    return 1 - away / period.seconds
