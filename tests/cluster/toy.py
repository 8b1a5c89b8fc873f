"""A small kind over the real ServiceLevelObjective CRD, to test the engine without the SLO logic.

Annotations of the object say what it renders, so a test steers every path: ``toy/child`` (the child's
name), ``toy/expr``, ``toy/broken`` (a child the API server refuses), ``toy/invalid`` (KEEP_ALL),
``toy/renderer`` and ``toy/window`` (what the aggregate of the namespace lists). Run as a program it is
an operator with these planners, configured like the real one.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from fireline import logs
from fireline.api import labels
from fireline.api.plan import KEEP_ALL, Change, Event, Key, Manifest, Plan, Planner, Problem, Seen, SeenChild
from fireline.api.resources import PROMETHEUS_RULE, SLO
from fireline.errors import FirelineError
from fireline.settings import Settings


class ToyPlanner:
    """One PrometheusRule per object; Ready with the problem's reason when there is one."""

    kind = SLO.kind
    resource = SLO

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        del seen
        if parent is None:
            return None
        annotations = parent["metadata"].get("annotations") or {}
        wishes = {name: value for name, value in annotations.items() if name.startswith("toy/")}
        reason = problem.reason if problem else "Invalid" if "toy/invalid" in wishes else "Applied"
        before = _ready(parent.get("status") or {})
        ready = "True" if reason == "Applied" else "False"
        condition = {
            "type": "Ready",
            "status": ready,
            "reason": reason,
            "message": problem.message if problem else "",
            "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "observedGeneration": parent["metadata"]["generation"],
        }
        if before is not None and before["status"] == ready:
            condition["lastTransitionTime"] = before["lastTransitionTime"]
        changed = before is None or before["status"] != ready
        return Plan(
            children=KEEP_ALL if "toy/invalid" in wishes else (_rule(key, wishes),),
            status={"observedGeneration": parent["metadata"]["generation"], "conditions": [condition]},
            events=(Event("Normal", reason, f"Ready is {ready}"),) if changed else (),
            requeue_after=timedelta(hours=1),
        )

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        del change, seen
        return ()


class ToyAggregate:
    """One PrometheusRule per namespace with a rule per window its members declare."""

    kind = "ToyWindows"
    resource = None

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        del parent, now, problem
        members = seen.children_of_kind(SLO.kind, key.namespace)
        windows = sorted({member.annotations.get(labels.SLO_WINDOW, "") for member in members} - {""})
        rules = [{"record": "toy:windows", "expr": "vector(1)", "labels": {"window": one}} for one in windows]
        child = _manifest(key.namespace, "toy-windows", [{"name": "windows", "rules": rules}], {})
        return Plan(children=(child,) if windows else ())

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        del seen
        for entry in (change.old, change.new):
            if isinstance(entry, SeenChild) and labels.SLO_WINDOW in entry.annotations:
                yield Key(self.kind, change.namespace, "windows")


def planners(_: Settings) -> Sequence[Planner]:
    """What ``fireline.app.run`` takes."""
    return (ToyPlanner(), ToyAggregate())


def an_slo(namespace: str, name: str, **wishes: str) -> Manifest:
    """A valid object; ``wishes`` are its ``toy/`` annotations."""
    return {
        "apiVersion": SLO.api_version,
        "kind": SLO.kind,
        "metadata": {
            "namespace": namespace,
            "name": name,
            "annotations": {f"toy/{wish}": value for wish, value in wishes.items()},
        },
        "spec": {
            "service": "checkout",
            "objective": "99.9",
            "window": {"rolling": "30d"},
            "indicator": {
                "ratio": {
                    "bad": {"metric": 'http_requests_total{code=~"5.."}'},
                    "total": {"metric": "http_requests_total"},
                }
            },
        },
    }


def _ready(status: Manifest) -> Manifest | None:
    return next((one for one in status.get("conditions", ()) if one["type"] == "Ready"), None)


def _rule(key: Key, wishes: Manifest) -> Manifest:
    rule = {
        "record": "toy:objective",
        "expr": wishes.get("toy/expr", "vector(1)"),
        "labels": {"slo": key.name},
    }
    if "toy/broken" in wishes:
        rule["expr"] = ["not", "a", "string"]  # type: ignore[assignment]
    rules = [
        rule,
        *({**rule, "record": f"toy:filler{n}"} for n in range(int(wishes.get("toy/fillers", "0")))),
    ]
    annotations = {labels.SPEC_HASH: str(hash_of(wishes)), labels.RENDERER: wishes.get("toy/renderer", "1")}
    if "toy/window" in wishes:
        annotations[labels.SLO_WINDOW] = wishes["toy/window"]
    name = wishes.get("toy/child", f"slo-{key.name}")
    return _manifest(key.namespace, name, [{"name": f"slo-{key.name}", "rules": rules}], annotations)


def hash_of(wishes: Manifest) -> int:
    """Stands for a spec hash: what was asked for, renderer aside."""
    return sum(map(ord, "".join(f"{k}{v}" for k, v in sorted(wishes.items()) if k != "toy/renderer")))


def _manifest(namespace: str, name: str, groups: list[Manifest], annotations: Manifest) -> Manifest:
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {"namespace": namespace, "name": name, "annotations": annotations},
        "spec": {"groups": groups},
    }


def main() -> int:
    """Run until signalled."""
    from fireline.app import run

    settings = Settings()
    logs.configure(settings)
    try:
        asyncio.run(run(settings, planners=planners))
    except FirelineError as error:
        print(f"ended: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
