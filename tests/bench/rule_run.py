"""The run behind ``bench-rules``: servers, rule files, one cycle, and what it cost."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
from tests.bench.rule_data import COMPARED, SIZES, Size
from tests.bench.rule_history import write_history

CYCLE = 300
"""Seconds measured: the longest group interval, a whole multiple of every other one."""
_WARM_UP = 75
"""Seconds until the raw windows and what reads them have been evaluated at least twice."""
Case = tuple[str, Size]
"""A layout, Fireline's or the plain one, at a size."""


@dataclass(frozen=True)
class Cost:
    """What one layout cost at one size. ``spent`` is over the cycle, ``rules`` per minute.

    ``rules`` is empty at sizes where only Fireline runs: thousands of rules would be asked one by one.
    ``series`` are the recorded ones that exist, ``size`` the bytes of all rule objects.
    """

    rules: Sequence[RuleCost]
    spent: Reading
    series: int
    size: int

    @property
    def samples(self) -> float:
        """Samples read per minute, by the expressions."""
        return sum(rule.samples for rule in self.rules)

    @property
    def counted(self) -> float:
        """Samples read per minute, by the engine's own counter."""
        return self.spent.samples * 60 / CYCLE


def rules_of(layout: str, size: Size) -> list[Manifest]:
    """All rule objects of a layout for the SLOs of a size."""
    if layout == "plain":
        return [_plain(size, [plain_group(objective)]) for objective in size.objectives]
    windows = render_windows(size.name, "default", [objective.window for objective in size.objectives])
    return [*map(render_rule, size.objectives), windows]


def groups_of(layout: str, size: Size) -> list[Manifest]:
    """The rule groups of those objects, as one rule file holds them."""
    groups: list[Manifest] = plain_rules(rules_of(layout, size))["groups"]
    return groups


def _plain(size: Size, groups: list[Manifest]) -> Manifest:
    return {"metadata": {"namespace": size.name}, "spec": {"groups": groups}}


def measure(tools: Tools, directory: Path) -> dict[Case, Cost]:
    """Costs by layout and size, all from one run over the same data."""
    epoch = time.time() - 4 * 86_400
    fleet, own = rule_data.fleet(epoch), rule_data.own_series(epoch)
    blocks = _history(tools, directory, fleet, own)
    cases = [("Fireline", size) for size in SIZES] + [("plain", size) for size in COMPARED]
    with contextlib.ExitStack() as stack:
        page = stack.enter_context(rule_data.Exporter([*fleet, *own]))
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
        _pass_time(f"Evaluating {len(cases)} servers for one cycle", CYCLE)
        after = {case: read(server) for case, server in servers.items()}
        scraping = (read(idle) - idle_before).cpu_seconds
        return {
            case: _cost(case, server, _without(after[case] - before[case], scraping))
            for case, server in servers.items()
        }


def _cost(case: Case, server: Prometheus, spent: Reading) -> Cost:
    layout, size = case
    found = server.value(f'count({{__name__=~".+:.+",namespace="{size.name}"}})')
    return Cost(
        samples_per_minute(server, groups_of(*case)) if size in COMPARED else (),
        spent,
        series=round(found or 0),
        size=sum(len(json.dumps(rule, separators=(",", ":"))) for rule in rules_of(layout, size)),
    )


def _history(
    tools: Tools, directory: Path, fleet: list[rule_data.Counter], own: list[rule_data.Counter]
) -> Path:
    file, blocks = directory / "history.om", directory / "blocks"

    def write() -> int:
        samples = write_history(file, fleet, own, time.time())
        backfill(tools, file, blocks)
        file.unlink()
        return samples

    title = "Writing 3 days of raw and 30 days of recorded series as blocks"
    with Progress(title, 90, note="") as progress, ThreadPoolExecutor(1) as pool:
        work = pool.submit(write)
        while not work.done():
            progress.tick()
    raw = len(fleet) + len(own)
    print(f"{work.result() / 1e6:.1f} million samples; {raw} raw series, one per {rule_data.RAW_STEP} s")
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


def _slug(case: Case) -> str:
    return f"{case[0]}-{case[1].name}"


def _without(spent: Reading, cpu_seconds: float) -> Reading:
    return spent - Reading(0, 0, 0, cpu_seconds)


def _pass_time(title: str, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    with Progress(title, seconds, note="") as progress:
        while time.monotonic() < deadline:
            progress.tick()
