"""SyntheticChecks with a status, for tests of what the command line makes of it.

The operator's own planner writes them, from Jobs and pods as they are seen: nothing here is made up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.seen import World
from tests.unit.synthetic.checks import MIDNIGHT, STEP, a_job, a_pod

from fireline.api.plan import Key
from fireline.api.resources import JOB, POD, SYNTHETIC_CHECK
from fireline.settings import Settings
from fireline.synthetic.plan import CheckPlanner
from fireline.synthetic.runs import Run

Manifest = dict[str, Any]
SETTINGS = Settings(checks={"image": "registry.example/fireline:1"})
EVIDENCE = "POST https://shop.example/login\nanswered 503 after 120ms by 192.0.2.10:443\n\nsorry"
FAILED = {"step": "login", "reason": "StatusMismatch", "message": "login: expected status 200, found 503"}


@dataclass(frozen=True)
class Outside:
    """There is no prober, and nobody reads /metrics."""

    def runs(self, key: Key, uid: str) -> Iterable[Run]:
        """None."""
        del key, uid
        return ()

    def known_until(self, key: Key, uid: str) -> datetime | None:
        """All is known."""
        del key, uid

    def since(self, key: Key, uid: str, created: datetime) -> datetime | None:
        """With its first status."""
        del key, uid, created

    def waiting(self, key: Key) -> None:
        """Nothing."""
        del key

    def refusal(self, key: Key, job: str) -> str:
        """Nothing."""
        del key, job
        return ""

    def zeros_seen(self, key: Key, uid: str) -> bool:
        """Not yet."""
        del key, uid
        return False


def an_object(name: str = "login", *, namespace: str = "shop", **spec: Any) -> Manifest:
    """A check as the API server returns it before any operator has seen it; made at midnight."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "generation": 1,
            "creationTimestamp": "2026-11-22T00:00:00Z",
        },
        "spec": {"schedule": {"every": "1m"}, "steps": [STEP], **spec},
    }


def seen(
    check: Manifest,
    *outcomes: str | Mapping[str, Any] | None,
    now: float | None = None,
    created: datetime = MIDNIGHT,
) -> Manifest:
    """The check with the status the operator writes after these runs, one a minute; None: nothing ran.

    An outcome is ``success`` and so on, or what a pod says (with ``outcome``). ``now``: seconds after the
    check was made, by default half a minute after the last run.
    """
    metadata = {**check["metadata"], "creationTimestamp": created.strftime("%Y-%m-%dT%H:%M:%SZ")}
    check = {**check, "metadata": metadata}
    world = World()
    planner = CheckPlanner(SETTINGS, Outside())
    key = Key(SYNTHETIC_CHECK.kind, metadata["namespace"], metadata["name"])
    moments: Sequence[float] = [1, *(60.0 * (n + 1) + 30 for n in range(len(outcomes)))]
    for number, at in enumerate(moments):
        if number and (said := outcomes[number - 1]) is not None:
            world.owned += _ran(check, created + timedelta(minutes=number), said)
        check = _planned(planner, key, check, world, created + timedelta(seconds=at))
    return check if now is None else _planned(planner, key, check, world, created + timedelta(seconds=now))


def _planned(planner: CheckPlanner, key: Key, check: Manifest, world: World, now: datetime) -> Manifest:
    plan = planner.plan(key, parent=check, seen=world, now=now, problem=None)
    assert plan is not None
    return {**check, "status": plan.status}


def _ran(check: Manifest, slot: datetime, said: str | Mapping[str, Any]) -> list[tuple[Any, Manifest]]:
    told = {"outcome": said} if isinstance(said, str) else dict(said)
    job = a_job(check, slot, over="Complete")
    return [(JOB, job), (POD, a_pod(job, **told))]


def failed(**changes: Any) -> Manifest:
    """What the pod of a failed run says."""
    return {"outcome": "failure", **FAILED, "evidence": EVIDENCE, **changes}


def shown(check: Manifest) -> str:
    """For a test that fails."""
    return json.dumps(check.get("status"), indent=1)


AT = datetime(2026, 11, 22, 0, 12, 30, tzinfo=UTC)
"""The moment of the checks below."""

WELL = seen(an_object("health", availability={"target": "99.9"}), *["success"] * 12, now=750)
FAILING = seen(an_object("login", availability={"target": "99"}), *["success"] * 9, *[failed()] * 3, now=750)
SLOW = seen(an_object("feed"), *["success"] * 11, {"outcome": "success", "degraded": True}, now=750)
NOT_MEASURED = seen(
    an_object("media-upload-and-finalize"),
    *["success"] * 10,
    {"outcome": "infra", "reason": "OutOfMemory", "message": "the probe ran out of memory"},
    {"outcome": "infra", "reason": "OutOfMemory", "message": "the probe ran out of memory"},
    now=750,
)
LATE = seen(an_object("orders", schedule={"every": "1m"}), *["success"] * 4, now=750)
NEVER = seen(an_object("push"), now=750)
SUSPENDED = seen(an_object("post", suspend=True), now=750)
INVALID = seen(an_object("typo", namespace="post", schedule={"every": "7m"}), now=750)
UNSEEN = an_object("new", namespace="post")
LEFT_ALONE = seen(an_object("search", schedule={"every": "1m"}), *["success"] * 3)
"""Its operator is gone since the fourth minute."""
ALL = [WELL, UNSEEN, LEFT_ALONE, SLOW, INVALID, LATE, NOT_MEASURED, NEVER, SUSPENDED, FAILING]
