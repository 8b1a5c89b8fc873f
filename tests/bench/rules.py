"""``make bench-rules``: what Fireline's rules cost a real Prometheus, from one SLO to a thousand.

Prometheus servers over copies of the same 30 days run one full cycle of the longest group interval side
by side: Fireline at every size, a plain layout at two of them, and one server without rules, whose CPU
is what scraping costs and is taken off the others. About eight minutes.
"""

from __future__ import annotations

from collections import defaultdict

import yaml

from tests.bed.toolchain import Tools
from tests.bed.workdir import workdir
from tests.bench import rule_data
from tests.bench.plain_layout import raw_reads
from tests.bench.report import Bound, finish, table
from tests.bench.rule_data import COMPARED, LARGE, SMALL, Size
from tests.bench.rule_run import CYCLE, Case, Cost, groups_of, measure

_FACTOR = 2
"""How much more than when the layout was chosen an SLO may read."""


def main() -> None:
    """Measure, print, judge."""
    with workdir("bench-rules") as directory:
        costs = measure(Tools(), directory)
    show(costs)
    show_sizes(costs)
    judge(costs)


def show(costs: dict[Case, Cost]) -> None:
    """The plain layout as it is, the figures, and where Fireline's samples go."""
    sample = groups_of("plain", SMALL)[0]
    print("\nThe plain layout, for one of the SLOs:\n")
    print(yaml.safe_dump({"groups": [sample]}, sort_keys=False, width=140))
    reads = raw_reads(sample)
    print(f"{len(reads)} raw reads, each every {sample['interval']}: {' '.join(reads)}\n")
    table(
        f"Cost per SLO and minute (a raw sample every {rule_data.RAW_STEP} s)",
        ("SLOs x series, layout", "samples", "engine counted", "evaluation ms", "CPU ms", "rules"),
        [_row(case, cost) for case, cost in costs.items() if case[1] in COMPARED],
    )
    spent: dict[str, float] = defaultdict(float)
    for rule in costs["Fireline", SMALL].rules:
        spent[rule.rule] += rule.samples / SMALL.slos
    table(
        f"Where they go, {SMALL.name}",
        ("rule", "samples per SLO and minute"),
        [[rule, f"{n:,.0f}"] for rule, n in sorted(spent.items(), key=lambda item: -item[1])[:16]],
    )


def _row(case: Case, cost: Cost) -> list[str]:
    layout, size = case
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


def show_sizes(costs: dict[Case, Cost]) -> None:
    """How the cost grows with SLOs and with raw series; samples as the engine counted them."""
    ours = [(size, cost) for (layout, size), cost in costs.items() if layout == "Fireline"]
    table(
        "Fireline by size: what one SLO costs (factor: samples now ÷ samples when the layout was chosen)",
        (
            "SLOs x series",
            "all: million samples a minute",
            "samples a minute",
            "factor",
            "evaluation ms a minute",
            "recorded series",
            "bytes of rules",
        ),
        [
            [
                size.name,
                f"{cost.counted / 1e6:.2f}",
                f"{cost.counted / size.slos:,.0f}",
                f"{factor(size, cost):.2f}" if size.chosen_with else "",
                f"{cost.spent.rule_seconds * 60 / CYCLE / size.slos * 1000:.1f}",
                f"{cost.series / size.slos:.1f}",
                f"{cost.size / size.slos:,.0f}",
            ]
            for size, cost in sorted(ours, key=lambda item: (item[0].slos, item[0].series))
        ],
    )


def factor(size: Size, cost: Cost) -> float:
    """Samples read, as a multiple of those at the same size when the layout was chosen."""
    if size.chosen_with is None:
        raise ValueError(f"nothing was measured at {size.name} when the layout was chosen")
    return cost.counted / 1e6 / size.chosen_with


def judge(costs: dict[Case, Cost]) -> None:
    """The bounds, the pairs, the exit code."""
    ours, theirs = costs["Fireline", SMALL], costs["plain", SMALL]
    samples = theirs.samples / ours.samples
    cpu = theirs.spent.cpu_seconds / ours.spent.cpu_seconds
    large = costs["plain", LARGE].samples / costs["Fireline", LARGE].samples
    compared = [cost for (_, size), cost in costs.items() if size in COMPARED]
    off = max(abs(cost.samples / cost.counted - 1) for cost in compared)
    worst = max(
        factor(size, cost)
        for (layout, size), cost in costs.items()
        if layout == "Fireline" and size.chosen_with
    )
    reads = raw_reads(groups_of("plain", SMALL)[0])
    finish(
        [
            Bound(f"times fewer samples at {SMALL.name}", samples, 40, at_least=True),
            Bound(f"times less CPU at {SMALL.name}", cpu, 5, at_least=True),
            Bound(f"times fewer samples at {LARGE.name}", large, 50, at_least=True),
            Bound("share by which the engine's own counter differs", off, 0.1),
            Bound("failed rule evaluations", sum(cost.spent.failures for cost in costs.values()), 0),
            Bound("raw reads of the plain layout per SLO", len(reads), 16),
            Bound("times the samples of when the layout was chosen", worst, _FACTOR),
        ],
        {"samples_ratio": samples, "cpu_ratio": cpu, "samples_ratio_500": large, "max_factor": worst},
    )


if __name__ == "__main__":
    main()
