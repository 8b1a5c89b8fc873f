"""``fireline status`` of SyntheticChecks, from files; what is unknown stays unknown."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from rich.console import Console
from tests.cli.check_statuses import (
    ALL,
    AT,
    FAILING,
    LATE,
    LEFT_ALONE,
    NEVER,
    NOT_MEASURED,
    SLOW,
    SUSPENDED,
    UNSEEN,
    WELL,
    an_object,
    seen,
    shown,
)
from tests.cli.statuses import an_slo

from fireline.cli.checkboard import check_board
from fireline.cli.checkstanding import CheckFact, CheckStanding
from fireline.cli.columns import View
from fireline.cli.main import main
from fireline.cli.showing import Seen, Shown, Wishes, screen
from fireline.cli.standing import Standing

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
Manifest = dict[str, Any]


def fireline(*arguments: str, objects: list[Manifest]) -> Result:
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    return CliRunner().invoke(main, ["status", *arguments, "-"], input=yaml.safe_dump(listed))


def standings(*checks: Manifest) -> list[CheckStanding]:
    return sorted((CheckStanding.of(one, AT) for one in checks), key=lambda one: one.urgency)


def drawn(width: int, *, unicode: bool = True) -> str:
    """The table without colours, half a minute after the twelfth run."""
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as captured:
        console.print(check_board(standings(*ALL), View(AT, width, unicode=unicode)))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_reads_like_this_the_worst_first(width: int) -> None:
    text = drawn(width)

    assert text == (GOLDEN / f"status-checks-{width}.txt").read_text()
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", range(60, 200, 7))
def test_no_name_and_no_outcome_is_cut_off_on_any_width(width: int) -> None:
    text = "".join(drawn(width).split())

    for words in ("media-upload-", "finalize", "shop/login", "success,slow", "suspended"):
        assert words in text
    assert "…" not in text


def test_a_terminal_without_these_signs_gets_others() -> None:
    assert drawn(140, unicode=False).isascii()


@pytest.mark.parametrize(
    ("check", "facts"),
    [
        (WELL, set()),
        (SLOW, set()),
        (FAILING, {"failing", "target-missed"}),
        (LATE, {"late", "not-measured", "low-coverage", "unknown"}),
        (NEVER, {"late", "not-measured", "low-coverage", "unknown"}),
        (LEFT_ALONE, {"late"}),
        (NOT_MEASURED, {"not-measured", "low-coverage", "unknown"}),
        (SUSPENDED, {"suspended"}),
        (UNSEEN, {"not-ready", "unknown"}),
    ],
    ids=lambda one: one["metadata"]["name"] if isinstance(one, dict) else "",
)
def test_what_is_so_of_a_check_is_said_and_a_script_can_fail_on_it(check: Manifest, facts: set[str]) -> None:
    (one,) = standings(check)

    assert {fact.value for fact in one.facts} == facts, shown(check)


@pytest.mark.parametrize("word", [fact.value for fact in CheckFact])
def test_a_script_can_fail_on_every_fact(word: str) -> None:
    so = [one for one in ALL if word in {fact.value for fact in standings(one)[0].facts}]
    # Now is years later than the moment of the runs, or earlier: only what does not depend on it.
    lasting = [one for one in so if word not in {"late", "not-measured"}] or so

    assert fireline("--checks", "--fail-on", word, objects=lasting).exit_code == 1
    assert fireline("--checks", "--fail-on", word, objects=[]).exit_code == 0


def test_a_status_that_nobody_keeps_up_to_date_is_late_though_it_says_fresh() -> None:
    """The operator is gone: what it wrote last says all is well."""
    fresh = next(one for one in LEFT_ALONE["status"]["conditions"] if one["type"] == "Fresh")
    (one,) = standings(LEFT_ALONE)

    assert fresh["status"] == "True"
    assert CheckFact.LATE in one.facts
    assert one.stale


def test_a_check_that_rests_at_night_is_not_late_in_the_morning() -> None:
    check = seen(an_object("day", schedule={"cron": "*/10 1-2 * * *"}), now=30)
    (one,) = standings(check)

    assert CheckFact.LATE not in one.facts


def test_runs_on_demand_say_nothing_of_the_schedule() -> None:
    check = seen(an_object("login"), "success", "success")
    by_hand = {**check["status"]["history"][0], "trigger": "Manual", "outcome": "failure"}
    check["status"]["history"].insert(0, by_hand)
    (one,) = standings(check)

    assert one.history == ("success", "success")
    assert one.last is not None
    assert one.last.outcome == "success"


@pytest.mark.parametrize(
    ("value", "target", "left"),
    [("100", "99.9", 1.0), ("99.95", "99.9", 0.5), ("99.9", "99.9", 0.0), ("99.8", "99.9", -1.0)],
)
def test_the_bar_is_what_is_left_of_the_failures_the_target_allows(
    value: str, target: str, left: float
) -> None:
    check = seen(an_object("login", availability={"target": target}), "success")
    check["status"]["availability"]["value"] = value
    (one,) = standings(check)

    assert one.room is not None
    assert float(one.room) == pytest.approx(left)


def test_nothing_measured_has_no_bar_and_no_figure() -> None:
    (one,) = standings(NEVER)

    assert (one.availability, one.met, one.room) == (None, None, None)


def test_checks_stand_below_the_slos_and_in_their_document() -> None:
    text = fireline(objects=[an_slo("pay"), WELL]).stdout
    document = json.loads(fireline("-o", "json", objects=[an_slo("pay"), WELL]).stdout)

    assert text.index("SLO ") < text.index("1 SLO: ") < text.index("CHECK ") < text.index("1 check: ")
    assert [one["name"] for one in document["items"]] == ["pay"]
    assert [one["name"] for one in document["checks"]["items"]] == ["health"]
    assert document["checks"]["summary"]["checks"] == 1


@pytest.mark.parametrize("rows", range(18, 60, 3))
def test_a_live_view_has_room_for_both_and_counts_what_it_hides(rows: int) -> None:
    """``rows`` are what a terminal has beside the frame, which takes six: no line is below its end."""
    slos = [Standing.of(an_slo(f"slo-{number}")) for number in range(20)]
    view, wishes = View(AT, 120), Wishes("namespace shop")
    seen_now = Seen(Shown(slos, standings(*ALL * 3)), AT)
    console = Console(file=io.StringIO(), width=120)
    with console.capture() as captured:
        console.print(screen(seen_now, wishes, view, rows))
    lines = captured.get().splitlines()

    assert lines[0].startswith("SLOs and checks of namespace shop")
    assert any(line.startswith("… and ") and "check" in line for line in lines)
    assert len(lines) <= rows + 6


def test_checks_can_be_asked_for_alone_and_slos_too() -> None:
    objects = [an_slo("pay"), WELL]

    alone = fireline("--checks", objects=objects).stdout
    slos = fireline("--tier", "Api", objects=objects)
    assert "shop/health" in alone
    assert "pay" not in alone
    assert "health" not in slos.output


def test_documents_have_null_for_what_is_unknown() -> None:
    found = yaml.safe_load(fireline("--checks", "-o", "yaml", objects=ALL).stdout)
    by_name = {one["name"]: one for one in found["items"]}

    assert by_name["new"]["lastRun"] is None
    assert by_name["push"]["availability"] == {"value": None, "target": None, "window": "30d", "met": None}
    assert by_name["login"]["availability"] == {"value": "75", "target": "99", "window": "30d", "met": False}
    assert by_name["login"]["consecutiveFailures"] == 3
    assert by_name["login"]["lastRun"]["reason"] == "StatusMismatch"
    assert by_name["new"]["coverage"] is None
    assert by_name["push"]["coverage"] == "0", "runs were expected, and none measured: that is known"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--checks", "--policies"], "--policies and --checks contradict each other"),
        (["--checks", "--tier", "Api"], "are for SLOs; leave them out with --checks"),
        (["--checks", "--sort", "burn"], "are for SLOs; leave them out with --checks"),
        (["--checks", "--fail-on", "burning"], "--fail-on burning is not for these; choose from failing"),
        (["--policies", "--fail-on", "failing"], "--fail-on failing is not for these"),
    ],
    ids=str,
)
def test_options_about_other_objects_are_refused(options: list[str], words: str) -> None:
    done = fireline(*options, objects=[WELL])

    assert done.exit_code == 2
    assert words in done.stderr


def test_where_there_are_none_that_is_said() -> None:
    assert fireline("--checks", objects=[an_slo("pay")]).stderr == "no SyntheticChecks in files\n"
