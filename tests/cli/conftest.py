"""Fixtures of the command line's tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cli import appdata
from tests.cluster.guarded import Guarded, Place


@pytest.fixture(scope="module")
def app_prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus with the last hour of an application, that also scrapes itself (types, histograms)."""
    folder = tmp_path_factory.mktemp("app")
    data = folder / "data"
    appdata.write(tools, folder, data, end=int(time.time()))
    with Prometheus(tools, folder, scrape_interval="1s", evaluation_interval="1s", data=data) as running:
        (running.rules / "recorded.yaml").write_text(appdata.RULES)
        running.reload()
        wait_for(lambda: running.query("app_everything_total"), what="the recorded sum")
        wait_for(lambda: running.api("metadata", metric="prometheus_tsdb_head_series"), what="metadata")
        wait_for(lambda: running.query("prometheus_http_request_duration_seconds"), what="histograms")
        yield running


@pytest.fixture(autouse=True)
def _as_wide_as_it_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that runs beside others is told the width of the terminal, which decides what is shown."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(scope="session")
def guarded(tools: Tools, bed_directory: Path) -> Iterator[Guarded]:
    """A cluster with the admission policies of mitigations; one of its own: they hold for everybody."""
    with Cluster(tools, bed_directory / "guarded-cli") as cluster:
        yield Guarded(cluster)


@pytest.fixture
def place(guarded: Guarded) -> Place:
    """A namespace there, in which alice may approve Mitigations, bob only edit and carol only see them."""
    place = guarded.place()
    place.is_a("alice", "fireline-approve")
    place.is_a("bob", "fireline-edit", "fireline-view")
    place.is_a("carol", "fireline-view")
    return place
