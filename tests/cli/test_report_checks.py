"""``fireline report`` of SyntheticChecks: what was promised, and what came of it, counted by hand."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.cli.check_statuses import FAILING, NEVER, SUSPENDED, UNSEEN, WELL, an_object, failed, seen

from fireline.alerting.quality.model import Stretch
from fireline.cli.main import main
from fireline.cli.reporting.checks import CheckReport, check_reports

Manifest = dict[str, Any]
NOW = datetime(2026, 11, 22, 0, 12, 30, tzinfo=UTC)
UNTIL = ["--until", "2026-11-22T00:12:30Z"]


def a_month(**days: dict[str, int]) -> Manifest:
    """The failing check with counts of other days (``d19``) beside those of today."""
    check = copy.deepcopy(FAILING)
    check["metadata"]["creationTimestamp"] = "2026-09-01T00:00:00Z"
    listed = [{"day": f"2026-11-{name[1:]}", **counts} for name, counts in days.items()]
    check["status"]["days"] = sorted([*listed, *check["status"]["days"]], key=lambda one: one["day"])
    return check


def reported(
    check: Manifest, start: str = "2026-11-16", end: str = "2026-11-23", now: datetime = NOW
) -> CheckReport:
    times = [int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()) for day in (start, end)]
    (one,) = check_reports([check], Stretch(*times), now)
    return one


def fireline(*arguments: str, objects: list[Manifest]) -> Result:
    text = yaml.safe_dump_all(objects)
    return CliRunner().invoke(main, ["report", *UNTIL, *arguments, "-"], input=text, catch_exceptions=False)


def row(text: str, name: str) -> list[str]:
    (line,) = [one for one in text.splitlines() if one.startswith(f"| {name} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_availability_of_the_period_is_counted_from_its_days() -> None:
    """Today's 9 of 12, and 1320 of 1440 on the 19th: 1329 of 1452."""
    one = reported(a_month(d19={"success": 1320, "failure": 100, "error": 20, "expected": 1440}))

    assert one.total.available == "91.528"
    assert (one.total.failed, one.total.measured) == (123, 1452)
    assert one.total.covered == "100"


def test_a_day_on_which_nothing_could_be_measured_is_unknown_and_lowers_the_coverage_alone() -> None:
    """12 of 12 + 1440 expected runs measured something: 0.826 %."""
    one = reported(a_month(d21={"infra": 1440, "expected": 1440}))
    worst = one.worst[0]

    assert (worst.day, worst.available, worst.covered) == ("2026-11-21", None, "0")
    assert one.total.available == "75"
    assert one.total.covered == "0.826"


def test_skipped_runs_are_expected_of_nobody() -> None:
    one = reported(a_month(d21={"skipped": 1440}))

    assert one.total.covered == "100"
    assert "2026-11-21" not in [day.day for day in one.worst]


def test_days_outside_of_the_period_are_left_out() -> None:
    check = a_month(d14={"failure": 1000, "expected": 1000}, d16={"success": 1, "expected": 1})

    assert [day.day for day in reported(check).days] == ["2026-11-16", "2026-11-22"]
    assert [day.day for day in reported(check, end="2026-11-22").days] == ["2026-11-16"]


def test_a_day_is_in_a_period_when_it_begins_in_it() -> None:
    check = a_month(d15={"success": 1, "expected": 1}, d16={"success": 1, "expected": 1})
    start = int(datetime(2026, 11, 15, 0, 12, 30, tzinfo=UTC).timestamp())
    (one,) = check_reports([check], Stretch(start, int(NOW.timestamp())), NOW)

    assert [day.day for day in one.days] == ["2026-11-16", "2026-11-22"]


def test_failures_are_grouped_by_step_and_reason() -> None:
    other = {
        "outcome": "error",
        "step": "verify",
        "reason": "Timeout",
        "message": "verify: no answer in time",
    }
    one = reported(seen(an_object("login"), "success", failed(), other, failed(), "success"))

    assert [(each.step, each.reason, each.times) for each in one.failures] == [
        ("login", "StatusMismatch", 2),
        ("verify", "Timeout", 1),
    ]
    assert one.failures[0].message == "login: expected status 200, found 503"


def test_the_worst_day_is_first() -> None:
    check = a_month(
        d18={"success": 99, "failure": 1, "expected": 100},
        d19={"success": 50, "failure": 50, "expected": 100},
        d20={"success": 100, "expected": 100},
    )

    assert [day.day for day in reported(check).worst] == ["2026-11-19", "2026-11-22", "2026-11-18"]


def test_what_is_older_than_the_status_keeps_is_said_to_be_unknown() -> None:
    """Of a window of 30 days, today included, the first is the 24th of October."""
    check = a_month(d16={"success": 1, "expected": 1})

    assert reported(check, start="2026-09-01").since == "2026-10-24"
    assert reported(check, start="2026-10-24").since is None


def test_a_young_check_is_known_since_it_was_made() -> None:
    assert reported(WELL).since == "2026-11-22"


def test_runs_that_nobody_counts_any_more_are_said_to_be_missing() -> None:
    later = datetime(2026, 11, 22, 6, tzinfo=UTC)

    assert reported(WELL).through is None
    assert reported(WELL, now=later).through == "2026-11-22T00:12:00Z"


@pytest.mark.parametrize("check", [NEVER, UNSEEN, SUSPENDED], ids=lambda one: one["metadata"]["name"])
def test_what_was_never_measured_is_never_a_figure(check: Manifest) -> None:
    one = reported(check)

    assert (one.value, one.met, one.total.available) == (None, None, None)


def test_those_that_do_not_keep_their_promise_come_first() -> None:
    period = Stretch(int(NOW.timestamp()) - 86_400, int(NOW.timestamp()))

    assert [one.name for one in check_reports([WELL, NEVER, FAILING], period, NOW)] == [
        "login",
        "push",
        "health",
    ]


def test_the_markdown_reads_like_this() -> None:
    check = a_month(d19={"success": 1320, "failure": 120, "expected": 1440})
    text = fireline("-o", "markdown", objects=[check, WELL, NEVER]).stdout

    assert text.startswith("# Availability\n")
    assert row(text, "shop/login") == [
        *("shop/login", "99 %", "30d", "75 %", "not kept", "91.528 %", "123 of 1452 runs", "100 %"),
    ]
    assert row(text, "shop/health")[3:6] == ["100 %", "kept", "100 %"]
    assert row(text, "shop/push")[3:] == ["unknown", "", "unknown", "nothing measured", "0 %"]
    assert row(text, "2026-11-19") == ["2026-11-19", "91.666 %", "120 of 1440 runs", "100 %"]
    assert row(text, "login")[:3] == ["login", "StatusMismatch", "3"]
    assert "Of 123 failed runs the last 3 are told in detail." in text


def test_json_has_null_for_what_is_unknown() -> None:
    found = json.loads(fireline("-o", "json", objects=[NEVER, FAILING]).stdout)
    by_name = {one["name"]: one for one in found["checks"]}

    assert by_name["push"]["inPeriod"]["availability"] is None
    assert by_name["push"]["met"] is None
    assert by_name["push"]["inPeriod"]["coverage"] == "0"
    assert by_name["login"]["met"] is False
    assert by_name["login"]["inPeriod"]["counts"] == {"success": 9, "failure": 3, "expected": 12}
    assert by_name["login"]["failures"][0]["times"] == 3


def test_html_has_the_same_table_and_no_script() -> None:
    page = fireline("-o", "html", objects=[FAILING]).stdout

    assert page.startswith("<!doctype html>")
    assert '<td class="no">not kept</td>' in page
    assert "<td>shop/login</td>" in page
    assert "<script" not in page


def test_a_message_of_a_target_is_no_markup() -> None:
    """What a run says is written by strangers."""
    evil = failed(message="login: expected <img src=x onerror=alert(1)> | `rm`")
    check = seen(an_object("login"), "success", evil)
    period = ["--since", "2026-11-21"]

    assert "<img" not in fireline("-o", "html", *period, objects=[check]).stdout
    assert (
        "\\<img src=x onerror=alert(1)\\> \\| \\`rm\\`"
        in fireline("-o", "markdown", *period, objects=[check]).stdout
    )


def test_only_the_checks_that_are_meant_are_told_of() -> None:
    found = json.loads(fireline("-o", "json", "--check", "login", objects=[WELL, FAILING]).stdout)

    assert [one["name"] for one in found["checks"]] == ["login"]
    missing = fireline("--check", "logni", objects=[WELL, FAILING])
    assert missing.exit_code == 2
    assert "--check: there is no logni; known: health, login" in missing.stderr


def test_checks_alone_need_no_prometheus() -> None:
    assert fireline("-o", "json", objects=[WELL]).exit_code == 0


def test_nothing_to_report_on_is_said() -> None:
    done = fireline(objects=[])

    assert done.exit_code == 2
    assert "no SyntheticCheck to report on" in done.stderr
