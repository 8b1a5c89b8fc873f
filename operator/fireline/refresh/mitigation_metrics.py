"""The series of mitigations, for the operator's /metrics page: their persisted status as numbers.

Only the leader exports them, and only from the status the API server holds, so that a restart loses nothing.
Endings are counted from the history of each status: those that a leader finds when it begins are not its own
to count, those that come later are counted once each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

import structlog
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from fireline.api.conditions import parse_timestamp
from fireline.api.mitigation_action import ACTIONS
from fireline.api.mitigation_status import Result
from fireline.api.plan import Manifest
from fireline.mitigation import names

log = structlog.get_logger(__name__)

IN_PLACE = frozenset({"Applying", "Verifying", "Active", "Reverting"})
"""Phases in which a target may be changed."""
Samples = Iterator[tuple[Mapping[str, str], float]]
"""Further labels, value."""


@dataclass(frozen=True, slots=True)
class _View:
    """One Mitigation as the cache has it, at a Unix time."""

    manifest: Manifest
    status: Mapping[str, Any]
    at: float

    @property
    def phase(self) -> str:
        """Where it is; one that nobody looked at is Idle."""
        return str(self.status.get("phase") or "Idle")


@dataclass(frozen=True, slots=True)
class _Family:
    """One series family: how it is called and what it is read from."""

    name: str
    help: str
    read: Callable[[_View], Samples]


class MitigationMetrics(Collector):
    """Register one on ``Metrics.registry``. Read on the event loop only.

    ``mitigations`` gives those in the cache, or nothing while this replica does not lead. ``now`` is the Unix
    time. A replica that shows none, as one that does not lead, begins anew with the next one it shows: what
    ended before was another's to count. ``paused`` gives why nothing may be begun, None when it may.
    """

    def __init__(
        self,
        mitigations: Callable[[], Iterable[Manifest]],
        *,
        now: Callable[[], float],
        paused: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._mitigations = mitigations
        self._paused = paused
        self._now = now
        self._since = now()
        self._counted: dict[str, int] = {}
        """By uid: the number of the last record that was looked at."""
        self._endings: dict[str, int] = dict.fromkeys(get_args(Result), 0)
        self._unreadable: set[str] = set()

    def describe(self) -> Iterable[Metric]:
        """Nothing up front: registering is no scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """One family after the other, each with all mitigations whose status can be read."""
        at = self._now()
        families = [Metric(family.name, family.help, "gauge") for family in _FAMILIES]
        found = list(self._mitigations())
        if not found:
            self._since = at
            self._counted.clear()
        for one in found:
            told = self._told(one, at)
            for metric, samples in zip(families, told or (), strict=False):
                metric.samples += samples
        yield from families
        yield self._ended()
        if found:
            yield self._pause()

    def _told(self, one: Manifest, at: float) -> list[list[Sample]] | None:
        """The samples of one, family by family; None when somebody wrote a status that makes no sense: nobody
        else's numbers may go because of it."""
        uid, labels = str(one["metadata"]["uid"]), _labels(one)
        try:
            view = _View(one, one.get("status") or {}, at)
            told = [
                [Sample(family.name, {**labels, **further}, value) for further, value in family.read(view)]
                for family in _FAMILIES
            ]
            self._count(uid, view.status.get("history") or ())
        except Exception:
            if uid not in self._unreadable:
                log.exception("a mitigation is not on /metrics: its status cannot be read", **labels)
            self._unreadable.add(uid)
            return None
        self._unreadable.discard(uid)
        return told

    def _count(self, uid: str, history: Iterable[Mapping[str, Any]]) -> None:
        known = self._counted.get(uid)
        last = known or 0
        for record in history:
            number, result = int(record["seq"]), record.get("result")
            fresh = number > known if known is not None else _time(record["time"]) >= self._since
            if fresh and record.get("phase") == "Ended" and result in self._endings:
                self._endings[result] += 1
            last = max(last, number)
        self._counted[uid] = last

    def _ended(self) -> Metric:
        metric = Metric(names.ENDED.removesuffix("_total"), "Ends of mitigations, by result.", "counter")
        metric.samples = [
            Sample(names.ENDED, {"result": result}, float(count)) for result, count in self._endings.items()
        ]
        return metric

    def _pause(self) -> Metric:
        metric = Metric(names.PAUSED, "1 while no mitigation may be begun.", "gauge")
        metric.samples = [Sample(names.PAUSED, {}, float(self._paused() is not None))]
        return metric


def _labels(manifest: Manifest) -> dict[str, str]:
    metadata, spec = manifest["metadata"], manifest.get("spec") or {}
    slo = spec.get("slo") or (spec.get("trigger") or {}).get("slo")
    own = {"namespace": metadata["namespace"], "mitigation": metadata["name"]}
    return own | ({"slo": str(slo)} if slo else {})


def _info(view: _View) -> Samples:
    spec = view.manifest.get("spec") or {}
    action = next((name for name in ACTIONS if name in (spec.get("action") or {})), "")
    yield {"action": action, "mode": str(spec.get("mode") or "Propose")}, 1.0


def _phase(view: _View) -> Samples:
    yield {"phase": view.phase}, 1.0


def _needs_human(view: _View) -> Samples:
    asked = view.status.get("needsHuman")
    if asked:
        yield {"reason": str(asked["reason"])}, 1.0


def _active(view: _View) -> Samples:
    yield {}, float(view.phase in IN_PLACE)


def _overdue(view: _View) -> Samples:
    expires = view.status.get("expiresAt")
    late = view.at - _time(expires) if expires and view.phase in IN_PLACE else 0.0
    yield {}, max(0.0, late)


def _time(text: str) -> float:
    moment: datetime = parse_timestamp(text)
    return moment.timestamp()


_FAMILIES = (
    _Family(names.INFO, "1 for each mitigation there is, with its action and mode.", _info),
    _Family(names.PHASE, "1 for the phase a mitigation is in.", _phase),
    _Family(names.NEEDS_HUMAN, "1 while a mitigation needs a person, with the reason.", _needs_human),
    _Family(names.ACTIVE, "1 while a target may be changed by a mitigation.", _active),
    _Family(names.OVERDUE, "Seconds a mitigation is in place after the end of its time; else 0.", _overdue),
)
