"""``fireline gate performance``: each source with a passing and a failing fixture, and what is missing."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from tests.cli.payloads import BODY, serving

from fireline.cli.gating.k6 import Metric
from fireline.cli.main import main

FIXTURES = Path(__file__).parent / "fixtures" / "gate"
BUDGETS = FIXTURES / "budgets.yaml"
PART_OF = {"k6": "endpoints", "lighthouse": "pages", "bundle": "bundles", "payload": "payloads"}


def performance(*arguments: str | Path, table: str | Path = BUDGETS) -> Result:
    return CliRunner().invoke(main, ["gate", "performance", str(table), *map(str, arguments)])


def checks(done: Result) -> dict[str, dict[str, Any]]:
    """The judgements of ``--output json`` by name."""
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def failures(file: Path) -> dict[str, str]:
    """Name → message of every failure in a JUnit file."""
    return {
        str(case.get("name")): str(failure.get("message"))
        for case in ET.parse(file).iter("testcase")
        for failure in case.iter("failure")
    }


def a_table(folder: Path, text: str) -> Path:
    file = folder / "table.yaml"
    file.write_text(text)
    return file


def a_summary(folder: Path, metrics: dict[str, Any], name: str = "summary.json") -> Path:
    file = folder / name
    file.write_text(json.dumps({"metrics": metrics}))
    return file


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A frontend within its budget: 2,400 bytes of JavaScript that compress well, and a source map."""
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (assets / "app-1f3a.js").write_bytes(b"export const a = 1;\n" * 100)
    (assets / "app-lazy-77.js").write_bytes(b"0123456789" * 40)
    (assets / "app-1f3a.js.map").write_bytes(b"x" * 50_000)
    return tmp_path / "dist"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.mark.parametrize("layout", ["export", "data", "machine"])
def test_k6_within_its_budgets_passes_in_every_layout(layout: str, tmp_path: Path) -> None:
    done = performance("--only", "endpoints", "--k6", k6_fixture(layout, "", tmp_path), "-o", "json")

    assert done.exit_code == 0
    assert {name: (one["value"], one["limit"], one["unit"]) for name, one in checks(done).items()} == {
        "createEvent p50": (131.4, 200, "ms"),
        "createEvent p95": (401.6, 500, "ms"),
        "createEvent p99": (873.5, 1000, "ms"),
        "createCheckout p50": (219.1, 300, "ms"),
        "createCheckout p95": (702.8, 800, "ms"),
        "createCheckout p99": (1511.9, 2000, "ms"),
    }


@pytest.mark.parametrize("layout", ["export", "data", "machine"])
def test_k6_beyond_a_budget_fails_and_junit_names_it(layout: str, tmp_path: Path) -> None:
    file = k6_fixture(layout, "-slow", tmp_path)
    done = performance("--only", "endpoints", "--k6", file, "--junit", tmp_path / "out" / "junit.xml")

    assert done.exit_code == 1
    assert done.stderr == "not passed: 5 passed, 1 failed\n"
    assert failures(tmp_path / "out" / "junit.xml") == {
        f"createEvent p95 in {file}": f"createEvent p95 in {file} is 612.4ms, allowed is at most 500ms"
    }


def k6_fixture(layout: str, kind: str, folder: Path) -> Path:
    """One of the stored summaries; the machine-readable layout is made from the data of another one."""
    if layout != "machine":
        return FIXTURES / f"k6-{layout}{kind}.json"
    data = json.loads((FIXTURES / f"k6-data{kind}.json").read_text())
    listed = [{"name": name, **metric} for name, metric in data["metrics"].items()]
    file = folder / "k6-machine.json"
    file.write_text(json.dumps({"version": "1.0.0", "results": {"metrics": listed, "checks": {}}}))
    return file


def test_a_metric_that_k6_did_not_write_is_no_pass(tmp_path: Path) -> None:
    summary = a_summary(tmp_path, {"http_req_duration": {"med": 1, "p(95)": 2, "p(99)": 3}})
    done = performance("--only", "endpoints", "--k6", summary, "--junit", tmp_path / "junit.xml")

    assert done.exit_code == 1
    assert len(failures(tmp_path / "junit.xml")) == 6
    message = failures(tmp_path / "junit.xml")[f"createEvent p95 in {summary}"]
    assert message.startswith(
        f"no measurement for createEvent p95 in {summary}: k6 wrote no http_req_duration{{"
    )
    assert message.endswith(
        "only when options.thresholds names it, such as 'http_req_duration{name:createEvent}': ['p(95)<500']"
    )


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (
            {"med": 0, "p(95)": 0, "p(99)": 0, "min": 0, "max": 0},
            "k6 recorded nothing for http_req_duration{name:",
        ),
        (
            {"med": 0.1, "p(95)": 0.1, "p(99)": 0.1, "count": 0},
            "k6 recorded nothing for http_req_duration{name:",
        ),
        (
            {"avg": 1, "med": 1, "p(90)": 2, "p(95)": 3},
            "k6 wrote med, p(90), p(95) for http_req_duration{name:",
        ),
        (
            {"avg": 1},
            "k6 wrote no percentiles for http_req_duration{name:createEvent}; run it with --summary",
        ),
        ({"p(99)": float("nan"), "p(95)": 1}, "k6 wrote p(95) for http_req_duration{name:createEvent}"),
    ],
)
def test_a_percentile_that_k6_did_not_measure_is_unknown(
    values: dict[str, float], why: str, tmp_path: Path
) -> None:
    table = a_table(tmp_path, "endpoints: [{name: createEvent, limits: {p99: 1s}}]")
    done = performance(
        *("--k6", a_summary(tmp_path, {"http_req_duration{name:createEvent}": values}), "-o", "json"),
        table=table,
    )

    assert done.exit_code == 1
    (check,) = checks(done).values()
    assert (check["state"], check["value"]) == ("Unknown", None)
    assert why in check["message"]


def test_several_k6_runs_may_cover_the_endpoints_between_them(tmp_path: Path) -> None:
    metrics = json.loads((FIXTURES / "k6-export.json").read_text())["metrics"]
    parts = [
        a_summary(tmp_path, {key: metrics[key]}, f"{number}.json")
        for number, key in enumerate(metrics)
        if "name:" in key
    ]
    done = performance("--only", "endpoints", *(part for file in parts for part in ("--k6", file)))

    assert (done.exit_code, done.stderr) == (0, "passed: 6 passed\n")


def test_an_endpoint_names_its_own_k6_metric(tmp_path: Path) -> None:
    table = a_table(
        tmp_path, "endpoints: [{name: a, limits: {p50: 10ms}, k6: 'login_time{ team : red, step:2 }'}]"
    )
    summary = a_summary(tmp_path, {'login_time{step:2,team:"red"}': {"med": 11}})

    assert performance("--k6", summary, table=table).exit_code == 1
    assert (
        performance(
            "--k6", a_summary(tmp_path, {"login_time{step:2,team:red}": {"med": 10}}), table=table
        ).exit_code
        == 0
    )


def test_tags_are_read_as_k6_reads_them() -> None:
    assert Metric.parse("m{a:b,c:d}") == Metric.parse(" m{ c : 'd' , \"a\":b, }") != Metric.parse("m{a:b}")
    assert str(Metric.parse("m{url:http://x/y}")) == "m{url:http://x/y}"


def test_lighthouse_within_its_budgets_passes() -> None:
    done = performance("--only", "pages", "--lighthouse", FIXTURES / "lighthouse.json", "-o", "json")

    assert done.exit_code == 0
    assert {name: (one["value"], one["limit"], one["unit"]) for name, one in checks(done).items()} == {
        "home largest-contentful-paint": (2104.5, 2500, "ms"),
        "home interactive": (3301.2, 3800, "ms"),
        "home total-byte-weight": (812345, 1_048_576, "B"),
        "home cumulative-layout-shift": (0.031, 0.1, ""),
        "home performance score": (93, 90, "%"),
    }


def test_lighthouse_beyond_a_budget_fails_and_junit_names_it(tmp_path: Path) -> None:
    file = FIXTURES / "lighthouse-slow.json"
    done = performance("--only", "pages", "--lighthouse", file, "--junit", tmp_path / "junit.xml")

    assert done.exit_code == 1
    name = f"home largest-contentful-paint in {file}"
    assert failures(tmp_path / "junit.xml") == {name: f"{name} is 3140.7ms, allowed is at most 2500ms"}


@pytest.fixture
def report() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "lighthouse.json").read_text())
    return found


def lighthouse(folder: Path, *reports: object, table: Path = BUDGETS) -> Result:
    files = [folder / f"{number}.json" for number in range(len(reports))]
    for file, report in zip(files, reports, strict=True):
        file.write_text(json.dumps(report))
    options = [part for file in files for part in ("--lighthouse", file)]
    return performance("--only", "pages", *options, "-o", "json", table=table)


def test_several_reports_of_a_page_count_by_their_median(tmp_path: Path, report: dict[str, Any]) -> None:
    runs = [copy.deepcopy(report) for _ in range(3)]
    for run, value in zip(runs, (9000, 2300, 2400), strict=True):
        run["audits"]["largest-contentful-paint"]["numericValue"] = value
    done = lighthouse(tmp_path, *runs)

    check = checks(done)["home largest-contentful-paint"]
    assert (check["value"], check["source"], done.exit_code) == (2400, "3 reports (median)", 0)


def test_a_failed_run_does_not_count_and_alone_it_is_unknown(tmp_path: Path, report: dict[str, Any]) -> None:
    failed = {**report, "runtimeError": {"code": "NO_FCP", "message": "The page did not paint any content."}}

    assert lighthouse(tmp_path, failed, report).exit_code == 0
    done = lighthouse(tmp_path, failed)
    assert done.exit_code == 1
    assert {one["state"] for one in checks(done).values()} == {"Unknown"}
    assert "Lighthouse failed: The page did not paint" in checks(done)["home interactive"]["message"]


@pytest.mark.parametrize(
    ("audit", "why"),
    [
        (
            {"score": None, "scoreDisplayMode": "notApplicable"},
            "audit interactive has no value (notApplicable)",
        ),
        ({"scoreDisplayMode": "error", "errorMessage": "NO_NAVSTART"}, ": NO_NAVSTART"),
        (
            {"numericValue": 3.3, "numericUnit": "second"},
            "is measured in second, the limit is in another unit",
        ),
        ({"numericValue": True, "numericUnit": "millisecond"}, "has no value"),
        (None, "the report has no audit interactive; did you mean interactive-x?"),
    ],
)
def test_an_audit_without_a_fitting_value_is_unknown(
    audit: dict[str, Any] | None, why: str, tmp_path: Path, report: dict[str, Any]
) -> None:
    if audit is None:
        report["audits"]["interactive-x"] = report["audits"].pop("interactive")
    else:
        report["audits"]["interactive"] = audit
    done = lighthouse(tmp_path, report)

    assert done.exit_code == 1
    assert checks(done)["home interactive"]["state"] == "Unknown"
    assert why in checks(done)["home interactive"]["message"]


def test_a_score_is_compared_in_percent_without_rounding_errors(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    table = a_table(tmp_path, "pages: [{name: home, scores: {performance: '57', seo: '90'}}]")
    report["categories"]["performance"]["score"] = 0.57
    done = lighthouse(tmp_path, report, table=table)

    assert checks(done)["home performance score"]["state"] == "Passed"
    assert "category seo is not in the report" in checks(done)["home seo score"]["message"]
    report["categories"]["performance"]["score"] = None
    assert "category performance has no score" in lighthouse(tmp_path, report, table=table).stdout


def test_reports_find_their_pages_by_url_also_as_pagespeed_wraps_them(
    tmp_path: Path, report: dict[str, Any]
) -> None:
    table = a_table(
        tmp_path,
        "pages:\n"
        "  - {name: home, url: https://shop.example, audits: {interactive: 3s}}\n"
        "  - {name: cart, url: https://shop.example/cart, audits: {interactive: 3500ms}}\n",
    )
    cart = {**copy.deepcopy(report), "requestedUrl": "https://shop.example/basket"}
    cart["finalDisplayedUrl"] = "https://shop.example/cart/"
    done = lighthouse(tmp_path, {"lighthouseResult": report}, cart, table=table)

    assert {name: one["state"] for name, one in checks(done).items()} == {
        "home interactive": "Failed",
        "cart interactive": "Passed",
    }
    missing = checks(lighthouse(tmp_path, report, table=table))["cart interactive"]["message"]
    assert (
        "no report is about https://shop.example/cart; there are reports about https://shop.example/"
        in missing
    )


def test_a_bundle_within_its_budget_passes_and_its_maps_do_not_count(built: Path) -> None:
    done = performance("--only", "bundles", "--bundle", built, "-o", "json")

    assert done.exit_code == 0
    assert checks(done)["app raw"]["value"] == 2400
    compressed = [len(gzip.compress(file.read_bytes(), 9, mtime=0)) for file in built.rglob("*.js")]
    assert checks(done)["app gzip"]["value"] == sum(compressed)


def test_a_bundle_beyond_its_budget_fails_and_junit_names_it(built: Path, tmp_path: Path) -> None:
    (built / "assets" / "app-new.js").write_bytes(random.Random(7).randbytes(2000))
    done = performance("--only", "bundles", "--bundle", built, "--junit", tmp_path / "junit.xml")

    assert done.exit_code == 1
    assert failures(tmp_path / "junit.xml").keys() == {f"app raw in {built}", f"app gzip in {built}"}
    assert failures(tmp_path / "junit.xml")[f"app raw in {built}"] == (
        f"app raw in {built} is 4400 bytes (4.3KiB), allowed is at most 3072 bytes (3.0KiB)"
    )


def test_a_bundle_of_no_files_is_no_small_bundle(tmp_path: Path) -> None:
    done = performance("--only", "bundles", "--bundle", tmp_path, "-o", "json")

    assert done.exit_code == 1
    assert "no file matches assets/app-*.js; was the frontend built?" in checks(done)["app raw"]["message"]


def test_a_payload_file_is_weighed_raw_and_compressed(tmp_path: Path) -> None:
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    small.write_bytes(b"[]" * 1000)
    large.write_bytes(b"[]" * 1025)
    done = performance("--only", "payloads", "--payload", f"feed={small}", "-o", "json")

    assert done.exit_code == 0
    assert checks(done)["feed raw"]["value"] == 2000
    assert checks(done)["feed gzip"]["value"] == len(gzip.compress(small.read_bytes(), 9, mtime=0))
    done = performance("--only", "payloads", "--payload", f"feed={large}", "--junit", tmp_path / "junit.xml")
    assert done.exit_code == 1
    name = f"feed raw in {large}"
    assert failures(tmp_path / "junit.xml") == {
        name: f"{name} is 2050 bytes (2.0KiB), allowed is at most 2048 bytes (2.0KiB)"
    }


@pytest.mark.parametrize(("path", "compressed"), [("/feed", len(gzip.compress(BODY))), ("/plain", len(BODY))])
def test_a_payload_of_a_server_weighs_what_is_sent(
    server: str, path: str, compressed: int, tmp_path: Path
) -> None:
    table = a_table(tmp_path, f"payloads: [{{name: feed, url: '{server}{path}', raw: 6KiB, gzip: 200B}}]")
    done = performance("-o", "json", table=table)

    assert {name: one["value"] for name, one in checks(done).items()} == {
        "feed raw": len(BODY),
        "feed gzip": compressed,
    }
    assert done.exit_code == (0 if compressed <= 200 else 1)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/missing", "answered 404"),
        ("/broken", "sent gzip that ends too early"),
        ("/brotli", "answers in encoding br, although asked for gzip"),
    ],
)
def test_an_answer_that_cannot_be_weighed_is_unknown(server: str, path: str, why: str) -> None:
    done = performance("--only", "payloads", "--payload", f"feed={server}{path}", "-o", "json")

    assert done.exit_code == 1
    assert {one["state"] for one in checks(done).values()} == {"Unknown"}
    assert why in done.stdout


def test_limits_without_any_source_fail_one_by_one() -> None:
    done = performance("-o", "json")

    assert done.exit_code == 1
    assert {(one["part"], one["state"]) for one in checks(done).values()} == {
        (part, "Unknown") for part in PART_OF.values()
    }
    assert checks(done)["createEvent p95"]["message"] == (
        "no measurement for createEvent p95: give --k6 FILE or --prometheus URL, or judge other parts with "
        "--only"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--k6", "nowhere.json"], "'nowhere.json' does not exist"),
        (["--k6", str(BUDGETS)], f"--k6: {BUDGETS} is no JSON"),
        (["--k6", str(FIXTURES / "lighthouse.json")], "lighthouse.json is no k6 summary: it has no metrics"),
        (
            ["--lighthouse", str(FIXTURES / "k6-data.json")],
            "k6-data.json is no Lighthouse report: it has no audits",
        ),
        (["--payload", "feed"], "--payload: 'feed' must be NAME=WHERE"),
        (["--payload", "fed=x"], "--payload: 'fed' is not in the table; it has feed"),
        (["--payload", "feed=nowhere.json"], "--payload: nowhere.json: No such file or directory"),
        (
            ["--payload", "feed=http://127.0.0.1:9/feed"],
            "--payload: http://127.0.0.1:9/feed cannot be reached",
        ),
        (["--window", "soon"], "--window: 'soon' is not a Prometheus duration"),
        (["--only", "everything"], "'everything' is not one of"),
        (["--junit", f"{BUDGETS}/x.xml", "--only", "bundles"], "--junit: "),
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], said: str) -> None:
    done = performance(*arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_wrong_table_exits_2_with_its_place(tmp_path: Path) -> None:
    table = a_table(tmp_path, "pages:\n  - {name: home, audits: {interactive: 3 s}}\n")
    done = performance(table=table)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"{table}:2: error: pages[0].audits.interactive: '3 s' is not a limit; write it"
    )


def test_a_part_the_table_does_not_limit_is_wrong_usage(tmp_path: Path) -> None:
    table = a_table(tmp_path, "endpoints: [{name: a, limits: {p50: 1s}}]")

    assert "limits none of bundles" in performance("--only", "bundles", table=table).stderr
