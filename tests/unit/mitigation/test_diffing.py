"""The diff that a person approves at night."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from tests.unit.mitigation.drafts import a_thing
from tests.unit.mitigation.targets import things

from fireline.mitigation.diffing import LONGEST, diff
from fireline.mitigation.secrets import fingerprint

LIVE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "checkout",
        "namespace": "shop",
        "uid": "u",
        "resourceVersion": "5",
        "generation": 2,
        "creationTimestamp": "2026-11-22T03:12:00Z",
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
    },
    "spec": {
        "replicas": 3,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "app",
                        "image": "shop@sha256:" + "ab" * 32,
                        "env": [{"name": "COLOUR", "value": "red"}, {"name": "PASSWORD", "value": "hunter2"}],
                    }
                ]
            }
        },
    },
    "status": {"replicas": 3},
}


def changed(edit):
    found = copy.deepcopy(LIVE)
    found["metadata"].update(resourceVersion="6", generation=3, managedFields=[])
    found["status"]["replicas"] = 4
    edit(found)
    return found


def test_one_field_is_shown_in_its_place():
    assert diff(LIVE, changed(lambda one: one["spec"].update(replicas=6))).splitlines() == [
        "--- as it is",
        "+++ as it would be",
        "@@ -5,7 +5,7 @@ spec",
        "   name: checkout",
        "   namespace: shop",
        " spec:",
        "-  replicas: 3",
        "+  replicas: 6",
        "   template:",
        "     spec:",
        "       containers:",
    ]


def test_what_every_write_changes_is_no_difference():
    assert diff(LIVE, changed(lambda _: None)) == ""


def test_a_secret_is_seen_to_change_and_not_what_to():
    def edit(one):
        one["spec"]["template"]["spec"]["containers"][0]["env"][1]["value"] = "hunter3"

    found = diff(LIVE, changed(edit))
    assert "hunter" not in found
    assert f"-              value: {fingerprint('hunter2')}" in found
    assert f"+              value: {fingerprint('hunter3')}" in found
    assert "@@ spec.template.spec.containers.env" in found


def test_a_digest_of_an_image_can_be_read():
    def edit(one):
        one["spec"]["template"]["spec"]["containers"][0]["image"] = "shop@sha256:" + "cd" * 32

    assert "shop@sha256:" + "cd" * 32 in diff(LIVE, changed(edit))


def test_a_file_in_a_config_map_differs_line_by_line():
    live = {"metadata": {}, "data": {"app.conf": "a = 1\nb = 2\nc = 3\n"}}
    after = {"metadata": {}, "data": {"app.conf": "a = 1\nb = 9\nc = 3\n"}}
    assert diff(live, after).splitlines()[2:] == [
        "@@ -1,6 +1,6 @@ data.app.conf",
        " data:",
        "   app.conf: |",
        "     a = 1",
        "-    b = 2",
        "+    b = 9",
        "     c = 3",
        " metadata: {}",
    ]


def test_a_long_diff_is_cut_at_a_line_and_says_so():
    after = changed(lambda one: one["spec"].update(words=[f"öl {place}" for place in range(5000)]))
    found = diff(LIVE, after)
    assert LONGEST - 100 < len(found.encode()) <= LONGEST
    *lines, note = found.splitlines()
    left = 5003 + 3 + 3 - len(lines)
    assert note.startswith("… ")
    assert abs(int(note.split()[1]) - left) < 8
    assert lines[-1].startswith("+    - öl ")


@pytest.mark.parametrize("longest", [200, 500])
def test_however_short_it_must_be_it_is_not_longer(longest):
    after = changed(lambda one: one["spec"].update(words=["x" * 40] * 50))
    assert len(diff(LIVE, after, longest=longest).encode()) <= longest


@settings(deadline=None)
@given(things(), things())
def test_a_difference_is_shown_exactly_when_there_is_one(one, other):
    assert diff(one, one) == ""
    assert (diff(one, other) == "") == (one == other)


def test_an_object_without_annotations_can_be_compared():
    assert "+  annotations:" in diff(a_thing(), a_thing(annotations={"a": "b"}))


def test_what_would_hide_or_turn_a_change_on_the_screen_shows_as_an_escape() -> None:
    changed = copy.deepcopy(LIVE)
    changed["metadata"]["annotations"] = {"team": "a\u202eb", "note\u2066": "x\n\x9b2Jy", "long": "1\u20282"}

    found = diff(LIVE, changed)

    assert "team: a\\u202eb" in found
    assert "note\\u2066" in found
    assert [one for one in found if not one.isprintable() and one != "\n"] == []
