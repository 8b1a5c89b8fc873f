"""The series of synthetic checks, for the operator's /metrics page: their persisted status as numbers.

Only the leader exports them, and only from the status the API server holds, so that a restart loses
nothing and another leader goes on with the same counts. Counters of a check are 0 until its status says
``counted``: ``increase`` cannot see the first run of a counter that begins with 1. A scrape of the zeros is
told to the planner, which writes ``counted``; from then on the counts are shown. So no counter ever goes
backwards, whatever is killed when.

For the same reason a new leader shows once what it found before it counts what ran meanwhile: after an
absence longer than the window of a rate, a step from the last sample of the old leader to the first of the
new one would be in no window.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Key, Manifest
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.refresh.check_times import CheckTimes
from fireline.synthetic import names
from fireline.synthetic.books import DURATION_BOUNDS

log = structlog.get_logger(__name__)

Samples = Iterator[tuple[str, Mapping[str, str], float]]
"""Suffix of the name, further labels, value."""


@dataclass(frozen=True, slots=True)
class _Family:
    """One series family: how it is called and what it is read from."""

    name: str
    help: str
    read: Callable[[_View], Samples]
    type: str = "gauge"


@dataclass(slots=True)
class _View:
    """One check as the cache has it, and what follows from the time."""

    manifest: Manifest
    times: CheckTimes
    found: Mapping[str, Any] | None
    """The status as this leader found it, until it was shown."""
    status: Mapping[str, Any] = field(init=False)
    counts: Mapping[str, Any] = field(init=False)
    """The part of the status that counters are made from; empty as long as they are 0."""

    def __post_init__(self) -> None:
        self.status = self.manifest.get("status") or {}
        self.counts = (self.found or self.status) if self.status.get("counted") else {}

    def count(self, name: str) -> float:
        """A count of ``status.totals``."""
        return float((self.counts.get("totals") or {}).get(name, 0))


class CheckMetrics(Collector):
    """Register one on ``Metrics.registry``. Read on the event loop only.

    ``checks`` gives the checks in the cache, or nothing while this replica does not lead. ``scraped`` is told
    which checks wait for their counters to be shown as 0, and were just now, with their uids. ``now`` is the
    Unix time.
    """

    def __init__(
        self,
        checks: Callable[[], Iterable[Manifest]],
        *,
        scraped: Callable[[Mapping[Key, str]], None],
        now: Callable[[], float],
    ) -> None:
        self._checks = checks
        self._scraped = scraped
        self._now = now
        self._found: dict[Key, tuple[str, Mapping[str, Any]]] = {}
        """Uid and status of each check as this leader found it, until it was shown."""
        self._unreadable: set[Key] = set()

    async def run(self) -> None:
        """Runs beside the workers, from before their first step on: remembers what is there to begin with."""
        self._found = {
            _key(one): (one["metadata"]["uid"], one["status"]) for one in self._checks() if one.get("status")
        }
        await asyncio.Event().wait()

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: registering is no scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """One family after the other, each with all checks whose status can be read."""
        at = self._now()
        families = [Metric(family.name, family.help, family.type) for family in _FAMILIES]
        waiting: dict[Key, str] = {}
        for one in filter(_lives, self._checks()):
            key, told = _key(one), self._told(one, at)
            if told is None:
                continue
            for metric, samples in zip(families, told, strict=True):
                metric.samples += samples
            if not (one.get("status") or {}).get("counted"):
                waiting[key] = one["metadata"]["uid"]
        yield from families
        if waiting:
            self._scraped(waiting)

    def _told(self, one: Manifest, at: float) -> list[list[Sample]] | None:
        """The samples of one check, family by family; None when somebody wrote a status that makes no sense:
        nobody else's numbers may go because of it. The planner mends it."""
        key, labels = _key(one), _labels(one)
        try:
            view = _View(one, CheckTimes.of(one, at), self._first(one))
            told = [
                [
                    Sample(f"{family.name}{ending}", {**labels, **further}, value)
                    for ending, further, value in family.read(view)
                ]
                for family in _FAMILIES
            ]
        except Exception:
            if key not in self._unreadable:
                log.exception("a check is not on /metrics: its status cannot be read", key=str(key))
            self._unreadable.add(key)
            return None
        self._unreadable.discard(key)
        return told

    def _first(self, manifest: Manifest) -> Mapping[str, Any] | None:
        """The status to show once before the one there is by now."""
        uid, status = self._found.pop(_key(manifest), (None, None))
        return status if uid == manifest["metadata"]["uid"] else None


def _lives(manifest: Manifest) -> bool:
    return "deletionTimestamp" not in manifest["metadata"]


def _key(manifest: Manifest) -> Key:
    return Key(SYNTHETIC_CHECK.kind, manifest["metadata"]["namespace"], manifest["metadata"]["name"])


def _labels(manifest: Manifest) -> dict[str, str]:
    metadata, location = manifest["metadata"], manifest["spec"].get("location")
    own = {"namespace": metadata["namespace"], "check": metadata["name"]}
    return own | ({"location": location} if location else {})


def _runs(view: _View) -> Samples:
    for outcome in names.OUTCOMES:
        yield "_total", {"outcome": outcome}, view.count(outcome)


def _total(name: str) -> Callable[[_View], Samples]:
    def read(view: _View) -> Samples:
        yield "_total", {}, view.count(name)

    return read


def _time(name: str) -> Callable[[_View], Samples]:
    """A time in the status, absent while there is none."""

    def read(view: _View) -> Samples:
        if view.status.get(name):
            yield "", {}, parse_timestamp(view.status[name]).timestamp()

    return read


def _known(read: Callable[[_View], float | None]) -> Callable[[_View], Samples]:
    """A figure that may be unknown: then it has no sample."""

    def samples(view: _View) -> Samples:
        value = read(view)
        if value is not None:
            yield "", {}, value

    return samples


def _durations(view: _View) -> Samples:
    """A histogram; without any run, and until its zeros were scraped, all of it is 0."""
    found = view.counts.get("durations") or {}
    counts = found.get("buckets") or [0] * len(DURATION_BOUNDS)
    for bound, count in zip(DURATION_BOUNDS, counts, strict=False):
        yield "_bucket", {"le": str(bound)}, float(count)
    yield "_bucket", {"le": "+Inf"}, float(found.get("count", 0))
    yield "_count", {}, float(found.get("count", 0))
    yield "_sum", {}, float(found.get("sum", 0))


def _steps(view: _View) -> Samples:
    """Of the last run, as far as it came."""
    for step in (view.status.get("lastRun") or {}).get("steps") or ():
        if step.get("ms") is not None:
            yield "", {"step": step["name"]}, step["ms"] / 1000


def _certificates(view: _View) -> Samples:
    for seen in (view.status.get("lastRun") or {}).get("certificates") or ():
        yield "", {"step": seen["step"]}, parse_timestamp(seen["notAfter"]).timestamp()


def _bare(counter: str) -> str:
    """Name of a counter's family."""
    return counter.removesuffix("_total")


_FAMILIES = (
    _Family(_bare(names.RUNS), "Runs of a check, by outcome.", _runs, "counter"),
    _Family(_bare(names.DEGRADED), "Successful runs that were too slow.", _total("degraded"), "counter"),
    _Family(_bare(names.FLAKY), "Successful runs that needed another try.", _total("flaky"), "counter"),
    _Family(_bare(names.EXPECTED_RUNS), "Runs that there should have been.", _total("expected"), "counter"),
    _Family(names.LAST_RUN, "When the last scheduled run ended.", _known(lambda view: view.times.last_run)),
    _Family(names.LAST_SUCCESS, "When the last successful run ended.", _time("lastSuccess")),
    _Family(
        names.NEXT_RUN,
        "When the run after the last one was due.",
        _known(lambda view: view.times.next_run),
    ),
    _Family(
        names.INTERVAL,
        "Seconds between two runs; of a cron expression the shortest.",
        _known(lambda view: view.times.interval),
    ),
    _Family(
        names.SUSPENDED,
        "1 while a check is suspended or in maintenance.",
        _known(lambda view: float(view.times.suspended)),
    ),
    _Family(names.EXPECTED, "1 for each check there is.", _known(lambda _: 1.0)),
    _Family(
        names.CONSECUTIVE_FAILURES,
        "Runs in a row that failed or ended in an error.",
        _known(lambda view: float(view.status.get("consecutiveFailures", 0))),
    ),
    _Family(
        names.DURATION, "Duration of successful runs, without sweep and cleanup.", _durations, "histogram"
    ),
    _Family(names.STEP_DURATION, "Duration of each step of the last run.", _steps),
    _Family(
        names.CERTIFICATE_EXPIRY, "When the certificate that the last run has seen expires.", _certificates
    ),
)
