"""What the operator learns from probers: nothing read is lost or counted twice, and no lie is believed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.bed.ports import free_port
from tests.bed.waiting import wait_for
from tests.unit.refresh.prober_world import Operator, Prober, a_check, a_pod, expected, file_for
from tests.unit.synthetic.prober.target import Target

from fireline.api.plan import Key
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.refresh.prober_pages import ProberSilent, page_of

NAMES = ("one", "two", "three")
KEY = Key("SyntheticCheck", "shop", "one")


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture
def prober(tmp_path: Path) -> Prober:
    return Prober(tmp_path)


def started(prober: Prober, target: Target, *, write_every: float = 0.0) -> Operator:
    """Checks in both worlds."""
    operator = Operator(prober.port, write_every=write_every)
    for name in NAMES:
        check = a_check(name)
        prober.write(file_for(check, f"{target.url}/{name}"))
        operator.add(check)
    operator.pods(a_pod("127.0.0.1"))
    return operator


def counted(operator: Operator, least: int, outcome: str = "success") -> bool:
    operator.round()
    return all(operator.totals(name)[outcome] >= least for name in NAMES)


def test_runs_are_counted_and_shown(prober, target):
    operator = started(prober, target)
    with prober:
        wait_for(lambda: counted(operator, 2), what="two runs of each")
    for name in NAMES:
        status = operator.status(name)
        assert status["lastRun"]["outcome"] == "success"
        assert status["lastRun"]["id"].startswith(f"uid-{name}/")
        assert status["totals"]["infra"] == 0
        assert [run["outcome"] for run in status["history"]] == ["success"] * len(status["history"])


def test_a_prober_killed_between_two_rounds_loses_what_nobody_had_read_and_all_adds_up(prober, target):
    operator = started(prober, target)
    before = len(target.visits)
    with prober:
        wait_for(lambda: counted(operator, 1), what="a run of each")
        read = {name: operator.totals(name)["success"] for name in NAMES}
        wait_for(lambda: came(target, before, read, 2), what="runs nobody has read")
        prober.server.kill()
        prober.server.start()
        wait_for(lambda: came(target, before, read, 3), what="more runs")
        wait_for(lambda: counted_at_all(operator, read), what="runs of the new process")
    operator.pods()
    operator.skew = 120.0
    operator.plan_all()
    for name in NAMES:
        totals = operator.totals(name)
        assert totals["expected"] == expected(operator.check(name))
        assert totals["success"] + totals["infra"] == totals["expected"]
        assert totals["infra"] >= 2  # run, but nobody had read them when the process was killed
        assert totals["success"] <= len(visits(target, name, before))
        assert totals["success"] > read[name]


def came(target: Target, before: int, read: dict[str, int], more: int) -> bool:
    """Whether each check has asked the target so many times more than its runs were read."""
    return all(len(visits(target, name, before)) >= read[name] + more for name in NAMES)


def visits(target: Target, name: str, after: int) -> list[str]:
    return [path for _, path, _ in target.visits[after:] if path == f"/{name}"]


def counted_at_all(operator: Operator, read: dict[str, int]) -> bool:
    """Runs that are known of, though slots before them are still open."""
    operator.round()
    return all(
        any(True for _ in operator.watch.runs(Key("SyntheticCheck", "shop", name), f"uid-{name}"))
        or operator.totals(name)["success"] > read[name]
        for name in NAMES
    )


def test_an_operator_that_was_away_catches_up_and_counts_nothing_as_missed(prober, target):
    operator = started(prober, target)
    before = len(target.visits)
    with prober:
        wait_for(lambda: counted(operator, 1), what="a run of each")
        read = {name: operator.totals(name)["success"] for name in NAMES}
        wait_for(lambda: came(target, before, read, 2), what="runs nobody has read")
        operator.restart()
        operator.skew = 300.0
        operator.plan_all()  # before any prober was asked: nothing is known of the time in between
        for name in NAMES:
            assert operator.totals(name)["infra"] == 0
        operator.skew = 0.0
        wait_for(lambda: all(visits_counted(operator, n, read[n] + 2) for n in NAMES), what="all of them")
    for name in NAMES:
        assert operator.totals(name)["infra"] == 0


def visits_counted(operator: Operator, name: str, least: int) -> bool:
    operator.round()
    return operator.totals(name)["success"] >= least


def test_reading_everything_again_counts_nothing_twice(prober, target):
    operator = started(prober, target)
    with prober:
        wait_for(lambda: counted(operator, 2), what="two runs of each")
        first = {name: dict(operator.totals(name)) for name in NAMES}
        ids = {name: len(prober.of(name)) for name in NAMES}
        operator.restart()
        operator.round()
        operator.plan_all()
    for name in NAMES:
        assert operator.totals(name)["success"] <= max(ids[name] + 1, first[name]["success"] + 1)
        history = [run["id"] for run in operator.status(name)["history"]]
        assert len(history) == len(set(history))
        assert operator.totals(name)["success"] == len(history)


def test_a_run_under_way_keeps_its_slot_open(tmp_path, target):
    prober = Prober(tmp_path)
    operator = Operator(prober.port)
    check = a_check("one", timeout="4s")
    prober.write(file_for(check, f"{target.url}/slow/2"))
    operator.add(check)
    operator.pods(a_pod("127.0.0.1"))
    with prober:
        (running,) = wait_for(lambda: prober.page()["running"], what="a run under way", every=0.02)
        operator.round()
        known = operator.watch.known_until(KEY, "uid-one")
    assert known is not None
    assert known.timestamp() < int(running.rpartition("/")[2])


def test_the_same_outcome_is_written_now_and_then_another_at_once(prober, target):
    operator = started(prober, target, write_every=3600)
    with prober:
        wait_for(lambda: counted(operator, 1), what="a run of each")
        first = dict(operator.writes)
        wait_for(lambda: kept(operator, "one") >= 2, what="two more runs of the same outcome")
        assert operator.writes == first
        down = file_for(a_check("one"), f"{target.url}/down")
        prober.write(down)
        wait_for(lambda: counted_one(operator, "failure"), what="the failure")
    assert operator.writes["one"] == first["one"] + 1
    assert operator.writes["two"] == first["two"]
    assert operator.totals("one")["success"] >= 3


def kept(operator: Operator, name: str) -> int:
    operator.round()
    return len(list(operator.watch.runs(Key("SyntheticCheck", "shop", name), f"uid-{name}")))


def counted_one(operator: Operator, outcome: str) -> bool:
    operator.round()
    return operator.totals("one")[outcome] > 0


def test_probers_of_two_locations_are_asked_each_at_its_own_address(tmp_path, target):
    port = free_port()
    here = Prober(tmp_path / "here", address="127.0.0.2", port=port)
    there = Prober(tmp_path / "there", address="127.0.0.3", port=port)
    operator = Operator(port)
    for prober, check in ((here, a_check("one")), (there, a_check("two", location="eu-1"))):
        prober.write(file_for(check, f"{target.url}/x"))
        operator.add(check)
    operator.pods(a_pod("127.0.0.2"), a_pod("127.0.0.3", location="eu-1"))
    with here, there:
        wait_for(lambda: both(operator), what="a run of each")


def both(operator: Operator) -> bool:
    operator.round()
    return all(operator.totals(name)["success"] for name in ("one", "two"))


# What is known, without any process


def test_without_a_pod_everything_is_known():
    operator = Operator(free_port())
    operator.add(a_check("one"))
    assert operator.watch.known_until(KEY, "uid-one") is None


def test_a_pod_whose_container_does_not_run_has_nothing_to_tell():
    operator = Operator(free_port())
    operator.add(a_check("one"))
    operator.pods(a_pod("127.0.0.1", state="waiting"))
    operator.round()
    assert operator.watch.known_until(KEY, "uid-one") is None


def test_what_a_silent_prober_may_still_hold_is_not_known_for_half_an_hour():
    operator = Operator(free_port())
    operator.add(a_check("one"))
    operator.pods(a_pod("127.0.0.1"))
    with capture_logs() as logs:
        operator.round()
        operator.round()
    known = operator.watch.known_until(KEY, "uid-one")
    assert known is not None
    assert time.time() - known.timestamp() == pytest.approx(1800, abs=60)
    assert [line["event"] for line in logs] == ["prober does not answer"]
    assert operator.watch.health()["prober/shop/default"]["state"] == "down"


def test_the_slots_of_a_new_check_begin_when_its_prober_has_it(tmp_path, target):
    prober = Prober(tmp_path)
    operator = Operator(prober.port)
    check = a_check("one")
    operator.add(check)
    operator.pods(a_pod("127.0.0.1", state="waiting"))
    operator.skew = 60.0
    operator.plan_all()  # a minute later there is still no prober: nothing was to run until then
    assert operator.totals("one")["expected"] == 0
    operator.skew = 0.0
    operator.restart()
    check.pop("status")
    operator.plan_all()
    with prober:
        operator.pods(a_pod("127.0.0.1"))
        prober.write(file_for(check, f"{target.url}/one"))
        wait_for(lambda: visits_counted(operator, "one", 2), what="two runs")
    assert operator.totals("one")["infra"] == 0


def test_a_check_that_no_prober_takes_within_three_minutes_is_not_measured():
    operator = Operator(free_port())
    check = a_check("one")
    check["metadata"]["creationTimestamp"] = "2026-11-01T00:00:00Z"
    operator.add(check)
    operator.skew = 120.0
    operator.plan_all()
    assert operator.totals("one")["infra"] > 0


# Why a check does not run


def in_trouble(*pods: dict[str, Any], later: float = 31.0) -> Operator:
    """An operator that has looked twice at a prober with these pods, so many seconds apart."""
    operator = Operator(free_port())
    operator.add(a_check("one"))
    operator.deployed()
    operator.pods(*pods)
    operator.round()
    operator.skew = later
    operator.round()
    return operator


def scheduled(operator: Operator) -> tuple[str, str, str]:
    found = next(one for one in operator.status("one")["conditions"] if one["type"] == "Scheduled")
    return found["status"], found["reason"], found["message"]


def test_a_prober_that_does_not_answer_is_told_with_what_to_look_at():
    status, reason, message = scheduled(in_trouble(a_pod("127.0.0.1")))
    assert (status, reason) == ("False", "ProberSilent")
    assert message.startswith("fireline-prober runs, but does not answer the operator: ")
    assert "network policy" in message


def test_a_prober_without_a_pod_is_told():
    status, reason, message = scheduled(in_trouble())
    assert (status, reason) == ("False", "NoPod")
    assert message.startswith("fireline-prober does not start: Deployment fireline-prober has no pod; ")


@pytest.mark.parametrize(
    ("waiting", "reason"), [("ImagePullBackOff", "ErrImagePull"), ("ErrImageNeverPull", "ErrImageNeverPull")]
)
def test_what_its_pod_waits_for_is_told_as_for_the_pod_of_a_job(waiting, reason):
    pod = a_pod("127.0.0.1", state="waiting")
    pod["status"] |= {"phase": "Pending"}
    pod["status"]["containerStatuses"][0]["state"]["waiting"] = {
        "reason": waiting,
        "message": "no such image",
    }
    status, found, message = scheduled(in_trouble(pod))
    assert (status, found) == ("False", reason)
    assert "no such image" in message


def test_a_prober_that_is_started_again_and_again_is_told():
    pod = a_pod("127.0.0.1", state="waiting")
    ended = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-22T12:00:00Z"}
    pod["status"]["containerStatuses"][0] |= {
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": ended},
    }
    status, reason, message = scheduled(in_trouble(pod))
    assert (status, reason) == ("False", "Restarting")
    assert "memory" in message


def test_trouble_that_is_over_within_seconds_is_not_told():
    assert scheduled(in_trouble(later=5.0))[0] == "True"


def test_the_end_of_trouble_is_told(prober):
    operator = in_trouble()
    assert scheduled(operator)[0] == "False"
    operator.watch._port = prober.port
    operator.pods(a_pod("127.0.0.1"))
    with prober:
        operator.round()
    assert scheduled(operator)[0] == "True"


def test_a_check_whose_prober_is_not_wanted_is_in_no_trouble():
    operator = Operator(free_port())
    operator.add(a_check("one", suspend=True))
    operator.round()
    operator.skew = 60.0
    operator.round()
    assert scheduled(operator)[1] == "Suspended"


# What a pod may say that is not so


class Liar:
    """A pod that answers with whatever it is told."""

    def __init__(self, body: bytes, *, status: int = 200) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.port = free_port()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)

    def __enter__(self) -> Liar:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def a_run(uid: str = "uid-one", ago: int = 10, **changes: Any) -> dict[str, Any]:
    slot = int(time.time()) - ago
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(slot))
    result = {"v": 1, "outcome": "failure"}
    told = {"id": f"{uid}/{slot}", "slot": slot, "startedAt": at, "endedAt": at, "result": result}
    return told | changes


def a_page(*runs: Any, **changes: Any) -> bytes:
    page = {"v": 1, "boot": "b", "last": len(runs), "more": False, "running": [], "runs": list(runs)}
    return json.dumps(page | changes).encode()


def heard(body: bytes, *, code: int = 200, **told: Any) -> tuple[Operator, list[dict[str, Any]]]:
    """An operator after two rounds with a pod that says this."""
    with Liar(body, status=code) as liar:
        operator = Operator(liar.port)
        operator.world.objects.append((SYNTHETIC_CHECK, a_check("one") | told))
        operator.pods(a_pod("127.0.0.1"))
        with capture_logs() as logs:
            operator.ask()
            operator.ask()
    return operator, logs


def test_a_sound_run_is_taken():
    operator, logs = heard(a_page(a_run()))
    assert [run.outcome for run in operator.watch.runs(KEY, "uid-one")] == ["failure"]
    assert logs == []


@pytest.mark.parametrize(
    "run",
    [
        a_run(uid="uid-of-nobody"),
        a_run(ago=-3600),
        a_run(endedAt="2999-01-01T00:00:00Z"),
        a_run(startedAt="1999-01-01T00:00:00Z"),
        a_run(slot=1),
        a_run(id="uid-one"),
        a_run(id=7),
        a_run(result={"v": 1, "outcome": "splendid"}),
        a_run(result=None),
        "run",
    ],
    ids=[
        "unknown",
        "future",
        "ends late",
        "began early",
        "slot",
        "no slot",
        "no id",
        "outcome",
        "none",
        "text",
    ],
)
def test_a_run_that_cannot_be_is_ignored_with_one_line(run):
    operator, logs = heard(a_page(run))
    assert list(operator.watch.runs(KEY, "uid-one")) == []
    assert len(logs) == 1


def test_a_wrong_run_costs_no_other():
    operator, logs = heard(a_page(a_run(result=None), a_run()))
    assert len(list(operator.watch.runs(KEY, "uid-one"))) == 1
    assert [line["event"] for line in logs] == ["run of a prober ignored"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"[]", 200),
        (b"{" * 100_000, 200),
        (a_page(running="all"), 200),
        (a_page(running=["x"]), 200),
        (a_page(last=-1), 200),
        (a_page(last="1"), 200),
        (a_page(v=2), 200),
        (b" " * (5 * 1024 * 1024), 200),
        (b"", 302),
        (b"oh", 500),
    ],
)
def test_an_answer_that_is_none_is_that_of_a_silent_prober(body, status):
    operator, logs = heard(body, code=status)
    assert list(operator.watch.runs(KEY, "uid-one")) == []
    assert [line["event"] for line in logs] == ["prober does not answer"]


def test_a_pod_that_always_has_more_does_not_keep_the_operator_for_ever():
    operator, _ = heard(a_page(a_run(), more=True, last=1))
    assert len(list(operator.watch.runs(KEY, "uid-one"))) == 1


def test_runs_of_one_check_are_kept_up_to_a_number():
    runs = [a_run(ago=ago) for ago in range(10, 1510)]
    operator, _ = heard(a_page(*runs))
    assert len(list(operator.watch.runs(KEY, "uid-one"))) == 400


def test_a_status_that_makes_no_sense_stops_no_prober():
    operator, _ = heard(a_page(a_run()), status={"ledger": {"through": "9999-12-31T23:59:59"}})
    assert len(list(operator.watch.runs(KEY, "uid-one"))) == 1


def test_deeply_nested_answers_are_refused():
    with pytest.raises(ProberSilent):
        page_of(b'{"v":1,"runs":' + b"[" * 100_000, now=0)
