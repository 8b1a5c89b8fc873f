"""What our recording rules would have recorded, backfilled by promtool rule by rule.

Rules read what earlier rules recorded, so they are backfilled in passes; Prometheus sees the blocks
of a pass after a restart.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from fireline.slo import names
from fireline.slo.model import Objective
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows
from tests.bed.errors import BedError
from tests.bed.prometheus import Prometheus
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
_BLOCK_SECONDS = 7200
_LONGEST_INTERVAL = 300
"""Seconds between evaluations of the slowest group."""


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
    start, end = between
    if -start % _BLOCK_SECONDS < _LONGEST_INTERVAL:
        # promtool gives up when no evaluation falls between the start and the end of its first block.
        start += -start % _BLOCK_SECONDS
    file = data.parent / "pass.yaml"
    file.write_text(yaml.dump({"groups": groups}, Dumper=yaml.CSafeDumper))
    command = [
        *(str(tools.path("promtool")), "tsdb", "create-blocks-from", "rules", f"--url={prometheus.url}"),
        *(f"--start={start}", f"--end={end}", f"--output-dir={data}", str(file)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BedError(f"promtool could not backfill rules: {(done.stderr or done.stdout)[-2000:]}")
    prometheus.restart()
