"""The figures in docs/explanation/synthetic.md are those that the code makes."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from fireline.api.slo import ServiceLevelObjective
from fireline.settings import Settings
from fireline.slo.compile import compile_slo
from fireline.slo.runs import OfCheck
from fireline.synthetic import names
from fireline.synthetic.cadence import cadence_of
from fireline.synthetic.coverage import availability, coverage
from tests.builders import an_slo

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "synthetic.md").read_text()
SERIES = (Path(__file__).parents[2] / "docs" / "reference" / "series.md").read_text()
ROWS = re.findall(r"^\| (\d+[mh]) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| ([\d.]+) \|$", PAGE, re.MULTILINE)
TIERS = ("PageFast", "PageSlow", "TicketFast", "TicketSlow")


def test_there_is_a_row_for_each_common_interval():
    assert [row[0] for row in ROWS] == ["1m", "5m", "10m", "30m", "1h"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_windows_are_those_of_the_table(row: tuple[str, ...]):
    check = {"metadata": {"namespace": "shop", "name": "flow"}, "spec": {"schedule": {"every": row[0]}}}
    of = OfCheck.seen("flow", check, cadence_of)
    slo = ServiceLevelObjective.of(an_slo("99.9", indicator={"synthetic": {"check": "flow"}}))
    tiers = {
        one.name: f"{one.long}, {one.short}" for one in compile_slo(slo, settings=Settings(), check=of).tiers
    }
    assert tuple(tiers[name] for name in TIERS) == row[1:5]
    assert of.pace is not None
    assert Decimal(row[5]) == round(Decimal(of.pace.runs(30 * 86_400)) * Decimal("0.001"), 1)


def test_the_worked_example_is_right():
    day = {"success": 1400, "failure": 10, "error": 6, "infra": 20, "skipped": 4, "expected": 1440}
    assert f"{coverage(day)} %" in PAGE
    assert availability(day, window_days=1, target=None)["value"] == "98.87"
    assert "1400 ÷ 1416 = 98.870 %" in PAGE


def test_every_series_and_alert_is_in_the_reference():
    found = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    listed = {value for value in found if value.startswith("fireline_check_")}
    assert listed == set(re.findall(r"`(fireline_check_\w+)", SERIES))
    alerts = {value for name, value in vars(names).items() if name.startswith("ALERT_")}
    assert all(f"`{name}`" in SERIES for name in alerts)
    assert all(f"`{name}`" in PAGE for name in alerts)
