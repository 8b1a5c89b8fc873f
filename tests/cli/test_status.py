"""``fireline status``: the table, its order and its groups, from files; what is unknown stays unknown."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tests.cli.statuses import UNREACHABLE, a_status, an_slo

from fireline.api.conditions import parse_timestamp
from fireline.cli.board import board
from fireline.cli.columns import View
from fireline.cli.main import main
from fireline.cli.standing import Fact, Standing, plain
from fireline.cli.tally import Tally

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
AT = datetime(2026, 3, 10, 3, 4, 30, tzinfo=UTC)

BURNING = an_slo(
    "checkout-availability",
    team="shop",
    tier="Api",
    status=a_status(
        "53.0",
        "22m54s",
        burn="16.9",
        firing=[("PageFast", "2026-03-10T03:00:00Z"), ("TicketFast", "2026-03-10T03:04:00Z")],
        exhaustion="2026-03-10T12:13:00Z",
    ),
)
GONE = an_slo(
    "push",
    team="feed",
    objective="98",
    status=a_status("64.0", "9h12m57s", burn=None, firing=[("NoData", "2026-03-10T02:49:00Z")]),
)
SPENT = an_slo(
    "search",
    team="search",
    tier="Api",
    status=a_status("-12.4", "-5m21s", burn="0.4", firing=[("Exhausted", "2026-03-06T00:00:00Z")]),
)
REFUSED = an_slo(
    "new", status=a_status(None, burn=None, conditions={"Ready": ("False", "NotSelected", "no Prometheus")})
)
UNSEEN = an_slo("newer")
QUEUED = an_slo("young", status=a_status(None, burn=None, source="Pending", queuePosition=3))
SLOW = an_slo(
    "mail",
    namespace="post",
    objective="99.5",
    tier="Job",
    status=a_status(
        "18.0",
        "38m53s",
        burn="1.2",
        firing=[("TicketSlow", "2026-03-10T00:50:00Z")],
        exhaustion="2026-03-20T12:00:00Z",
        source="Exact",
        coverage="41.2",
    ),
)
STALE = an_slo("media", status=a_status("71.2", "5h7m35s", burn="<0.1", conditions=UNREACHABLE))
WELL = an_slo("feed", team="feed", window={"calendar": "Quarter"}, status=a_status("99.8", "2h9m20s"))
ALL = [WELL, STALE, SLOW, QUEUED, UNSEEN, REFUSED, SPENT, GONE, BURNING]


def fireline(*arguments: str, slos: list[dict[str, Any]] | None = None) -> Result:
    listed = {"apiVersion": "v1", "kind": "List", "items": ALL if slos is None else slos}
    return CliRunner().invoke(main, ["status", *arguments, "-"], input=yaml.safe_dump(listed))


def drawn(slos: list[dict[str, Any]], width: int, **view: Any) -> str:
    """The table without colours, at three past three."""
    standings = sorted((Standing.of(slo) for slo in slos), key=lambda one: one.urgency)
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as captured:
        console.print(board(standings, View(AT, width, **view)))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def test_on_120_columns_everything_is_seen_the_worst_first() -> None:
    assert drawn(ALL, 120) + "\n" == (GOLDEN / "status-120.txt").read_text()


def test_on_80_columns_nothing_is_cut_off() -> None:
    assert drawn(ALL, 80) + "\n" == (GOLDEN / "status-80.txt").read_text()


def test_a_wide_terminal_has_longer_bars_and_says_why_something_is_not_ready() -> None:
    lines = drawn(ALL, 150).splitlines()

    assert "█████░░░░░  53.0%" in lines[1]
    assert lines[4].endswith("False NotSelected")


def test_a_terminal_without_unicode_gets_bars_it_can_print() -> None:
    assert drawn([SLOW], 120, unicode=False).isascii()


def test_the_rows_that_do_not_fit_on_the_screen_are_counted() -> None:
    standings = sorted((Standing.of(slo) for slo in ALL), key=lambda one: one.urgency)
    console = Console(file=io.StringIO(), width=120)
    with console.capture() as captured:
        console.print(board(standings, View(AT, 120), rows=4))

    assert captured.get().splitlines()[4] == "… and 6 SLOs: 2 not ready, 1 alerting, 4 unknown, 1 OK"


@given(
    remaining=st.none() | st.decimals(-500, 100, places=1).map(str),
    burn=st.none() | st.sampled_from(["0.0", "<0.1", "1.2", "130"]),
    source=st.sampled_from([None, "Pending", "Exact", "Recorded"]),
    reached=st.booleans(),
)
def test_unknown_is_never_shown_as_a_figure(
    remaining: str | None, burn: str | None, source: str | None, reached: bool
) -> None:
    budget = {"source": source} if source else {}
    status = a_status(
        remaining, burn=burn, exhaustion=None, conditions={} if reached else UNREACHABLE, **budget
    )
    standing = Standing.of(an_slo(status=status))
    row = drawn([an_slo(status=status)], 120).splitlines()[1]

    shown = plain(standing)
    assert shown["budget"]["remaining"] == remaining
    assert shown["burnRates"].get("1h") == burn
    if remaining is None:
        assert Fact.UNKNOWN in standing.facts
        assert "%" not in row
        assert "█" not in row
    else:
        assert f"{remaining}%{'' if reached else '?'} " in row
        assert (Fact.UNKNOWN in standing.facts) is not reached


def test_what_was_bad_when_last_seen_stays_bad_and_is_unknown_too() -> None:
    firing = [("PageFast", "2026-03-10T03:00:00Z")]
    standing = Standing.of(an_slo(status=a_status("-3.0", firing=firing, conditions=UNREACHABLE)))

    assert standing.facts == {Fact.BURNING, Fact.EXHAUSTED, Fact.UNKNOWN}


def test_tiers_of_ones_own_are_pages_when_they_say_so() -> None:
    burn_rates = [{"name": "Wake", "severity": "Page"}, {"name": "Later", "severity": "Ticket"}]
    since = "2026-03-10T03:00:00Z"
    facts = [
        Standing.of(an_slo(alerting={"burnRates": burn_rates}, status=a_status(firing=[(tier, since)]))).facts
        for tier in ("Wake", "Later")
    ]

    assert facts == [{Fact.BURNING}, {Fact.ALERTING}]


def test_a_pipe_gets_one_line_for_each_slo_without_colours() -> None:
    done = fireline()
    names = [line.split()[0] for line in done.stdout.splitlines()[1:10]]

    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert names == [
        "shop/checkout-availability",
        "shop/push",
        "shop/search",
        "shop/new",
        "shop/newer",
        "post/mail",
        "shop/media",
        "shop/young",
        "shop/feed",
    ]


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ("budget", "shop/search", "shop/young"),
        ("burn", "shop/checkout-availability", "shop/young"),
        ("name", "post/mail", "shop/young"),
    ],
)
def test_another_order_is_a_flag_away_and_unknown_comes_last(order: str, first: str, last: str) -> None:
    rows = fireline("--sort", order).stdout.splitlines()[1:10]

    assert (rows[0].split()[0], rows[-1].split()[0]) == (first, last)


def test_groups_are_counts_and_the_worst_member_never_a_mean() -> None:
    document = json.loads(fireline("--by", "tier", "-o", "json").stdout)
    (api,) = [group for group in document["groups"] if group["tier"] == "Api"]

    assert [group["tier"] for group in document["groups"]] == ["Api", None, "Job"]
    worst = api.pop("worst")
    assert (worst["name"], worst["state"], worst["budget"]["remaining"]) == (
        "checkout-availability",
        "Burning",
        "53.0",
    )
    assert api == {
        "tier": "Api",
        "slos": 2,
        "burning": 1,
        "no-data": 0,
        "exhausted": 1,
        "not-ready": 0,
        "alerting": 0,
        "unknown": 0,
        "ok": 0,
    }


def test_groups_fit_80_columns_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = fireline("--by", "team").stdout.splitlines()

    assert max(map(len, lines)) <= 80
    assert [" ".join(line.split()) for line in lines[:3]] == [
        "TEAM SLOS OF THESE WORST",
        "shop 1 1 burning, 0 OK shop/checkout-availability:",
        "Burning, 53.0% left",
    ]


def test_groups_have_columns_where_there_is_room() -> None:
    lines = fireline("--by", "team").stdout.splitlines()

    heads = "TEAM SLOS BURNING NO DATA EXHAUSTED NOT READY ALERTING UNKNOWN OK WORST"
    assert " ".join(lines[0].split()) == heads
    (none,) = [line for line in lines if line.startswith("(none)")]
    assert none.split()[:9] == ["(none)", "5", "-", "-", "-", "2", "1", "4", "0"]


def test_json_has_null_where_nothing_is_known() -> None:
    (item,) = json.loads(fireline("-o", "json", slos=[UNSEEN]).stdout)["items"]

    assert item["state"] == "NotReady"
    assert item["budget"] == {
        "remaining": None,
        "left": None,
        "consumed": None,
        "source": None,
        "coverage": None,
        "queuePosition": None,
        "asOf": None,
        "stale": False,
    }
    assert item["burnRates"] == {}
    assert item["ready"] == {
        "status": "Unknown",
        "reason": "NoStatus",
        "message": "no operator has written a status yet",
    }


def test_yaml_says_the_same_as_json() -> None:
    documents = [fireline("-o", form).stdout for form in ("yaml", "json")]

    assert yaml.safe_load(documents[0]) == json.loads(documents[1])


def test_only_a_tier_is_shown_and_counted() -> None:
    document = json.loads(fireline("--tier", "Job", "-o", "json").stdout)

    assert [item["name"] for item in document["items"]] == ["mail"]
    assert document["summary"]["slos"] == 1


@pytest.mark.parametrize(
    ("fact", "slo"),
    [
        ("burning", BURNING),
        ("no-data", GONE),
        ("exhausted", SPENT),
        ("not-ready", REFUSED),
        ("alerting", SLOW),
        ("unknown", STALE),
    ],
)
def test_a_script_fails_on_what_it_names_and_on_nothing_else(fact: str, slo: dict[str, Any]) -> None:
    assert fireline("--fail-on", fact, slos=[WELL, slo]).exit_code == 1
    assert fireline("--fail-on", fact, slos=[WELL]).exit_code == 0
    assert fireline(slos=[WELL, slo]).exit_code == 0


def test_nothing_to_show_is_said_and_is_no_error() -> None:
    done = fireline("--tier", "Frontend")

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "no SLOs of tier Frontend in files\n")


@pytest.mark.parametrize("flags", [["-A"], ["-l", "team=shop"], ["-w"], ["--context", "x"]])
def test_questions_to_a_cluster_are_refused_with_files(flags: list[str]) -> None:
    done = fireline(*flags)

    assert done.exit_code == 2
    assert "leave them out with files" in done.stderr


def test_a_file_that_is_no_object_is_wrong_usage() -> None:
    done = CliRunner().invoke(main, ["status", "-"], input="a: [")

    assert done.exit_code == 2
    assert "<stdin>:" in done.stderr


def test_counts_of_nothing_have_no_worst() -> None:
    tally = Tally.of([])

    assert (tally.worst, tally.words) == (None, "0 SLOs: 0 OK")


def test_since_is_a_moment() -> None:
    (alert,) = Standing.of(GONE).firing

    assert alert.since == parse_timestamp("2026-03-10T02:49:00Z")
