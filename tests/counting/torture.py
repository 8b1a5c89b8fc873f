"""Are runs of checks counted exactly once, whatever happens to the operator?

``python -m tests.counting.torture --runs 10000 --kills 50`` writes runs as Jobs and pods to a real API
server, ends them in any order, some with two pods, while ``fireline run`` is killed again and again: at any
moment, and right before and right after it writes a status. Writes of it are refused with 409, answers are
lost after the write was done, watches break. Meanwhile /metrics is read: no counter may go backwards. At the
end every check must have counted just its runs. The last line says ``runs=… counted=… lost=0 double=0``.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from prometheus_client.parser import text_string_to_metric_families
from tests.bed.calls import Call
from tests.bed.checkruns import CheckRuns, Written
from tests.bed.cluster import Cluster
from tests.bed.faults import After, Answer, Before, Gone, Reset
from tests.bed.kubeclient import KubeClient
from tests.bed.operator import SHORT_LEASE, Operator
from tests.bed.proxy import FaultProxy
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for

from fireline.api.plan import Manifest
from fireline.api.resources import CRON_JOB, LEASE, SYNTHETIC_CHECK

OUTCOMES = ("success", "success", "success", "failure", "error", "infra")
NAMESPACE = "counting"
_OPEN = 4
"""Runs of one check that may be going on at a time, so that they end in another order than they began."""


def once_a_year(name: str) -> Manifest:
    """A check whose schedule stays out of the way: all of its runs are those a test writes."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "schedule": {"cron": "0 0 29 2 *"},
            "steps": [{"name": "home", "http": {"url": "http://shop.example/"}}],
        },
    }


@dataclass
class Truth:
    """What was written, by check and outcome."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, check: str, outcome: str) -> None:
        """One more run."""
        with self.lock:
            self.counts[check, outcome] += 1


class Writer:
    """Writes all runs of one check, as fast as slots come (one a second) and the server takes them."""

    def __init__(self, runs: CheckRuns, check: str, count: int, truth: Truth, *, seed: int) -> None:
        self._runs = runs
        self._check = check
        self._count = count
        self._truth = truth
        self._random = random.Random(seed)
        self._open: list[Written] = []

    def write(self, killer: Killer, kills: int) -> None:
        """Begin each run in its turn, and end those that are open in any order, all along the deaths."""
        slot = datetime.now(UTC)
        for number in range(self._count):
            killer.await_death(number * kills // self._count)
            slot = max(slot + timedelta(seconds=1), datetime.now(UTC).replace(microsecond=0))
            if (early := (slot - datetime.now(UTC)).total_seconds()) > 0:
                time.sleep(early)  # a slot in the future would be no run that can be over
            self._open.append(self._runs.begin(self._check, slot))
            while len(self._open) > self._random.randrange(_OPEN):
                self._end(self._open.pop(self._random.randrange(len(self._open))))
        for run in self._open:
            self._end(run)

    def _end(self, run: Written) -> None:
        outcome = self._random.choice(OUTCOMES)
        self._truth.add(self._check, outcome)
        if self._random.random() < 0.05:
            self._runs.double(run, outcome)
        self._runs.end(run, outcome)


class Scraper:
    """Reads /metrics all the time, across deaths, and remembers where a counter went backwards."""

    def __init__(self, url: str) -> None:
        self.backwards: list[str] = []
        self.reads = 0
        self.last: dict[tuple[str, ...], float] = {}
        self._url = url
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scraper")

    def __enter__(self) -> Scraper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.2):
            with contextlib.suppress(requests.RequestException):
                answer = requests.get(f"{self._url}/metrics", timeout=60)
                if answer.ok and answer.text.endswith("\n"):  # a page cut off by a death says nothing
                    self._read(answer.text)

    def _read(self, text: str) -> None:
        self.reads += 1
        for family in text_string_to_metric_families(text):
            if not family.name.startswith("fireline_check_") or family.type not in {"counter", "histogram"}:
                continue
            for sample in family.samples:
                key = (sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items())))
                before = self.last.get(key, 0.0)
                if sample.value < before:
                    self.backwards.append(f"{key}: {before} → {sample.value}")
                self.last[key] = sample.value


class Killer:
    """Kills the operator, and makes its life hard in between, until told to stop."""

    def __init__(self, operator: Operator, proxy: FaultProxy, *, seed: int) -> None:
        self.kills = 0
        self._operator = operator
        self._proxy = proxy
        self._random = random.Random(seed)
        self._died = threading.Condition()

    def await_death(self, number: int) -> None:
        """Return once there were so many."""
        with self._died:
            self._died.wait_for(lambda: self.kills >= number)

    def round(self) -> None:
        """One death and the time before it."""
        for fault in (Answer(409), Reset(after=True), Answer(500)):
            self._proxy.inject(fault, when=_status, nth=self._random.randrange(5, 40))
        self._proxy.break_watches(self._random.choice([Gone(), Reset(), None]))
        choice = self._random.randrange(3)
        if choice == 0:
            time.sleep(self._random.uniform(0.2, 2.0))  # a moment like any other
            self._kill()
        else:
            died = threading.Event()
            act = Before(lambda: self._die(died)) if choice == 1 else After(lambda: self._die(died))
            injection = self._proxy.inject(act, when=_status, nth=self._random.randrange(1, 30))
            if not died.wait(5.0):
                injection.cancel()
                self._kill()
        self._operator.start()

    def _die(self, died: threading.Event) -> None:
        self._kill()
        died.set()

    def _kill(self) -> None:
        with self._died:
            if self._operator.running:
                self._operator.kill()
                self.kills += 1
                self._died.notify_all()


def _status(call: Call) -> bool:
    return (
        call.verb == "patch" and call.resource.startswith("syntheticchecks") and call.subresource == "status"
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it came to."""

    runs: int
    counted: int
    lost: int
    double: int
    kills: int
    reads: int
    backwards: tuple[str, ...]
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"runs={self.runs} counted={self.counted} lost={self.lost} double={self.double}"

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.double or self.backwards or self.wrong)


@contextlib.contextmanager
def _operator(cluster: Cluster, directory: Path) -> Iterator[tuple[Operator, FaultProxy]]:
    with FaultProxy.before(cluster) as proxy:
        settings = {
            "watch_namespaces": [NAMESPACE],
            "lease": {**SHORT_LEASE, "namespace": NAMESPACE},
            "checks": {"image": "registry.example/fireline:1"},
        }
        operator = Operator(directory, kubeconfig=proxy.kubeconfig, settings=settings)
        operator.killed = lambda: cluster.client().delete(LEASE, "fireline", NAMESPACE)
        try:
            yield operator, proxy
        finally:
            operator.stop()


def torture(
    cluster: Cluster, directory: Path, *, runs: int, kills: int, checks: int, seed: int = 1
) -> Outcome:
    """Tell the story once on a cluster without controllers."""
    client, truth = cluster.client(timeout=120), Truth()
    client.namespace(NAMESPACE)
    names = [f"check-{number:03}" for number in range(checks)]
    with _operator(cluster, directory) as (operator, proxy):
        for name in names:
            client.create(once_a_year(name))
        operator.start()
        wait_for(lambda: len(client.list(CRON_JOB, NAMESPACE)) == checks, what="every check is planned")
        wait_for(lambda: _planned(client, checks), what="every check has a ledger")
        each = runs // checks
        writers = [
            Writer(CheckRuns(client, NAMESPACE), name, each, truth, seed=seed * 1000 + number)
            for number, name in enumerate(names)
        ]
        killer = Killer(operator, proxy, seed=seed)
        with Scraper(operator.url) as scraper:
            with ThreadPoolExecutor(checks) as pool:
                written = [pool.submit(writer.write, killer, kills) for writer in writers]
                while killer.kills < kills or not all(one.done() for one in written):
                    killer.round()
                    _tell(killer, truth, runs)
                for one in written:
                    one.result()
            counted = _settled(client, truth, operator)
            _catch_up(scraper, operator)
        return _judged(truth, counted, killer, scraper)


def _planned(client: KubeClient, checks: int) -> bool:
    found = client.list(SYNTHETIC_CHECK, NAMESPACE)
    return sum("ledger" in one.get("status", {}) for one in found) == checks


def _settled(client: KubeClient, truth: Truth, operator: Operator) -> Counter[tuple[str, str]]:
    """The counts once there are as many as runs, or once nothing has changed for a while."""
    wanted, unchanged, before = sum(truth.counts.values()), 0, -1
    while True:
        _revive(operator)
        counted = _counts(client)
        total = sum(counted.values())
        unchanged = unchanged + 1 if total == before else 0
        if total >= wanted or unchanged > 30:
            return counted
        before = total
        time.sleep(1.0)


def _counts(client: KubeClient) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (one["metadata"]["name"], outcome): count
            for one in client.list(SYNTHETIC_CHECK, NAMESPACE)
            for outcome in set(OUTCOMES)
            if (count := one["status"]["totals"][outcome])
        }
    )


def _revive(operator: Operator) -> None:
    """As a kubelet does: one that could not renew its lease in time, on a busy computer, has ended itself."""
    if not operator.running:
        operator.start()


def _catch_up(scraper: Scraper, operator: Operator) -> None:
    """One more read after the last status."""
    seen = scraper.reads

    def read() -> bool:
        _revive(operator)
        return scraper.reads > seen + 2

    wait_for(read, what="/metrics is read once more")


def _judged(truth: Truth, counted: Counter[tuple[str, str]], killer: Killer, scraper: Scraper) -> Outcome:
    exported: Counter[tuple[str, str]] = Counter()
    for key, value in scraper.last.items():
        if key[0] == "fireline_check_runs_total" and value:
            labels = dict(part.split("=", 1) for part in key[1:])
            exported[labels["check"], labels["outcome"]] = int(value)
    wrong = [
        f"{check} {outcome}: {truth.counts[check, outcome]} written, {counted[check, outcome]} in status, "
        f"{exported[check, outcome]} exported"
        for check, outcome in sorted(truth.counts | counted | exported)
        if not truth.counts[check, outcome] == counted[check, outcome] == exported[check, outcome]
    ]
    return Outcome(
        runs=sum(truth.counts.values()),
        counted=sum(counted.values()),
        lost=sum((truth.counts - counted).values()),
        double=sum((counted - truth.counts).values()),
        kills=killer.kills,
        reads=scraper.reads,
        backwards=tuple(scraper.backwards),
        wrong=tuple(wrong),
    )


def _tell(killer: Killer, truth: Truth, runs: int) -> None:
    if sys.stderr.isatty() or killer.kills % 10 == 0:
        print(f"{killer.kills} deaths, {sum(truth.counts.values())} of {runs} runs are over", file=sys.stderr)


def main() -> int:
    """Run it as a program; exit 1 when something was lost, counted twice, or went backwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--checks", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Cluster(Tools(), Path(directory) / "bed") as cluster:
        outcome = torture(
            cluster,
            Path(directory),
            runs=given.runs,
            kills=given.kills,
            checks=given.checks,
            seed=given.seed,
        )
    print(f"killed {outcome.kills} times; /metrics read {outcome.reads} times")
    for line in (*outcome.backwards[:20], *outcome.wrong[:20]):
        print(line)
    print(outcome)
    return 0 if outcome.exact else 1


if __name__ == "__main__":
    raise SystemExit(main())
