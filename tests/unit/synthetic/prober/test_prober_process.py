"""The prober as a real process: on time, whatever single checks do, and without loss at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from tests.bed.waiting import wait_for
from tests.unit.synthetic.prober.process import Prober, an_entry, lateness, outcomes
from tests.unit.synthetic.prober.target import Target

HOG = "$..[?count($..a)>99999999]"
"""Looks at every node for every node: minutes over a large answer."""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as running:
        yield running


@pytest.fixture
def prober(tmp_path: Path) -> Prober:
    return Prober(tmp_path)


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory, target: Target) -> Iterator[Prober]:
    """Checks of all kinds beside one another, of which none knows of the others."""
    token = {"name": "token", "env": "FIRELINE_VAR_TOKEN"}
    step = {"name": "home", "http": {"url": f"{target.url}/secret", "headers": {"X-Token": "${token}"}}}
    secretive = an_entry("secretive", "", variables=[token], steps=[step])
    prober = Prober(tmp_path_factory.mktemp("crowd"))
    prober.write(
        an_entry("quick", f"{target.url}/quick"),
        an_entry("down", f"{target.url}/down"),
        an_entry("bad", "x", steps=[{"name": "home"}]),
        an_entry("long", f"{target.url}/slow/6", timeout="8s"),
        {**secretive, "secrets": {"token": "probe/token"}},
        *(an_entry(f"hanging{i}", f"{target.url}/slow/30", timeout="2s") for i in range(30)),
    )
    with prober:
        yield prober


def slots(runs) -> list[int]:
    return [run["slot"] for run in runs]


def gapless(runs, every: int) -> bool:
    found = slots(runs)
    return found == list(range(found[0], found[-1] + 1, every))


def test_a_hundred_journeys_every_five_seconds_start_on_time_and_miss_no_slot(prober, target):
    names = [f"c{number}" for number in range(100)]
    prober.write(*(an_entry(one, f"{target.url}/{one}", offset=i % 5) for i, one in enumerate(names)))
    with prober:
        wait_for(lambda: len(prober.read()) >= 400, what="four rounds of a hundred runs")
        for name in names:
            runs = prober.of(name)
            assert gapless(runs, 5)
            assert len(runs) >= 3
            assert set(outcomes(runs)) == {"success"}
            assert all(run["slot"] % 5 == names.index(name) % 5 for run in runs)
        assert not prober.events("too late")
        assert not prober.events("overlap")
        assert len(set(target.paths("/c"))) == 100


def test_one_that_computes_for_minutes_delays_nobody_and_is_broken_off(prober, target):
    hog = an_entry("hog", f"{target.url}/big")
    hog["journey"]["steps"][0]["assert"] = [{"jsonPath": HOG, "exists": True}]
    prober.write(hog, *(an_entry(f"c{i}", f"{target.url}/x", offset=i % 5) for i in range(20)))
    with prober:
        stalled = wait_for(lambda: prober.of("hog"), what="a result of the one that computes")
        assert (stalled[0]["result"]["outcome"], stalled[0]["result"]["reason"]) == ("infra", "EngineStalled")
        for number in range(20):
            runs = prober.of(f"c{number}")
            assert gapless(runs, 5)
            assert set(outcomes(runs)) == {"success"}
        assert not prober.events("too late")
        assert prober.events("overlap")[0]["check"] == "hog"


def test_a_target_that_hangs_delays_nobody(crowd):
    wait_for(lambda: len(crowd.of("quick")) >= 2 and len(crowd.of("hanging7")) >= 2, what="two rounds")
    assert gapless(crowd.of("quick"), 5)
    assert set(outcomes(crowd.of("quick"))) == {"success"}
    assert set(outcomes(crowd.of("hanging7"))) == {"error"}
    assert not crowd.events("too late")


def test_a_run_that_is_still_going_leaves_out_the_next_slot(crowd):
    wait_for(lambda: crowd.of("long")[1:], what="two runs")
    first, second = slots(crowd.of("long"))[:2]
    assert second - first == 10
    assert set(outcomes(crowd.of("long"))) == {"success"}
    assert next(one for one in crowd.events("overlap") if one["check"] == "long")["slot"] == first + 5


def test_what_is_under_way_is_told(crowd):
    def under_way():
        return [one for one in crowd.page()["running"] if one.startswith("uid-long/")]

    (running,) = wait_for(under_way, what="a run under way", every=0.02)
    wait_for(lambda: running in [run["id"] for run in crowd.of("long")], what="its result")
    assert running not in crowd.page()["running"]


def test_files_that_change_while_it_runs_are_taken_over(prober, target):
    prober.write(an_entry("kept", f"{target.url}/kept"), an_entry("old", f"{target.url}/old"))
    with prober:
        wait_for(lambda: prober.of("kept") and prober.of("old"), what="the first runs")
        prober.write(an_entry("old", f"{target.url}/new"), an_entry("added", f"{target.url}/added"))
        wait_for(lambda: target.paths("/new") and target.paths("/added"), what="the new journeys")
        (prober.journeys / "old.json").unlink()
        wait_for(lambda: prober.events("journeys")[-1]["checks"] == 2, what="one less")
        last = len(prober.of("old"))
        wait_for(lambda: len(prober.of("kept")) >= 4, what="more runs of what stayed")
        assert len(prober.of("old")) == last
        assert gapless(prober.of("kept"), 5)


def test_a_file_that_is_no_journey_stops_no_other(crowd):
    wait_for(lambda: crowd.of("quick"), what="a run")
    (refused,) = crowd.events("journey refused")
    assert refused["file"] == "bad.json"
    assert "steps[0]: found none" in refused["why"]


def test_a_secret_is_read_for_each_run_and_its_absence_stops_no_other(crowd, target):
    first, *_ = wait_for(lambda: crowd.of("secretive"), what="a run without the Secret")
    assert (first["result"]["outcome"], first["result"]["reason"]) == ("infra", "MissingSecret")
    assert "no Secret probe with a key token" in first["result"]["message"]
    assert "success" in outcomes(wait_for(lambda: crowd.of("quick"), what="the other check"))
    (crowd.secrets / "probe").mkdir()
    (crowd.secrets / "probe" / "token").write_text("canary-4711")
    wait_for(lambda: "success" in outcomes(crowd.of("secretive")), what="a run with the Secret")
    assert {token for _, path, token in target.visits if path == "/secret"} == {"canary-4711"}
    assert "canary-4711" not in crowd.server.log.read_text()


def test_a_failure_is_told_with_its_evidence(crowd):
    run, *_ = wait_for(lambda: crowd.of("down"), what="a run")
    assert run["result"]["reason"] == "StatusMismatch"
    assert "503" in run["result"]["evidence"]
    assert run["id"] == f"uid-down/{run['slot']}"
    assert lateness(run) >= 0
    assert next(one for one in crowd.events("run") if one["check"] == "down")["reason"] == "StatusMismatch"


def test_a_new_process_numbers_its_runs_anew_and_tells_so(prober, target):
    prober.write(an_entry("one", f"{target.url}/one"))
    with prober:
        wait_for(lambda: prober.of("one"), what="a run")
        boot, after = prober.boot, prober.after
        prober.server.kill()
        prober.server.start()
        page = wait_for(lambda: (p := prober.page(boot=boot, after=after))["runs"] and p, what="a run")
        assert page["boot"] != boot
        assert page["last"] == len(page["runs"])


def test_a_number_that_is_none_is_refused(crowd):
    for after in ("-1", "x", "1e5", "9" * 19):
        with pytest.raises(HTTPError) as refused:
            crowd.page(after=after)
        with refused.value as answer:
            assert answer.code == 400
