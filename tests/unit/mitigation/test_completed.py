"""What the API server makes of a change is part of it."""

from __future__ import annotations

import copy

import pytest
from tests.unit.mitigation.drafts import REF, a_draft, a_thing

from fireline.mitigation.completed import completed
from fireline.mitigation.model import ABSENT, Change, Kept, PathChange, Refusal
from fireline.mitigation.values import digest


def tried(live, wanted, server=lambda _: None):
    """A planned change, completed with the answer of a server that does something of its own."""
    draft = a_draft(live, wanted)
    answer = draft.applied(live)
    answer["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    server(answer)
    return completed(draft.change, live, answer)


def paths_of(found):
    assert isinstance(found, Change), found
    return {one.path: (one.before, one.after) for one in found.paths}


def test_a_change_that_is_taken_as_it_is_stays_as_it_is():
    live = a_thing({"replicas": 3})
    change = a_draft(live, {"/spec/replicas": 6}).change
    assert tried(live, {"/spec/replicas": 6}) == change


def test_a_value_is_kept_as_the_server_writes_it():
    def normalises(answer):
        answer["spec"]["cpu"] = "1"

    found = tried(a_thing({"cpu": "500m"}), {"/spec/cpu": "1000m"}, normalises)
    assert paths_of(found) == {"/spec/cpu": ("500m", "1")}


def test_a_default_that_comes_with_it_goes_with_it():
    def fills_in(answer):
        answer["spec"]["strategy"]["rollingUpdate"] = {"maxSurge": 1}

    found = tried(
        a_thing({"strategy": {"type": "Recreate"}}), {"/spec/strategy/type": "RollingUpdate"}, fills_in
    )
    assert paths_of(found) == {
        "/spec/strategy/type": ("Recreate", "RollingUpdate"),
        "/spec/strategy/rollingUpdate": (ABSENT, {"maxSurge": 1}),
    }


def test_a_field_the_server_takes_out_with_it_comes_back_with_it():
    def takes_out(answer):
        del answer["spec"]["strategy"]["rollingUpdate"]

    live = a_thing({"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}})
    found = tried(live, {"/spec/strategy/type": "Recreate"}, takes_out)
    assert paths_of(found)["/spec/strategy/rollingUpdate"] == ({"maxSurge": 1}, ABSENT)


def test_defaults_in_a_map_that_was_made_are_removed_with_it():
    def fills_in(answer):
        answer["spec"]["limit"]["unit"] = "Second"

    live = a_thing({})
    found = tried(live, {"/spec/limit/requests": 5}, fills_in)
    assert paths_of(found) == {"/spec/limit/requests": (ABSENT, 5), "/spec/limit/unit": (ABSENT, "Second")}
    assert isinstance(found, Change)
    draft = a_draft(live, {one.path: one.after for one in found.paths})
    assert draft.reverted(draft.applied(live))["spec"] == {}


def test_a_default_in_an_entry_of_a_list_is_found_in_its_place():
    def fills_in(answer):
        answer["spec"]["rules"][1]["timeout"] = "1s"

    live = a_thing({"rules": [{"weight": 1}, {"weight": 2}]})
    found = tried(live, {"/spec/rules/1/weight": 0}, fills_in)
    assert paths_of(found)["/spec/rules/1/timeout"] == (ABSENT, "1s")


def test_a_default_in_place_of_what_was_removed_is_what_becomes_of_it():
    def fills_in(answer):
        answer["spec"]["replicas"] = 1

    found = tried(a_thing({"replicas": 3}), {"/spec/replicas": ABSENT}, fills_in)
    assert paths_of(found) == {"/spec/replicas": (3, 1)}


def drops(answer):
    del answer["spec"]["replica"]


def sets_back(answer):
    answer["spec"]["replicas"] = 3


def grows_a_list(answer):
    answer["spec"]["rules"].append({"weight": 9})


def changes_much(answer):
    answer["spec"].update({f"f{number}": 1 for number in range(40)})


def is_another_version(answer):
    answer["metadata"]["resourceVersion"] = "42"


@pytest.mark.parametrize(
    ("wanted", "server", "reason", "words"),
    [
        ({"/spec/replica": 6}, drops, "Pruned", "drops /spec/replica: this kind has no such field"),
        ({"/spec/replicas": 6}, sets_back, "NotNeeded", "keeps /spec/replicas as it is"),
        (
            {"/spec/rules/0/weight": 6},
            grows_a_list,
            "CannotPatch",
            "changes more along with it than",
        ),
        ({"/spec/replicas": 6}, changes_much, "CannotPatch", "/spec/f0, /spec/f1, /spec/f10"),
        ({"/spec/replicas": 6}, is_another_version, "TargetMoved", "was changed while it was looked at"),
    ],
)
def test_what_cannot_be_written_down_is_refused(wanted, server, reason, words):
    live = a_thing({"replicas": 3, "rules": [{"weight": 1}]})
    found = tried(live, wanted, server)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert words in found.message


def test_a_value_that_is_kept_elsewhere_must_be_taken_as_it_is():
    new = {"image": "shop:1"}
    change = Change(REF, (PathChange("/spec/template", {"image": "shop:2"}, Kept(digest(new), "rs-1")),))
    live = a_thing({"template": {"image": "shop:2"}})
    answer = copy.deepcopy(live)
    answer["spec"]["template"] = new
    assert completed(change, live, answer) == change
    answer["spec"]["template"] = {**new, "pullPolicy": "Always"}
    found = completed(change, live, answer)
    assert isinstance(found, Refusal)
    assert "would not keep /spec/template as it is in rs-1" in found.message
