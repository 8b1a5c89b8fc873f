"""What our recording rules would have recorded: each expression as range queries, then one backfill.

Rules read what earlier rules recorded, so this goes in passes; Prometheus sees the blocks of a pass
after a restart. (`promtool tsdb create-blocks-from rules` does the same with one block for every rule
and two hours, which takes ten times as long.)
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fireline.promql.durations import Duration
from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows
from tests.bed.prometheus import Prometheus, backfill
from tests.bed.toolchain import Tools

Rule = dict[str, Any]

_WHOLE: tuple[Callable[[str], bool], ...] = (
    lambda record: record in {names.rate(names.TOTAL, names.SLICE), names.OBJECTIVE, names.INFO},
    lambda record: record in {names.rate(names.BAD, names.SLICE), names.ERROR_BUDGET},
    lambda record: record in {names.slice5m(names.TOTAL), names.slice5m(names.BAD)},
)
"""Passes over the whole history."""
_LATEST: tuple[Callable[[str], bool], ...] = (
    lambda record: record.startswith((f"slo:{names.TOTAL}:rate", f"slo:{names.BAD}:rate")),
    lambda record: record.endswith(":ratio"),
)
"""Passes whose results only matter at the end: windows, then what is public."""
_LATEST_SECONDS = 900
_MOST_POINTS = 10_000
"""Prometheus answers at most 11,000 points per series."""


def backfill_rules(
    tools: Tools, prometheus: Prometheus, data: Path, objectives: Iterable[Objective], *, start: int, end: int
) -> None:
    """Adds to ``data`` what the rules of these SLOs record from ``start`` to ``end``."""
    all_ = list(objectives)
    namespaces = {objective.namespace for objective in all_}
    rendered = [render_rule(objective) for objective in all_] + [
        render_windows(namespace, "default", [one.window for one in all_]) for namespace in sorted(namespaces)
    ]
    groups = plain_rules(rendered)["groups"]
    for wanted in _WHOLE:
        _one_pass(tools, prometheus, data, _only(groups, wanted), between=(start, end))
    for wanted in _LATEST:
        later = _only(groups, lambda record, wanted=wanted: wanted(record) and not _is_done(record))
        _one_pass(tools, prometheus, data, later, between=(end - _LATEST_SECONDS, end))


def _is_done(record: str) -> bool:
    return any(wanted(record) for wanted in _WHOLE)


def _only(groups: list[Rule], wanted: Callable[[str], bool]) -> list[Rule]:
    kept = []
    for group in groups:
        rules = [rule for rule in group["rules"] if wanted(rule.get("record", ""))]
        if rules:
            kept.append({**group, "rules": rules})
    return kept


def _one_pass(
    tools: Tools, prometheus: Prometheus, data: Path, groups: list[Rule], *, between: tuple[int, int]
) -> None:
    file = data.parent / "pass.om"
    with file.open("w") as out:
        for group in groups:
            step = Duration.parse(group["interval"]).milliseconds // 1000
            for rule in group["rules"]:
                out.writelines(_samples(prometheus, rule, between, step))
        out.write("# EOF\n")
    backfill(tools, file, data)
    file.unlink()
    prometheus.restart()


def _samples(prometheus: Prometheus, rule: Rule, between: tuple[int, int], step: int) -> Iterator[str]:
    """OpenMetrics lines of one rule, evaluated at each whole ``step`` between two times."""
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    first, end = -(-between[0] // step) * step, between[1]
    for start in range(first, end + 1, _MOST_POINTS * step):
        last = min(end, start + (_MOST_POINTS - 1) * step)
        asked = {"query": rule["expr"], "start": str(start), "end": str(last), "step": str(step)}
        for series in prometheus.api("query_range", **asked)["result"]:
            labels = {**series["metric"], **rule.get("labels", {})}
            labels.pop("__name__", None)
            # JSON quotes a label's value as the text format does.
            inside = ",".join(f"{key}={json.dumps(text)}" for key, text in sorted(labels.items()))
            found[f"{rule['record']}{{{inside}}}"].extend(series["values"])
    for name, points in found.items():
        # Both sides of an `or` become one series by the rule's labels, each with the times it had a say.
        for at, value in sorted(points):
            yield f"{name} {value} {at}\n"
