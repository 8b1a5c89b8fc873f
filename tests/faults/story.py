"""A story every kill test tells: the changes of two SLOs, and what must be there after each.

Told once undisturbed to learn the writes and the objects, then again with the operator killed.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.bed.operator import Operator
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo

from fireline.api import labels
from fireline.api.resources import PROMETHEUS_RULE, SLO, Resource

_UID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FLEETING = frozenset(
    {
        "resourceVersion",
        "uid",
        "creationTimestamp",
        "lastTransitionTime",
        "asOf",
        "since",
        "time",
        labels.CORRELATION_ID,
        labels.OWNER_UID,
    }
)
"""Fields that differ between two undisturbed runs as well."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One change a user makes. ``writes``: what the operator does about it, when nobody disturbs."""

    title: str
    happens: Callable[[Rig], object]
    writes: tuple[str, ...]


def _apply(name: str, **spec: object) -> Callable[[Rig], object]:
    def happens(rig: Rig) -> object:
        slo = an_slo(rig.namespace, name)
        return rig.client.apply({**slo, "spec": slo["spec"] | spec})

    return happens


def _delete(name: str) -> Callable[[Rig], object]:
    return lambda rig: rig.client.delete(SLO, name, rig.namespace)


_WRONG = {"ratio": {"bad": {"metric": "http_requests_total{"}, "total": {"metric": "http_requests_total"}}}
_WINDOWS = "prometheusrules/fireline-windows-default"
STORY = (
    Chapter(
        "create",
        _apply("a"),
        ("apply prometheusrules/slo-a", "patch servicelevelobjectives/status/a", f"apply {_WINDOWS}"),
    ),
    Chapter(
        "aggregate change: another window",
        _apply("b", window={"rolling": "7d"}),
        ("apply prometheusrules/slo-b", "patch servicelevelobjectives/status/b", f"apply {_WINDOWS}"),
    ),
    Chapter(
        "spec change",
        _apply("a", objective="99.5"),
        ("apply prometheusrules/slo-a", "patch servicelevelobjectives/status/a"),
    ),
    Chapter(
        "invalid change",
        _apply("b", window={"rolling": "1d"}, indicator=_WRONG),
        ("patch servicelevelobjectives/status/b",),
    ),
    Chapter("aggregate change: a window less", _delete("b"), (f"apply {_WINDOWS}",)),
    Chapter("delete", _delete("a"), (f"delete {_WINDOWS}",)),
)


@contextlib.contextmanager
def supervised(operator: Operator) -> Iterator[list[int]]:
    """Start the operator again whenever it ends, as a Deployment would; yields the exit codes so far."""
    codes: list[int] = []
    done = threading.Event()

    def supervise() -> None:
        while not done.wait(0.05):
            if not operator.running:
                codes.append(operator.wait(0))
                operator.launch()

    thread = threading.Thread(target=supervise, name="supervisor")
    thread.start()
    try:
        yield codes
    finally:
        done.set()
        thread.join()


def told(rig: Rig) -> list[str]:
    """Tell the story undisturbed: the objects after each chapter. The writes are as the story says."""
    found = []
    for chapter in STORY:
        rig.proxy.log.clear()
        chapter.happens(rig)
        wait_for(lambda wanted=chapter.writes: len(rig.writes()) >= len(wanted), what=chapter.title)
        rig.await_idle()
        assert tuple(rig.writes()) == chapter.writes, chapter.title
        found.append(objects(rig))
    return found


def clear(rig: Rig) -> None:
    """Delete what a story that broke off left, and wait for the garbage collector and the operator."""
    for slo in rig.client.list(SLO, rig.namespace):
        rig.client.delete(SLO, slo["metadata"]["name"], rig.namespace)
    wait_for(lambda: not rig.client.list(PROMETHEUS_RULE, rig.namespace), what="no rule is left")


def objects(rig: Rig, kinds: tuple[Resource, ...] = (SLO, PROMETHEUS_RULE)) -> str:
    """Everything of these kinds in the namespace, byte for byte, without what differs between two runs."""
    found = {
        resource.kind: {
            one["metadata"]["name"]: _lasting(one) for one in rig.client.list(resource, rig.namespace)
        }
        for resource in kinds
    }
    # managedFields name an owner reference by its uid.
    return _UID.sub("UID", json.dumps(found, sort_keys=True, indent=1))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(inner) for key, inner in value.items() if key not in _FLEETING}
    if isinstance(value, list):
        return [_lasting(inner) for inner in value]
    return value
