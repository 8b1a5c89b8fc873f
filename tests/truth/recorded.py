"""What our recording rules would have recorded: each expression as range queries, then one backfill.

Rules read what earlier rules recorded, so this goes in passes; Prometheus sees the blocks of a pass
after a restart. (`promtool tsdb create-blocks-from rules` does the same with one block for every rule
and two hours, which takes ten times as long.) Every group is evaluated at its own interval, and, as in a
real Prometheus, each a little later than the others: at multiples of the interval plus a fixed delay.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fireline.api.metrics import Sample
from fireline.prometheus.replicas import Replicas
from fireline.promql.durations import Duration
from fireline.settings import Source
from fireline.slo.model import Objective
from fireline.slo.readings import Reading, parse, queries
from fireline.slo.render import plain_rules, render_rule, wanted
from fireline.slo.windows import render_windows
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools
from tests.truth.passes import Group, only, over_time, passes, without

_LATEST_SECONDS = 900
"""What nothing looks back at is recorded for so long before the end."""
_MOST_POINTS = 10_000
"""Prometheus answers at most 11,000 points per series."""
_FRESH = 30
"""Seconds a sample is visible to rules that are recorded for all of history. What they read comes every 30 s,
and what is missing once is missing: as if there were stale markers, which no file can hold."""
_SLOW_FRESH = 150
"""The same for all others, which read what comes up to every 2m30s."""


@dataclass(frozen=True)
class Life:
    """An SLO whose rules were at work from ``since`` to ``until`` (excluded): Unix times."""

    objective: Objective
    since: int | None = None
    until: int | None = None


def backfill_rules(
    tools: Tools,
    prometheus: Prometheus,
    data: Path,
    objectives: Iterable[Objective | Life],
    *,
    start: int,
    end: int,
    whole: bool = False,
) -> None:
    """Adds to ``data`` what the rules of these SLOs record from ``start`` to ``end``.

    What some rule looks back at is there for all of that time, everything else for the last minutes only,
    unless ``whole`` is asked for, as alerts need it.
    """
    lives = [one if isinstance(one, Life) else Life(one) for one in objectives]
    # A series that goes on under another objective must be written in the order of time.
    lives.sort(key=lambda life: life.since or start)
    at_work = _at_work(lives, start=start, end=end)
    groups = [group for group, _ in at_work.values()]
    times = {name: between for name, (_, between) in at_work.items()}
    past = over_time(groups)
    for part in passes(only(groups, past)):
        _one_pass(tools, prometheus, data, part, times, fresh=_FRESH)
    least = start if whole else end - _LATEST_SECONDS
    late = {name: (max(since, least), until) for name, (since, until) in times.items()}
    for part in passes(without(groups, past)):
        _one_pass(tools, prometheus, data, part, late, fresh=_SLOW_FRESH)


def read_at(
    prometheus: Prometheus, objectives: Iterable[Objective], at: float
) -> dict[tuple[str, str], Reading]:
    """What a refresh of the operator at a Unix time reads, by namespace and name."""
    all_, when = list(objectives), datetime.fromtimestamp(at, UTC)
    source = Replicas.of(Source(urls=(prometheus.url,)))

    async def ask() -> dict[str, list[Sample]]:
        return {name: await source.instant(query, at=when) for name, query in queries(all_).items()}

    return parse(asyncio.run(ask()), {(one.namespace, one.name): one.sli for one in all_}, at=when)


def fired(prometheus: Prometheus, objective: Objective, *, start: int, end: int) -> dict[str, list[int]]:
    """By tier, the Unix times at which an alert's expression held, over what ``whole`` recorded.

    ALERTS, which a NoData alert also reads, are not there: it may end earlier, but fires as it would.
    """
    found: dict[str, list[int]] = {}
    for group in plain_rules([render_rule(objective, at=start)])["groups"]:
        times = range(start + (phase(group) - start) % interval(group), end + 1, interval(group))
        for rule in group["rules"]:
            if "alert" in rule:
                answer = _asked(prometheus, rule, times, _SLOW_FRESH)
                held = {int(at) for series in answer for at, _ in series["values"]}
                found[rule["labels"]["slo_tier"]] = sorted(held)
    return {tier: times for tier, times in found.items() if times}


def _at_work(lives: Sequence[Life], *, start: int, end: int) -> dict[str, tuple[Group, tuple[int, int]]]:
    """Every group of rules by a name of its own, and from when until when it is evaluated."""
    found: dict[str, tuple[Group, tuple[int, int]]] = {}
    for life in lives:
        since, until = life.since or start, end if life.until is None else life.until - 1
        # The rules that are at work in the end know the running period, and all maintenance there was.
        at = end if life.objective.composite else start
        for group in plain_rules([render_rule(life.objective, at=at)])["groups"]:
            name = group["name"] if life.until is None else f"{group['name']} until {until}"
            found[name] = {**group, "name": name}, (since, until)
    for namespace in sorted({life.objective.namespace for life in lives}):
        members = [wanted(life.objective) for life in lives if life.objective.namespace == namespace]
        for group in plain_rules([render_windows(namespace, "default", members, at=end)])["groups"]:
            found[group["name"]] = group, (start, end)
    return found


def phase(group: Group) -> int:
    """By how many seconds a group is evaluated later than at multiples of its interval."""
    return zlib.crc32(group["name"].encode()) % interval(group)


def interval(group: Group) -> int:
    """Seconds between two evaluations."""
    return Duration.parse(group["interval"]).milliseconds // 1000


def _one_pass(
    tools: Tools,
    prometheus: Prometheus,
    data: Path,
    groups: Iterable[Group],
    between: Mapping[str, tuple[int, int]],
    *,
    fresh: int,
) -> None:
    file = data.parent / "pass.om"
    with file.open("w") as out:
        for group in groups:
            step, (first, last) = interval(group), between[group["name"]]
            times = range(first + (phase(group) - first) % step, last + 1, step)
            for rule in group["rules"]:
                out.writelines(_samples(prometheus, rule, times, fresh))
        out.write("# EOF\n")
    backfill(tools, file, data)
    file.unlink()
    prometheus.restart()


def _samples(prometheus: Prometheus, rule: Mapping[str, Any], times: range, fresh: int) -> Iterator[str]:
    """OpenMetrics lines of one rule, evaluated at these times."""
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for series in _asked(prometheus, rule, times, fresh):
        labels = {**series["metric"], **rule.get("labels", {})}
        labels.pop("__name__", None)
        # JSON quotes a label's value as the text format does.
        inside = ",".join(f"{key}={json.dumps(text)}" for key, text in sorted(labels.items()))
        found[f"{rule['record']}{{{inside}}}"].extend(series["values"])
    for name, points in found.items():
        # Both sides of an `or` become one series by the rule's labels, each with the times it had a say.
        for at, value in sorted(points):
            yield f"{name} {value} {at}\n"


def _asked(
    prometheus: Prometheus, rule: Mapping[str, Any], times: range, fresh: int
) -> Iterator[dict[str, Any]]:
    """The series of a rule's expression, evaluated at these times, in pieces."""
    # In a range query `@ end()` is the end of the range, in a rule the time of each evaluation.
    most = 1 if "@ end()" in rule["expr"] else _MOST_POINTS
    for first in range(0, len(times), most):
        piece = times[first : first + most]
        asked = {
            "query": rule["expr"],
            "start": str(piece[0]),
            "end": str(piece[-1]),
            "step": str(piece.step),
        }
        yield from prometheus.api("query_range", **asked, lookback_delta=f"{fresh}s")["result"]
