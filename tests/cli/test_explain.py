"""``fireline explain`` of files: the arithmetic by hand, the alerts in words, and the steps of a status."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tests.cli.statuses import UNREACHABLE, a_status, an_slo

from fireline.cli.explain import object_meant
from fireline.cli.explaining.alarms import Alarm, alarms
from fireline.cli.explaining.arithmetic import Line, numbers
from fireline.cli.explaining.page import page
from fireline.cli.explaining.reading import from_files
from fireline.cli.main import main
from fireline.promql.durations import Duration
from fireline.settings import Settings
from fireline.slo.checks import read
from fireline.slo.compile import compile_slo
from fireline.slo.model import Objective

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
AT = datetime(2026, 3, 10, 3, 4, 30, tzinfo=UTC)
BURNING = a_status(
    "53.0",
    "22m54s",
    burn="16.9",
    firing=[("PageFast", "2026-03-10T03:00:00Z")],
    exhaustion="2026-03-11T01:41:00Z",
    conditions={"BudgetHealthy": ("False", "Burning", "the budget burns too fast: PageFast fires")},
    events={"bad": "560", "total": "1200000", "left": "640"},
    coverage="97.0",
)


def fireline(*arguments: str, slo: dict[str, Any] | None = None) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments], input=yaml.safe_dump(slo) if slo else "")


def explained(slo: dict[str, Any], tmp_path: Path) -> str:
    """The page about an SLO in a file, at three past three."""
    (tmp_path / "slo.yaml").write_text(yaml.safe_dump(slo))
    (one,) = from_files(str(tmp_path / "slo.yaml"), Settings(), None, namespace="default", now=AT)
    console = Console(file=io.StringIO(), width=200, highlight=False)
    with console.capture() as captured:
        console.print(page(one, console))
    text = captured.get().replace(f"{tmp_path}/", "")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def compiled(slo: dict[str, Any]) -> Objective:
    found, issues = read(slo, sources={"default"})
    assert found, issues
    return compile_slo(found, settings=Settings())


def lines(slo: dict[str, Any]) -> dict[str, Line]:
    return {line.name: line for line in numbers(compiled(slo), slo.get("status", {}), AT)}


def alarm(slo: dict[str, Any], tier: str) -> Alarm:
    (found,) = [one for one in alarms(compiled(slo), slo.get("status", {}), AT) if one.tier == tier]
    return found


def test_a_burning_slo_reads_like_this(tmp_path: Path) -> None:
    text = explained(an_slo("pay", description="Customers can pay", status=BURNING), tmp_path)

    assert text == (GOLDEN / "explain-burning.txt").read_text()


def test_a_file_reads_like_this_before_it_is_applied(tmp_path: Path) -> None:
    text = explained(an_slo("pay", objective="99.5", window={"rolling": "7d"}), tmp_path)

    assert text == (GOLDEN / "explain-file.txt").read_text()


@pytest.mark.parametrize(
    ("objective", "window", "share", "time"),
    [
        ("99.9", {"rolling": "30d"}, "1 of 1,000 events", "0.1 % × 30d = 43m12s"),
        ("99.95", {"rolling": "28d"}, "1 of 2,000 events", "0.05 % × 28d = 20m10s"),
        ("97.5", {"rolling": "7d"}, "1 of 40 events", "2.5 % × 7d = 4h12m"),
        ("99.9", {"calendar": "Month"}, "1 of 1,000 events", "0.1 % × 31d (the one running) = 44m38s"),
        ("99", {"calendar": "Year"}, "1 of 100 events", "1 % × 365d (the one running) = 3d15h36m"),
        (
            "99.9",
            {"calendar": "Month", "timeZone": "Europe/Berlin"},
            "1 of 1,000 events",
            # March has a change to daylight saving time there: one hour less.
            "0.1 % × 30d23h (the one running) = 44m35s",
        ),
    ],
)
def test_the_budget_is_worked_out_by_hand(
    objective: str, window: dict[str, str], share: str, time: str
) -> None:
    words = lines(an_slo(objective=objective, window=window))["Objective"].words

    assert f"that is {share}" in words
    assert f"as time of total outage: {time}" in words


def test_consumed_is_bad_by_what_is_allowed() -> None:
    consumed = lines(an_slo(status=BURNING))["Budget consumed"]

    assert consumed.figure == "47.0 %"
    # Counted events are shown in two digits: hence "about", and 46.7 where the budget says 47.0.
    assert "about 560 bad ÷ (0.1 % × about 1,200,000 = 1,200) = 46.7 %" in consumed.words
    assert not any("the part that has passed: so" in words for words in consumed.words)


def test_a_young_slo_has_spent_the_part_of_the_budget_that_its_age_is() -> None:
    ten_days = {"bad": "4700", "total": "10000000", "left": "25000"}
    consumed = lines(an_slo(status=a_status("84.3", "36m24s", events=ten_days)))["Budget consumed"]

    assert consumed.figure == "15.7 %"
    assert "about 4,700 bad ÷ (0.1 % × about 10,000,000 = 10,000) = 47 %" in consumed.words
    assert any(words.startswith("× about 33%, the part that has passed") for words in consumed.words)


def test_slices_and_moments_are_called_what_they_are() -> None:
    sliced = an_slo(budgeting="Timeslices", timeslice={"length": "5m", "objective": "99"})
    gauge = an_slo(indicator={"availability": {"metric": "probe_success"}})

    assert "that is 1 of 1,000 slices of 5m" in lines(sliced)["Objective"].words
    assert "a slice is bad when more than 1 % of its events are" in lines(sliced)["Objective"].words
    assert "that is 1 of 1,000 moments" in lines(gauge)["Objective"].words


@given(
    burn=st.decimals("0.1", "900", places=1),
    objective=st.sampled_from(["90", "99", "99.9", "99.95"]),
    days=st.integers(1, 90),
)
def test_a_burn_rate_tells_the_bad_share_and_how_long_a_budget_lasts(
    burn: Decimal, objective: str, days: int
) -> None:
    slo = an_slo(objective=objective, window={"rolling": f"{days}d"}, status=a_status(burn=str(burn)))
    words = " ".join(lines(slo)["Burn 1h"].words)

    share = re.search(r"= ([0-9.]+) % of events in the last 1h were bad", words)
    assert share
    assert Decimal(share[1]) == burn * (100 - Decimal(objective))
    lasts = re.search(r"÷ [0-9.]+ = ([0-9dhms]+)", words)
    assert bool(lasts) is (burn > 1)
    if lasts:
        exact = days * 86_400 / float(burn)
        # Two units are shown, of which the smaller may be almost one short.
        assert Duration.parse(lasts[1]).seconds == pytest.approx(exact, rel=0.05, abs=60)


def test_a_page_says_what_share_wakes_people_and_after_how_long() -> None:
    words = alarm(an_slo(status=BURNING), "PageFast").words

    assert words[0].startswith("fires while the burn is above 14.4 over 1h and over 5m: more than ")
    assert words[0].endswith("14.4 × 0.1 % = 1.44 % of events bad in both")
    assert words[1:] == (
        "burning so for 1h spends 14.4 × 1h ÷ 30d = 2 % of the budget",
        "a total outage gets the long window there in 52s, the short one sooner",
        "now: 1h 16.9, 5m 16.9",
    )


def test_tiers_of_ones_own_and_guards_are_explained() -> None:
    own = [{"name": "Wake", "severity": "Page", "long": "2h", "short": "10m", "consumed": "5"}]
    slo = an_slo(
        alerting={"burnRates": own, "minEvents": "100", "minBadEvents": "2"},
        indicator={
            "ratio": {
                "bad": {"metric": 'http_requests_total{region=~".+",code="500"}'},
                "total": {"metric": 'http_requests_total{region=~".+"}'},
            }
        },
        groupBy=["region"],
    )
    words = alarm(slo, "Wake").words

    assert words[0].startswith("fires while the burn of a group is above 18 over 2h and over 10m")
    assert "burning so for 2h spends 18 × 2h ÷ 30d = 5 % of the budget" in words
    assert "silent with fewer than 100 events in 2h" in words
    assert "silent with fewer than 2 bad events in 2h" in words


def test_every_alert_that_is_written_is_explained() -> None:
    found = alarms(compiled(an_slo(status=BURNING)), BURNING, AT)

    assert [(one.tier, one.severity, one.state) for one in found] == [
        ("PageFast", "critical", "Firing"),
        ("PageSlow", "critical", "Unknown"),
        ("NoData", "critical", "Unknown"),
        ("TicketFast", "warning", "Unknown"),
        ("TicketSlow", "warning", "Unknown"),
        ("Budget50", "warning", "Unknown"),
        ("Exhausted", "warning", "Unknown"),
        ("Ineffective", "info", "Unknown"),
    ]
    assert all(one.words for one in found)
    assert alarms(compiled(an_slo(alerting={"disabled": True})), {}, AT) == []


def test_what_is_not_known_is_said_to_be_unknown_and_why() -> None:
    status = a_status(None, burn=None, conditions=UNREACHABLE, source="Pending", queuePosition=7)
    budget = lines(an_slo(status=status))["Budget consumed"]

    assert budget == Line(
        "Budget consumed",
        "Unknown",
        ("Connection refused", "it waits for its turn to be counted: place 7 in the queue"),
    )
    document = json.loads(fireline("-", "-o", "json", slo=an_slo(status=status)).stdout)
    assert [line["figure"] for line in document["numbers"]] == ["99.9 % over 30d", None]


def test_a_spent_budget_and_a_forecast_of_never_are_said() -> None:
    spent = lines(an_slo(status=a_status("-12.4", "-5m21s")))
    rested = lines(an_slo(status=a_status()))

    assert spent["Runs out"].figure == "spent"
    assert spent["Budget left"].words[1] == "as time of total outage: -12.4 % × 43m12s = -5m21s"
    assert rested["Runs out, at this burn"].figure == "never"
    assert rested["Runs out, net"].figure == "never"


def test_audit_groups_and_a_changed_objective_are_told() -> None:
    status = a_status("53.0", "22m54s", audit={"consumed": "47.2", "drift": "-0.2"})
    status |= {"worstGroups": [{"labels": {"region": "eu"}, "consumed": "81.0"}], "groups": 2}
    status["objective"] = {"value": "99.9", "since": "2026-03-01T00:00:00Z"}
    found = lines(an_slo(status=status))

    assert found["Audit"] == Line(
        "Audit", "-0.2 points", ("recorded minus exact; the raw series say 47.2 % consumed",)
    )
    assert found["Groups"].figure == "2"
    assert "region=eu: 81.0 % consumed" in found["Groups"].words
    assert "it was changed on 2026-03-01T00:00:00Z" in found["Objective"].words[-1]


def test_an_objective_that_only_the_operator_knows_is_taken_from_the_status() -> None:
    slo = an_slo(tier="Api", status=a_status() | {"objective": {"value": "99.5"}})
    del slo["spec"]["objective"]

    document = json.loads(fireline("-", "-o", "json", slo=slo).stdout)

    assert document["numbers"][0]["figure"] == "99.5 % over 30d"


def test_a_wrong_spec_is_explained_by_path_and_its_numbers_are_left_out() -> None:
    done = fireline("-", "-o", "yaml", slo=an_slo(objective="101"))
    document = yaml.safe_load(done.stdout)

    assert done.exit_code == 0
    assert document["answer"] == "not valid"
    assert document["steps"][0]["words"][0].startswith("spec.objective: ")
    assert (document["numbers"], document["alerts"]) == ([], [])
    assert document["remarks"] == ["numbers and alerts are left out: they follow from a spec that is valid"]


def test_a_folder_is_explained_file_by_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(an_slo(name)))

    documents = json.loads(fireline(f"{tmp_path}/", "-o", "json").stdout)

    assert [one["object"].rpartition(" ")[2] for one in documents] == ["(shop/a)", "(shop/b)"]


@pytest.mark.parametrize(
    ("target", "meant"),
    [
        ("slo/pay", ("slo", "pay")),
        ("slos/pay", ("slo", "pay")),
        ("ServiceLevelObjective/pay", ("slo", "pay")),
        ("servicelevelobjectives.fireline.dev/pay", ("slo", "pay")),
        ("pay", ("slo", "pay")),
        ("ap/pay", ("ap", "pay")),
        ("AlertPolicy/pay", ("ap", "pay")),
        ("alertpolicies.fireline.dev/pay", ("ap", "pay")),
        ("pay.yaml", None),
        ("./slos/", None),
        ("-", None),
    ],
)
def test_objects_and_files_are_told_apart(target: str, meant: tuple[str, str] | None) -> None:
    assert object_meant(target) == meant


def test_another_kind_is_refused_with_what_would_be_right() -> None:
    done = fireline("deployment/pay")

    assert done.exit_code == 2
    assert (
        "'deployment' is no kind that is explained; write slo/NAME, ap/NAME, syn/NAME or mit/NAME"
        in done.stderr
    )


def test_nothing_to_explain_is_wrong_usage() -> None:
    done = fireline("-", slo={"apiVersion": "v1", "kind": "Service"})

    assert done.exit_code == 2
    assert "nothing to explain: 0 ServiceLevelObjectives" in done.stderr
