"""Going back: to the last revision that worked, never to the one that burns, and never to and fro."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.workloads import (
    a_condition,
    a_replica_set,
    a_spec,
    a_template,
    a_workload,
    ago,
    around,
    listed,
)

from fireline.api.plan import Answer, Manifest
from fireline.mitigation.actions.revisions import template_finder
from fireline.mitigation.actions.rollout_undo import ROLLOUT_UNDO, differences
from fireline.mitigation.model import Change, Kept, Permission, Refusal
from fireline.mitigation.values import digest, real

SPEC = a_spec({"rolloutUndo": {}})
OLD, BAD = a_template("shop:1"), a_template("shop:2")
RESTARTED = {"kubectl.kubernetes.io/restartedAt": "2026-11-22T02:58:00Z"}
MISSING = Answer(404, message="the server could not find the requested resource")
FAILED = [
    a_replica_set(1, OLD, minutes=600, wanted=3, available=3),
    a_replica_set(2, BAD, minutes=5, wanted=1),
]
"""A rolling update that got stuck."""
DONE = [a_replica_set(1, OLD, minutes=600), a_replica_set(2, BAD, minutes=30, wanted=3, available=3)]
"""A rollout that came to its end, and burns."""


def planned(
    *replica_sets: Manifest,
    target: Manifest | None = None,
    before: datetime | None = None,
    **answers: Answer,
) -> Change | Refusal:
    """What an undo comes to, in an incident that began a minute ago. ``answers``: by what is listed."""
    found = {"replicasets": listed(*replica_sets), "rollouts": MISSING, "canaries": MISSING} | answers
    seen = around({f"rolloutUndo:{name}": one for name, one in found.items()}, before=before or ago(1))
    return ROLLOUT_UNDO.plan(SPEC, target or a_workload(), seen)


def goes_back_to(found: Change | Refusal) -> str:
    """The ReplicaSet whose template would be rolled out."""
    assert isinstance(found, Change), found
    (path,) = found.paths
    assert path.path == "/spec/template"
    assert isinstance(path.after, Kept)
    return path.after.source.split()[1]


def refused(found: Change | Refusal, reason: str) -> str:
    """It must be refused for this reason; its words."""
    assert isinstance(found, Refusal), found
    assert found.reason == reason, found
    return found.message


def test_it_stays_because_taking_it_back_would_bring_the_bad_version_back():
    assert ROLLOUT_UNDO.reversibility(SPEC) == "Sticky"


def test_only_the_template_is_changed_and_it_is_kept_as_hash_and_place():
    found = planned(*FAILED)
    assert isinstance(found, Change)
    assert found.ref.uid == a_workload()["metadata"]["uid"]
    (path,) = found.paths
    assert path.before == Kept(digest(BAD), "ReplicaSet checkout-2 with uid uid-2")
    assert path.after == Kept(digest(OLD), "ReplicaSet checkout-1 with uid uid-1")
    assert found.summary == (
        "rolls Deployment checkout back from revision 2 to revision 1 (ReplicaSet checkout-1)"
    )


def test_people_see_which_image_comes_back_and_why_it_is_trusted():
    found = planned(*FAILED)
    assert isinstance(found, Change)
    assert found.notes[:2] == ("revision 1 has 3 of 3 pods available now", "image of web: shop:2 → shop:1")


def test_what_cannot_be_known_is_said():
    found = planned(*DONE)
    assert isinstance(found, Change)
    assert found.notes[0] == ("revision 1 has no pods now, and nothing tells any more whether it had before")


def test_planning_again_gives_the_same_change():
    assert planned(*DONE) == planned(*copy.deepcopy(DONE))


def test_a_restart_of_the_bad_image_is_not_what_it_goes_back_to():
    restarted = a_template("shop:2", annotations=RESTARTED)
    sets = [*DONE, a_replica_set(3, restarted, minutes=2, wanted=3, available=3)]
    assert goes_back_to(planned(*sets, target=a_workload(spec={"template": restarted}))) == "checkout-1"


def test_a_revision_that_never_became_available_is_passed_over_and_named():
    worst = a_template("shop:3")
    sets = [
        a_replica_set(1, OLD, minutes=600, wanted=3, available=3),
        a_replica_set(2, BAD, minutes=20),
        a_replica_set(3, worst, minutes=5, wanted=1),
    ]
    found = planned(*sets, target=a_workload(spec={"template": worst}))
    assert goes_back_to(found) == "checkout-1"
    assert isinstance(found, Change)
    assert found.notes[1] == "passed over: revision 2 never replaced revision 1, which still has pods"


def test_a_revision_made_during_the_incident_is_passed_over():
    worst = a_template("shop:3")
    sets = [*DONE, a_replica_set(3, worst, minutes=5, wanted=3, available=3)]
    target = a_workload(spec={"template": worst})
    assert goes_back_to(planned(*sets, target=target, before=ago(1))) == "checkout-2"
    assert goes_back_to(planned(*sets, target=target, before=ago(40))) == "checkout-1"


def test_what_was_gone_back_from_is_not_gone_back_to():
    sets = [a_replica_set(3, OLD, minutes=600, wanted=3, available=3, earlier="1"), DONE[1]]
    words = refused(planned(*sets, target=a_workload(spec={"template": OLD})), "NothingToGoBackTo")
    assert "revision 2 was gone back from before, to revision 3" in words
    assert "kubectl -n shop rollout history deployment/checkout" in words


def test_with_one_revision_there_is_nothing_to_go_back_to():
    words = refused(planned(DONE[1]), "NothingToGoBackTo")
    assert words.startswith("Deployment checkout has nothing to go back to: there is no other revision")


@pytest.mark.parametrize(
    ("spec", "metadata", "reason", "words"),
    [
        ({"paused": True}, {}, "Paused", "kubectl -n shop rollout resume deployment/checkout"),
        ({"revisionHistoryLimit": 0}, {}, "NoHistory", "revisionHistoryLimit 0"),
        (
            {},
            {"annotations": {"mitigations.fireline.dev/rollback": "forbidden"}},
            "RollbackForbidden",
            "roll forward",
        ),
        (
            {},
            {"ownerReferences": [{"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "c"}]},
            "OwnedByDelivery",
            "Flagger",
        ),
        ({}, {"generation": 5}, "RolloutNotSeen", "has not seen the latest change"),
        ({"template": a_template("shop:9")}, {}, "RolloutNotSeen", "has not made it yet"),
    ],
)
def test_it_is_refused_where_it_would_do_nothing_or_harm(
    spec: dict[str, Any], metadata: dict[str, Any], reason: str, words: str
):
    assert words in refused(planned(*DONE, target=a_workload(spec=spec, **metadata)), reason)


def test_any_other_word_than_forbidden_forbids_nothing():
    fine = a_workload(annotations={"mitigations.fireline.dev/rollback": "allowed"})
    assert goes_back_to(planned(*DONE, target=fine)) == "checkout-1"


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [("rollouts", "workloadRef", "Argo Rollouts"), ("canaries", "targetRef", "Flagger")],
)
def test_a_delivery_controller_decides_about_its_own_deployments_only(name: str, field: str, words: str):
    def steering(deployment: str) -> Answer:
        ref = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment}
        return listed({"metadata": {"name": "steerer"}, "spec": {field: ref}})

    assert words in refused(planned(*DONE, **{name: steering("checkout")}), "OwnedByDelivery")
    assert goes_back_to(planned(*DONE, **{name: steering("basket")})) == "checkout-1"


@pytest.mark.parametrize("name", ["replicasets", "rollouts", "canaries"])
def test_what_may_not_be_read_or_did_not_answer_is_never_taken_for_none(name: str):
    forbidden: dict[str, Answer] = {name: Answer(403, message="no")}
    assert "may not list" in refused(planned(*DONE, **forbidden), "Forbidden")
    away: dict[str, Answer] = {name: Answer(0, message="timed out")}
    refused(planned(*DONE, **away), "NotAnswered")


def test_no_value_of_an_environment_is_ever_shown():
    bad, good = a_template("shop:2", PASSWORD="hunter2"), a_template("shop:1", PASSWORD="hunter1")
    sets = [a_replica_set(1, good, minutes=600), a_replica_set(2, bad, minutes=30, wanted=3, available=3)]
    found = planned(*sets, target=a_workload(spec={"template": bad}))
    assert goes_back_to(found) == "checkout-1"
    assert "hunter" not in repr(found)
    assert differences(bad, good) == (
        "image of web: shop:2 → shop:1",
        "also changes spec.containers.web.env",
    )


def test_everything_is_looked_up_with_the_rights_of_the_serviceaccount():
    user = "system:serviceaccount:shop:first-aid"
    calls = ROLLOUT_UNDO.reads(SPEC, a_workload(), user=user)
    assert [(call.verb, call.api_version, call.kind, call.namespace, call.user) for call in calls] == [
        ("list", "apps/v1", "ReplicaSet", "shop", user),
        ("list", "argoproj.io/v1alpha1", "Rollout", "shop", user),
        ("list", "flagger.app/v1beta1", "Canary", "shop", user),
    ]


def test_it_needs_to_patch_one_deployment_and_to_list_what_decides():
    assert ROLLOUT_UNDO.permissions(SPEC) == (
        Permission("apps", "deployments", ("get", "patch"), ("checkout",)),
        Permission("apps", "replicasets", ("list",)),
        Permission("argoproj.io", "rollouts", ("list",)),
        Permission("flagger.app", "canaries", ("list",)),
    )


class _Controller:
    """Numbers revisions as the Deployment controller does. Every rollout comes to its end at once."""

    def __init__(self) -> None:
        self.sets: list[Manifest] = []
        self.live: Manifest = {}
        self.minutes = 900.0

    def roll_out(self, template: Manifest) -> None:
        """A template becomes the Deployment's."""
        self.live, self.minutes = template, self.minutes - 1
        top = max((_number(one) for one in self.sets), default=0) + 1
        mine = next((one for one in self.sets if _template(one) == template), None)
        if mine is None:
            self.sets.append(a_replica_set(top, template, minutes=self.minutes, wanted=3, available=3))
        elif _number(mine) < top - 1:
            annotations = mine["metadata"]["annotations"]
            earlier = annotations.get("deployment.kubernetes.io/revision-history", "")
            told = ",".join(filter(None, [earlier, annotations["deployment.kubernetes.io/revision"]]))
            annotations["deployment.kubernetes.io/revision-history"] = told
            annotations["deployment.kubernetes.io/revision"] = str(top)
        for one in self.sets:
            one["spec"]["replicas"] = 3 if _template(one) == template else 0

    def undo(self) -> Manifest | None:
        """Our undo; the template it goes back to."""
        target = a_workload(spec={"template": self.live})
        found = planned(*self.sets, target=target)
        if isinstance(found, Refusal):
            return None
        template: Manifest = real(found.paths[0].after, template_finder(target, self.sets))
        self.roll_out(template)
        return template


def _number(replica_set: Manifest) -> int:
    return int(replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def _template(replica_set: Manifest) -> Manifest:
    template = copy.deepcopy(replica_set["spec"]["template"])
    del template["metadata"]["labels"]["pod-template-hash"]
    return template


def _image(template: Manifest) -> str:
    image: str = template["spec"]["containers"][0]["image"]
    return image


@given(rollouts=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 1)), min_size=1, max_size=8))
def test_undoing_again_and_again_never_brings_back_what_was_undone(rollouts: list[tuple[int, int]]):
    controller = _Controller()
    for image, restart in rollouts:
        annotations = {"kubectl.kubernetes.io/restartedAt": str(restart)} if restart else None
        controller.roll_out(a_template(f"shop:{image}", annotations=annotations))
    undone = [_image(controller.live)]
    while (template := controller.undo()) is not None:
        assert _image(template) not in undone
        undone.append(_image(template))
    assert len(undone) <= 4


def test_after_a_rollout_back_the_next_one_goes_further_back_or_nowhere():
    controller = _Controller()
    for number in (1, 2, 3):
        controller.roll_out(a_template(f"shop:{number}"))
    went = [controller.undo() for _ in range(3)]
    assert [_image(one) if one else None for one in went] == ["shop:2", "shop:1", None]


def test_a_deployment_that_is_down_goes_back_past_everything_made_meanwhile():
    down = a_workload(spec={"template": a_template("shop:3")})
    down["status"]["conditions"] = [a_condition("Available", "False", minutes=30)]
    sets = [
        a_replica_set(1, OLD, minutes=600),
        a_replica_set(2, BAD, minutes=29),
        a_replica_set(3, a_template("shop:3"), minutes=5, wanted=3),
    ]
    assert goes_back_to(planned(*sets, target=down)) == "checkout-1"
