"""The merged configuration in cases that a test on real servers cannot wait for, or that read best small."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.alerting.effective import DEFAULT_BASE, breaks_everything, merged, misread, refused
from fireline.alerting.effective.durations import canonical, is_go, milliseconds, printed


def a_config(name: str = "checkout", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    route = {"receiver": "one", "matchers": [{"name": "a", "value": "b", "matchType": "="}]}
    return {
        "kind": "AlertmanagerConfig",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"route": route, "receivers": [{"name": "one"}], **spec},
    }


def tops(*configs: dict[str, Any]) -> list[str]:
    routes = merged(DEFAULT_BASE, configs, alertmanager_namespace="monitoring")["route"]["routes"]
    return [route["receiver"] for route in routes]


def test_objects_are_ordered_by_their_names_as_text() -> None:
    assert tops(
        a_config("a", "shop"), a_config("a", "shop-2"), a_config("B", "shop"), a_config("a", "shop.x")
    ) == [
        "shop-2/a/one",
        "shop.x/a/one",
        "shop/B/one",
        "shop/a/one",
    ]


def test_of_two_with_one_name_the_later_counts() -> None:
    second = a_config()
    second["spec"]["receivers"].append({"name": "two"})

    names = [
        one["name"]
        for one in merged(DEFAULT_BASE, [a_config(), second], alertmanager_namespace="m")["receivers"]
    ]

    assert names == ["null", "shop/checkout/one", "shop/checkout/two"]


def test_an_object_without_routes_adds_nothing() -> None:
    empty = {"metadata": {"name": "x", "namespace": "y"}, "spec": {}}

    assert merged(DEFAULT_BASE, [empty], alertmanager_namespace="m") == {**DEFAULT_BASE, "templates": []}
    assert (refused(empty), breaks_everything(empty)) == ([], [])


def test_inputs_are_left_as_they_were() -> None:
    config, base = a_config(), {**DEFAULT_BASE}
    before = repr((config, base))

    merged(base, [config], alertmanager_namespace="m")

    assert repr((config, base)) == before


def test_mail_needs_no_smarthost_where_the_cluster_has_one() -> None:
    config = a_config(receivers=[{"name": "one", "emailConfigs": [{"to": "a@b.c"}]}])
    base = {**DEFAULT_BASE, "global": {"smtp_smarthost": "m:25", "smtp_from": "f@b.c"}}

    assert len(breaks_everything(config)) == 2
    assert breaks_everything(config, base=base) == []


def test_a_name_that_is_two_matchers_is_told() -> None:
    config = a_config()
    config["spec"]["route"]["matchers"] = [{"name": 'a="x",b', "value": "c", "matchType": "="}]

    assert misread(config) == ["""spec.route.matchers[0].name: 'a="x",b' is read as a and b"""]
    assert misread(a_config()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"spec": []},
        {"spec": {"route": "x"}},
        {"spec": {"receivers": "x"}},
        {"spec": {"receivers": ["x"]}},
        {"spec": {"receivers": [{"name": 1}]}},
        {"spec": {"receivers": [{"name": "a", "slackConfigs": ["x"]}]}},
        {"spec": {"receivers": [{"name": "a", "slackConfigs": [{"actions": ["x"]}]}]}},
        {"spec": {"receivers": [{"name": "a", "emailConfigs": [{"headers": [{}]}]}]}},
        {"spec": {"receivers": [{"name": "a", "webhookConfigs": [{"httpConfig": "x"}]}]}},
        {"spec": {"route": {"matchers": ["x"]}}},
        {"spec": {"route": {"groupBy": [1]}}},
        {"spec": {"route": {"groupWait": 30}}},
        {"spec": {"inhibitRules": ["x"]}},
        {"spec": {"inhibitRules": [{"equal": "x"}]}},
        {"spec": {"muteTimeIntervals": [1]}},
        {"spec": {"muteTimeIntervals": [{"name": "x", "timeIntervals": [{"times": "x"}]}]}},
    ],
)
def test_a_file_with_another_form_is_refused_and_breaks_nothing(wrong: dict[str, Any]) -> None:
    config = {"metadata": {"name": "x", "namespace": "y"}, **wrong}

    assert refused(config)
    assert breaks_everything(config) == []


def test_receivers_that_an_old_alertmanager_lacks_are_refused_with_the_version() -> None:
    config = a_config(
        receivers=[{"name": "one", "msteamsv2Configs": [{"webhookURL": {"name": "s", "key": "k"}}]}]
    )

    assert refused(config, version="0.28.0") == []
    assert refused(config, version="v0.27.0") == [
        "spec.receivers[0].msteamsv2Configs[0]: needs Alertmanager 0.28.0, this is v0.27.0"
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("300s", "5m"),
        ("24h", "1d"),
        ("7d", "1w"),
        ("8d", "8d"),
        ("365d", "1y"),
        ("90d", "90d"),
        ("0", "0s"),
        ("x", "x"),
    ],
)
def test_durations_are_printed_as_prometheus_does(text: str, shown: str) -> None:
    assert canonical(text) == shown


@given(st.integers(min_value=0, max_value=(1 << 63) // 10**6))
def test_a_printed_duration_is_read_as_what_it_was(length: int) -> None:
    assert milliseconds(printed(length)) == length


@pytest.mark.parametrize(
    ("text", "taken"),
    [("1h30m", True), ("1.5h", True), ("0", True), ("1d", False), ("", False), ("h", False)],
)
def test_gos_own_durations_know_no_days(text: str, taken: bool) -> None:
    assert is_go(text) is taken
