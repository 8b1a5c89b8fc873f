"""``fireline perf-budget``: a table of limits becomes SLOs, and mistakes are told where they stand."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from fireline.cli.main import main
from fireline.cli.performance.checks import object_name
from fireline.cli.performance.sizes import parse_size, size_text
from fireline.cli.performance.tiers import burn_rates, default_notify
from fireline.promql.durations import Duration

EXAMPLE = Path(__file__).parents[2] / "examples" / "perf-budget.yaml"
TABLE = """\
namespace: shop
service: shop
histogram: http_request_duration_seconds{job="shop"}
endpointLabel: operation
buckets: [100ms, 200ms, 500ms, 1s, 2s]
endpoints:
  - {name: createEvent, limits: {p50: 200ms, p95: 500ms, p99: 1s}}
  - {name: listEvents, limits: {p95: 500ms}}
"""


def perf_budget(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["perf-budget", "-", *arguments], input=text)


def objects(text: str, *arguments: str) -> dict[str, dict[str, Any]]:
    """The printed objects by name."""
    done = perf_budget(text, *arguments)
    assert done.exit_code == 0, done.stderr
    return {one["metadata"]["name"]: one for one in yaml.safe_load_all(done.stdout)}


def test_the_example_has_the_limits_everybody_talks_about():
    endpoints = {one["name"]: one["limits"] for one in yaml.safe_load(EXAMPLE.read_text())["endpoints"]}

    assert len(endpoints) >= 10
    assert all(limits.keys() == {"p50", "p95", "p99"} for limits in endpoints.values())
    assert endpoints["createEvent"] == {"p50": "200ms", "p95": "500ms", "p99": "1s"}
    assert endpoints["createCheckout"] == {"p50": "300ms", "p95": "800ms", "p99": "2s"}
    assert endpoints["listEvents"] == {"p50": "150ms", "p95": "400ms", "p99": "800ms"}


def test_the_objects_of_the_example_are_valid_and_can_be_rendered():
    made = CliRunner().invoke(main, ["perf-budget", str(EXAMPLE)])
    count = 3 * len(yaml.safe_load(EXAMPLE.read_text())["endpoints"])

    assert (made.exit_code, made.stdout.count("kind: ServiceLevelObjective")) == (0, count)
    checked = CliRunner().invoke(main, ["validate", "-"], input=made.stdout)
    assert (checked.exit_code, checked.stdout) == (0, "")
    rendered = CliRunner().invoke(main, ["render", "-"], input=made.stdout)
    assert (rendered.exit_code, rendered.stderr) == (0, f"rendered {count} ServiceLevelObjectives\n")


def test_a_p95_limit_becomes_an_objective_of_95_percent_below_it():
    one = objects(TABLE)["create-event-p95"]

    assert one["metadata"]["labels"] == {"endpoint": "createEvent", "percentile": "p95"}
    assert one["spec"]["objective"] == "95"
    assert one["spec"]["description"] == "95 % of createEvent requests take at most 500ms"
    assert one["spec"]["indicator"]["latency"] == {
        "histogram": 'http_request_duration_seconds{job="shop",operation="createEvent"}',
        "below": "500ms",
    }


def test_only_the_highest_percentile_of_an_endpoint_pages_and_watches_for_missing_data():
    made = objects(TABLE)
    severities = {
        name: {tier["severity"] for tier in one["spec"]["alerting"]["burnRates"]}
        for name, one in made.items()
    }

    assert severities == {
        "create-event-p50": {"Ticket"},
        "create-event-p95": {"Ticket"},
        "create-event-p99": {"Page", "Ticket"},
        "list-events-p95": {"Page", "Ticket"},
    }
    watching = [name for name, one in made.items() if "noData" not in one["spec"]["alerting"]]
    assert watching == ["create-event-p99", "list-events-p95"]


def test_alerts_carry_endpoint_and_percentile_and_never_fire_at_half_a_budget():
    alerting = objects(TABLE)["create-event-p50"]["spec"]["alerting"]

    assert alerting["labels"] == {"endpoint": "createEvent", "percentile": "p50"}
    assert alerting["budget"] == [{"consumed": "100"}]


def test_the_table_says_who_is_told_and_an_endpoint_may_differ():
    text = TABLE.replace("endpoints:", "notify: {p50: Nobody, p95: Page}\nendpoints:").replace(
        "{p95: 500ms}}", "{p95: 500ms}, notify: {p95: Ticket}}"
    )
    made = objects(text)

    assert made["create-event-p50"]["spec"]["alerting"] == {"disabled": True}
    assert made["create-event-p95"]["spec"]["alerting"]["burnRates"][0]["name"] == "PageFast"
    assert made["list-events-p95"]["spec"]["alerting"]["burnRates"][0]["name"] == "TicketFast"


def test_defaults_of_the_table_reach_every_object_and_the_command_line_wins():
    text = TABLE.replace(
        "endpoints:",
        "window: 7d\nlabels: {team: shop}\nprometheus: main\nobjectives: {p99: '99.5'}\nminSlow: '3'\n"
        "runbookURL: https://wiki.example/slow\nalertLabels: {squad: red}\nendpoints:",
    )
    one = objects(text, "-n", "staging")["create-event-p99"]

    assert one["metadata"]["namespace"] == "staging"
    assert one["metadata"]["labels"]["team"] == "shop"
    assert (one["spec"]["window"], one["spec"]["prometheus"]) == ({"rolling": "7d"}, "main")
    assert one["spec"]["objective"] == "99.5"
    assert one["spec"]["alerting"]["minBadEvents"] == "3"
    assert one["spec"]["alerting"]["runbookURL"] == "https://wiki.example/slow"
    assert one["spec"]["alerting"]["labels"]["squad"] == "red"


def test_an_endpoint_brings_its_own_histogram_labels_and_service():
    own = (
        "{name: login, limits: {p95: 500ms}, histogram: auth_seconds, match: {path: /session}, service: auth}"
    )
    one = objects(TABLE + f"  - {own}\n")["login-p95"]

    assert one["spec"]["service"] == "auth"
    assert one["spec"]["indicator"]["latency"]["histogram"] == 'auth_seconds{path="/session"}'


def test_json_is_one_list_that_kubectl_takes():
    done = json.loads(perf_budget(TABLE, "-o", "json").stdout)

    assert (done["apiVersion"], done["kind"], len(done["items"])) == ("v1", "List", 4)


def test_a_limit_that_is_no_bucket_bound_names_the_nearest_ones_with_file_line_and_path():
    done = perf_budget(TABLE.replace("p95: 500ms, p99", "p95: 450ms, p99"))

    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "<stdin>:7: error: endpoints[0].limits.p95: 450ms is no bucket bound of the histogram; nearest: "
        "200ms and 500ms (bounds: 100ms, 200ms, 500ms, 1s, 2s) (document 1)\n"
    )


def test_a_limit_beyond_all_bounds_names_the_one_that_is_nearest():
    assert "nearest: 2s (bounds" in perf_budget(TABLE.replace("p99: 1s", "p99: 3s")).stderr


def test_a_native_histogram_takes_any_limit():
    text = TABLE.replace("buckets: [100ms, 200ms, 500ms, 1s, 2s]", "type: Native").replace(
        "500ms, p99", "450ms, p99"
    )

    assert objects(text)["create-event-p95"]["spec"]["indicator"]["latency"]["type"] == "Native"


def test_without_bounds_it_says_that_they_were_not_checked():
    done = perf_budget(TABLE.replace("buckets: [100ms, 200ms, 500ms, 1s, 2s]\n", ""))

    assert done.exit_code == 0
    assert "whether each limit is a bucket bound was not checked" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("p50: 200ms", "p50: 200", ":7: error: endpoints[0].limits.p50: must be text, found the number 200"),
        (
            "p50: 200ms",
            "p50: 200 ms",
            ":7: error: endpoints[0].limits.p50: '200 ms' is not a Prometheus duration",
        ),
        (
            "p50: 200ms",
            "p100: 200ms",
            ":7: error: endpoints[0].limits.p100: 'p100' is no percentile; write it",
        ),
        ("p50: 200ms", "p99.0: 1s", ":7: error: endpoints[0].limits.p99: p99 stands here twice; keep one"),
        ("p50: 200ms", "p50: 1s", ":7: error: endpoints[0].limits.p95: 500ms is below the limit of p50 (1s)"),
        (
            "{p50: 200ms, p95: 500ms, p99: 1s}",
            "{}",
            ":7: error: endpoints[0].limits: limits nothing; write it",
        ),
        (
            "name: listEvents",
            "name: CreateEvent",
            ":8: error: endpoints[1].name: 'CreateEvent' and 'createEvent'",
        ),
        (
            "name: listEvents",
            "name: list/events",
            ":8: error: endpoints[1].name: 'list/events' is not a name of",
        ),
        (
            "listEvents, limits",
            "listEvents, limit",
            ":8: error: endpoints[1].limit: unknown field, did you mean limits?",
        ),
        ("name: listEvents", f"name: {'aB' * 24}", "-p95, which has 76 characters, at most 63 are"),
        (
            "service: shop\n",
            "",
            ":6: error: endpoints[0].service: is missing: set service at the top or here",
        ),
        (
            'histogram: http_request_duration_seconds{job="shop"}\n',
            "",
            "endpoints[0].histogram: no histogram: set",
        ),
        (
            "seconds{job",
            "seconds_bucket{job",
            ":3: error: histogram: names a part of the histogram; write http_",
        ),
        ("seconds{job", "seconds{{job", ":3: error: histogram: "),
        (
            "endpointLabel: operation\n",
            "",
            ":7: error: endpoints[1]: listEvents and createEvent are the same requests",
        ),
        ("endpoints:", "window: 36h\nendpoints:", ":6: error: window: must be whole days"),
        (
            "endpoints:",
            "labels: {endpoint: x}\nendpoints:",
            ":6: error: labels.endpoint: is set for each limit",
        ),
        (
            "endpoints:",
            "alertLabels: {severity: x}\nendpoints:",
            ":6: error: alertLabels: these labels are set by",
        ),
        (
            "endpoints:",
            "notify: {p90: Page}\nendpoints:",
            ":6: error: notify.p90: no endpoint has a limit for p90",
        ),
        (
            "endpoints:",
            "notify: {p50: Mail}\nendpoints:",
            ":6: error: notify.p50: 'Mail' is not allowed; write Page",
        ),
        (
            "endpoints:",
            "objectives: {p50: '100'}\nendpoints:",
            ":6: error: objectives.p50: must be above 0 and below",
        ),
        (
            "endpoints:",
            "bundles: [{name: a, files: ../x, raw: 1B}]\nendpoints:",
            "bundles[0].files: '../x' is no glob",
        ),
        (
            "endpoints:",
            "bundles: [{name: a, files: x, raw: 1KB}]\nendpoints:",
            "bundles[0].raw: '1KB' is not a size",
        ),
        (
            "endpoints:",
            "bundles: [{name: a, files: x}]\nendpoints:",
            "bundles[0]: needs a limit: raw, gzip or both",
        ),
        ("endpoints:", "pages: [{name: a}]\nendpoints:", "pages[0]: needs a limit: audits, scores or both"),
        ("endpoints:", "service: shop\nendpoints:", ":6: error: service: stands here twice; keep one"),
    ],
)
def test_every_mistake_is_told_where_it_stands(old: str, new: str, said: str):
    assert old in TABLE
    done = perf_budget(TABLE.replace(old, new))

    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_mistake_in_a_default_is_told_once():
    done = perf_budget(TABLE.replace("seconds{job", "seconds_sum{job"))

    assert done.stderr.count("error:") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [1", "<stdin>:2: no YAML:"),
        ("", "must hold one YAML document, found none"),
        ("{}\n---\n{}", "must hold one YAML document, found 2"),
        ("kind: Deployment", "is a Deployment, and no table of performance budgets"),
        ("bundles: [{name: a, files: x, raw: 1B}]", "has no endpoints, and only those become objectives"),
    ],
)
def test_what_is_no_table_is_wrong_usage(text: str, said: str):
    done = perf_budget(text)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_table_that_limits_nothing_or_is_a_list_is_an_error():
    assert "limits nothing; list endpoints, payloads" in perf_budget("service: shop").stderr
    assert "must be a mapping with endpoints" in perf_budget("[1]").stderr


def test_factors_are_the_usual_ones_where_the_budget_is_small():
    factors = {
        tier["name"]: tier["factor"]
        for tier in burn_rates("Page", objective=Decimal(99), window=Duration.parse("30d"))
    }

    assert factors == {"PageFast": "14.4", "PageSlow": "6", "TicketFast": "3", "TicketSlow": "1"}


def test_a_median_cannot_burn_faster_than_2_so_its_factors_are_lowered():
    tiers = burn_rates("Ticket", objective=Decimal(50), window=Duration.parse("30d"))

    assert [(tier["name"], tier["factor"]) for tier in tiers] == [("TicketFast", "1.6"), ("TicketSlow", "1")]


def test_a_tier_longer_than_the_window_is_left_out():
    tiers = burn_rates("Ticket", objective=Decimal(95), window=Duration.parse("2d"))

    assert [tier["name"] for tier in tiers] == ["TicketFast"]


@given(objective=st.decimals("0.0001", "99.9999", places=4))
def test_every_factor_can_be_reached_and_is_never_below_1(objective: Decimal):
    budget = (100 - objective) / 100
    for tier in burn_rates("Page", objective=objective, window=Duration.parse("30d")):
        factor = Decimal(tier["factor"])
        assert factor >= 1
        assert factor * budget < 1
        assert factor == 1 or factor * budget <= Decimal("0.8")


@pytest.mark.parametrize(
    ("percentile", "percentiles", "told"),
    [
        ("p99", ["p50", "p95", "p99"], "Page"),
        ("p95", ["p50", "p95", "p99"], "Ticket"),
        ("p99.9", ["p99.9", "p99"], "Page"),
        ("p50", ["p50"], "Ticket"),
        ("p75", ["p50", "p75"], "Ticket"),
    ],
)
def test_who_is_told_without_further_words(percentile: str, percentiles: list[str], told: str):
    assert default_notify(percentile, percentiles) == told


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("createEvent", "create-event"),
        ("listHTTPEvents", "list-http-events"),
        ("a_b", "a-b"),
        ("v2.Login", "v2.login"),
    ],
)
def test_names_of_endpoints_become_names_of_objects(name: str, expected: str):
    assert object_name(name) == expected


@given(st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?", fullmatch=True))
def test_every_endpoint_name_gives_an_object_name(name: str):
    part = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    assert re.fullmatch(rf"{part}(\.{part})*", object_name(name))


@pytest.mark.parametrize(
    ("text", "size"),
    [("170KiB", 174_080), ("2MB", 2_000_000), ("1.5kB", 1500), ("512B", 512), ("1MiB", 2**20)],
)
def test_sizes_are_counted_in_the_unit_they_name(text: str, size: int):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["170", "1KB", "1 KiB", "-1B", "1GiB", "KiB"])
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


def test_sizes_are_shown_in_binary_units():
    assert [size_text(size) for size in (0, 1023, 1024, 174_080, 3 * 2**20)] == [
        *("0B", "1023B", "1.0KiB", "170.0KiB", "3.0MiB"),
    ]
