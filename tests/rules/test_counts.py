"""Every recorded series against events counted by hand, in Prometheus' own engine.

Counters are scraped and rules evaluated every 30 s, so +60 per value are 2 events a second. The
windows above an hour are the subject of ``test_windows``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pytest

from fireline.api.plan import Manifest
from fireline.slo.model import Objective
from tests import promtool
from tests.rules.specs import RATIO, a_manifest, a_spec, compiled, rules_for

pytestmark = pytest.mark.bed

EVERYTHING = '{__name__=~"slo:.*"}'
HOUR = 3600


@dataclass(frozen=True)
class World:
    """SLOs, the series Prometheus holds, and what the rules made of them."""

    series: Mapping[str, str]
    indicator: Manifest = field(default_factory=lambda: RATIO)
    objective: str = "99.9"
    until: int = HOUR + 600
    step: int = 30

    @cached_property
    def slo(self) -> Objective:
        return compiled(a_manifest(a_spec(self.indicator, objective=self.objective)))

    @property
    def end(self) -> dict[str, float]:
        """The last values by name (with the window, where there is one), ``slo:`` left out."""
        return by_name(self.evaluated[-1])

    @cached_property
    def evaluated(self) -> list[list[promtool.Got]]:
        """Every recorded sample at each minute."""
        questions = [(time, EVERYTHING) for time in range(0, self.until + 1, 60)]
        rules = rules_for([self.slo])
        return promtool.evaluate(rules, self.series, questions, step=self.step, scrape=self.step)


def by_name(samples: Iterable[promtool.Got]) -> dict[str, float]:
    """Values by short name: ``bad:rate5m``, ``sli:ratio 1h``. Two samples of one name are an error."""
    found: dict[str, float] = {}
    for sample in samples:
        name = sample.labels["__name__"].removeprefix("slo:")
        name += f" {sample.labels['window']}" if "window" in sample.labels else ""
        assert name not in found, f"{name} was recorded twice"
        found[name] = sample.value
    return found


def near(value: float) -> object:
    """Equal up to the rounding of Prometheus' arithmetic."""
    return pytest.approx(value, rel=1e-9, abs=1e-12)


def query(part: str, total: str) -> Manifest:
    return {
        "ratio": {
            "bad": {"query": f"sum(rate({part}[$window]))"},
            "total": {"query": f"sum(rate({total}[$window]))"},
        }
    }


def latency(below: str, kind: str = "Classic") -> Manifest:
    return {"latency": {"histogram": 'took_seconds{job="shop"}', "type": kind, "below": below}}


GOOD = {
    "ratio": {
        "good": {"metric": 'http_requests_total{code=~"2.."}'},
        "total": {"metric": "http_requests_total"},
    }
}
OTHER = {"ratio": {"bad": {"metric": "failures_total"}, "total": {"metric": "http_requests_total"}}}
OK, FAILED = 'http_requests_total{code="200"}', 'http_requests_total{code="500"}'

WORLDS = {
    "bad": World({OK: "0+57x140", FAILED: "0+3x140"}),
    "good": World({OK: "0+57x140", FAILED: "0+3x140"}, GOOD),
    "never answered well": World({FAILED: "0+60x140"}, GOOD),
    "query": World({OK: "0+57x140", FAILED: "0+3x140"}, query(FAILED, "http_requests_total")),
    "no error series": World({OK: "0+60x140"}),
    "idle": World({OK: "5x140", FAILED: "2x140"}),
    "idle good": World({OK: "5x140"}, GOOD),
    "no series": World({"up": "1x140"}),
    "errors without total": World({"failures_total": "0+3x140"}, OTHER),
    "errors while idle": World({"failures_total": "0+3x140", OK: "5x140"}, OTHER),
    "more bad than total": World({"failures_total": "0+90x140", OK: "0+60x140"}, OTHER),
    "more good than total": World(
        {"answers_total": "0+90x140", OK: "0+60x140"},
        {"ratio": {"good": {"metric": "answers_total"}, "total": {"metric": "http_requests_total"}}},
    ),
    "reset": World({OK: "0+57x60 57+57x79", FAILED: "0+3x60 3+3x79"}),
    "division by zero": World(
        {OK: "0+60x140", "zero_total": "0x140"},
        {
            "ratio": {
                "bad": {"query": "sum(rate(zero_total[$window]) / rate(zero_total[$window]))"},
                "total": {"query": "sum(rate(http_requests_total[$window]))"},
            }
        },
    ),
    "infinite total": World(
        {OK: "0+60x140", "zero_total": "0x140"},
        {
            "ratio": {
                "bad": {"query": "sum(rate(zero_total[$window]))"},
                "total": {
                    "query": "sum(sum(rate(http_requests_total[$window])) / sum(rate(zero_total[$window])))"
                },
            }
        },
    ),
    "classic": World(
        {
            'took_seconds_bucket{job="shop",le="0.3"}': "0+54x140",
            'took_seconds_bucket{job="shop",le="1"}': "0+57x140",
            'took_seconds_bucket{job="shop",le="+Inf"}': "0+60x140",
            'took_seconds_count{job="shop"}': "0+60x140",
        },
        latency("300ms"),
    ),
    "bound written as 1": World(
        {
            'took_seconds_bucket{job="shop",le="1"}': "0+57x140",
            'took_seconds_bucket{job="shop",le="10"}': "0+60x140",
            'took_seconds_count{job="shop"}': "0+60x140",
        },
        latency("1s"),
    ),
    "bound written as 1.0": World(
        {
            'took_seconds_bucket{job="shop",le="1.0"}': "0+57x140",
            'took_seconds_bucket{job="shop",le="10.0"}': "0+60x140",
            'took_seconds_count{job="shop"}': "0+60x140",
        },
        latency("1s"),
    ),
    "missing bucket": World(
        {
            'took_seconds_bucket{job="shop",le="0.5"}': "0+57x140",
            'took_seconds_count{job="shop"}': "0+60x140",
        },
        latency("300ms"),
    ),
    "missing bucket while idle": World({'took_seconds_count{job="shop"}': "7x140"}, latency("300ms")),
    "native": World(
        {
            # Bounds of schema 0 are powers of two: 30 events within 1 s, 27 within 2 s, 3 within 4 s.
            'took_seconds{job="shop"}': "{{schema:0 count:0 sum:0 buckets:[0 0 0]}}"
            "+{{schema:0 count:60 sum:60 buckets:[30 27 3]}}x139"
        },
        latency("2s", "Native"),
    ),
    "idle native": World(
        {'took_seconds{job="shop"}': "{{schema:0 count:60 sum:60 buckets:[30 27 3]}}x140"},
        latency("2s", "Native"),
    ),
}


@pytest.mark.parametrize(
    ("world", "total", "bad"),
    [
        ("bad", 2, 0.1),
        ("good", 2, 0.1),
        ("never answered well", 2, 2),
        ("query", 2, 0.1),
        ("no error series", 2, 0),
        ("idle", 0, 0),
        ("idle good", 0, 0),
        ("no series", None, None),
        ("errors without total", None, 0.1),
        ("errors while idle", 0, 0.1),
        ("more good than total", 2, 0),
        ("reset", 2, 0.1),
        ("division by zero", 2, 0),
        ("infinite total", None, 0),
        ("classic", 2, 0.2),
        ("bound written as 1", 2, 0.1),
        ("bound written as 1.0", 2, 0.1),
        ("missing bucket", 2, None),
        ("missing bucket while idle", 0, 0),
        ("native", 2, 0.1),
        ("idle native", 0, 0),
    ],
)
def test_the_raw_windows_record_events_per_second(world, total, bad):
    found = WORLDS[world].end
    for kind, expected in (("total", total), ("bad", bad)):
        got = {w: found.get(f"{kind}:rate{w}") for w in ("5m", "30m", "1h")}
        assert got == {w: None if expected is None else near(expected) for w in got}, kind


@pytest.mark.parametrize("world", WORLDS)
def test_no_series_is_ever_nan_or_infinite(world):
    samples = [sample for answer in WORLDS[world].evaluated for sample in answer]
    assert samples
    wrong = [sample for sample in samples if not math.isfinite(sample.value)]
    assert wrong == []
