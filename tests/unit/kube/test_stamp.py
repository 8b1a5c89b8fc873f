"""The marks every child carries."""

from __future__ import annotations

import copy

from tests.unit.kube.objects import OWNER, a_rule, an_object

from fireline.api import labels
from fireline.api.plan import Key
from fireline.api.resources import SLO
from fireline.api.stamp import stamp


def test_a_child_of_an_object_is_labelled_and_owned():
    parent = {**an_object(), "apiVersion": SLO.api_version, "kind": SLO.kind}
    child = a_rule()
    child["metadata"]["labels"] = {"team": "shop"}
    before = copy.deepcopy(child)
    metadata = stamp(child, key=OWNER, parent=parent, instance="blue")["metadata"]
    assert metadata["labels"] == {
        "team": "shop",
        labels.MANAGED_BY: "fireline",
        labels.PART_OF: "fireline",
        labels.INSTANCE: "blue",
        labels.OWNER_KIND: SLO.kind,
        labels.OWNER_NAME: "checkout",
        labels.OWNER_UID: "uid-checkout",
    }
    (owner,) = metadata["ownerReferences"]
    assert owner == {
        "apiVersion": SLO.api_version,
        "kind": SLO.kind,
        "name": "checkout",
        "uid": "uid-checkout",
        "controller": True,
        "blockOwnerDeletion": False,
    }
    assert child == before


def test_an_aggregates_child_is_owned_by_nobody():
    metadata = stamp(a_rule(), key=Key("SLOWindows", "shop", "default"), parent=None, instance="x")[
        "metadata"
    ]
    assert metadata["labels"][labels.OWNER_NAME] == "default"
    assert labels.OWNER_UID not in metadata["labels"]
    assert "ownerReferences" not in metadata


def test_a_parent_from_a_file_has_no_uid_to_refer_to():
    parent = {"apiVersion": SLO.api_version, "kind": SLO.kind, "metadata": {"name": "checkout"}}
    metadata = stamp(a_rule(), key=OWNER, parent=parent, instance="x")["metadata"]
    assert metadata["labels"][labels.OWNER_NAME] == "checkout"
    assert labels.OWNER_UID not in metadata["labels"]
    assert "ownerReferences" not in metadata


def test_kinds_cannot_override_the_marks():
    child = a_rule()
    child["metadata"]["labels"] = {labels.INSTANCE: "stolen"}
    metadata = stamp(child, key=OWNER, parent=None, instance="blue")["metadata"]
    assert metadata["labels"][labels.INSTANCE] == "blue"
