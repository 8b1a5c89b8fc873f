"""``validate --prometheus`` against a real server that scrapes itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.unit.api.objects import an_slo, latency

from fireline.cli.main import main

pytestmark = pytest.mark.bed
# A classic histogram of Prometheus itself; its bounds are 32, 48, 72, ...
SIZES = "prometheus_tsdb_compaction_chunk_size_bytes"


@pytest.fixture(scope="module")
def prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with Prometheus(tools, tmp_path_factory.mktemp("series"), scrape_interval="1s") as running:
        wait_for(lambda: running.query(f"{SIZES}_count"), what="Prometheus' own metrics")
        yield running


def validate(prometheus: Prometheus, edits: dict[str, object]) -> Result:
    text = yaml.safe_dump(an_slo(edits))
    return CliRunner().invoke(main, ["validate", "-", "--prometheus", prometheus.url], input=text)


def _ratio(bad: dict[str, str], total: str) -> dict[str, object]:
    return {"spec.indicator": {"ratio": {"bad": bad, "total": {"metric": total}}}}


def test_series_that_exist_are_fine(prometheus: Prometheus) -> None:
    bad = {"metric": "prometheus_target_scrapes_exceeded_sample_limit_total"}
    done = validate(prometheus, _ratio(bad, "prometheus_http_requests_total"))

    assert (done.exit_code, done.stdout) == (0, "")


def test_a_total_without_series_is_an_error(prometheus: Prometheus) -> None:
    bad = {"metric": "prometheus_target_scrapes_exceeded_sample_limit_total"}
    done = validate(prometheus, _ratio(bad, "http_request_total"))

    assert done.exit_code == 1
    assert f"spec.indicator.ratio.total.metric: has no series at {prometheus.url} now; check" in done.stdout


def test_errors_that_never_happened_are_only_noted(prometheus: Prometheus) -> None:
    bad = {"query": 'sum(rate(prometheus_http_requests_total{code="599"}[$window])) # never'}
    done = validate(prometheus, _ratio(bad, "prometheus_http_requests_total"))

    assert done.exit_code == 0
    assert "note: spec.indicator.ratio.bad.query: has no series" in done.stdout


def test_a_limit_that_is_a_bucket_bound_is_fine(prometheus: Prometheus) -> None:
    assert validate(prometheus, latency(histogram=SIZES, below="48s")).stdout == ""


def test_a_limit_between_two_bounds_names_both(prometheus: Prometheus) -> None:
    done = validate(prometheus, latency(histogram=SIZES, below="40s"))

    assert done.exit_code == 1
    assert "spec.indicator.latency.below: 40s is no bucket bound of the histogram; nearest: " in done.stdout
    assert "nearest: 32s and 48s (bounds: 32s, 48s, " in done.stdout


def test_a_limit_below_all_bounds_names_the_lowest(prometheus: Prometheus) -> None:
    done = validate(prometheus, latency(histogram=SIZES, below="1s"))

    assert "nearest: 32s (bounds" in done.stdout


def test_a_native_histogram_needs_no_bound(prometheus: Prometheus) -> None:
    done = validate(
        prometheus,
        latency(histogram="prometheus_http_request_duration_seconds", type="Native", below="123ms"),
    )

    assert (done.exit_code, done.stdout) == (0, "")


def test_a_server_that_is_no_prometheus_is_said_to_be_none(tmp_path: Path, prometheus: Prometheus) -> None:
    file = tmp_path / "slo.yaml"
    file.write_text(yaml.safe_dump(an_slo()))

    done = CliRunner().invoke(main, ["validate", str(file), "--prometheus", f"{prometheus.url}/nowhere"])

    assert done.exit_code == 2
    assert "--prometheus: " in done.stderr
