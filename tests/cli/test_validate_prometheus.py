"""``validate --prometheus``: what real series say against an SLO, with the right path and advice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.ports import free_port
from tests.bed.prometheus import Prometheus
from tests.unit.api.objects import an_slo, latency

from fireline.cli.main import main

pytestmark = pytest.mark.bed
# Histograms of Prometheus itself: a classic one with the bounds 32, 48, 72, ..., and a native one.
SIZES = "prometheus_tsdb_compaction_chunk_size_bytes"
NATIVE = "prometheus_http_request_duration_seconds"
TOTAL = 'app_requests_total{job="app"}'
ERRORS = 'app_requests_total{job="app",code="500"}'
Edits = dict[str, Any]


def ratio(
    total: str = TOTAL,
    *,
    bad: str | None = ERRORS,
    good: str | None = None,
    group_by: list[str] | None = None,
) -> Edits:
    """A ratio of metrics, or of queries where ``$window`` is read."""
    parts = {"bad": bad, "good": good, "total": total}
    indicator = {
        name: {"query" if "$window" in text else "metric": text} for name, text in parts.items() if text
    }
    return {"spec.indicator": {"ratio": indicator}} | ({"spec.groupBy": group_by} if group_by else {})


def gauge(metric: str) -> Edits:
    return {"spec.indicator": {"availability": {"metric": metric}}}


def threshold(query: str) -> Edits:
    return {"spec.indicator": {"threshold": {"query": query, "operator": "LessThan", "value": "10"}}}


def free(query: str) -> Edits:
    return {"spec.indicator": {"errorRatio": {"query": query}}}


def validate(prometheus: Prometheus, edits: Edits, *flags: str) -> Result:
    text = yaml.safe_dump(an_slo(edits))
    return CliRunner().invoke(main, ["validate", "-", "--prometheus", prometheus.url, *flags], input=text)


def found(prometheus: Prometheus, edits: Edits) -> list[dict[str, Any]]:
    """Findings that asking Prometheus added to what the files alone say."""
    offline = CliRunner().invoke(main, ["validate", "-", "-o", "json"], input=yaml.safe_dump(an_slo(edits)))
    known = json.loads(offline.stdout)["findings"]
    asked = json.loads(validate(prometheus, edits, "-o", "json").stdout)["findings"]
    return [finding for finding in asked if finding not in known]


SOUND: dict[str, Edits] = {
    "ratio": ratio(),
    "good": ratio(bad=None, good='app_requests_total{job="app",code="200"}'),
    "queries": ratio(
        'sum(rate(app_requests_total{job="app"}[$window]))',
        bad='sum(rate(app_requests_total{job="app",code=~"5.."}[$window])) # errors',
    ),
    "groups": ratio(group_by=["region"]),
    "grouped queries": ratio(
        "sum by (region) (rate(app_requests_total[$window]))",
        bad='sum by (region) (rate(app_requests_total{code="500"}[$window]))',
        group_by=["region"],
    ),
    "a renamed counter": ratio("app_renamed_total", bad='app_renamed_total{code="500"}'),
    "a bucket bound": latency(histogram=SIZES, below="48s"),
    "a native histogram": latency(histogram=NATIVE, type="Native", below="123ms"),
    "a gauge of ones": gauge('app_up{job="app"}'),
    "a threshold": threshold("max(app_level)"),
    "a free ratio": free("avg(avg_over_time(app_level[$window]))"),
}


@pytest.mark.parametrize("edits", SOUND.values(), ids=SOUND)
def test_nothing_is_said_against_what_is_sound(app_prometheus: Prometheus, edits: Edits) -> None:
    assert found(app_prometheus, edits) == []
    assert validate(app_prometheus, edits).exit_code == 0


BAD, GOOD = "spec.indicator.ratio.bad.metric", "spec.indicator.ratio.good.metric"
ALL = "spec.indicator.ratio.total.metric"
LATENCY = "spec.indicator.latency"
WRONG: dict[str, tuple[Edits, str, str, str]] = {
    "a metric with a slip of the pen": (
        ratio("app_request_total"),
        "NoSeries",
        ALL,
        "there is no series of app_request_total now; did you mean app_requests_total?",
    ),
    "a value with a slip of the pen": (
        ratio('app_requests_total{region="eu",job="ap"}', bad="app_failures_total"),
        "NoSeries",
        ALL,
        'app_requests_total exists, but no series matches job="ap"; values of job: app; did you mean app?',
    ),
    "a label with a slip of the pen": (
        ratio('app_requests_total{jobs="app"}'),
        "NoSeries",
        ALL,
        "app_requests_total exists, but none of its series has a label jobs; did you mean job?",
    ),
    "an expression that matches nothing": (
        ratio('app_requests_total{region=~"a.*"}'),
        "NoSeries",
        ALL,
        'app_requests_total exists, but no series matches region=~"a.*"; values of region: eu, us',
    ),
    "values that never meet": (
        ratio('app_partly_total{job="worker",region="eu"}'),
        "NoSeries",
        ALL,
        'but no series matches job="worker"; values of job: app; or none of its series has a label region',
    ),
    "a query of series that do not join": (
        ratio("sum(rate(app_requests_total[$window]) / rate(app_failures_total[$window]))"),
        "NoSeries",
        "spec.indicator.ratio.total.query",
        "yields nothing now, though each of its series is there: do the labels on both sides match?",
    ),
    "no good events at all": (
        ratio(bad=None, good='app_requests_total{code="201"}'),
        "NoSeries",
        GOOD,
        "values of code: 200, 500: while there is traffic, all of it would count as bad",
    ),
    "more bad than all": (
        ratio(bad="app_failures_total"),
        "NotASubset",
        BAD,
        "counts more than total: over the last 1h bad ",
    ),
    "bad of series that total leaves out": (
        ratio('app_requests_total{job="app",region="eu"}', bad='app_requests_total{code="500",region=~".+"}'),
        "NotASubset",
        BAD,
        'counts series that total does not, such as code="500", job="app", region="us"; repeat the matchers',
    ),
    "a rate over a recorded sum": (
        ratio("app_everything_total", bad='app_requests_total{code="500"}'),
        "RateOfAggregate",
        ALL,
        "over app_everything_total, which a rule records as sum by (job) (app_requests_total): when",
    ),
    "a rate over a recorded sum in a query": (
        ratio("sum(rate(app_everything_total[$window]))"),
        "RateOfAggregate",
        "spec.indicator.ratio.total.query",
        "use the counters themselves",
    ),
    "a rate over a gauge": (
        ratio("prometheus_tsdb_head_series", bad="prometheus_tsdb_head_series{code='1'}"),
        "NotACounter",
        ALL,
        "takes a rate over prometheus_tsdb_head_series, which its target declares to be a gauge",
    ),
    "a series that is scraped every two minutes": (
        ratio("slow_requests_total", bad='slow_requests_total{code="500"}'),
        "ScrapedTooRarely",
        ALL,
        "has a sample every 2m, and the shortest window, 5m, needs 4: scrape it every 1m15s or more often",
    ),
    "a group label that does not exist": (
        ratio(group_by=["zone"]),
        "NoGroupLabel",
        "spec.groupBy[0]",
        f"no series of {TOTAL} has a label zone; labels there: code, job, region",
    ),
    "a group label with a slip of the pen": (
        ratio(group_by=["job", "regions"]),
        "NoGroupLabel",
        "spec.groupBy[1]",
        "has a label regions; did you mean region? labels there: code, job, region",
    ),
    "more groups than are allowed": (
        ratio("app_spread_total", bad='app_spread_total{code="500"}', group_by=["region"]),
        "TooManyGroups",
        "spec.groupBy",
        "makes 60 groups; the operator's settings allow 50 (max_groups)",
    ),
    "a group label that only the total has": (
        ratio(bad='app_partly_total{job="worker"}', group_by=["region"]),
        "NoGroupLabel",
        "spec.groupBy[0]",
        'no series of app_partly_total{job="worker"} has a label region; labels there: job',
    ),
    "a limit between two bounds": (
        latency(histogram=SIZES, below="40s"),
        "NoBucketBound",
        f"{LATENCY}.below",
        "40s is no bucket bound of the histogram; nearest: 32s and 48s (bounds: 32s, 48s, ",
    ),
    "a limit below all bounds": (
        latency(histogram=SIZES, below="1s"),
        "NoBucketBound",
        f"{LATENCY}.below",
        "1s is no bucket bound of the histogram; nearest: 32s (bounds",
    ),
    "a native histogram called classic": (
        latency(histogram=NATIVE, below="100ms"),
        "WrongHistogramType",
        f"{LATENCY}.type",
        f"{NATIVE} is a native histogram there and has no _bucket series; write type: Native",
    ),
    "a classic histogram called native": (
        latency(histogram=SIZES, type="Native", below="48s"),
        "WrongHistogramType",
        f"{LATENCY}.type",
        f"{SIZES} is a classic histogram there, with _bucket series; write type: Classic",
    ),
    "a histogram that is none": (
        latency(histogram="prometheus_tsdb_head_series", type="Native", below="1s"),
        "NotAHistogram",
        f"{LATENCY}.histogram",
        "prometheus_tsdb_head_series is no histogram there but a gauge",
    ),
    "a histogram that is not there": (
        latency(histogram="prometheus_tsdb_compaction_chunk_sizes_bytes", below="48s"),
        "NoSeries",
        f"{LATENCY}.histogram",
        f"did you mean {SIZES}_bucket",
    ),
    "an availability of another value": (
        gauge("app_level"),
        "NotABoolean",
        "spec.indicator.availability.metric",
        "app_level is 0.42 now, and availability needs 0 (bad) and 1 (good)",
    ),
    "an availability of a counter": (
        gauge("prometheus_http_requests_total"),
        "NotAGauge",
        "spec.indicator.availability.metric",
        "is a counter to its target, and availability needs a gauge of 0 and 1; use ratio for counters",
    ),
    "a threshold over nothing": (
        threshold("max(app_levels)"),
        "NoSeries",
        "spec.indicator.threshold.query",
        "there is no series of app_levels now; did you mean app_level?",
    ),
    "a percentage for a ratio": (
        free("avg(avg_over_time(app_level[$window])) * 100"),
        "NotARatio",
        "spec.indicator.errorRatio.query",
        "yields 42 now; it must be a share of bad events between 0 and 1",
    ),
    "a composite of someone nobody knows": (
        {"spec.indicator": {"composite": {"method": "Worst", "objectives": [{"name": "gone"}]}}},
        "NoMember",
        "spec.indicator.composite.objectives[0].name",
        "there is no SLO gone in namespace default, neither here nor in Prometheus",
    ),
}


@pytest.mark.parametrize(("edits", "reason", "path", "words"), WRONG.values(), ids=WRONG)
def test_what_the_series_contradict_is_found(
    app_prometheus: Prometheus, edits: Edits, reason: str, path: str, words: str
) -> None:
    errors = [finding for finding in found(app_prometheus, edits) if finding["level"] == "error"]

    assert [(error["reason"], error["path"]) for error in errors] == [(reason, path)]
    assert words in errors[0]["message"]
    assert validate(app_prometheus, edits).exit_code == 1


NOTED: dict[str, tuple[Edits, str, str, str]] = {
    "errors that never happened": (
        ratio(bad='app_requests_total{job="app",code="503"}'),
        "NoSeries",
        BAD,
        'no series matches code="503"; values of code: 200, 500: fine when it never happened yet',
    ),
    "series without the group label": (
        ratio("app_partly_total", bad='app_partly_total{region="eu"}', group_by=["region"]),
        "GroupIncomplete",
        "spec.groupBy[0]",
        "some series of app_partly_total have no label region: they make a group without a name",
    ),
}


@pytest.mark.parametrize(("edits", "reason", "path", "words"), NOTED.values(), ids=NOTED)
def test_what_may_be_meant_is_only_noted(
    app_prometheus: Prometheus, edits: Edits, reason: str, path: str, words: str
) -> None:
    (note,) = found(app_prometheus, edits)

    assert (note["level"], note["reason"], note["path"]) == ("note", reason, path)
    assert words in note["message"]
    assert validate(app_prometheus, edits).exit_code == 0


def test_the_settings_say_how_many_groups_are_too_many(app_prometheus: Prometheus, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("max_groups: 1\n")

    done = validate(app_prometheus, ratio(group_by=["region"]), "--config", str(config))

    assert done.exit_code == 1
    assert "spec.groupBy: makes 2 groups; the operator's settings allow 1 (max_groups)" in done.stdout


def test_a_source_of_the_settings_can_be_asked(app_prometheus: Prometheus, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    sources = {"default": {}, "main": {"urls": [f"http://127.0.0.1:{free_port()}", app_prometheus.url]}}
    config.write_text(yaml.safe_dump({"sources": sources}))
    slo = yaml.safe_dump(an_slo(ratio("app_request_total")))

    done = CliRunner().invoke(main, ["validate", "-", "--config", str(config), "--source", "main"], input=slo)

    assert done.exit_code == 1
    assert "did you mean app_requests_total?" in done.stdout


def test_a_member_of_a_composite_in_the_same_files_is_no_stranger(app_prometheus: Prometheus) -> None:
    composite = {"composite": {"method": "Worst", "objectives": [{"name": "checkout"}]}}
    both = [an_slo(ratio()), an_slo({"spec.indicator": composite}, name="all")]

    done = CliRunner().invoke(
        main, ["validate", "-", "--prometheus", app_prometheus.url], input=yaml.safe_dump_all(both)
    )

    assert (done.exit_code, done.stdout) == (0, "")


def test_a_server_that_is_no_prometheus_is_said_to_be_none(app_prometheus: Prometheus) -> None:
    text = yaml.safe_dump(an_slo(ratio()))
    url = f"{app_prometheus.url}/nowhere"

    done = CliRunner().invoke(main, ["validate", "-", "--prometheus", url], input=text)

    assert done.exit_code == 2
    assert "--prometheus: " in done.stderr


def test_a_server_that_is_not_there_is_said_so() -> None:
    text = yaml.safe_dump(an_slo(ratio()))
    url = f"http://127.0.0.1:{free_port()}"

    done = CliRunner().invoke(main, ["validate", "-", "--prometheus", url], input=text)

    assert done.exit_code == 2
    assert f"--prometheus: {url} cannot be reached: " in done.stderr
