"""``make bench-rules``: what Fireline's rules cost a real Prometheus, next to a plain layout.

Five Prometheus servers over copies of the same 30 days run one full cycle of the longest group
interval side by side: both layouts at two sizes, and one without rules, whose CPU is what scraping
costs and is taken off the others. About seven minutes.
"""

from __future__ import annotations

from collections import defaultdict

import yaml

from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir
from tests.bench import rule_data
from tests.bench.plain_layout import raw_reads
from tests.bench.report import Bound, finish, table
from tests.bench.rule_data import LARGE, SMALL, Size
from tests.bench.rule_run import CYCLE, Cost, groups_of, measure


def main() -> None:
    """Measure, print, judge."""
    with workdir("bench-rules") as directory:
        costs = measure(Tools(), directory)
    show(costs)
    judge(costs)


def show(costs: dict[tuple[str, Size], Cost]) -> None:
    """The plain layout as it is, the figures, and where Fireline's samples go."""
    sample = groups_of("plain", SMALL)[0]
    print("\nThe plain layout, for one of the SLOs:\n")
    print(yaml.safe_dump({"groups": [sample]}, sort_keys=False, width=140))
    reads = raw_reads(sample)
    print(f"{len(reads)} raw reads, each every {sample['interval']}: {' '.join(reads)}\n")
    table(
        f"Cost per SLO and minute (a raw sample every {rule_data.RAW_STEP} s)",
        ("SLOs x series, layout", "samples", "engine counted", "evaluation ms", "CPU ms", "rules"),
        [_row(layout, size, cost) for (layout, size), cost in costs.items()],
    )
    spent: dict[str, float] = defaultdict(float)
    for rule in costs["Fireline", SMALL].rules:
        spent[rule.rule] += rule.samples / SMALL.slos
    table(
        f"Where they go, {SMALL.name}",
        ("rule", "samples per SLO and minute"),
        [[rule, f"{n:,.0f}"] for rule, n in sorted(spent.items(), key=lambda item: -item[1])[:16]],
    )


def _row(layout: str, size: Size, cost: Cost) -> list[str]:
    each = size.slos
    per_minute = 60 / CYCLE / each
    return [
        f"{size.name} {layout}",
        f"{cost.samples / each:,.0f}",
        f"{cost.counted / each:,.0f}",
        f"{cost.spent.rule_seconds * per_minute * 1000:.1f}",
        f"{cost.spent.cpu_seconds * per_minute * 1000:.1f}",
        f"{len(cost.rules) / each:.1f}",
    ]


def judge(costs: dict[tuple[str, Size], Cost]) -> None:
    """The bounds, the pairs, the exit code."""
    ours, theirs = costs["Fireline", SMALL], costs["plain", SMALL]
    samples = theirs.samples / ours.samples
    cpu = theirs.spent.cpu_seconds / ours.spent.cpu_seconds
    large = costs["plain", LARGE].samples / costs["Fireline", LARGE].samples
    off = max(abs(cost.samples / cost.counted - 1) for cost in costs.values())
    reads = raw_reads(groups_of("plain", SMALL)[0])
    finish(
        [
            Bound(f"times fewer samples at {SMALL.name}", samples, 40, at_least=True),
            Bound(f"times less CPU at {SMALL.name}", cpu, 5, at_least=True),
            Bound(f"times fewer samples at {LARGE.name}", large, 50, at_least=True),
            Bound("share by which the engine's own counter differs", off, 0.1),
            Bound("failed rule evaluations", sum(cost.spent.failures for cost in costs.values()), 0),
            Bound("raw reads of the plain layout per SLO", len(reads), 16),
        ],
        {"samples_ratio": samples, "cpu_ratio": cpu, "samples_ratio_500": large},
    )


if __name__ == "__main__":
    main()
