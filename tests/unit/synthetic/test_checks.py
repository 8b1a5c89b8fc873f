"""Wrong checks are refused with the words their authors need; right ones are not bothered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.synthetic.bad_check import HTTP, Bad, a, for_each, http, own_image, sweep
from tests.unit.synthetic.bad_checks import BAD_CHECKS
from tests.unit.synthetic.specs import ABSENT, SETTINGS, a_check, a_step, asserting

from fireline.settings import CheckSettings
from fireline.synthetic.checks import read

EXAMPLES = Path(__file__).parents[3] / "examples" / "synthetic"


def said(edits: dict[str, Any], settings: CheckSettings = SETTINGS) -> list[str]:
    """What is said of a check that is not refused."""
    check, issues = read(a_check(edits), settings=settings)
    assert check is not None, issues
    return [str(issue) for issue in issues]


def test_there_are_more_than_hundred_wrong_checks_and_none_twice() -> None:
    assert len({bad.title for bad in BAD_CHECKS}) == len(BAD_CHECKS) > 100


@pytest.mark.parametrize("bad", BAD_CHECKS, ids=lambda bad: bad.title)
def test_a_wrong_check_is_refused_with_these_words(bad: Bad) -> None:
    check, issues = read(bad.manifest, settings=SETTINGS)

    assert check is None
    assert str(issues[0]) == bad.said
    assert issues[0].reason == bad.reason


@pytest.mark.parametrize("bad", BAD_CHECKS, ids=lambda bad: bad.title)
def test_one_mistake_is_told_once(bad: Bad) -> None:
    _, issues = read(bad.manifest, settings=SETTINGS)

    assert len({str(issue) for issue in issues}) == len(issues)


@pytest.mark.parametrize(
    "edits",
    [
        {},
        {"spec.schedule": {"cron": "*/10 6-22 * * MON-FRI"}},
        {"spec.schedule": {"every": "10s"}, "spec.runner": "Prober", "spec.timeout": "5s"},
        own_image(),
        own_image(variables=[{"name": "base", "value": "x"}], container={
            "image": "x/y", "env": [{"name": "BASE_URL", "variable": "base"}],
        }),
        http(url="https://shop.example:8443/a?b=c"),
        http(url="https://${base}/a"),
        http(url="http://[2001:db8::1]:8080/"),
        http(url="https://probe:${password}@shop.example/"),
        http(headers={"Authorization": "Bearer ${password}"}),
        http(headers={"X-Text": "$${not.a.variable}"}),
        http(method="POST", json={"password": "${password}", "passwordHint": "a dog"}),
        http(method="POST", json={"price": 12, "tags": [True, None]}),
        a_step(tcp={"address": "[2001:db8::1]:443", "expect": "^220 ${"}),
        a_step(tcp={"address": "${base}:5432"}),
        a_step(tcp={"address": "db:${base}"}),
        a_step(dns={"name": "shop.example"}, assert_=[{"answers": {"contains": "10.0.0.1"}}]),
        a_step(tls={"address": "shop.example:443"}, assert_=[{"certificate": {"validFor": "14d"}}]),
        a_step(
            grpcHealth={"address": "shop:50051", "tls": {}}, assert_=[{"certificate": {"validFor": "14d"}}]
        ),
        asserting({"jsonPath": "$.error", "equals": False}),
        asserting({"jsonPath": "$.count", "equals": 0}),
        asserting({"jsonPath": "$.error", "exists": False}),
        asserting({"jsonPath": "$.items[?@.price > 3].id", "exists": True}),
        asserting({"body": {"matches": "${"}}),
        {"spec.cleanup": [a("tidy", http={"url": "${base}/${session}"})]},
        sweep(a("find"), a("rm", forEach=for_each("find"), http={"url": "https://shop.example/${left}"})),
        {"spec.resources": {"requests": {"memory": "1Gi"}, "limits": {"memory": "1024Mi"}}},
        {"spec.placement": {"tolerations": [{"operator": "Exists"}]}},
        {"spec.variables.1": {"name": "wrongPassword", "value": "not it"}, "spec.steps": [a("it")]},
        {"spec.maintenance": [{"cron": "0 3 * * SUN", "duration": "2h", "timeZone": "Europe/Berlin"}]},
    ],
    ids=lambda edits: ",".join(edits) or "plain",
)  # fmt: skip
def test_a_right_check_is_not_bothered(edits: dict[str, Any]) -> None:
    assert said(edits) == []


def test_a_limit_that_a_time_out_comes_before_is_noted() -> None:
    step = a_step(http=HTTP, timeout="5s", assert_=[{"latency": {"below": "5s"}}])

    (note,) = said(step)
    assert note == (
        "spec.steps[0].assert[0].latency.below: 5s is never exceeded: the timeout of the step ends it after "
        "5s, as an error"
    )


def test_all_mistakes_of_a_check_are_told_at_once() -> None:
    edits = {
        "spec.schedule": {"every": "7m"},
        "spec.steps": [a("it", http={"url": "${bse}/"}, **{"assert": [{"body": {"matches": "("}}]})],
    }

    check, issues = read(a_check(edits), settings=SETTINGS)

    assert check is None
    assert [issue.reason for issue in issues] == ["InvalidSchedule", "UnknownVariable", "InvalidRegex"]


def test_without_an_image_only_images_of_ones_own_can_run() -> None:
    nothing = CheckSettings()
    check, issues = read(a_check(), settings=nothing)

    assert check is None
    assert [issue.reason for issue in issues] == ["NoImage"]
    assert "FIRELINE_CHECKS__IMAGE" in issues[0].message
    assert said(own_image(), settings=nothing) == []


def test_a_source_that_the_operator_does_not_know_is_refused_and_anything_goes_where_nobody_knows() -> None:
    edits = {"spec.prometheus": "mian"}
    check, issues = read(a_check(edits), settings=SETTINGS, sources={"main", "default"})

    assert check is None
    assert [str(issue) for issue in issues] == [
        "spec.prometheus: 'mian' is no source of this operator; known: default, main"
    ]
    assert said(edits) == []


def test_a_journey_that_just_fits_is_taken() -> None:
    """The limit is the kernel's for one environment variable; the check stands well below it."""
    steps = [a(f"s{n}", http={**HTTP, "method": "POST", "body": "x" * 30_000}) for n in range(3)]

    assert said({"spec.steps": steps, "spec.variables": ABSENT}) == []


@pytest.mark.parametrize("file", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda file: file.name)
def test_no_example_is_bothered(file: Path) -> None:
    for manifest in yaml.safe_load_all(file.read_text()):
        if manifest["kind"] == "SyntheticCheck":
            assert read(manifest, settings=SETTINGS)[1] == []
