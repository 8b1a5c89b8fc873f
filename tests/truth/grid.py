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
Key = tuple[str, str | None]
"""What is recorded, and of which SLO; None for rules that all SLOs of a namespace share."""


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
    for part in _passes(list(groups)):
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


def _passes(groups: list[Rule]) -> Iterator[list[Rule]]:
    """The groups, cut into passes: the rules that read nothing recorded, those that read those, …"""
    level = _levels([rule for group in groups for rule in group["rules"] if "record" in rule])
    for wanted in range(max(level.values()) + 1):
        cut = (
            {**group, "rules": [rule for rule in group["rules"] if level.get(_key(rule)) == wanted]}
            for group in groups
        )
        yield [group for group in cut if group["rules"]]


def _levels(rules: list[Rule]) -> dict[Key, int]:
    """How many rules must come before each. A rule of one SLO reads what is shared, and its own series."""
    reads: dict[Key, set[str]] = {}
    for rule in rules:
        reads.setdefault(_key(rule), set()).update(_RECORDED.findall(rule["expr"]))
    above = {
        (name, slo): [
            key
            for key in reads
            if key[0] in found and key != (name, slo) and (slo is None or key[1] in (None, slo))
        ]
        for (name, slo), found in reads.items()
    }
    level = dict.fromkeys(reads, 0)
    for _ in reads:
        for key, others in above.items():
            level[key] = max((level[other] + 1 for other in others), default=0)
    return level


def _key(rule: Rule) -> Key:
    return rule.get("record", ""), rule["labels"].get("slo")


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
