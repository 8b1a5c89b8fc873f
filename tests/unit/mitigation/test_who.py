"""Who changed a field, as managedFields tell it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.mitigation.test_values import JSON

from fireline.mitigation.who import Who, who, words_for

SPEC = {
    "replicas": 3,
    "template": {"spec": {"containers": [{"name": "app", "image": "a"}, {"name": "side", "image": "b"}]}},
    "finalizers": ["x", "y"],
    "ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP", "name": "dns"}],
    "atomic": {"a": {"b": 1}},
}


def entry(manager, fields, time="2026-11-22T03:00:00Z", **more):
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": {"f:spec": fields}, **more}


def live(*entries):
    return {"metadata": {"managedFields": list(entries)}, "spec": SPEC}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"f:replicas": {}}, "/spec/replicas"),
        (
            {"f:template": {"f:spec": {"f:containers": {'k:{"name":"side"}': {".": {}, "f:image": {}}}}}},
            "/spec/template/spec/containers/1/image",
        ),
        ({"f:finalizers": {'v:"y"': {}}}, "/spec/finalizers/1"),
        ({"f:finalizers": {"i:0": {}}}, "/spec/finalizers/0"),
        ({"f:ports": {'k:{"port":80,"protocol":"UDP"}': {"f:name": {}}}}, "/spec/ports/1/name"),
        ({"f:atomic": {}}, "/spec/atomic/a/b"),
        ({"f:template": {".": {}, "f:spec": {}}}, "/spec/template"),
    ],
)
def test_the_owner_of_a_field_is_found(fields, path):
    other = entry("somebody-else", {"f:unrelated": {}}, "2026-11-22T09:00:00Z")
    assert who(live(entry("owner", fields), other), path) == Who(
        "owner", "2026-11-22T03:00:00Z", certain=True
    )


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        (
            {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}},
            "/spec/template/spec/containers/1/image",
        ),
        ({"f:finalizers": {'v:"x"': {}}}, "/spec/finalizers/1"),
        ({"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:name": {}}}}, "/spec/ports/1/name"),
        ({"f:replica": {}}, "/spec/replicas"),
        ({"f:finalizers": {"i:0": {}}}, "/spec/finalizers/7"),
    ],
)
def test_the_owner_of_another_field_is_not_blamed(fields, path):
    found = who(live(entry("other", fields)), path)
    assert found is not None
    assert not found.certain


def test_the_last_of_several_owners_did_it():
    both = live(
        entry("argocd-controller", {"f:replicas": {}}, "2026-11-22T03:00:05Z"),
        entry("kubectl-scale", {"f:replicas": {}}, "2026-11-22T03:00:00Z"),
    )
    assert words_for(both, ["/spec/replicas"]) == " by argocd-controller at 2026-11-22T03:00:05Z"


def test_a_writer_of_the_status_did_not_change_the_spec():
    status = entry("kube-controller-manager", {"f:replicas": {}}, subresource="status")
    assert who(live(status), "/spec/replicas") is None


def test_who_scales_writes_replicas_by_a_subresource():
    scaled = entry("kubectl", {"f:replicas": {}}, subresource="scale")
    other = entry("kubectl-edit", {"f:y": {}}, "2026-11-22T09:00:00Z")
    assert words_for(live(scaled, other), ["/spec/replicas"]) == " by kubectl at 2026-11-22T03:00:00Z"


def test_nobody_owns_what_is_gone_so_the_last_writer_is_only_perhaps_who_did_it():
    last = live(entry("helm", {"f:x": {}}, "2026-11-22T01:00:00Z"), entry("kubectl-edit", {"f:y": {}}))
    assert words_for(last, ["/spec/gone"]) == (
        " (perhaps by kubectl-edit at 2026-11-22T03:00:00Z, who wrote last)"
    )


def test_an_owner_counts_for_more_than_a_later_writer():
    found = live(
        entry("kubectl-edit", {"f:replicas": {}}),
        entry("somebody-else", {"f:y": {}}, "2026-11-22T09:00:00Z"),
    )
    assert words_for(found, ["/spec/gone", "/spec/replicas"]) == " by kubectl-edit at 2026-11-22T03:00:00Z"


@given(JSON, st.sampled_from(["/spec/replicas", "/spec/ports/1/name", "", "/x"]))
def test_it_never_raises_whatever_is_noted(noise, path):
    assert who({"metadata": {"managedFields": noise}, "spec": SPEC}, path) is None or noise
    fields = {"metadata": {"managedFields": [{"manager": "m", "fieldsV1": noise}]}, "spec": SPEC}
    assert words_for(fields, [path]) in {"", " by m", " (perhaps by m, who wrote last)"}
