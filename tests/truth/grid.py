"""Rules evaluated on a grid of times by a real Prometheus, and kept as blocks.

``promtool tsdb create-blocks-from rules`` shifts every group by a hash of its name. Here all groups are
evaluated at whole multiples of their interval, as a replay assumes, so that both can be compared to
the last digit. Each rule is a range query over what earlier rules recorded, rule by rule and group by
group, which is right as long as no series ends in between: stale markers are not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fireline.promql.durations import Duration
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools

_MOST_POINTS = 11_000
_RECORDED = re.compile(r"slo:[a-zA-Z0-9_:]+")
Rule = Mapping[str, Any]


def record_on_grid(
    tools: Tools, prometheus: Prometheus, data: Path, groups: Iterable[Rule], *, start: int, end: int
) -> None:
    """Adds what the recording rules of some groups record between two Unix times, both included.

    What a rule reads is recorded in a pass before it.
    """
    for part in _passes(list(groups)):
        file = data.parent / "grid.om"
        with file.open("w") as out:
            for group in part:
                interval = seconds(group)
                for rule in group["rules"]:
                    for labels, samples in points(prometheus, rule["expr"], start, end, interval):
                        named = {**labels, **rule["labels"]}
                        text = ",".join(f'{name}="{value}"' for name, value in sorted(named.items()))
                        out.writelines(f"{rule['record']}{{{text}}} {value} {at}\n" for at, value in samples)
            out.write("# EOF\n")
        backfill(tools, file, data)
        file.unlink()
        prometheus.restart()


def _passes(groups: list[Rule]) -> Iterator[list[Rule]]:
    """The groups, cut into passes: the rules that read nothing recorded, those that read those, …"""
    rules = [rule for group in groups for rule in group["rules"] if "record" in rule]
    recorded = {rule["record"] for rule in rules}
    level = dict.fromkeys(recorded, 0)
    reads = {rule["record"]: set(_RECORDED.findall(rule["expr"])) & recorded for rule in rules}
    for rule in rules:
        reads[rule["record"]] |= set(_RECORDED.findall(rule["expr"])) & recorded
    for _ in recorded:
        for name in recorded:
            level[name] = max((level[read] + 1 for read in reads[name] - {name}), default=0)
    for wanted in range(max(level.values()) + 1):
        cut = (
            {
                **group,
                "rules": [rule for rule in group["rules"] if level.get(rule.get("record", "")) == wanted],
            }
            for group in groups
        )
        yield [group for group in cut if group["rules"]]


def points(
    prometheus: Prometheus, expr: str, start: int, end: int, step: int
) -> list[tuple[dict[str, str], list[tuple[int, str]]]]:
    """(labels, samples) of each series of an expression at the multiples of ``step``."""
    found: dict[tuple[tuple[str, str], ...], list[tuple[int, str]]] = {}
    times = range(start + -start % step, end + 1, step)
    for first in range(0, len(times), _MOST_POINTS):
        piece = times[first : first + _MOST_POINTS]
        answer = prometheus.api(
            "query_range", query=expr, start=str(piece[0]), end=str(piece[-1]), step=f"{step}s"
        )
        for series in answer["result"]:
            labels = {name: value for name, value in series["metric"].items() if name != "__name__"}
            kept = found.setdefault(tuple(sorted(labels.items())), [])
            kept += [(int(at), value) for at, value in series["values"]]
    return [(dict(labels), samples) for labels, samples in found.items()]


def seconds(group: Rule) -> int:
    """A group's interval."""
    return Duration.parse(group["interval"]).milliseconds // 1000
