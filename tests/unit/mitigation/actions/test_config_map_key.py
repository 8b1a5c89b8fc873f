"""Keys of ConfigMaps: set, whether they were there or not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.mitigation.objects import a_change, a_refusal, an_object, planned

from fireline.api.plan import Manifest
from fireline.mitigation.model import ABSENT, PathChange


def config_map(**fields: Any) -> Manifest:
    return an_object("v1", "ConfigMap", **fields)


def key(value: str = "30s", name: str = "payment.cooldown") -> Manifest:
    return {"configMapKey": {"key": name, "value": value}}


@pytest.mark.parametrize(
    ("data", "before"),
    [
        ({"data": {"payment.cooldown": "2s"}}, "2s"),
        ({"data": {"payment.cooldown": ""}}, ""),
        ({"data": {"other": "x"}}, ABSENT),
        ({"data": {}}, ABSENT),
        ({}, ABSENT),
    ],
    ids=["value", "empty", "no key", "no keys", "no data"],
)
def test_the_key_is_recorded_as_it_was_absent_or_empty(data: Manifest, before: object):
    change = a_change(planned(key(), config_map(**data)))
    assert change.paths == (PathChange("/data/payment.cooldown", before, "30s"),)


def test_a_key_may_become_empty():
    change = a_change(planned(key(""), config_map(data={"payment.cooldown": "2s"})))
    assert change.paths == (PathChange("/data/payment.cooldown", "2s", ""),)
    assert change.summary == 'sets payment.cooldown of ConfigMap checkout to ""'


def test_an_absent_key_is_not_an_empty_one():
    assert a_change(planned(key(""), config_map(data={}))).paths[0].before is ABSENT
    a_refusal(planned(key(""), config_map(data={"payment.cooldown": ""})), "NotNeeded")


def test_who_adds_a_key_is_told_that_it_goes_away_again():
    assert "taking it back removes it" in a_change(planned(key(), config_map())).notes[0]
    assert "taking it back" not in " ".join(
        a_change(planned(key(), config_map(data={"payment.cooldown": "1"}))).notes
    )


def test_people_are_told_when_pods_see_it():
    note = a_change(planned(key(), config_map())).notes[-1]
    assert "within two minutes" in note
    assert "subPath see it only when they start anew" in note


def test_an_immutable_config_map_is_refused():
    refusal = a_refusal(planned(key(), config_map(immutable=True)), "Immutable")
    assert "nobody can change it" in refusal.message


def test_a_key_that_is_binary_is_refused():
    refusal = a_refusal(planned(key(), config_map(binaryData={"payment.cooldown": "AAE="})), "BinaryKey")
    assert "/binaryData/payment.cooldown" in refusal.message


def test_a_config_map_that_may_be_changed_is():
    a_change(planned(key(), config_map(immutable=False, binaryData={"logo": "AAE="})))
