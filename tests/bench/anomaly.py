"""``make bench-anomaly``: how often anomaly rules cry wolf, and what they find, in months of made-up traffic.

Five kinds of traffic, eight seeds each, six judged weeks after six of warming up, without and with incidents,
judged by a twin of the rules in plain Python, which is first held to the rendered rules in Prometheus' own
engine. About four minutes.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterable, Sequence
from functools import partial

from tests.bench import anomaly_grid, anomaly_proof, anomaly_stories
from tests.bench.anomaly_grid import KINDS, PROMISED, RULES, UNGATED, WAYS, Recall, Run, recalls
from tests.bench.anomaly_incidents import INJURIES, multiplied, schedule
from tests.bench.anomaly_proof import Agreement
from tests.bench.anomaly_stories import Story, Told
from tests.bench.anomaly_traffic import BATCH, DAY, HEAVY, SMALL, WEEK
from tests.bench.report import Bound, finish, table

_PROVEN_WEEKS, _JUDGED_SINCE = 4, 20 * DAY
_LESS_THAN_ONE = 0.99


def main() -> None:
    """Prove, measure, print, judge."""
    agreement = prove()
    print(
        f"{agreement.compared} figures and verdicts of the twin compared with Prometheus' engine: off by "
        f"{agreement.off:.1e} at most; {agreement.torn} days with other verdicts\n"
    )
    runs, stories = anomaly_grid.measure(), anomaly_stories.measure()
    show_false(runs)
    show_recall(runs)
    show_stories(stories)
    judge(agreement, runs, stories)


def prove() -> Agreement:
    """One series of some kinds, with incidents in the days after their first threshold."""
    print("Comparing the twin with Prometheus' engine, about a minute", file=sys.stderr, flush=True)
    change = partial(multiplied, schedule(1, _JUDGED_SINCE, _PROVEN_WEEKS * WEEK - DAY, every_days=2))
    return anomaly_proof.compare(
        {
            f"Kind{number}": (kind.series("proof", _PROVEN_WEEKS, change), kind.noise_floor)
            for number, kind in enumerate((BATCH, SMALL, HEAVY))
        }
    )


def _of(runs: Iterable[Run], kind: str, way: str) -> list[Run]:
    return [run for run in runs if (run.kind, run.way) == (kind, way)]


def _ways(kind: str) -> list[str]:
    return [way for way in WAYS if way != UNGATED or kind == HEAVY.name]


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def show_false(runs: Sequence[Run]) -> None:
    """False episodes and how much is judged at all."""
    rows = []
    for kind in KINDS:
        for way in _ways(kind.name):
            some = _of(runs, kind.name, way)
            noisiest = max(max(run.calm, run.shaken) for run in some)
            rows.append(
                [
                    f"{kind.name}, {way}",
                    f"{_mean(run.calm for run in some):.2f}",
                    f"{_mean(run.shaken for run in some):.2f}",
                    f"{noisiest:.2f}",
                    f"{_mean(run.noisy for run in some):.0%}",
                    f"{_mean(run.quiet['Down'] for run in some):.0%}",
                    f"{_mean(run.quiet['Up'] for run in some):.0%}",
                ]
            )
    columns = ["traffic, judged by", "no incidents", "beside incidents", "worst series"]
    columns += ["too noisy", "too quiet to see a drop", "too quiet to see a rise"]
    table("False episodes per week and series, and the share of time that is not judged", columns, rows)


def show_recall(runs: Sequence[Run]) -> None:
    """What was found, of all and (in brackets) of what lay in hours that are judged."""
    rows = []
    for kind in KINDS:
        for way in _ways(kind.name):
            found = recalls(_of(runs, kind.name, way))
            rows.append([f"{kind.name}, {way}", *map(_recall, found)])
    columns = ["traffic, judged by", *(f"{injury.name} (≥ {injury.recall:g})" for injury in INJURIES)]
    table("Recall; found of all; in brackets: of those not in quiet hours; median minutes", columns, rows)


def _recall(of: Recall) -> str:
    delay = "" if of.delay is None else f"; {of.delay:.0f} min"
    return f"{of.share:.2f}; {of.found} of {of.all} ({of.seen} of {of.open}){delay}"


def show_stories(stories: Sequence[tuple[Story, Told]]) -> None:
    """What is no incident."""
    rows = [
        [story.name, f"{told.during:.1f}", f"{told.hours:.1f}", f"{told.after:.2f}"]
        for story, told in stories
    ]
    columns = ["web traffic, judged by rules", "episodes in it", "hours", "false episodes per week after it"]
    table("What is no incident, or is one only once", columns, rows)


def judge(agreement: Agreement, runs: Sequence[Run], stories: Sequence[tuple[Story, Told]]) -> None:
    """The bounds, the pairs, the exit code."""
    promised = {kind.name: _of(runs, kind.name, RULES) for kind in PROMISED}
    false = max(
        max(_mean(run.calm for run in some), _mean(run.shaken for run in some)) for some in promised.values()
    )
    found = [recall for some in promised.values() for recall in recalls(some)]
    worst = {injury.name: min(one.share for one in found if one.injury == injury) for injury in INJURIES}
    heavy = _of(runs, HEAVY.name, RULES)
    after = max(told.after for story, told in stories if story.limit is not None)
    finish(
        [
            Bound(
                "points of the twin that Prometheus' engine bears out", agreement.compared, 1e5, at_least=True
            ),
            Bound("points that fired in that comparison", agreement.fired, 20, at_least=True),
            Bound("days of other verdicts", agreement.torn, 0),
            Bound("difference from Prometheus' engine, in billionths", agreement.off * 1e9, 1),
            Bound("false episodes per week and series", false, _LESS_THAN_ONE),
            *(Bound(f"recall of {one.name}", worst[one.name], one.recall, at_least=True) for one in INJURIES),
            Bound("share of time promised traffic is too noisy", _noisy(promised), 0.02),
            Bound(
                "false episodes per week of heavy tails, gated", _mean(r.calm for r in heavy), _LESS_THAN_ONE
            ),
            Bound(
                "share of time heavy tails are declared too noisy",
                _mean(r.noisy for r in heavy),
                0.9,
                at_least=True,
            ),
            Bound("false episodes per week after what is no incident", after, _LESS_THAN_ONE),
        ],
        {"worst_false_per_week": false, "worst_recall": min(worst.values())},
    )


def _noisy(promised: dict[str, list[Run]]) -> float:
    return max((_mean(run.noisy for run in some) for some in promised.values()), default=math.inf)


if __name__ == "__main__":
    main()
