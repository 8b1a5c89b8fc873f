"""Rules evaluated on a grid of times by a real Prometheus, and kept as blocks.

``promtool tsdb create-blocks-from rules`` shifts every group by a hash of its name. Here all groups are
evaluated at whole multiples of their interval, as a replay assumes, so that both can be compared to
the last digit. Each rule is a range query over what earlier rules recorded, rule by rule and group by
group, which is right as long as no series ends in between: stale markers are not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fireline.promql.durations import Duration
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools
from tests.truth.passes import passes

_MOST_POINTS = 11_000
Rule = Mapping[str, Any]


def record_on_grid(
    tools: Tools,
    prometheus: Prometheus,
    data: Path,
    groups: Iterable[Rule],
    *,
    start: int,
    end: int,
    later: Mapping[str, int] | None = None,
) -> None:
    """Adds what the recording rules of some groups record between two Unix times, both included.

    What a rule reads is recorded in a pass before it. ``later``: groups of these namespaces begin at the
    time given.
    """
    for part in passes(list(groups)):
        file = data.parent / "grid.om"
        with file.open("w") as out:
            for group in part:
                interval = seconds(group)
                begin = (later or {}).get(group["name"].partition("/")[0], start)
                for rule in group["rules"]:
                    for name, samples in sorted(_recorded(prometheus, rule, begin, end, interval).items()):
                        out.writelines(f"{name} {value} {at}\n" for at, value in sorted(samples))
            out.write("# EOF\n")
        backfill(tools, file, data)
        file.unlink()
        prometheus.restart()


def _recorded(
    prometheus: Prometheus, rule: Rule, start: int, end: int, step: int
) -> dict[str, list[tuple[int, str]]]:
    """Samples by series: with the rule's labels on, an expression's series may become one."""
    found: dict[str, list[tuple[int, str]]] = {}
    for labels, samples in points(prometheus, rule["expr"], start, end, step, lookback=_lookback(rule, step)):
        named = {**labels, **rule["labels"]}
        text = ",".join(f'{name}="{value}"' for name, value in sorted(named.items()))
        found.setdefault(f"{rule['record']}{{{text}}}", []).extend(samples)
    return found


def _lookback(rule: Rule, interval: int) -> int:
    """So short that a value which is no longer recorded is not seen, as if stale markers were there.

    What a rule reads at a moment was recorded at that very moment, but for the error budget, which the
    slow rules read and which is up to 59 s old. Subqueries read slices at moments in between; composites
    read once a minute what is recorded every 2m30s.
    """
    composite = interval == 60 and "slo" in rule["labels"]
    if composite or ":" in re.sub(r"slo:[a-z0-9_:]+", "", rule["expr"]):
        return 300
    return 29 if interval <= 60 else 61


def points(
    prometheus: Prometheus, expr: str, start: int, end: int, step: int, *, lookback: int = 300
) -> list[tuple[dict[str, str], list[tuple[int, str]]]]:
    """(labels, samples) of each series of an expression at the multiples of ``step``."""
    found: dict[tuple[tuple[str, str], ...], list[tuple[int, str]]] = {}
    times = range(start + -start % step, end + 1, step)
    # In a range query `@ end()` is the end of the range, in a rule the time of each evaluation.
    most = 1 if "@ end()" in expr else _MOST_POINTS
    for first in range(0, len(times), most):
        piece = times[first : first + most]
        answer = prometheus.api(
            "query_range",
            query=expr,
            start=str(piece[0]),
            end=str(piece[-1]),
            step=f"{step}s",
            lookback_delta=f"{lookback}s",
        )
        for series in answer["result"]:
            labels = {name: value for name, value in series["metric"].items() if name != "__name__"}
            kept = found.setdefault(tuple(sorted(labels.items())), [])
            kept += [(int(at), value) for at, value in series["values"]]
    return [(dict(labels), samples) for labels, samples in found.items()]


def seconds(group: Rule) -> int:
    """A group's interval."""
    return Duration.parse(group["interval"]).milliseconds // 1000
