"""What reads a Prometheus, against a real one: budgets left, canaries, endpoints, bucket bounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cli.gate_traffic import LOOKBACK, an_objective, record, write

from fireline.cli.main import main

pytestmark = pytest.mark.bed

TABLE = """\
namespace: shop
service: shop
histogram: http_request_duration_seconds{job="shop"}
endpointLabel: operation
endpoints:
  - {name: createEvent, limits: {p50: 200ms, p95: 500ms, p99: 1s}}
"""


@pytest.fixture(scope="module")
def prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    directory = tmp_path_factory.mktemp("gate")
    data, end = write(tools, directory)
    with Prometheus(tools, directory, data=data, scrape_interval="1s", flags=[LOOKBACK]) as running:
        record(tools, running, data, end)
        yield running


def fireline(prometheus: Prometheus, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [*arguments, "--prometheus", prometheus.url], input=stdin)


def checks(done: Result) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def slos(*services: str) -> str:
    return yaml.safe_dump_all(an_objective(service) for service in services)


def budget(prometheus: Prometheus, *arguments: str, services: tuple[str, ...]) -> Result:
    return fireline(prometheus, "gate", "budget", "-", *arguments, stdin=slos(*services))


def test_a_budget_with_enough_left_passes(prometheus: Prometheus) -> None:
    done = budget(prometheus, "-o", "json", services=("healthy",))

    assert done.exit_code == 0
    assert checks(done)["shop/healthy"]["value"] == pytest.approx(80, abs=0.5)
    assert "from data of 100 % of the window" in checks(done)["shop/healthy"]["message"]


def test_an_overspent_budget_fails_and_junit_names_it(prometheus: Prometheus, tmp_path: Path) -> None:
    file = tmp_path / "junit.xml"
    done = budget(prometheus, "--junit", str(file), "--min-left", "0", services=("healthy", "exhausted"))

    assert done.exit_code == 1
    assert "FAIL" in done.stdout
    ((name, message),) = [
        (case.get("name"), failure.get("message"))
        for case in ET.parse(file).iter("testcase")
        for failure in case.iter("failure")
    ]
    assert name == "shop/exhausted"
    assert message is not None
    assert message.startswith("shop/exhausted is -")
    assert message.endswith("allowed is at least 0 % left")


def test_the_least_share_decides(prometheus: Prometheus) -> None:
    assert budget(prometheus, "--min-left", "70", services=("healthy",)).exit_code == 0
    assert budget(prometheus, "--min-left", "90", services=("healthy",)).exit_code == 1


def test_a_budget_that_was_never_recorded_is_unknown_and_that_is_no(prometheus: Prometheus) -> None:
    done = budget(prometheus, "-o", "json", services=("cart",))

    assert done.exit_code == 1
    assert (checks(done)["shop/cart"]["state"], checks(done)["shop/cart"]["value"]) == ("Unknown", None)
    assert "slo:error_budget_consumed:ratio is not there" in checks(done)["shop/cart"]["message"]
    assert budget(prometheus, "--unknown", "pass", services=("cart", "healthy")).exit_code == 0


def test_a_changed_indicator_does_not_inherit_the_budget_of_the_old_one(prometheus: Prometheus) -> None:
    changed = slos("healthy").replace('service="healthy"}', 'service="healthy",code!="404"}')

    assert fireline(prometheus, "gate", "budget", "-", stdin=changed).exit_code == 1


def test_a_source_of_the_settings_is_asked_instead_of_a_url(prometheus: Prometheus, tmp_path: Path) -> None:
    config = tmp_path / "fireline.yaml"
    config.write_text(f"sources: {{default: {{}}, main: {{urls: ['{prometheus.url}']}}}}\n")
    for source, code in (("main", 0), ("other", 2), ("default", 2)):
        arguments = ["gate", "budget", "-", "--source", source, "--config", str(config)]
        assert CliRunner().invoke(main, arguments, input=slos("healthy")).exit_code == code
    nothing = CliRunner().invoke(main, ["gate", "budget", "-"], input=slos("healthy"))
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert "give --prometheus URL, or --source NAME with --config" in nothing.stderr


def test_wrong_slos_and_unreachable_servers_exit_2(prometheus: Prometheus) -> None:
    wrong = fireline(prometheus, "gate", "budget", "-", stdin=slos("healthy").replace("99.9", "100"))
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "spec.objective: must be above 0 and below 100" in wrong.stderr
    for command in (["budget", "-"], ["canary", "-", "--canary", 'a="1"', "--baseline", 'a="2"']):
        arguments = ["gate", *command, "--prometheus", "http://127.0.0.1:9"]
        done = CliRunner().invoke(main, arguments, input=slos("healthy"))
        assert (done.exit_code, done.stdout) == (2, "")
        assert "--prometheus: http://127.0.0.1:9 cannot be reached" in done.stderr


def canary(prometheus: Prometheus, track: str, *arguments: str, stdin: str | None = None) -> Result:
    options = [
        "--canary",
        f'track="{track}"',
        "--baseline",
        'track="stable"',
        "--tolerance",
        "0.5",
        *arguments,
    ]
    given = slos("cart") if stdin is None else stdin
    return fireline(prometheus, "gate", "canary", "-", *options, "-o", "json", stdin=given)


def test_a_canary_like_its_baseline_passes(prometheus: Prometheus) -> None:
    done = canary(prometheus, "same", "--window", "1h")

    assert done.exit_code == 0
    assert checks(done)["shop/cart"]["value"] == pytest.approx(0, abs=0.01)
    assert "canary 1 % bad of " in checks(done)["shop/cart"]["message"]


def test_a_canary_with_more_errors_fails(prometheus: Prometheus) -> None:
    done = canary(prometheus, "worse", "--window", "1h")

    assert done.exit_code == 1
    assert checks(done)["shop/cart"]["value"] == pytest.approx(4, abs=0.01)
    assert "worse: canary 5 % bad of" in checks(done)["shop/cart"]["message"]


def test_a_canary_with_hardly_any_events_is_unknown(prometheus: Prometheus) -> None:
    done = canary(prometheus, "tiny", "--window", "30m")

    assert done.exit_code == 1
    assert checks(done)["shop/cart"]["state"] == "Unknown"
    assert "100 are needed (--min-events)" in checks(done)["shop/cart"]["message"]
    assert canary(prometheus, "tiny", "--window", "30m", "--unknown", "pass").exit_code == 0
    still = canary(prometheus, "tiny", "--window", "12h", "--min-events", "10")
    assert "0 % bad of 14" in checks(still)["shop/cart"]["message"]


def test_a_version_that_is_not_there_is_unknown(prometheus: Prometheus) -> None:
    message = checks(canary(prometheus, "gone"))["shop/cart"]["message"]

    assert message.startswith(
        "no measurement for shop/cart: canary: no series for sum(rate(http_requests_total{"
    )


def test_a_slower_canary_fails_by_the_limit_of_a_latency_slo(prometheus: Prometheus) -> None:
    slo = an_objective("shop")
    slo["spec"]["objective"] = "95"
    histogram = 'http_request_duration_seconds{job="shop"}'
    slo["spec"]["indicator"] = {"latency": {"histogram": histogram, "below": "400ms"}}
    sides = ["--canary", 'operation="createEvent"', "--baseline", 'operation="listEvents"', "--window", "1h"]
    done = fireline(
        prometheus, "gate", "canary", "-", *sides, "--tolerance", "1", "-o", "json", stdin=yaml.safe_dump(slo)
    )

    assert done.exit_code == 1
    assert checks(done)["shop/shop"]["value"] == pytest.approx(3, abs=0.01)
    # The default tolerance is the error budget: 5 percentage points.
    assert fireline(prometheus, "gate", "canary", "-", *sides, stdin=yaml.safe_dump(slo)).exit_code == 0


def test_two_pairs_of_queries_are_compared_too(prometheus: Prometheus) -> None:
    def query(track: str, code: str) -> str:
        return f'sum(rate(http_requests_total{{track="{track}"{code}}}[$window])) # of {track}'

    def compare(track: str) -> Result:
        sides = {"canary": track, "baseline": "stable"}
        options = [
            part
            for side, version in sides.items()
            for part in (
                f"--{side}-bad",
                query(version, ',code="500"'),
                f"--{side}-total",
                query(version, ""),
            )
        ]
        return fireline(prometheus, "gate", "canary", *options, "--tolerance", "0.5", "--window", "1h")

    assert compare("same").exit_code == 0
    assert compare("worse").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give SLOs with --canary and --baseline, or four queries"),
        (["-", "--canary", 'a="b"'], "give SLOs with --canary and --baseline"),
        (["-", "--canary", 'a="b"', "--baseline", '{a="b"}'], "are the same labels"),
        (["-", "--canary", "canary", "--baseline", 'a="b"'], "--canary: "),
        (
            ["--canary-bad", "rate(a[$window])"],
            "with queries also give --canary-total, --baseline-bad, --basel",
        ),
    ],
)
def test_options_that_do_not_fit_together_are_wrong_usage(
    prometheus: Prometheus, arguments: list[str], said: str
) -> None:
    done = fireline(prometheus, "gate", "canary", *arguments, stdin=slos("cart"))

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def performance(prometheus: Prometheus, text: str, *arguments: str) -> Result:
    return fireline(prometheus, "gate", "performance", "-", "-o", "json", *arguments, stdin=text)


def test_endpoints_within_their_limits_pass_and_the_shares_are_exact(prometheus: Prometheus) -> None:
    done = performance(prometheus, TABLE)

    assert done.exit_code == 0
    found = checks(done)
    assert {name: (round(one["value"], 6), one["limit"]) for name, one in found.items()} == {
        "createEvent p50": (60, 50),
        "createEvent p95": (96, 95),
        "createEvent p99": (99.2, 99),
    }
    assert "96 % within 500ms (p95 about " in found["createEvent p95"]["message"]


def test_an_endpoint_beyond_a_limit_fails_and_junit_names_it(prometheus: Prometheus, tmp_path: Path) -> None:
    text = TABLE + "  - {name: listEvents, limits: {p95: 400ms, p99: 1s}}\n"
    file = tmp_path / "junit.xml"
    done = performance(prometheus, text, "--junit", str(file))

    assert done.exit_code == 1
    assert [name for name, one in checks(done).items() if one["state"] != "Passed"] == ["listEvents p95"]
    assert round(checks(done)["listEvents p95"]["value"], 6) == 93
    (case,) = (case for case in ET.parse(file).iter("testcase") if case.find("failure") is not None)
    assert case.get("name") == "listEvents p95 in Prometheus"


def test_an_endpoint_that_cannot_be_judged_is_unknown_and_says_why(prometheus: Prometheus) -> None:
    text = TABLE + (
        "  - {name: gone, limits: {p95: 500ms}}\n"
        "  - {name: rare, limits: {p95: 500ms}}\n"
        "  - {name: listEvents, limits: {p95: 450ms}}\n"
    )
    done = performance(prometheus, text, "--min-events", "500")
    found = {name: one["message"] for name, one in checks(done).items() if one["state"] == "Unknown"}

    assert done.exit_code == 1
    assert "gone p95 in Prometheus: no series for sum(rate(" in found["gone p95"]
    assert "requests, 500 are needed (--min-events)" in found["rare p95"]
    assert "450ms is no bucket bound of the histogram; nearest: 400ms and 500ms" in found["listEvents p95"]


def test_a_table_that_the_operator_would_refuse_is_wrong_usage(prometheus: Prometheus) -> None:
    done = performance(prometheus, TABLE.replace("service: shop\n", ""))

    assert (done.exit_code, done.stdout) == (2, "")
    assert "endpoints[0].service: is missing" in done.stderr


def test_perf_budget_asks_for_the_real_bounds(prometheus: Prometheus) -> None:
    done = fireline(prometheus, "perf-budget", "-", stdin=TABLE)
    assert (done.exit_code, done.stdout.count("kind: ServiceLevelObjective")) == (0, 3)

    done = fireline(prometheus, "perf-budget", "-", stdin=TABLE.replace("p95: 500ms", "p95: 300ms"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert (
        "<stdin>:6: error: endpoints[0].limits.p95: 300ms is no bucket bound of the histogram; nearest: "
        "200ms and 400ms (bounds: 100ms, 200ms, 400ms, 500ms, 1s)"
    ) in done.stderr


def test_native_histograms_take_any_limit(prometheus: Prometheus) -> None:
    """Prometheus' own request histogram is native: it has been asked many times by now."""
    text = (
        "{service: prometheus, type: Native, histogram: prometheus_http_request_duration_seconds, endpoints: "
        "[{name: query, match: {handler: /api/v1/query}, limits: {p50: 9s700ms, p95: 9s999ms}}]}"
    )
    counted = 'sum(rate(prometheus_http_request_duration_seconds{handler="/api/v1/query"}[1h]))'
    wait_for(lambda: prometheus.query(counted), what="two scrapes of its own histogram")

    done = performance(prometheus, text, "--min-events", "1")
    assert done.exit_code == 0
    assert [one["value"] for one in checks(done).values()] == pytest.approx([100, 100])
    assert fireline(prometheus, "perf-budget", "-", stdin=text).exit_code == 0
    gone = fireline(prometheus, "perf-budget", "-", stdin=text.replace("/query}", "/nothing}"))
    assert (gone.exit_code, gone.stdout) == (1, "")
    assert "endpoints[0]: prometheus_http_request_duration_seconds{" in gone.stderr


def test_perf_budget_says_which_endpoint_has_no_series(prometheus: Prometheus) -> None:
    done = fireline(prometheus, "perf-budget", "-", stdin=TABLE.replace("createEvent", "createEvnt"))

    assert done.exit_code == 1
    assert done.stderr.count("error:") == 1
    assert (
        f"endpoints[0]: http_request_duration_seconds_bucket has no series at {prometheus.url}" in done.stderr
    )
