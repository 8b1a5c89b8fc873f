"""A plan's hash is what people approve: the same forever for the same plan, and another for any other."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from fireline.api.mitigation import Spec
from fireline.mitigation import model
from fireline.mitigation.hashing import intent_id, plan_hash
from fireline.mitigation.model import ABSENT, Change, Kept, PathChange, Ref
from fireline.mitigation.stored import change_from, change_to

SPEC = {
    "target": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"},
    "action": {"scale": {"replicas": 6}},
    "serviceAccountName": "checkout-mitigator",
}
CHANGE = Change(
    Ref("apps/v1", "Deployment", "shop", "checkout", "7f1f6a3e-0000-4000-8000-000000000001"),
    (PathChange("/spec/replicas", 3, 6),),
    (model.Test("/spec/paused", ABSENT, revert=False),),
    summary="sets replicas of Deployment checkout from 3 to 6",
)
GOLDEN = "sha256:5f93743cf834c858bea26dfcf75595bd"
GOLDEN_WEBHOOK = "sha256:e14b5f2e1d55138fd932456d46a73623"


def spec(**more):
    return Spec.model_validate({**SPEC, **more})


def test_the_hash_of_a_plan_never_changes():
    """An approval, an intent and the marker on a target must survive an update of operator and Python."""
    assert plan_hash(spec(), CHANGE) == GOLDEN


def test_the_hash_of_a_webhook_never_changes():
    webhook = {"action": {"webhook": {"url": "https://ops.example/drain"}}, "serviceAccountName": "m"}
    assert plan_hash(Spec.model_validate(webhook), None, '{"url":"https://ops.example/drain"}') == (
        GOLDEN_WEBHOOK
    )


def test_a_hash_is_short_enough_to_be_an_annotation_and_to_be_read_aloud():
    assert re.fullmatch(r"sha256:[0-9a-f]{32}", plan_hash(spec(), CHANGE))


def test_a_change_that_was_read_back_has_the_same_hash():
    assert plan_hash(spec(), change_from(change_to(CHANGE), "shop")) == plan_hash(spec(), CHANGE)


def test_words_for_people_do_not_count():
    told = replace(CHANGE, summary="another", notes=("a note",))
    assert plan_hash(spec(description="another"), told) == plan_hash(spec(), CHANGE)


OTHER_SPECS = {
    "service account": {"serviceAccountName": "another"},
    "action": {"action": {"scale": {"replicas": 7}}},
    "time to live": {"revert": {"ttl": "2h"}},
    "revert": {"revert": {"when": ["TTL"]}},
    "verify": {"verify": {"query": "vector(1)"}},
    "verify within": {"verify": {"within": "6m"}},
}
OTHER_CHANGES = {
    "uid": replace(CHANGE, ref=replace(CHANGE.ref, uid="another")),
    "name": replace(CHANGE, ref=replace(CHANGE.ref, name="another")),
    "before": replace(CHANGE, paths=(PathChange("/spec/replicas", 4, 6),)),
    "after": replace(CHANGE, paths=(PathChange("/spec/replicas", 3, 7),)),
    "type of after": replace(CHANGE, paths=(PathChange("/spec/replicas", 3, "6"),)),
    "null": replace(CHANGE, paths=(PathChange("/spec/replicas", None, 6),)),
    "absent": replace(CHANGE, paths=(PathChange("/spec/replicas", ABSENT, 6),)),
    "kept": replace(CHANGE, paths=(PathChange("/spec/replicas", 3, Kept("sha256:1", "rs-1")),)),
    "path": replace(CHANGE, paths=(PathChange("/spec/minReplicas", 3, 6),)),
    "no tests": replace(CHANGE, tests=()),
    "another test": replace(CHANGE, tests=(model.Test("/spec/paused", None, revert=False),)),
    "test of taking back": replace(CHANGE, tests=(model.Test("/spec/paused", ABSENT),)),
}


@pytest.mark.parametrize("more", OTHER_SPECS.values(), ids=OTHER_SPECS.keys())
def test_whatever_is_approved_of_the_spec_counts(more):
    assert plan_hash(spec(**more), CHANGE) != plan_hash(spec(), CHANGE)


@pytest.mark.parametrize("change", OTHER_CHANGES.values(), ids=OTHER_CHANGES.keys())
def test_whatever_is_approved_of_the_change_counts(change):
    assert plan_hash(spec(), change) != plan_hash(spec(), CHANGE)


def test_what_a_webhook_is_sent_counts():
    assert plan_hash(spec(), None, "a") != plan_hash(spec(), None, "b")


def test_an_application_has_an_identity_of_its_own():
    ids = {intent_id(uid, episode, plan) for uid in "ab" for episode in "ab" for plan in "ab"}
    assert len(ids) == 8
    assert intent_id("u", "e", "sha256:1") == intent_id("u", "e", "sha256:1")
    assert all(re.fullmatch(r"[0-9a-f]{16}", one) for one in ids)
