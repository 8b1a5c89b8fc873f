"""Two small kinds over the real ServiceLevelObjective CRD that make calls, to test the engine's rounds.

Annotations of the object say which, and what for. With ``toy/target`` it is a :class:`Stepper`: it brings
the number in a ConfigMap up to ``toy/goal``, one compare-and-swap after the other, as the ServiceAccount
``toy/account``, and back to 0 when it is deleted. With ``toy/hook`` it is a :class:`Hook`: it posts once to
that URL. Both keep their intent in the Ready condition. Run as a program it is an operator with them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.cluster import toy

from fireline.api.conditions import Condition, found, rendered
from fireline.api.plan import Answer, Call, Change, Key, Manifest, Plan, Planner, Problem, Seen
from fireline.api.resources import SLO
from fireline.settings import Settings

FINALIZER = "fireline.dev/mitigation"
_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one plan looks at."""

    key: Key
    parent: Manifest
    seen: Seen
    now: datetime

    @property
    def wishes(self) -> dict[str, str]:
        return self.parent["metadata"].get("annotations") or {}

    @property
    def going(self) -> bool:
        return "deletionTimestamp" in self.parent["metadata"]

    @property
    def phase(self) -> tuple[str, str]:
        """Reason and message of the Ready condition."""
        ready = found(self.parent.get("status"), "Ready") or {}
        return ready.get("reason", ""), ready.get("message", "")

    def answer(self, name: str) -> Answer | None:
        return self.seen.answer(self.key, name)

    def says(self, phase: str, message: str = "", **more: object) -> Plan:
        """A plan with this status."""
        condition = Condition("Ready", "True" if phase == "Done" else "False", phase, message)
        old = self.parent.get("status")
        generation = self.parent["metadata"]["generation"]
        conditions = rendered([condition], old=old, generation=generation, now=self.now)
        return Plan(children=(), status={"conditions": conditions}, **more)  # type: ignore[arg-type]


class CallingPlanner:
    """Whichever of the two the object asks for."""

    kind = SLO.kind
    resource = SLO
    finalizer = FINALIZER

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        del problem
        if parent is None:
            return None
        sight = Sight(key, parent, seen, now)
        if "toy/hook" in sight.wishes:
            return hook(sight)
        if "toy/target" in sight.wishes:
            return step(sight)
        return sight.says("Done")

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        del change, seen
        return ()


def step(sight: Sight) -> Plan:
    """One step at a time: the intent is the number that was there, kept in the message."""
    target = sight.answer("target")
    if target is None:
        return sight.says("", reads=(_target(sight, "target", "get"),))
    if sight.going and (target.status in {403, 404} or (target.ok and _number(target) == 0)):
        return sight.says("Done", finalizer=False)
    if not target.ok:
        return sight.says("Unreadable", f"{target.status} {target.message}", requeue_after=_AGAIN)
    live = _number(target)
    return _swap(sight, live) if sight.going else _up(sight, live)


def _up(sight: Sight, live: int) -> Plan:
    """The next step, unless somebody else changed the target."""
    phase, before = sight.phase
    if phase == "Contested":
        return sight.says(phase, before)
    if phase == "Step" and live not in {int(before), int(before) + 1}:
        return sight.says("Contested", f"{live} and not {before}")
    if live == int(sight.wishes["toy/goal"]) and (phase, before) != ("Step", str(live)):
        return sight.says("Done", finalizer=False)
    return _swap(sight, live)


def _number(target: Answer) -> int:
    return int(target.body["data"]["count"])


def _swap(sight: Sight, live: int) -> Plan:
    act = sight.answer("act")
    if act is not None and not act.ok and act.status != 422:
        return sight.says("Step", str(live), requeue_after=_AGAIN)
    after = 0 if sight.going else live + 1
    ops = [
        {"op": "test", "path": "/data/count", "value": str(live)},
        {"op": "replace", "path": "/data/count", "value": str(after)},
    ]
    action = _target(sight, "act", "patch", body=ops)
    return sight.says("Step", str(live), finalizer=True, action=action)


def _target(sight: Sight, name: str, verb: str, **more: object) -> Call:
    namespace = sight.key.namespace
    account = sight.wishes.get("toy/account")
    user = f"system:serviceaccount:{namespace}:{account}" if account else ""
    return Call(
        name,
        verb,  # type: ignore[arg-type]
        "v1",
        "ConfigMap",
        namespace,
        sight.wishes["toy/target"],
        user=user,
        timeout=30.0,
        **more,  # type: ignore[arg-type]
    )


def hook(sight: Sight) -> Plan:
    """At most once: an intent without an answer is never acted on again."""
    phase, _ = sight.phase
    answer = sight.answer("hook")
    if answer is not None:
        outcome = "Done" if answer.ok else "Failed" if answer.status or not answer.sent else "Unknown"
        return sight.says(outcome, answer.message)
    if phase == "Calling":
        return sight.says("Unknown", "the operator ended before there was an answer")
    if phase:
        return sight.says(*sight.phase)
    url = sight.wishes["toy/hook"]
    return sight.says("Calling", action=Call("hook", "post", url=url, body={}, timeout=30.0))


def planners(_: Settings) -> Sequence[Planner]:
    """What ``fireline.app.run`` takes."""
    return (CallingPlanner(),)


def main() -> int:
    """Run until signalled."""
    toy.planners = planners  # type: ignore[assignment]
    return toy.main()


if __name__ == "__main__":
    sys.exit(main())
