"""The run behind ``bench-rules``: servers, rule files, one cycle, and what it cost."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from fireline.api.plan import Manifest
from fireline.slo.render import plain_rules, render_rule
from fireline.slo.windows import render_windows
from tests.bed.progress import Progress
from tests.bed.prometheus import Prometheus, Scrape, backfill
from tests.bed.toolchain import Tools
from tests.bench import rule_data
from tests.bench.plain_layout import plain_group
from tests.bench.rule_cost import Reading, RuleCost, read, samples_per_minute
from tests.bench.rule_data import SIZES, Size

CYCLE = 300
"""Seconds measured: the longest group interval, a whole multiple of every other one."""
_WARM_UP = 75
"""Seconds until the raw windows and what reads them have been evaluated at least twice."""
_LAYOUTS = ("Fireline", "plain")


@dataclass(frozen=True)
class Cost:
    """What one layout cost at one size. ``spent`` is over the cycle, ``rules`` per minute."""

    rules: Sequence[RuleCost]
    spent: Reading

    @property
    def samples(self) -> float:
        """Samples read per minute, by the expressions."""
        return sum(rule.samples for rule in self.rules)

    @property
    def counted(self) -> float:
        """Samples read per minute, by the engine's own counter."""
        return self.spent.samples * 60 / CYCLE


def groups_of(layout: str, size: Size) -> list[Manifest]:
    """All rule groups of a layout for the SLOs of a size."""
    objectives = size.objectives()
    if layout == "plain":
        return [plain_group(objective) for objective in objectives]
    windows = render_windows(size.name, "default", [objective.window for objective in objectives])
    groups: list[Manifest] = plain_rules([*map(render_rule, objectives), windows])["groups"]
    return groups


def measure(tools: Tools, directory: Path) -> dict[tuple[str, Size], Cost]:
    """Costs by layout and size, all from one run over the same data."""
    raw = rule_data.counters(epoch=time.time() - 4 * 86_400)
    blocks = _history(tools, directory, raw)
    cases = [(layout, size) for size in SIZES for layout in _LAYOUTS]
    with contextlib.ExitStack() as stack:
        page = stack.enter_context(rule_data.Exporter(raw))
        idle = stack.enter_context(_prometheus(tools, directory / "idle", blocks, page.address, []))
        servers = {
            case: stack.enter_context(
                _prometheus(tools, directory / _slug(case), blocks, page.address, groups_of(*case))
            )
            for case in cases
        }
        _pass_time("Warming up", _WARM_UP)
        before = {case: read(server) for case, server in servers.items()}
        idle_before = read(idle)
        _pass_time("Evaluating both layouts at both sizes for one cycle", CYCLE)
        after = {case: read(server) for case, server in servers.items()}
        scraping = (read(idle) - idle_before).cpu_seconds
        return {
            case: Cost(
                samples_per_minute(server, groups_of(*case)),
                _without(after[case] - before[case], scraping),
            )
            for case, server in servers.items()
        }


def _history(tools: Tools, directory: Path, raw: list[rule_data.Counter]) -> Path:
    print("Writing 3 days of raw and 30 days of recorded series as blocks (about 40 s)", flush=True)
    file, blocks = directory / "history.om", directory / "blocks"
    samples = rule_data.write_history(file, raw, time.time())
    backfill(tools, file, blocks)
    file.unlink()
    print(
        f"{samples / 1e6:.1f} million samples; {len(raw)} raw series, one sample per {rule_data.RAW_STEP} s"
    )
    return blocks


def _prometheus(
    tools: Tools, directory: Path, blocks: Path, target: str, groups: Sequence[Manifest]
) -> Prometheus:
    data = directory / "data"
    shutil.copytree(blocks, data, copy_function=os.link)
    keep = {"regex": "job|instance", "action": "labeldrop"}
    server = Prometheus(
        tools,
        directory,
        data=data,
        scrapes=[
            Scrape(
                "bench",
                target,
                {"scrape_interval": f"{rule_data.RAW_STEP}s", "metric_relabel_configs": [keep]},
            )
        ],
        scrape_interval="1m",
    )
    if groups:
        (server.rules / "rules.yaml").write_text(yaml.safe_dump({"groups": list(groups)}))
    return server


def _slug(case: tuple[str, Size]) -> str:
    return f"{case[0]}-{case[1].name}"


def _without(spent: Reading, cpu_seconds: float) -> Reading:
    return spent - Reading(0, 0, 0, cpu_seconds)


def _pass_time(title: str, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    with Progress(title, seconds, note="") as progress:
        while time.monotonic() < deadline:
            progress.tick()
