"""``fireline backtest`` over five known outages, and over the same day without them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result

from fireline.cli.main import main
from fireline.cli.when import timestamp
from tests import promtool
from tests.bed.doorkeeper import Demands, Doorkeeper
from tests.bed.errors import BedError
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth.replayed import STEP, Past, compiled, rules_of
from tests.truth.slos import an_slo

pytestmark = pytest.mark.bed

START = 20_705 * 86_400
HOURS = 20
END = START + HOURS * 3600
OUTAGES = (
    (2 * 3600, 300, 1.0),
    (5 * 3600, 180, 0.2),
    (8 * 3600, 2400, 0.05),
    (12 * 3600, 3600, 0.02),
    (16 * 3600, 10_800, 0.008),
)
"""(seconds after the start, length, share of bad events)."""
_PER_STEP = 600
COUNTED = 1_000_000
"""What every counter stands at before."""
MOST_SAMPLES = 2000
"""Prometheus gives up on any query over all of the time, so each is asked in pieces."""
BURN_TIERS = ("PageFast", "PageSlow", "TicketFast", "TicketSlow")
FROM_SLICES = {"TicketFast", "TicketSlow"}
"""promtool records their 5-minute slices at every step instead of every five minutes."""


def _bad(outages: tuple[tuple[int, int, float], ...]) -> Iterator[int]:
    """Bad events of each step: 0.02 % always, in whole events, and the outages."""
    owed = 0.0
    for at in range(0, HOURS * 3600, STEP):
        share = next((share for begin, length, share in outages if begin <= at < begin + length), 0.0002)
        owed += _PER_STEP * share
        yield int(owed)
        owed -= int(owed)


def _series(service: str) -> dict[str, list[int]]:
    bad = list(_bad(OUTAGES if service == "five" else ()))
    return {
        f'http_requests_total{{service="{service}",code="200"}}': [_PER_STEP - n for n in bad],
        f'http_requests_total{{service="{service}",code="500"}}': bad,
    }


def _slo(service: str, **spec: Any) -> dict[str, Any]:
    return an_slo(service, namespace="shop", window="7d", **spec)


@pytest.fixture(scope="module")
def prometheus(tools: Tools, bed_directory: Path) -> Iterator[Prometheus]:
    past = Past(START, END)
    for service in ("five", "quiet"):
        for series, events in _series(service).items():
            past.counter(series, iter(events), value=COUNTED)
    directory = bed_directory / "backtest"
    data = past.write(tools, directory)
    with Prometheus(tools, directory, data=data, flags=(f"--query.max-samples={MOST_SAMPLES}",)) as running:
        yield running


def _backtest(
    prometheus: Prometheus | Doorkeeper, folder: Path, *slos: dict[str, Any], **options: Any
) -> Result:
    file = folder / "slos.yaml"
    file.write_text(yaml.dump_all(slos))
    arguments = ["backtest", str(file), "--prometheus", prometheus.url]
    arguments += ["--since", timestamp(START), "--until", timestamp(END)]
    for name, value in options.items():
        arguments += [f"--{name}", str(value)]
    return CliRunner().invoke(main, arguments)


def _objectives(done: Result) -> list[dict[str, Any]]:
    [slo] = json.loads(done.stdout)["slos"]
    return slo["objectives"]


def _alerts(objective: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {alert["tier"]: alert for alert in objective["alerts"]}


def test_alerts_fire_when_promtool_says_so(prometheus, tmp_path):
    [objective] = _objectives(_backtest(prometheus, tmp_path, _slo("five"), output="json"))
    alerts = _alerts(objective)
    promised = _promtool()

    for tier in BURN_TIERS:
        ours = [(p["from"], p["to"] or timestamp(END + STEP)) for p in alerts[tier]["periods"]]
        tolerance = 300 if tier in FROM_SLICES else STEP
        assert len(ours) == len(promised[tier]), tier
        for (start, end), (first, last) in zip(ours, promised[tier], strict=True):
            assert abs(_seconds(start) - first) <= tolerance, tier
            assert abs(_seconds(end) - last) <= tolerance, tier
    assert len(alerts["PageFast"]["periods"]) == len(OUTAGES)
    assert alerts["NoData"]["periods"] == []


def _promtool() -> dict[str, list[list[int]]]:
    """Periods in which burn alerts fire on the same samples, in seconds after the start."""
    groups = rules_of([compiled(_slo("five"))], at=END)
    for group in groups:
        # Public series decide nothing, and cost half of the time.
        group["rules"] = [
            rule
            for rule in group["rules"]
            if rule.get("record", "").startswith(("slo:bad", "slo:total"))
            or rule["labels"].get("slo_tier") in BURN_TIERS
        ]
    series = {}
    for name, events in _series("five").items():
        value, values = COUNTED, ["_"]
        for each in events:
            value += each
            values.append(str(value))
        series[name] = " ".join(values)
    times = range(STEP, HOURS * 3600 + 1, STEP)
    queries = [(at, 'ALERTS{alertstate="firing"}') for at in times]
    found: dict[str, list[list[int]]] = {}
    for at, seen in zip(times, promtool.evaluate({"groups": groups}, series, queries), strict=True):
        for got in seen:
            runs = found.setdefault(got.labels["slo_tier"], [])
            if runs and runs[-1][1] == at:
                runs[-1][1] = at + STEP
            else:
                runs.append([at, at + STEP])
    return found


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) - START


def test_what_is_too_heavy_for_prometheus_is_asked_in_pieces(prometheus):
    with pytest.raises(BedError, match="too many samples"):
        prometheus.api(
            "query_range",
            query='sum(rate(http_requests_total{service="five"}[1h]))',
            start=str(START),
            end=str(END),
            step=f"{STEP}s",
        )


def test_a_source_of_the_settings_brings_its_credentials(prometheus, tmp_path):
    (tmp_path / "token").write_text("token-1")
    config = tmp_path / "config.yaml"
    source = {"bearer_token_file": str(tmp_path / "token"), "tenant": "team-a", "kind": "Mimir"}
    config.write_text(yaml.dump({"sources": {"eu": source}}))
    demands = Demands(bearer="token-1", tenant=("X-Scope-OrgID", "team-a"))

    with Doorkeeper(prometheus.url, demands) as door:
        slo = _slo("quiet", prometheus="eu")
        done = _backtest(door, tmp_path, slo, output="json", config=config, source="eu")
        (tmp_path / "token").write_text("stolen")
        refused = _backtest(door, tmp_path, slo, config=config, source="eu")

    assert done.exit_code == 0, done.output
    assert _objectives(done)[0]["held"] is True
    assert refused.exit_code == 2
    assert "source eu" in refused.stderr


def test_the_quiet_twin_has_no_alert_at_all(prometheus, tmp_path):
    done = _backtest(prometheus, tmp_path, _slo("quiet"), output="json")

    [objective] = _objectives(done)
    assert {alert["fired"] for alert in objective["alerts"]} == {0}
    assert objective["held"] is True
    assert done.exit_code == 0


def test_budgets_are_what_counting_by_hand_says(prometheus, tmp_path):
    done = _backtest(prometheus, tmp_path, _slo("five"), output="json", objective="99,99.9")

    bad, total = sum(_series("five").popitem()[1]), HOURS * 3600 // STEP * _PER_STEP
    for objective, allowed in zip(_objectives(done), (0.01, 0.001), strict=True):
        consumed = bad / (allowed * total) * HOURS / (7 * 24)
        # A week's slices are looked up every 14 minutes; rates see all but the first step.
        assert objective["consumed"]["atEnd"] == pytest.approx(consumed, rel=0.015)
        assert objective["held"] is (consumed <= 1)
        assert objective["sli"] == pytest.approx(1 - bad / total, abs=2e-5)
        assert objective["coverage"] == pytest.approx(HOURS / (7 * 24), abs=0.001)


INCIDENTS = [
    {"name": "database", "from": timestamp(START + 7200), "to": timestamp(START + 7500)},
    {"name": "deploy", "from": timestamp(START + 18_000 - 120), "to": timestamp(START + 18_000 + 240)},
    {"name": "cache", "from": timestamp(START + 28_800), "to": timestamp(START + 31_200)},
    {"name": "leak", "from": timestamp(START + 57_600), "to": timestamp(START + 68_400)},
    {"name": "nobody noticed", "from": timestamp(START + 36_000), "to": timestamp(START + 37_800)},
    {"name": "others", "from": timestamp(START + 7200), "to": timestamp(START + 7500), "service": "cart"},
    {"name": "long ago", "from": timestamp(START - 7200), "to": timestamp(START - 7000)},
]
"""Four of the five outages (not the fourth), and one incident that left no trace."""


def test_precision_recall_and_delays_are_what_counting_by_hand_says(prometheus, tmp_path):
    known = tmp_path / "incidents.yaml"
    known.write_text(yaml.dump(INCIDENTS))

    done = _backtest(prometheus, tmp_path, _slo("five"), output="json", incidents=known)

    [objective] = _objectives(done)
    fast = _alerts(objective)["PageFast"]
    # Five periods, of which the fourth belongs to no incident; five incidents, of which one was not seen.
    assert (fast["fired"], fast["right"], fast["precision"]) == (5, 4, 0.8)
    assert (fast["incidents"], fast["detected"], fast["recall"]) == (5, 4, 0.8)
    starts = [_seconds(period["from"]) for period in fast["periods"]]
    ends = [_seconds(period["to"]) for period in fast["periods"]]
    assert {one["incident"]: (one["afterSeconds"], one["resetSeconds"]) for one in fast["detections"]} == {
        "database": (starts[0] - 7200, ends[0] - 7500),
        "deploy": (starts[1] - 17_880, ends[1] - 18_240),
        "cache": (starts[2] - 28_800, ends[2] - 31_200),
        "nobody noticed": (None, None),
        "leak": (starts[4] - 57_600, ends[4] - 68_400),
    }
    assert "precision" not in _alerts(objective)["Budget50"], "a state detects nothing"


def test_objectives_stand_side_by_side_as_text_picture_and_page(prometheus, tmp_path):
    known, svg, html = tmp_path / "incidents.yaml", tmp_path / "chart.svg", tmp_path / "page.html"
    known.write_text(yaml.dump(INCIDENTS))

    done = _backtest(
        prometheus, tmp_path, _slo("five"), objective="99,99.9", incidents=known, svg=svg, html=html
    )

    lines = {line.partition("  ")[0].strip(): line.split() for line in done.stdout.splitlines()}
    assert lines["would have held"][3:] == ["yes", "no"]
    assert done.exit_code == 0, "one of the objectives would have held"
    assert lines["alert PageFast"][-3:-1] == ["5", "times,"]
    assert "nobody noticed" in done.stdout
    drawn = ET.parse(svg).getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    titles = [one.text or "" for one in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert sum(title.startswith("PageFast at 99.9 %") for title in titles) == 5
    assert any(title.startswith("nobody noticed: ") for title in titles)
    page = html.read_text()
    assert "others" not in page, "incidents of another service are not this one's"
    assert "src=" not in page
    assert "href" not in page
    assert page.count("http") == page.count("http_requests"), "nothing is loaded from anywhere"


def test_a_coarser_step_reads_half_as_much_and_sees_the_same_outages(prometheus, tmp_path):
    [fine] = _objectives(_backtest(prometheus, tmp_path, _slo("five"), output="json"))
    [coarse] = _objectives(_backtest(prometheus, tmp_path, _slo("five"), output="json", step="1m"))

    for tier in ("PageFast", "PageSlow"):
        ours, theirs = (_alerts(one)[tier]["periods"] for one in (coarse, fine))
        assert [_seconds(p["from"]) for p in ours] == pytest.approx(
            [_seconds(p["from"]) for p in theirs], abs=60
        )
    assert coarse["consumed"]["atEnd"] == pytest.approx(fine["consumed"]["atEnd"], rel=0.01)


def test_an_slo_without_any_data_is_unknown_and_not_held(prometheus, tmp_path):
    done = _backtest(prometheus, tmp_path, _slo("nobody"), output="json")

    [objective] = _objectives(done)
    assert objective["held"] is None
    assert objective["consumed"] == {"atEnd": None, "worst": None, "worstAt": None}
    assert {alert["fired"] for alert in objective["alerts"]} == {0}
    assert done.exit_code == 1
    text = _backtest(prometheus, tmp_path, _slo("nobody")).stdout
    assert "unknown: no data" in text
