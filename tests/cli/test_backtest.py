"""``fireline backtest`` and ``backfill``: what is refused, in which words, with which exit code.

What they compute is compared with a real Prometheus in ``tests/truth``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fireline.cli.main import main

GOOD = """\
apiVersion: fireline.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: checkout, namespace: shop}
spec:
  service: checkout
  objective: "99.9"
  indicator:
    ratio:
      bad: {metric: 'http_requests_total{code=~"5.."}'}
      total: {metric: http_requests_total}
"""
COMPOSITE = """\
apiVersion: fireline.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: journey, namespace: shop}
spec:
  service: shop
  objective: "99.9"
  indicator:
    composite: {method: Worst, objectives: [{name: checkout}, {name: search}]}
"""
NOBODY = "http://127.0.0.1:9"


def fireline(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def a_file(folder: Path, text: str, name: str = "slo.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture(params=["backtest", "backfill"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """Both commands take the same SLOs, times and sources."""
    return [request.param, *(["-o", "openmetrics"] if request.param == "backfill" else [])]


def test_a_server_that_cannot_be_reached_is_named(tmp_path, command):
    done = fireline(*command, a_file(tmp_path, GOOD), "--prometheus", NOBODY)
    assert done.exit_code == 2
    assert f"{NOBODY} cannot be reached" in done.stderr
    assert done.stdout == ""


def test_without_a_server_the_ways_to_name_one_are_told(tmp_path, command):
    done = fireline(*command, a_file(tmp_path, GOOD))
    assert done.exit_code == 2
    assert "give --prometheus URL, or --config with sources.default.urls" in done.stderr


def test_a_source_that_is_not_in_the_settings_is_refused_with_those_that_are(tmp_path, command):
    config = a_file(tmp_path, "sources: {eu: {}, us: {}}\n", "config.yaml")
    slo = a_file(tmp_path, GOOD + "  prometheus: eu\n")
    done = fireline(*command, slo, "--config", config, "--source", "asia", "--prometheus", NOBODY)
    assert done.exit_code == 2
    assert "--source: 'asia' is no source of the settings; known: eu, us" in done.stderr


def test_the_source_of_the_settings_brings_its_url(tmp_path, command):
    config = a_file(tmp_path, f"sources: {{default: {{urls: ['{NOBODY}']}}}}\n", "config.yaml")
    done = fireline(*command, a_file(tmp_path, GOOD), "--config", config)
    assert f"{NOBODY} cannot be reached" in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--since", "30 days", "'30 days' is no time; write it like 2026-11-01T08:00:00Z"),
        ("--until", "yesterday", "'yesterday' is no time"),
        ("--since", "2999-01-01", "is not before"),
    ],
)
def test_times_that_are_none_are_told_with_an_example(tmp_path, command, option, value, words):
    done = fireline(*command, a_file(tmp_path, GOOD), "--prometheus", NOBODY, option, value)
    assert done.exit_code == 2
    assert f"{option}: " in done.stderr
    assert words in " ".join(done.stderr.split())


def test_an_slo_that_is_wrong_is_refused_with_its_place(tmp_path, command):
    done = fireline(*command, a_file(tmp_path, GOOD.replace('"99.9"', '"100"')), "--prometheus", NOBODY)
    assert done.exit_code == 1
    assert "slo.yaml:6: error: spec.objective" in done.stderr


def test_a_composite_needs_its_members_among_the_files(tmp_path, command):
    both = a_file(tmp_path, f"{GOOD}---\n{COMPOSITE}")
    done = fireline(*command, both, "--prometheus", NOBODY)
    assert done.exit_code == 1
    assert "shop/search is not among the files" in done.stderr
    assert "shop/checkout is not" not in done.stderr


def test_an_objective_to_compare_is_checked_like_any_other(tmp_path):
    slo = a_file(tmp_path, GOOD)
    done = fireline("backtest", slo, "--prometheus", NOBODY, "--objective", "99.5,100")
    assert done.exit_code == 1
    assert "spec.objective" in done.stderr
    assert "100" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{name: x}", "list"),
        ("- {name: x, from: 2026-11-01T08:00:00Z}", "0.to: Field required"),
        ("- {name: x, from: soon, to: 2026-11-01T08:00:00Z}", "x: 'soon' is no time"),
        ("- {name: x, from: 2026-11-01T08:00:00Z, to: 2026-11-01T08:00:00Z}", "which is not after"),
        ("- {name: x, from: 2026-11-01, to: 2026-11-02, team: a}", "0.team: Extra inputs"),
        ("- {name: x", "is no YAML"),
    ],
)
def test_a_file_of_incidents_that_is_wrong_is_told_with_an_example(tmp_path, text, words):
    known = a_file(tmp_path, text, "incidents.yaml")
    done = fireline("backtest", a_file(tmp_path, GOOD), "--prometheus", NOBODY, "--incidents", known)
    assert done.exit_code == 2
    said = " ".join(done.stderr.split())
    assert "--incidents: " in said
    assert words in said


def test_blocks_need_promtool_and_a_folder_before_anything_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    slo = a_file(tmp_path, GOOD)
    done = fireline("backfill", slo, "--prometheus", NOBODY, "--out", tmp_path / "blocks")
    assert done.exit_code == 2
    assert "promtool is not on the PATH" in done.stderr
    assert "-o openmetrics" in done.stderr

    tool = a_file(tmp_path, "#!/bin/sh\n", "promtool")
    tool.chmod(0o755)
    done = fireline("backfill", slo, "--prometheus", NOBODY)
    assert done.exit_code == 2
    assert "--out: name a folder" in done.stderr


def test_what_will_be_written_is_said_before_anything_is_read(tmp_path):
    slo = a_file(tmp_path, GOOD)
    done = fireline("backfill", slo, "-o", "openmetrics", "--since", "30d", "--prometheus", NOBODY)
    # Every 30 s: 3 windows of total and bad, objective and info. Every minute: the error budget, 2h and 6h
    # of total and bad, 5 service levels and burn rates. Every 5 minutes: slices. Every 2m30s: 1d, 3d and
    # the SLO window of total, bad, service level and burn rate, and three figures of the budget.
    assert 8 * 86_400 + 15 * 43_200 + 2 * 8640 + 15 * 17_280 == 1_615_680
    assert "up to 1,615,680 samples, about 178 MB of text" in done.stderr
