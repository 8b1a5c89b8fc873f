"""However the operator looks, whatever writes are lost: the counts are those of counting by hand."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.story import COUNTED, START, Story, a_run, at_work, minute

from fireline.synthetic.runs import Outcome, Run
from fireline.synthetic.schedule import Timing

DEADLINE = 30
"""Starting deadline of a check of every minute."""
OPEN = DEADLINE + 45
"""After so many seconds a slot without a Job is missed."""
RELEASE = 10
"""Within so many seconds of its end a Job may still keep the next one from starting."""


@dataclass(frozen=True)
class Job:
    """What a CronJob made of one slot; ``starts`` and ``ends`` in seconds of the story."""

    run: Run
    starts: float
    ends: float


@dataclass(frozen=True)
class World:
    """Slots 1 to ``slots`` of a check of every minute, and their Jobs."""

    slots: int
    jobs: tuple[Job, ...]

    def at(self, seconds):
        """What is seen then: runs that are over, and Jobs at work."""
        over = [job.run for job in self.jobs if job.ends <= seconds]
        going = [job for job in self.jobs if job.starts <= seconds < job.ends]
        return over, [at_work(0, slot=job.run.slot) for job in going]

    def by_hand(self):
        """Outcome and reason of every slot."""
        by_slot, busy, found = {job.run.slot: job for job in self.jobs}, 0.0, []
        for number in range(1, self.slots + 1):
            job = by_slot.get(minute(number))
            if job is not None:
                busy = job.ends
                found.append((number, str(job.run.outcome)))
            else:
                overlap = 60 * number + DEADLINE <= busy + RELEASE
                found.append((number, "overlap" if overlap else "infra"))
        return found


@st.composite
def worlds(draw):
    """Jobs as the CronJob controller makes them: never two at once, and some that it never made."""
    slots = draw(st.integers(1, 40))
    jobs, busy = [], 0.0
    for number in range(1, slots + 1):
        slot = 60.0 * number
        made = draw(st.integers(0, 9)) < 8
        if not made or busy > slot + DEADLINE:
            continue
        starts = max(slot, busy) + draw(st.sampled_from([0.0, 0.5, 4.0]))
        took = draw(st.sampled_from([0.2, 2.0, 20.0, 61.0, 88.0, 200.0]))
        outcome = draw(st.sampled_from(["success"] * 3 + ["failure", "error", "infra"]))
        run = a_run(
            number,
            outcome,
            took=0,
            flaky=draw(st.booleans()),
            degraded=draw(st.booleans()),
        )
        busy = starts + took
        ended = START + timedelta(seconds=busy)
        run = Run.from_json(run.to_json() | {"endedAt": ended.isoformat()})
        jobs.append(Job(run, starts, busy))
    return World(slots, tuple(jobs))


LOOKS = st.lists(
    st.tuples(st.integers(0, 60 * 45), st.booleans(), st.integers(0, 1 << 30)), min_size=0, max_size=30
)


def look(story, world, seconds, *, write, seed, **options):
    """Everything that is there, shuffled, some of it twice."""
    chance = random.Random(seed)
    runs, live = world.at(seconds)
    runs = [*runs, *(run for run in runs if chance.random() < 0.3)]
    chance.shuffle(runs)
    return story.look(START + timedelta(seconds=seconds), runs, live, write=write, **options)


def finished(story, world, after):
    """The last look, when everything is over; the slots that were due by then, counted by hand."""
    end = max([60.0 * world.slots + OPEN, after, *(job.ends for job in world.jobs)])
    look(story, world, end, write=True, seed=0)
    slots = int((end - OPEN) // 60)
    return World(slots, world.jobs).by_hand()


@settings(max_examples=300, deadline=None)
@given(worlds(), LOOKS)
def test_counts_do_not_depend_on_when_and_in_which_order_runs_are_seen(world, looks):
    story = Story().begin()
    for seconds, write, seed in sorted(looks):
        look(story, world, seconds, write=write, seed=seed)
    slots = finished(story, world, max((seconds for seconds, _, _ in looks), default=0))
    hand = Counter(outcome for _, outcome in slots)
    totals = story.status["totals"]
    assert {name: totals[name] for name in COUNTED} == {
        "success": hand["success"],
        "failure": hand["failure"],
        "error": hand["error"],
        "infra": hand["infra"],
        "skipped": hand["overlap"],
    }
    assert totals["expected"] == len(slots)
    good = [job.run for job in world.jobs if job.run.outcome is Outcome.SUCCESS]
    assert totals["flaky"] == sum(run.flaky for run in good)
    assert totals["degraded"] == sum(run.degraded for run in good)
    assert story.status["durations"]["count"] == len(good)
    in_a_row = 0
    for _, outcome in slots:
        in_a_row = {"success": 0, "failure": in_a_row + 1, "error": in_a_row + 1}.get(outcome, in_a_row)
    assert story.status["consecutiveFailures"] == in_a_row
    for period in (story.status["days"], story.status["hours"]):
        assert sum(one.get("expected", 0) for one in period) == len(slots)
    if world.jobs:
        assert story.status["lastRun"]["id"] == world.jobs[-1].run.id


@settings(max_examples=200, deadline=None)
@given(worlds(), LOOKS, st.integers(0, 60 * 45))
def test_counters_only_grow_also_when_writes_are_lost_and_clocks_go_back(world, looks, back):
    story = Story().begin()
    before = dict(story.status["totals"])
    # Sorted by seed: the clock goes back and forth.
    for seconds, write, seed in sorted(looks, key=lambda one: one[2]):
        look(story, world, seconds, write=write, seed=seed)
        totals = story.status["totals"]
        assert all(totals[name] >= before[name] for name in before)
        assert totals["expected"] == sum(totals[name] for name in COUNTED)
        before = dict(totals)
    look(story, world, back, write=True, seed=1)
    assert all(story.status["totals"][name] >= before[name] for name in before)


@settings(max_examples=200, deadline=None)
@given(worlds(), st.lists(st.tuples(st.integers(0, 60 * 60), st.booleans()), max_size=12))
def test_every_slot_is_accounted_once_however_often_the_check_is_suspended(world, switches):
    story = Story().begin()
    suspended = False
    for seconds, suspended in sorted(switches):
        look(story, world, seconds, write=True, seed=7, suspended=suspended)
    end = max([60.0 * 62, *(job.ends for job in world.jobs)])
    look(story, world, end, write=True, seed=7, suspended=suspended)
    totals = story.status["totals"]
    slots = int((end - OPEN) // 60)
    assert story.accounted == slots
    counted = Counter(str(job.run.outcome) for job in world.jobs)
    assert [totals[name] for name in ("success", "failure", "error")] == [
        counted["success"],
        counted["failure"],
        counted["error"],
    ]
    assert totals["success"] + totals["failure"] + totals["error"] + totals["infra"] <= totals["expected"]
    assert totals["expected"] <= slots


CHANGES = st.lists(
    st.tuples(
        st.integers(1, 40 * 60),
        st.sampled_from(["* * * * *", "*/5 * * * *", "3-59/10 * * * *", "0 * * * *"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(CHANGES)
def test_slots_are_those_of_what_was_in_force(changes):
    """Nothing ever runs: each slot is skipped or missed by what was in force when it came."""
    story, suspended = Story().begin(), False
    by_hand, since = Counter(), START
    for seconds, text, suspends in changes:
        until = since + timedelta(seconds=seconds)
        by_hand["skipped" if suspended else "infra"] += sum(1 for _ in story.timing.slots(since, until))
        since, story.timing, suspended = until, Timing.parse(text), suspends
        story.look(until, suspended=suspended)
    end = since + timedelta(hours=2)
    story.look(end, suspended=suspended)
    open_now = timedelta(seconds=story.timing.starting_deadline + OPEN - DEADLINE)
    by_hand["skipped" if suspended else "infra"] += sum(1 for _ in story.timing.slots(since, end - open_now))
    by_hand["expected"] = by_hand["infra"]
    assert story.totals == {name: count for name, count in by_hand.items() if count}
