"""What can become of a run in a real pod: each ends in the right outcome, with a reason that helps.

All of them run at once, under the strictest pod security. What meets a deadline is in test_deadlines.py,
what is taken away from a run while it is at work in test_interrupted.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.e2e.asking import Checks, own_image, python, written

pytestmark = pytest.mark.bed

SMALL = {"requests": {"memory": "32Mi"}, "limits": {"memory": "64Mi"}}
TINY = {"requests": {"memory": "10Mi"}, "limits": {"memory": "10Mi"}}
STEP = {"name": "dns", "dns": {"name": "kubernetes.default.svc.cluster.local"}}
RESULT = '{"v": 1, "outcome": "failure", "step": "basket", "reason": "BasketEmpty", "message": "no tea"}'


@dataclass(frozen=True, slots=True)
class Case:
    """A check, and what its run comes to. ``words`` are in its message."""

    name: str
    spec: dict[str, Any]
    outcome: str
    reason: str | None = None
    words: tuple[str, ...] = field(default=())


CASES = (
    Case("steps", {"steps": [STEP]}, "success"),
    Case(
        "own-memory",
        python("bytearray(1 << 28)", resources=SMALL),
        "infra",
        "OOMKilled",
        ("raise spec.resources.limits.memory", "exit code 137"),
    ),
    Case(
        "probe-memory",
        {"steps": [STEP], "resources": TINY},
        "infra",
        "OOMKilled",
        ("raise spec.resources.limits.memory",),
    ),
    Case(
        "child-memory",  # the kernel ends a child, and the container lives on to say something of its own
        python(
            "import subprocess, sys; subprocess.run([sys.executable, '-c', 'bytearray(1 << 28)']); exit(1)",
            resources=SMALL,
        ),
        "infra",
        "OOMKilled",
        ("raise spec.resources.limits.memory", "exit code 1"),
    ),
    Case("exit-0", own_image("true"), "success", None, ("exit code 0",)),
    Case("exit-1", own_image("sh", "-c", "exit 1"), "failure", "ExitCode", ("exit code 1",)),
    Case("exit-2", own_image("sh", "-c", "exit 2"), "error", "ExitCode", ("exit code 2",)),
    Case("exit-3", own_image("sh", "-c", "exit 3"), "infra", "ExitCode", ("0 is success", "exit code 3")),
    Case("exit-137", own_image("sh", "-c", "exit 137"), "infra", "ExitCode", ("SIGKILL", "exit code 137")),
    Case("no-program", own_image("/no/such/program"), "infra", "StartError", ("check command and image",)),
    Case("plain-words", python(written("'no tea left'", 1)), "failure", "ExitCode", ("1: no tea left",)),
    Case("own-result", python(written(repr(RESULT), 0)), "failure", "BasketEmpty", ("no tea",)),
    Case(
        "broken-result",
        python(written(repr(RESULT[:-9]), 1)),
        "failure",
        "ExitCode",
        ("its message is no result", "not JSON"),
    ),
    Case(
        "other-result",
        python(written(repr('{"v": 7, "outcome": "success"}'), 3)),
        "infra",
        "ExitCode",
        ("its message is no result: v", "exit code 3"),
    ),
    Case("long-words", python(written("'x' * 9000", 2)), "error", "ExitCode", ("exit code 2",)),
)


@pytest.fixture(scope="module")
def runs(make_checks: Any) -> dict[str, dict[str, Any]]:
    """The run of each case, in a namespace that refuses pods with any right they do not need."""
    checks: Checks = make_checks()
    checks.client.namespace(checks.namespace, {"pod-security.kubernetes.io/enforce": "restricted"})
    for case in CASES:
        checks.apply(case.name, case.spec)
    return checks.ran(*(case.name for case in CASES))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_run_comes_to_the_right_outcome_with_a_reason_that_helps(
    runs: dict[str, dict[str, Any]], case: Case
):
    run = runs[case.name]
    assert (run["outcome"], run.get("reason")) == (case.outcome, case.reason), run
    for words in case.words:
        assert words in run["message"]
    assert len(run.get("message", "")) < 600


def test_what_measured_nothing_has_taken_no_time(runs: dict[str, dict[str, Any]]):
    for case in CASES:
        if case.outcome == "infra":
            assert "durationMs" not in runs[case.name], case.name
            assert runs[case.name].get("attempts", 0) == 0, case.name
    assert runs["steps"]["durationMs"] >= 0
