"""How the gate prints its judgements: JUnit, annotations, tables, documents."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result

from fireline.cli.gating.checks import Check, State, Subject, passed
from fireline.cli.gating.junit import to_junit
from fireline.cli.gating.report import show
from fireline.cli.gating.words import milliseconds, percentage, plain, size
from fireline.cli.main import main

FIXTURES = Path(__file__).parent / "fixtures" / "gate"


def a_check(state: State, name: str = "createEvent p95", message: str = "it is slow") -> Check:
    found = "" if state == "Unknown" else "612ms"
    return Check(Subject("endpoints", name, "summary.json"), state, "at most 500ms", found, message)


ALL = (a_check("Passed", "a p50"), a_check("Failed"), a_check("Unknown", "b p99", "no measurement for b p99"))


def junit(*checks: Check, unknown_passes: bool = False) -> ET.Element:
    return ET.fromstring(to_junit(checks, suite="fireline gate performance", unknown_passes=unknown_passes))


def test_the_answer_is_yes_only_when_everything_is_known_and_within_its_limits():
    assert passed([a_check("Passed")])
    assert not passed([a_check("Passed"), a_check("Unknown")])
    assert passed([a_check("Passed"), a_check("Unknown")], unknown_passes=True)
    assert not passed([a_check("Failed")], unknown_passes=True)


def test_junit_counts_agree_on_both_levels_and_with_the_cases():
    root = junit(*ALL)
    (suite,) = root.findall("testsuite")

    for level in (root, suite):
        assert {key: level.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
            "tests": "3",
            "failures": "2",
            "errors": "0",
            "skipped": "0",
        }
    assert len(suite.findall("testcase/failure")) == 2


def test_a_junit_failure_names_the_budget_the_measurement_and_the_limit():
    (failure,) = junit(a_check("Failed")).iter("failure")
    (case,) = junit(a_check("Failed")).iter("testcase")

    assert (case.get("classname"), case.get("name")) == (
        "fireline.gate.performance.endpoints",
        "createEvent p95 in summary.json",
    )
    assert (failure.get("type"), failure.get("message")) == ("LimitExceeded", "it is slow")
    assert failure.text == "it is slow\nallowed: at most 500ms\nmeasured: 612ms"


def test_an_unknown_is_a_failure_of_its_own_type_or_where_allowed_a_skipped_case():
    (failure,) = junit(a_check("Unknown")).iter("failure")
    assert failure.get("type") == "NoMeasurement"

    allowed = junit(a_check("Unknown"), unknown_passes=True)
    assert (allowed.get("failures"), allowed.get("skipped")) == ("0", "1")
    assert [one.get("message") for one in allowed.iter("skipped")] == ["it is slow"]


def test_junit_holds_no_character_that_xml_forbids():
    root = junit(a_check("Failed", 'a\x1b[31m<&>"\x00', "b\ud800\x08"))

    (case,) = root.iter("testcase")
    assert case.get("name") == 'a\ufffd[31m<&>"\ufffd in summary.json'


def shown(output: str, capsys: pytest.CaptureFixture[str], *, unknown_passes: bool = False) -> str:
    show(ALL, output=output, passed=False, unknown_passes=unknown_passes)
    return capsys.readouterr().out


def test_json_and_yaml_carry_the_same_document(capsys: pytest.CaptureFixture[str]):
    document = json.loads(shown("json", capsys))

    assert document == yaml.safe_load(shown("yaml", capsys))
    assert document["passed"] is False
    assert [one["state"] for one in document["checks"]] == ["Passed", "Failed", "Unknown"]
    assert document["checks"][2]["value"] is None


def test_a_table_says_why_something_is_unknown(capsys: pytest.CaptureFixture[str]):
    lines = shown("text", capsys).splitlines()

    assert any(
        "FAIL" in line and "createEvent p95 in summary.json" in line and "612ms" in line for line in lines
    )
    assert any("unknown" in line and "no measurement for b p99" in line for line in lines)


def test_annotations_are_only_for_what_is_wrong_and_stand_at_the_limit(capsys: pytest.CaptureFixture[str]):
    assert shown("github", capsys).splitlines() == [
        "::error title=Fireline endpoints::it is slow",
        "::error title=Fireline endpoints::no measurement for b p99",
    ]
    assert "::warning title=Fireline endpoints::no measurement" in shown(
        "github", capsys, unknown_passes=True
    )
    done = gate("--k6", str(FIXTURES / "k6-data-slow.json"), "--only", "endpoints", "-o", "github")
    assert done.stdout.startswith(
        f"::error file={FIXTURES / 'budgets.yaml'},line=4,title=Fireline endpoints::"
    )


def gate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["gate", "performance", str(FIXTURES / "budgets.yaml"), *arguments])


def test_a_value_just_beyond_its_limit_does_not_look_like_it():
    assert milliseconds(500.04) == "500.04ms"
    assert percentage(94.9996) == "94.9996 %"
    assert size(1025) == "1025 bytes (1.0KiB)"
    assert [plain(value) for value in (0.1, 1234567.0, 0.0000001, 0.0)] == [
        "0.1",
        "1234567",
        "0.0000001",
        "0",
    ]


def test_help_of_the_gate_loads_neither_http_nor_schema():
    import subprocess
    import sys

    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom fireline.cli.main import main\n"
        "for name in ('budget', 'canary', 'performance'):\n"
        "    assert CliRunner().invoke(main, ['gate', name, '--help']).exit_code == 0\n"
        "print(sorted({'pydantic', 'yaml', 'requests', 'aiohttp', 'rich.table'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
