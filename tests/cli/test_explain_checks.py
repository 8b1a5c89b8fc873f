"""``fireline explain`` of SyntheticChecks in files: what is wrong, what to do, and how the runs went."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console
from tests.cli.check_statuses import (
    AT,
    EVIDENCE,
    FAILING,
    INVALID,
    LEFT_ALONE,
    NEVER,
    NOT_MEASURED,
    SUSPENDED,
    UNSEEN,
    WELL,
    an_object,
    failed,
    seen,
)

from fireline.cli.explaining.check_advice import advice
from fireline.cli.explaining.page import Explanation, document, page
from fireline.cli.explaining.reading import from_files
from fireline.cli.main import main
from fireline.settings import Settings
from fireline.synthetic.classify_words import LOST, WAITING

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
Manifest = dict[str, Any]


def explanation(tmp_path: Path, check: Manifest) -> Explanation:
    (tmp_path / "check.yaml").write_text(yaml.safe_dump(check))
    (found,) = from_files(str(tmp_path / "check.yaml"), Settings(), None, namespace="default", now=AT)
    return found


def explained(tmp_path: Path, check: Manifest) -> str:
    """The page about a check of a file, half a minute after its last run."""
    console = Console(file=io.StringIO(), width=160, highlight=False)
    with console.capture() as captured:
        console.print(page(explanation(tmp_path, check), console))
    text = captured.get().replace(f"{tmp_path}/", "")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def told(tmp_path: Path, check: Manifest) -> Manifest:
    return document(explanation(tmp_path, check))


def line(found: Manifest, key: str, name: str) -> Manifest:
    (one,) = [one for one in found[key] if one["name"] == name]
    return one


def step(found: Manifest, name: str) -> Manifest:
    (one,) = [one for one in found["steps"] if one["name"] == name]
    return one


JOURNEY = [
    {"name": "login", "http": {"url": "https://shop.example/login", "headers": {"X-Key": "${key}"}}},
    {"name": "verify", "http": {"url": "https://shop.example/verify"}},
]
STORY = seen(
    an_object(
        "login",
        steps=JOURNEY,
        cleanup=[{"name": "tidy", "http": {"url": "https://shop.example/tidy"}}],
        variables=[{"name": "key", "secretKeyRef": {"name": "probe", "key": "key"}}],
        availability={"target": "99", "window": "7d"},
        location="eu-1",
    ),
    *["success"] * 10,
    failed(),
    failed(
        steps=[
            {"name": "login", "outcome": "failure", "ms": 120, "attempts": 3},
        ],
        cleanup=[{"name": "tidy", "outcome": "error", "ms": 10_000, "attempts": 1, "message": "no answer"}],
        certificates=[{"step": "login", "notAfter": "2027-01-01T00:00:00Z"}],
    ),
    now=750,
)


def test_a_failing_check_reads_like_this(tmp_path: Path) -> None:
    assert explained(tmp_path, STORY) == (GOLDEN / "explain-check.txt").read_text()


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (WELL, "Ready; unknown: Selected (NoPrometheusObject)"),
        (FAILING, "Ready; look at Healthy: StatusMismatch"),
        (NOT_MEASURED, "Ready; unknown: Healthy (OutOfMemory)"),
        (LEFT_ALONE, "Ready; look at Fresh: StatusTooOld"),
        (NEVER, "Ready; look at Fresh: NeverRan"),
        (SUSPENDED, "Ready, and suspended"),
        (INVALID, "not Ready; look at Valid: InvalidSchedule"),
        (UNSEEN, "valid; not applied as far as this file tells"),
    ],
    ids=lambda one: one["metadata"]["name"] if isinstance(one, dict) else "",
)
def test_the_answer_in_one_line(tmp_path: Path, check: Manifest, answer: str) -> None:
    assert told(tmp_path, check)["answer"] == answer


def test_an_operator_that_is_gone_is_seen_though_its_last_word_was_that_all_is_well(tmp_path: Path) -> None:
    found = step(told(tmp_path, LEFT_ALONE), "Fresh")

    assert (found["answer"], found["reason"]) == ("No", "StatusTooOld")
    assert found["words"][0].startswith("runs are counted up to 2026-11-22T00:0")
    assert "no operator is at work" in found["advice"][0]


def test_the_last_evidence_is_shown_line_by_line(tmp_path: Path) -> None:
    found = line(told(tmp_path, FAILING), "evidence", "Evidence")

    assert found["words"] == EVIDENCE.splitlines()


def test_what_was_never_measured_is_unknown_and_no_figure(tmp_path: Path) -> None:
    found = told(tmp_path, NEVER)

    assert line(found, "runs", "Availability")["figure"] is None
    assert line(found, "runs", "Availability")["words"] == ["nothing was measured in 30d"]
    assert line(found, "runs", "Coverage")["figure"] == "0 %"
    assert line(found, "runs", "Last success")["figure"] is None


def test_figures_follow_from_counts_that_stand_beside_them(tmp_path: Path) -> None:
    found = told(tmp_path, FAILING)

    assert line(found, "runs", "Availability") == {
        "name": "Availability",
        "figure": "75 %",
        "words": [
            "9 of 12 measured runs succeeded in 30d (UTC days, today included)",
            "99 % is promised: not kept",
        ],
    }
    assert line(found, "runs", "Coverage")["words"] == ["12 of 12 expected runs measured something"]
    assert line(found, "runs", "In a row")["figure"] == "3 failed"


def test_names_of_secrets_are_shown_and_no_value(tmp_path: Path) -> None:
    found = told(tmp_path, STORY)

    assert line(found, "does", "Secrets")["words"] == ["key: Secret probe, key key"]


@pytest.mark.parametrize("reason", sorted({*WAITING, *LOST}))
@pytest.mark.parametrize("name", ["Scheduled", "Healthy"])
def test_whatever_keeps_a_run_from_measuring_has_a_next_step(reason: str, name: str) -> None:
    text, commands = advice(name, reason, measured=False)
    where = dict.fromkeys(("name", "ns", "started", "pods", "rule", "runs"), "x")

    assert text
    assert all("{" not in one.format(**where).replace('{"spec":{', "") for one in (*text, *commands))


@pytest.mark.parametrize("name", ["Seen", "Valid", "Written", "Selected", "Scheduled", "Fresh", "Healthy"])
def test_every_step_has_advice_whatever_its_reason(name: str) -> None:
    assert advice(name, "SomethingNew", measured=True)[0]


def test_a_waiting_run_is_told_with_its_job(tmp_path: Path) -> None:
    waiting = {
        "job": "login-1",
        "since": "2026-11-22T00:10:00Z",
        "reason": "MissingSecret",
        "message": "a Secret or a key of it is missing",
    }
    check = copy.deepcopy(WELL)
    check["status"]["waiting"] = waiting
    for one in check["status"]["conditions"]:
        if one["type"] == "Scheduled":
            one.update(status="False", reason="MissingSecret", message="login-1 does not start: …")

    found = told(tmp_path, check)

    assert line(found, "runs", "Waiting") == {
        "name": "Waiting",
        "figure": "MissingSecret for 2m",
        "words": ["Job login-1"],
    }
    assert "kubectl create secret generic NAME -n shop" in step(found, "Scheduled")["commands"][1]


def test_one_of_the_prober_is_looked_for_where_it_runs(tmp_path: Path) -> None:
    spec = {"runner": "Prober", "schedule": {"every": "10s"}, "timeout": "5s", "location": "eu-1"}
    found = told(tmp_path, seen(an_object("login", **spec), now=750))

    assert step(found, "Fresh")["commands"] == [
        "kubectl describe deployment fireline-prober-eu-1 -n shop",
        "kubectl get jobs,pods -l fireline.dev/owner-kind=Prober,fireline.dev/owner-name=eu-1 -n shop",
    ]


def test_a_file_is_explained_before_it_is_applied() -> None:
    check = an_object("login", steps=JOURNEY[1:], schedule={"cron": "*/10 6-22 * * *"})
    done = CliRunner().invoke(main, ["explain", "-", "-o", "json"], input=yaml.safe_dump(check))
    found = json.loads(done.stdout)

    assert [one["name"] for one in found["steps"]] == ["Valid"]
    assert line(found, "does", "Schedule")["figure"] == "every 10m to 7h10m"
    assert [one["alert"] for one in found["alerts"]] == [
        "SyntheticCheckFailing",
        "SyntheticCheckLate",
        "SyntheticCheckNeverRan",
        "SyntheticCheckNotMeasured",
    ]
    assert "runs" not in found


@pytest.mark.parametrize("kind", ["syn", "SyntheticCheck", "syntheticchecks.fireline.dev"])
def test_the_kind_may_be_written_as_kubectl_takes_it(kind: str) -> None:
    from fireline.cli.explain import object_meant

    assert object_meant(f"{kind}/login") == ("syn", "login")


def test_series_are_not_asked_for_a_check() -> None:
    done = CliRunner().invoke(main, ["explain", "syn/login", "--prometheus", "http://x"])

    assert done.exit_code == 2
    assert "leave them out with a SyntheticCheck" in done.stderr
