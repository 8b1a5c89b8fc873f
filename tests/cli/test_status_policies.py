"""``fireline status --policies``: the table of AlertPolicies, from files; what is unknown stays unknown."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from rich.console import Console
from tests.cli.policy_statuses import QUALITY, TESTED, a_policy, a_policy_status
from tests.cli.statuses import an_slo

from fireline.cli.columns import View
from fireline.cli.main import main
from fireline.cli.policyboard import policy_board
from fireline.cli.policystanding import PolicyStanding

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
AT = datetime(2026, 3, 10, 3, 4, 30, tzinfo=UTC)
DELIVERED = {"nonce": "n", "at": "2026-03-09T20:00:00Z", "state": "Delivered", "delivered": ["pager"]}

WELL = a_policy("on-call", status=a_policy_status(quality=QUALITY, lastTest=DELIVERED))
BROKEN_TEST = a_policy("media", status=a_policy_status(lastTest=TESTED))
WAITING = a_policy(
    "payments-and-invoices",
    status=a_policy_status(
        {"RoutesLoaded": ("False", "Deferred", "2 alerts fire")},
        quality=QUALITY | {"pagesPerWeek": "0.0", "precision": "100.0"},
        lastTest=DELIVERED,
    ),
)
NO_SECRET = a_policy(
    "search",
    status=a_policy_status(
        {
            "Ready": ("False", "SecretMissing", "no Secret"),
            "RoutesLoaded": ("Unknown", "Pending", "not yet"),
        },
        selected={"count": 0, "asOf": "2026-03-10T03:00:00Z"},
        escalation={"mode": "None", "worstCaseDelay": "at once"},
    ),
)
PROVIDER = a_policy(
    "pager-duty",
    namespace="post",
    status=a_policy_status(
        {"RoutesLoaded": ("Unknown", "AlertmanagerUnreachable", "Connection refused")},
        escalation={"mode": "Provider", "worstCaseDelay": "by provider"},
        lastTest={"nonce": "n", "state": "Running"},
    ),
)
UNSEEN = a_policy("new")
ALL = [WELL, PROVIDER, UNSEEN, WAITING, NO_SECRET, BROKEN_TEST]


def fireline(*arguments: str, objects: list[dict[str, Any]] | None = None) -> Result:
    listed = {"apiVersion": "v1", "kind": "List", "items": ALL if objects is None else objects}
    return CliRunner().invoke(main, ["status", "--policies", *arguments, "-"], input=yaml.safe_dump(listed))


def drawn(width: int) -> str:
    """The table without colours, at four past three."""
    standings = sorted((PolicyStanding.of(one) for one in ALL), key=lambda one: one.urgency)
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as captured:
        console.print(policy_board(standings, View(AT, width)))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_reads_like_this_the_worst_first(width: int) -> None:
    text = drawn(width)

    assert text == (GOLDEN / f"status-policies-{width}.txt").read_text()
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", range(60, 200, 7))
def test_no_name_and_no_state_is_cut_off_on_any_width(width: int) -> None:
    text = "".join(drawn(width).split())

    for words in ("shop/payments-and-", "invoices", "shop/on-call", "Failed17h", "Delivered7h"):
        assert words in text
    assert "…" not in text


def test_in_a_pipe_there_is_a_line_for_each_and_slos_pass_by() -> None:
    done = fireline(objects=[WELL, an_slo("pay")])

    assert done.exit_code == 0
    head, row, _, total = done.stdout.splitlines()
    assert head.split() == [
        "POLICY",
        "READY",
        "LOADED",
        "SLOS",
        "LAST",
        "LEVEL",
        "PAGES/WEEK",
        "PRECISION",
        "LAST",
        "TEST",
    ]
    assert row.split()[:7] == ["shop/on-call", "True", "True", "2", "30m", "1.5", "83.3%"]
    assert total == "1 policy: 1 OK"


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_documents_have_null_for_what_is_unknown(output: str) -> None:
    found = yaml.safe_load(fireline("-o", output).stdout)
    by_name = {one["name"]: one for one in found["items"]}

    assert found["summary"] == {
        "policies": 6,
        "not-ready": 2,
        "not-loaded": 1,
        "test-failed": 1,
        "unknown": 3,
        "untested": 2,
        "ok": 1,
    }
    assert by_name["new"]["slos"] is None
    assert by_name["new"]["quality"] == {"pagesPerWeek": None, "precision": None, "recall": None}
    assert by_name["on-call"]["quality"]["pagesPerWeek"] == "1.5"
    assert by_name["search"]["slos"] == 0
    assert by_name["media"]["lastTest"] == {"state": "Failed", "at": "2026-03-09T10:00:00+00:00"}


@pytest.mark.parametrize(
    ("policy", "word", "code"),
    [
        (WELL, "not-ready", 0),
        (UNSEEN, "not-ready", 1),
        (WAITING, "not-loaded", 1),
        (BROKEN_TEST, "test-failed", 1),
        (PROVIDER, "unknown", 1),
        (NO_SECRET, "untested", 1),
        (WELL, "untested", 0),
    ],
)
def test_a_script_can_fail_on_a_flaw(policy: dict[str, Any], word: str, code: int) -> None:
    assert fireline("--fail-on", word, objects=[policy]).exit_code == code


@pytest.mark.parametrize(
    "arguments", [["--tier", "Api"], ["--by", "team"], ["--sort", "burn"], ["--fail-on", "burning"], ["-w"]]
)
def test_what_only_slos_have_is_wrong_usage(arguments: list[str]) -> None:
    assert fireline(*arguments).exit_code == 2


def test_words_of_policies_are_no_words_of_slos() -> None:
    done = CliRunner().invoke(main, ["status", "--fail-on", "untested", "-"], input="")

    assert done.exit_code == 2
    assert "choose from burning, no-data, exhausted, not-ready, alerting, unknown" in done.stderr


def test_none_at_all_is_said() -> None:
    done = fireline(objects=[])

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no AlertPolicies in files\n")


def test_json_is_json() -> None:
    assert json.loads(fireline("-o", "json").stdout)["items"][0]["name"] in {"new", "search"}
