"""What is seen of a check's Jobs, pods and probers → the counts of its status. Pure; called by ``plan``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fireline.api import labels
from fireline.api.conditions import parse_timestamp
from fireline.api.plan import Key, Manifest, Seen
from fireline.api.resources import JOB, POD
from fireline.calendar.maintenance import NEVER, Schedule, schedule
from fireline.errors import SpecError
from fireline.synthetic.classify import Waiting, classify, live, over
from fireline.synthetic.ledger import Account, Live, Observed, account
from fireline.synthetic.model import Check
from fireline.synthetic.run_now import vanished
from fireline.synthetic.runs import Run
from fireline.synthetic.schedule import Timing

_JOB_UID = "batch.kubernetes.io/controller-uid"
"""Label of a Job's pods: its uid. Since Kubernetes 1.27."""
_DEFAULT_DAYS = 30
_DEFAULT_HISTORY = 20
_DEFAULT_COVERAGE = "90"
_POD_LATE = timedelta(seconds=5)
_LOOK_AGAIN = timedelta(seconds=10)
"""While a run does not start, its reason may become another without anything being told."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The ledger's part of the status, what was counted for it, why the run of now does not start (with the
    name of its Job), after how long there is more to count, and the schedule that was counted by."""

    status: Manifest
    runs: tuple[Run, ...] = ()
    waiting: tuple[str, Waiting] | None = None
    wait: timedelta | None = None
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the ledger needs to know of a spec."""

    timing: Timing
    suspended: bool
    days: int
    history: int
    target: str | None
    coverage_below: str
    maintenance: Schedule


def count(
    key: Key,
    parent: Manifest,
    *,
    check: Check | None,
    seen: Seen,
    from_prober: Iterable[Run],
    known_until: datetime | None,
    since: datetime | None = None,
    refusal: Callable[[str], str] = lambda _: "",
    now: datetime,
) -> Counted:
    """Everything that can be counted now. ``check`` is None for a spec that is not valid: what it last was
    goes on, and is counted. ``since``: when the slots of a new check begin, None for when it is seen.
    ``refusal``: why the Job with a uid gets no pod, as far as that is known."""
    old: Mapping[str, Any] = parent.get("status", {})
    terms = _terms_of(check) if check is not None else _terms_before(old)
    if terms is None:
        return Counted({})
    created = parse_timestamp(parent["metadata"]["creationTimestamp"])
    look = _look(key, parent["metadata"]["uid"], seen, old, refusal=refusal, now=now)
    found: Account = account(
        old,
        Observed(
            now=now,
            timing=terms.timing,
            suspended=terms.suspended,
            created=created,
            since=since,
            runs=(*look.runs, *from_prober),
            live=look.at_work,
            known_until=_known_until(seen, created, known_until),
            maintenance=terms.maintenance,
            history=terms.history,
            window_days=terms.days,
            target=terms.target,
            coverage_below=terms.coverage_below,
        ),
    )
    wait = min(found.wait, _LOOK_AGAIN) if look.open else found.wait
    return Counted(found.status, found.counted, look.waiting, wait, terms.timing)


def _known_until(seen: Seen, created: datetime, told: datetime | None) -> datetime | None:
    """Without the right to see Jobs and pods nothing is known: no slot may be counted as missed."""
    if any(seen.access(resource).state != "Served" for resource in (JOB, POD)):
        return created
    return told


@dataclass(slots=True)
class _Look:
    """Runs that are over, scheduled ones that are not, why the newest of the open ones does not start, and
    whether any is open: one on demand is in no slot of the ledger."""

    runs: list[Run] = field(default_factory=list)
    at_work: list[Live] = field(default_factory=list)
    waiting: tuple[str, Waiting] | None = None
    open: bool = False


def _look(
    key: Key,
    uid: str,
    seen: Seen,
    old: Mapping[str, Any],
    *,
    refusal: Callable[[str], str],
    now: datetime,
) -> _Look:
    """What the check's Jobs and pods come to."""
    pods: dict[str, list[Manifest]] = {}
    for pod in seen.offspring(POD, key):
        pods.setdefault(pod["metadata"]["labels"].get(_JOB_UID, ""), []).append(pod)
    look, names = _Look(open=old.get("manual", {}).get("state") == "Running"), set()
    for job in seen.offspring(JOB, key):
        metadata = job["metadata"]
        names.add(metadata["name"])
        if metadata["labels"].get(labels.OWNER_UID) != uid:
            continue  # of a check of the same name that is gone
        mine = pods.get(metadata["uid"], ())
        said = classify(
            job,
            mine,
            custom=labels.OWN_IMAGE in metadata.get("annotations", {}),
            now=now,
            waited=_waited(old, metadata["name"]),
            refusal=refusal(metadata["uid"]) if not mine and _without_pod(job, now) else "",
        )
        if isinstance(said, Run):
            look.runs.append(said)
            continue
        look.open = True
        if (one := live(job)) is not None:
            look.at_work.append(one)
        if isinstance(said, Waiting):
            look.waiting = metadata["name"], said
    known = seen.access(JOB).state == "Served"
    if known and (lost := vanished(old, names, now)) is not None:
        look.runs.append(lost)
    return look


def _without_pod(job: Manifest, now: datetime) -> bool:
    """Whether a Job should have had a pod by now."""
    made = parse_timestamp(job["metadata"]["creationTimestamp"])
    return now >= made + _POD_LATE and over(job) is None


def _waited(old: Mapping[str, Any], job: str) -> Waiting | None:
    """Why this Job did not start, as last written: its pod may be gone by now."""
    told = old.get("waiting")
    if not told or told["job"] != job:
        return None
    since = parse_timestamp(told["since"]) if told.get("since") else None
    return Waiting(told["reason"], told.get("message", ""), since)


def _terms_of(check: Check) -> _Terms:
    spec = check.spec
    return _Terms(
        check.timing,
        spec.suspend,
        int(spec.availability.window.removesuffix("d")),
        spec.history,
        spec.availability.target,
        spec.alert.coverage_below,
        schedule(spec.maintenance or ()),
    )


def _terms_before(old: Mapping[str, Any]) -> _Terms | None:
    """As the ledger has it; None for a check that never was valid."""
    ledger, availability = old.get("ledger", {}), old.get("availability", {})
    try:
        timing = Timing.parse(ledger.get("schedule", ""))
    except SpecError:
        return None
    return _Terms(
        timing,
        ledger.get("suspended", False),
        int(availability.get("window", f"{_DEFAULT_DAYS}d").removesuffix("d")),
        max(_DEFAULT_HISTORY, len(old.get("history", ()))),
        availability.get("target"),
        _DEFAULT_COVERAGE,
        NEVER,
    )
