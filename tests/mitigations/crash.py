"""The crash matrix: SIGKILL before and after every call of a mitigation's life, and what is left then.

``python -m tests.mitigations.crash`` (``make crash-matrix``): each story is told once undisturbed, to learn
its calls, then once per call and side with the operator killed there and started again. Each time the target
must go through exactly the values of the undisturbed run, the record must say so, and nothing may be left
behind. Effects are counted by a watch of the target, not by anything the operator says. The last line says
``scenarios=… failed=0``; exit 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from tests.bed.calls import Call
from tests.bed.checkruns import CheckRuns
from tests.bed.cluster import Cluster
from tests.bed.faults import After, Before
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.kubeclient import ApiError, Manifest, path_of
from tests.bed.prometheus import Prometheus
from tests.bed.proxy import FaultProxy
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir
from tests.mitigations.scene import Aid, a_mitigation, an_aid
from tests.mitigations.stories import ANYTHING, REPLICA_SET, Story, stories
from tests.unit.kube.receiver import Receiver

from fireline.api.labels import APPROVE, APPROVED_BY, MARKER, PROPOSE, REVERT
from fireline.api.resources import JOB, LEASE, MITIGATION, Resource

NAME = "aid"
SIDES = ("before", "after")
_SECONDS = 180.0
_CHANCE = re.compile(r"\b10\.96\.\d+\.\d+\b|\b\d{4}-\d\d-\d\dT[\d:.]+Z")
"""What differs from life to life: addresses that a Service is given, and the time of a restart."""
_NOT_ITS_OWN = ("events.events.k8s.io", "prometheusrules.monitoring.coreos.com")


@dataclass(frozen=True, slots=True)
class Point:
    """Where the operator is killed: at the nth call of a life, before or after the server has done it."""

    nth: int
    side: str
    hook: bool = False
    """At the webhook's nth call instead of the API server's."""

    def __str__(self) -> str:
        return f"{self.side} {'webhook ' if self.hook else ''}call {self.nth}"


@dataclass(slots=True)
class Life:
    """What became of one mitigation."""

    values: list[str]
    """What the target was, one after another."""
    result: str
    reasons: list[str]
    left: list[str]
    """What should not be there any more."""
    calls: int
    hooks: int
    posts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Webhook: how many times each of its paths was called, with which Idempotency-Key."""


class Torturer:
    """One operator, one namespace, one story after another."""

    def __init__(self, cluster: Cluster, aid: Aid, receiver: Receiver) -> None:
        self.cluster, self.aid, self.receiver = cluster, aid, receiver
        self._ran: set[str] = set()

    def undisturbed(self, story: Story, hook: FaultProxy) -> Life:
        """A life without a crash."""
        self._clear(story)
        return self._live(story, hook)

    def killed(self, story: Story, hook: FaultProxy, point: Point) -> tuple[Life, bool]:
        """A life with one; whether the point was reached at all."""
        self._clear(story)
        proxy = hook if point.hook else self.aid.rig.proxy
        side = Before if point.side == "before" else After
        kill = proxy.inject(
            side(self.aid.rig.operator.kill), when=_any if point.hook else self._its_own, nth=point.nth
        )
        try:
            return self._live(story, hook), bool(kill.hits)
        finally:
            kill.cancel()

    def _live(self, story: Story, hook: FaultProxy) -> Life:
        aid = self.aid
        self.receiver.received.clear()
        target = self._target(story)
        began, hooked = len(aid.rig.proxy.log.calls(self._its_own)), len(hook.log.calls(_any))
        aid.client.apply(a_mitigation(aid.namespace, NAME, **_spec(story)))
        status = self._drive(story)
        return Life(
            values=values_of(self.cluster, target, story.resource) if target and story.resource else [],
            result=str(status.get("result")),
            reasons=[one["reason"] for one in status.get("history", ())],
            left=list(self._left(story)),
            calls=len(aid.rig.proxy.log.calls(self._its_own)) - began,
            hooks=len(hook.log.calls(_any)) - hooked,
            posts=Counter((one.path, one.headers["Idempotency-Key"]) for one in self.receiver.received),
        )

    def _drive(self, story: Story) -> Manifest:
        """What a person does: ask, approve, take back; and start the operator again when it is dead."""
        aid = self.aid

        def over() -> Manifest | None:
            if not aid.rig.operator.running:
                aid.rig.operator.start()
            self._run_checks()
            status = aid.status(NAME)
            phase, wish = status.get("phase"), {}
            if phase in {None, "Idle"}:
                wish = {PROPOSE: "1"}
            elif phase == "Proposed":
                wish = {APPROVE: status["planHash"], APPROVED_BY: "ann"}
            elif phase in story.asked_back and story.reverts:
                wish = {REVERT: "1"}
            if wish:
                body = {"metadata": {"annotations": wish}}
                aid.client.patch(MITIGATION, NAME, aid.namespace, body)
            kept = aid.client.get(MITIGATION, NAME, aid.namespace)["metadata"].get("finalizers")
            if phase == "Ended" and "lease" not in status and not kept:
                return status
            told = ("phase", "reason", "message", "needsHuman", "lease")
            raise LookupError({name: status[name] for name in told if name in status}, kept)

        return wait_for(over, what=f"{story.name} is over", seconds=_SECONDS, every=0.05)

    def _run_checks(self) -> None:
        """What the Job controller and a kubelet would do: the runs that were begun succeed."""
        for job in self.aid.client.list(JOB, self.aid.namespace):
            if job["metadata"]["uid"] not in self._ran:
                self._ran.add(job["metadata"]["uid"])
                runs = CheckRuns(self.aid.client, self.aid.namespace)
                runs.end(runs.follow(job, datetime.now(UTC)))

    def _target(self, story: Story) -> Manifest | None:
        if story.target is None:
            return None
        wanted = json.loads(json.dumps(story.target))
        wanted["metadata"]["namespace"] = self.aid.namespace
        made = self.aid.client.create(wanted)
        story.also(self.aid, made)
        return made

    def _clear(self, story: Story) -> None:
        aid = self.aid
        if not aid.rig.operator.running:
            aid.rig.operator.start()
        aid.client.delete(MITIGATION, NAME, aid.namespace)
        gone = lambda: aid.client.find(MITIGATION, NAME, aid.namespace) is None  # noqa: E731
        wait_for(gone, what="the last mitigation is gone")
        for one in aid.client.list(REPLICA_SET, aid.namespace):
            aid.client.delete(REPLICA_SET, one["metadata"]["name"], aid.namespace)
        if story.target is not None and story.resource is not None:
            aid.client.delete(story.resource, story.target["metadata"]["name"], aid.namespace)

    def _left(self, story: Story) -> Iterator[str]:
        """Leases, and markers of what was taken back."""
        aid = self.aid
        for lease in aid.client.list(LEASE, aid.namespace):
            if lease["metadata"]["name"].startswith("mitigation-"):
                yield f"Lease {lease['metadata']['name']}"
        if story.resource is not None and story.target is not None and story.reverts:
            live = aid.client.get(story.resource, story.target["metadata"]["name"], aid.namespace)
            marks = live["metadata"].get("annotations") or {}
            yield from (f"marker {one}" for one in marks if one.startswith(MARKER))

    def _its_own(self, call: Call) -> bool:
        """Calls that belong to the life of a mitigation: not watches, not the leader's Lease, not rules."""
        if call.verb == "watch" or not call.resource or call.resource in _NOT_ITS_OWN:
            return False
        if call.resource == LEASE.crd_name:
            return call.name.startswith("mitigation-") or call.verb == "create"
        listed = call.verb == "list" and call.resource in {MITIGATION.crd_name, "namespaces"}
        return not listed and call.namespace == self.aid.namespace


def values_of(cluster: Cluster, target: Manifest, resource: Resource) -> list[str]:
    """Every value an object had since ``target`` was made, without metadata and status, each turn once.

    The API server tells all changes since a version; it need not be listened to meanwhile.
    """
    metadata, admin = target["metadata"], cluster.admin
    path = path_of(resource, metadata["namespace"])
    newest = cluster.client().request("GET", f"{path}/{metadata['name']}")["metadata"]["resourceVersion"]
    found, version = [_value(target)], metadata["resourceVersion"]
    with requests.get(
        f"{cluster.url}{path}",
        params={
            "watch": "1",
            "fieldSelector": f"metadata.name={metadata['name']}",
            "resourceVersion": version,
            "timeoutSeconds": "20",
        },
        stream=True,
        verify=str(cluster.ca_file),
        cert=(str(admin.cert), str(admin.key)),
        timeout=(10, 30),
    ) as answer:
        lines = answer.iter_lines(chunk_size=None)
        while version != newest:
            one = json.loads(next(lines))["object"]
            version = one["metadata"]["resourceVersion"]
            if found[-1] != _value(one):
                found.append(_value(one))
    # Only now: two restarts at two times are two.
    return [_CHANCE.sub("…", one) for one in found]


def _value(manifest: Manifest) -> str:
    told = {key: manifest[key] for key in manifest if key not in {"metadata", "status", "kind", "apiVersion"}}
    return json.dumps(told, sort_keys=True)


def _any(_: Call) -> bool:
    return True


def _spec(story: Story) -> dict[str, Any]:
    spec: dict[str, Any] = {"verify": {"within": "30s"}, **story.spec}
    if story.target is None:
        return {**spec, "target": None}
    target = story.target
    named = {"apiVersion": target["apiVersion"], "kind": target["kind"], "name": target["metadata"]["name"]}
    return {**spec, "target": named}


def unusual(story: Story, calm: Life) -> Iterator[str]:
    """What an undisturbed life must not be, or those with a crash would only be as bad."""
    yield from (f"left: {one}" for one in calm.left)
    if calm.result != ("Reverted" if story.reverts else "Done"):
        yield f"result {calm.result} after {calm.reasons}"
    if story.target is None:
        if sorted(Counter(path for path, _ in calm.posts.elements()).values()) != [1, 1]:
            yield f"called {dict(calm.posts)}, instead of once there and once back"
        return
    there, back = calm.values[:2], calm.values[2:]
    if len(set(there)) != 2 or back != (there[:1] if story.reverts else []):
        yield f"values {calm.values}"


def wrong(story: Story, life: Life, calm: Life) -> list[str]:
    """What a life with a crash did that one without would not; empty when all is well."""
    if story.target is None:
        return list(_wrong_calls(story, life, calm))
    found = [f"left: {one}" for one in life.left]
    if life.values != calm.values:
        found.append(f"values {life.values} instead of {calm.values}")
    if life.result != calm.result:
        found.append(f"result {life.result} instead of {calm.result}")
    told, wanted = Counter(life.reasons), Counter(calm.reasons)
    once = ("IntentPersisted", "Applied", "Verified", "VerificationFailed", "Reverted")
    found += [f"{one} told {told[one]} times: {life.reasons}" for one in once if told[one] != wanted[one]]
    return found


def _wrong_calls(story: Story, life: Life, calm: Life) -> Iterator[str]:
    """A webhook: exactly once by its Idempotency-Key, or at most once and then told as Unknown."""
    yield from (f"left: {one}" for one in life.left)
    called = Counter(path for path, _ in life.posts.elements())
    if story.once:
        # As a service sees it that knows a key again: one key for each path.
        if life.result != calm.result or _paths(life) != _paths(calm):
            yield f"{life.result} after {dict(life.posts)}, instead of {calm.result} after {dict(calm.posts)}"
        return
    if any(count > 1 for count in called.values()):
        yield f"called more than once: {dict(called)}"
    if life.result not in {calm.result, "Unknown"}:
        yield f"{life.result} instead of {calm.result} or Unknown"
    if life.result == calm.result and _paths(life) != _paths(calm):
        yield f"{life.result} after {dict(called)}"


def _paths(life: Life) -> list[str]:
    """The path of each key."""
    return sorted(path for path, _ in life.posts)


def points(calm: Life) -> list[Point]:
    """Every call of a life, on both sides."""
    own = [Point(nth, side) for nth in range(1, calm.calls + 1) for side in SIDES]
    hook = [Point(nth, side, hook=True) for nth in range(1, calm.hooks + 1) for side in SIDES]
    return own + hook


@contextlib.contextmanager
def a_torturer(cluster: Cluster, directory: Path) -> Iterator[tuple[Torturer, FaultProxy]]:
    """With a Prometheus, and a webhook behind a proxy which logs its calls and kills at them."""
    with (
        Receiver() as receiver,
        FaultProxy(receiver.url) as hook,
        Prometheus(Tools(), directory / "prometheus", scrape_interval="1s") as prometheus,
        an_aid(
            cluster,
            directory,
            {
                "sources": {"default": {"urls": [prometheus.url]}},
                "checks": {"image": "registry.example/fireline:1"},
            },
        ) as aid,
    ):
        aid.may(ANYTHING)
        yield Torturer(cluster, aid, receiver), hook


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story with one crash, and what it did wrong."""

    story: str
    action: str
    point: Point
    wrong: tuple[str, ...]


def tell(torturer: Torturer, hook: FaultProxy, name: str, every: int = 1) -> Iterator[Scenario]:
    """All crashes of one story. ``every``: only each so many, for a short look."""
    story = next(one for one in stories(hook.url) if one.name == name)
    try:
        calm = torturer.undisturbed(story, hook)
    except (AssertionError, ApiError) as error:
        yield Scenario(name, story.action, Point(0, "without"), (str(error)[:600],))
        return
    if strange := tuple(unusual(story, calm)):
        yield Scenario(name, story.action, Point(0, "without"), strange)
        return
    for point in points(calm)[::every]:
        try:
            life, reached = torturer.killed(story, hook, point)
        except (AssertionError, ApiError) as error:
            yield Scenario(name, story.action, point, (str(error)[:600],))
            continue
        if reached:
            yield Scenario(name, story.action, point, tuple(wrong(story, life, calm)))


def main(argv: Sequence[str] | None = None) -> int:
    """The whole matrix, as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=3, help="operators at a time")
    parser.add_argument("--every", type=int, default=1, help="only each so many crashes, for a short look")
    parser.add_argument("--story", help="only this one")
    given = parser.parse_args(argv)
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    for one in stories("http://unused"):
        if given.story in {None, one.name}:
            waiting.put(one.name)
    done: list[Scenario] = []
    with workdir("crash") as directory, Cluster(Tools(), directory / "cluster") as cluster:
        install_foreign_crds(cluster)

        def work(number: int) -> None:
            with a_torturer(cluster, directory / str(number)) as (torturer, hook):
                while not waiting.empty():
                    for scenario in tell(torturer, hook, waiting.get(), given.every):
                        done.append(scenario)
                        _show(scenario, len(done))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(given.workers)]
        for number, thread in enumerate(threads):
            (directory / str(number)).mkdir()
            thread.start()
        for thread in threads:
            thread.join()
    for action, count in sorted(Counter(one.action for one in done).items()):
        print(f"{action}: {count}")
    failed = [one for one in done if one.wrong]
    print(f"scenarios={len(done)} failed={len(failed)}", flush=True)
    return 1 if failed or not done else 0


def _show(scenario: Scenario, number: int) -> None:
    said = "; ".join(scenario.wrong) or "well"
    print(f"{number:4} {scenario.story}, killed {scenario.point}: {said}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
