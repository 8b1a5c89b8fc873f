"""The calls of plans against the real API server: whose rights they have, and what their answers say."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import Awaitable, Callable, Iterator

import pytest
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer as Injected
from tests.bed.faults import Hang, Reset
from tests.bed.proxy import FaultProxy
from tests.cluster.calling import a_target, account, grant, group
from tests.unit.kube.receiver import Receiver

from fireline.api.plan import Answer, Call
from fireline.kube.auth import connect
from fireline.kube.calls import Calls
from fireline.kube.client import Client
from fireline.kube.discovery import Discovery
from fireline.kube.guard import Guard
from fireline.kube.metrics import Metrics
from fireline.kube.webhooks import Webhooks

pytestmark = pytest.mark.bed
_numbers = itertools.count(1)


class Maker:
    """Makes calls in one namespace through a fault proxy, as the operator does."""

    def __init__(self, cluster: Cluster, proxy: FaultProxy, namespace: str) -> None:
        self.kube = cluster.client()
        self.proxy = proxy
        self.namespace = namespace
        self.metrics = Metrics()

    def user(self, name: str) -> str:
        return f"system:serviceaccount:{self.namespace}:{name}"

    def __call__(self, verb, kind: str = "ConfigMap", name: str = "", api: str = "v1", **more) -> Answer:
        (answer,) = self.all(self.call(verb, kind, name, api, **more))
        return answer

    def call(self, verb, kind: str = "ConfigMap", name: str = "", api: str = "v1", **more) -> Call:
        return Call("test", verb, api, kind, **{"namespace": self.namespace, "object": name, **more})

    def all(self, *calls: Call) -> list[Answer]:
        async def each(made: Calls) -> list[Answer]:
            return [await made.make(call) for call in calls]

        return self.run(each)

    def run(self, story: Callable[[Calls], Awaitable[list[Answer]]]) -> list[Answer]:
        async def run() -> list[Answer]:
            connection = await connect(connections=5)
            try:
                client = Client(connection, self.metrics)
                return await story(Calls(client, Discovery(client), Webhooks(Guard(), self.metrics)))
            finally:
                await connection.close()

        return asyncio.run(run())


@pytest.fixture
def make(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    name = f"calls-{next(_numbers)}"
    with FaultProxy.before(cluster, name=name) as proxy:
        monkeypatch.setenv("KUBECONFIG", str(proxy.kubeconfig))
        yield Maker(cluster, proxy, cluster.client().namespace(name))


def swap(before: str, after: str) -> list[dict]:
    return [
        {"op": "test", "path": "/data/count", "value": before},
        {"op": "replace", "path": "/data/count", "value": after},
    ]


def test_a_service_account_may_do_what_its_roles_say_and_nothing_more(make: Maker):
    a_target(make.kube, make.namespace)
    user = make.user("mitigator")
    refused = make("get", name="target", user=user)
    assert refused.status == 403
    assert f'User "{user}" cannot get resource "configmaps"' in refused.message
    assert refused.body["reason"] == "Forbidden"
    grant(make.kube, make.namespace, account("mitigator", make.namespace), "get")
    assert make("get", name="target", user=user).body["data"] == {"count": "0"}
    assert make("patch", name="target", user=user, body=swap("0", "1")).status == 403
    assert make("patch", name="target", body=swap("0", "1")).ok, "the operator of this test may do everything"


def test_the_api_server_itself_adds_the_groups_of_a_service_account(make: Maker):
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = make(
        "create", "SelfSubjectReview", api=review["apiVersion"], body=review, user=make.user("mitigator")
    )
    found = answer.body["status"]["userInfo"]
    assert found["username"] == make.user("mitigator")
    assert set(found["groups"]) == {
        "system:serviceaccounts",
        f"system:serviceaccounts:{make.namespace}",
        "system:authenticated",
    }
    a_target(make.kube, make.namespace)
    grant(make.kube, make.namespace, group(f"system:serviceaccounts:{make.namespace}"), "get")
    assert make("get", name="target", user=make.user("anybody")).ok


def test_a_question_about_rights_is_answered_for_the_user(make: Maker):
    grant(make.kube, make.namespace, account("mitigator", make.namespace), "patch")

    def may(verb: str) -> bool:
        attributes = {"namespace": make.namespace, "verb": verb, "resource": "configmaps", "name": "target"}
        api, kind = "authorization.k8s.io/v1", "SelfSubjectAccessReview"
        body = {"apiVersion": api, "kind": kind, "spec": {"resourceAttributes": attributes}}
        answer = make("create", kind, api=api, body=body, user=make.user("mitigator"))
        assert answer.status == 201
        return bool(answer.body["status"]["allowed"])

    assert may("patch")
    assert not may("delete")


def test_a_patch_is_made_by_its_own_field_manager(make: Maker):
    a_target(make.kube, make.namespace)
    answer = make("patch", name="target", body=swap("0", "1"))
    assert answer.body["data"] == {"count": "1"}
    managers = {one["manager"]: one["operation"] for one in answer.body["metadata"]["managedFields"]}
    assert managers["fireline-mitigation"] == "Update"


def test_a_test_that_fails_is_a_422_and_changes_nothing(make: Maker):
    a_target(make.kube, make.namespace)
    answer = make("patch", name="target", body=swap("7", "8"))
    assert (answer.status, answer.ok) == (422, False)
    assert answer.message
    assert make("get", name="target").body["data"] == {"count": "0"}


def test_a_dry_run_tells_what_would_be_and_changes_nothing(make: Maker):
    a_target(make.kube, make.namespace)
    answer = make("patch", name="target", body=swap("0", "1"), dry_run=True)
    assert answer.body["data"] == {"count": "1"}
    assert make("get", name="target").body["data"] == {"count": "0"}
    made = {"metadata": {"name": "made"}, "data": {}}
    assert make("create", body=made, dry_run=True).status == 201
    assert make("get", name="made").status == 404
    assert make("delete", name="target", dry_run=True).ok
    assert make("get", name="target").ok


def test_a_field_that_nobody_knows_is_refused_and_not_dropped(make: Maker):
    a_target(make.kube, make.namespace)
    answer = make("patch", name="target", body=[{"op": "add", "path": "/datum", "value": {}}])
    assert answer.status in {400, 422}
    assert "datum" in answer.message


def test_objects_are_made_replaced_and_deleted(make: Maker):
    made = make("create", body={"metadata": {"name": "x"}, "data": {"a": "1"}})
    assert made.status == 201
    replaced = make("replace", name="x", body={**made.body, "data": {"a": "2"}})
    assert replaced.body["data"] == {"a": "2"}
    stale = make("replace", name="x", body={**made.body, "data": {"a": "3"}})
    assert stale.status == 409
    assert make("create", body={"metadata": {"name": "x"}}).status == 409
    uid = made.body["metadata"]["uid"]
    assert make("delete", name="x", uid="another").status == 409
    assert make("delete", name="x", uid=uid).ok
    assert make("delete", name="x", uid=uid).status == 404


def test_a_list_is_whole_and_its_items_say_what_they_are(make: Maker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fireline.kube.client.PAGE", 2)
    for number in range(5):
        a_target(make.kube, make.namespace, f"t{number}")
    make.proxy.log.clear()
    answer = make("list")
    names = [
        one["metadata"]["name"] for one in answer.body["items"] if one["metadata"]["name"].startswith("t")
    ]
    assert names == [f"t{number}" for number in range(5)]
    assert {(one["apiVersion"], one["kind"]) for one in answer.body["items"]} == {("v1", "ConfigMap")}
    assert len(make.proxy.log.calls(verb="list", resource="configmaps")) >= 3


def test_a_list_that_may_not_be_read_is_an_answer(make: Maker):
    assert make("list", user=make.user("nobody")).status == 403


def test_a_cluster_scoped_object_needs_no_namespace(make: Maker):
    found = make("get", "Namespace", make.namespace, namespace="")
    assert found.body["metadata"]["name"] == make.namespace


def test_a_kind_that_is_not_served_is_told_apart_from_an_object_that_is_not_there(make: Maker):
    kind = make("get", "Rollout", "x", api="argoproj.io/v1alpha1")
    assert (kind.status, kind.sent) == (404, False)
    assert kind.message == (
        "The cluster does not serve Rollout in argoproj.io/v1alpha1; install its CustomResourceDefinition."
    )
    nothing = make("get", name="nobody")
    assert (nothing.status, nothing.sent) == (404, True)


@pytest.mark.parametrize("verb", ["get", "patch", "delete", "replace"])
def test_a_call_about_no_object_in_particular_is_not_sent(make: Maker, verb: str):
    answer = make(verb, name="")
    assert answer == Answer(0, message=f"{verb} of ConfigMap without a name", sent=False)
    assert make.proxy.log.writes() == []


def test_a_name_cannot_leave_its_path(make: Maker):
    assert make("get", name="../../../namespaces/default").status in {400, 404}


def test_kinds_are_looked_up_once(make: Maker):
    a_target(make.kube, make.namespace)
    make.all(*[make.call("get", name="target")] * 3)
    assert len(make.proxy.log.calls(lambda call: call.path == "/api/v1")) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_server_that_is_too_busy_is_an_answer(make: Maker, code: int):
    make.proxy.inject(Injected(code, "come back later"), when=matching(resource="configmaps"))
    answer = make("get", name="target")
    assert (answer.status, answer.message) == (code, "come back later")
    assert len(make.proxy.log.calls(resource="configmaps")) == 1


def test_an_answer_that_never_comes_leaves_open_what_happened(make: Maker):
    make.proxy.inject(Hang(5), when=matching(resource="configmaps"))
    answer = make("patch", name="target", body=[], timeout=0.3)
    assert (answer.status, answer.sent) == (0, True)


BODIES = {"patch": swap("0", "1"), "replace": {"metadata": {"name": "target"}, "data": {"count": "1"}}}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("verb", ["patch", "replace", "delete", "create"])
def test_a_connection_that_breaks_leaves_open_what_happened_and_nothing_is_sent_again(
    make: Maker, verb: str, after: bool
):
    a_target(make.kube, make.namespace)
    when = matching(resource="configmaps", is_write=True)
    make.proxy.inject(Reset(after=after), when=when)
    name = "" if verb == "create" else "target"
    body = BODIES.get(verb, {"metadata": {"name": "made"}})
    warm, answer = make.all(make.call("get", name="target"), make.call(verb, name=name, body=body))
    assert warm.ok, "the connection was in use before, which is when a library would try again"
    assert (answer.status, answer.sent) == (0, True)
    assert len(make.proxy.log.calls(when)) == 1


def test_a_server_that_is_not_there_certainly_got_nothing(make: Maker):
    async def story(made: Calls) -> list[Answer]:
        await made.make(make.call("get", name="target"))
        made._client._connection.server = "http://127.0.0.1:1"
        return [await made.make(make.call("patch", name="target", body=[]))]

    (answer,) = make.run(story)
    assert (answer.status, answer.sent) == (0, False)


def test_calls_are_counted(make: Maker):
    a_target(make.kube, make.namespace)
    make("patch", name="target", body=swap("0", "1"))
    text = make.metrics.exposition().decode()
    assert 'fireline_api_requests_total{code="200",resource="configmaps",verb="json_patch"} 1.0' in text


def a_secret(make: Maker, **data: str) -> None:
    encoded = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
    metadata = {"name": "hook", "namespace": make.namespace}
    make.kube.create({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": encoded})


def test_a_webhook_gets_the_token_its_service_account_may_read_and_no_credential_of_ours(make: Maker):
    a_secret(make, token="s3cr3t\n", empty="")
    grant(make.kube, make.namespace, account("mitigator", make.namespace), "get", resources=("secrets",))
    with Receiver() as receiver:
        post = {"url": f"{receiver.url}/ok", "body": {}, "user": make.user("mitigator")}
        assert make("post", "", "", "", secret=("hook", "token"), **post).ok
        (got,) = receiver.received
        assert got.headers["Authorization"] == "Bearer s3cr3t"
        assert not [name for name in got.headers if name.lower().startswith("impersonate")]
        for key in ("empty", "nokey"):
            answer = make("post", "", "", "", secret=("hook", key), **post)
            assert answer.message == f"Secret {make.namespace}/hook has no line of text under the key {key}"
            assert (answer.status, answer.sent) == (0, False)
        assert len(receiver.received) == 1


def test_a_webhook_whose_secret_may_not_be_read_gets_nothing(make: Maker):
    a_secret(make, token="s3cr3t")
    with Receiver() as receiver:
        answer = make(
            "post",
            "",
            "",
            "",
            url=f"{receiver.url}/ok",
            secret=("hook", "token"),
            user=make.user("mitigator"),
        )
        assert (answer.status, answer.sent) == (0, False)
        assert f"Secret {make.namespace}/hook: " in answer.message
        assert "cannot get resource" in answer.message
        assert receiver.received == []


def test_an_operator_without_the_right_to_impersonate_can_do_nothing_in_another_name(
    cluster: Cluster, make: Maker, monkeypatch: pytest.MonkeyPatch
):
    a_target(make.kube, make.namespace)
    grant(make.kube, make.namespace, account("mitigator", make.namespace), "get")
    limited = cluster.authority.client(make.namespace)
    monkeypatch.setenv("KUBECONFIG", str(cluster.write_kubeconfig(make.namespace, limited)))
    answer = make("get", name="target", user=make.user("mitigator"))
    assert answer.status == 403
    assert "cannot impersonate resource" in answer.message


def test_a_type_that_went_is_looked_up_anew(make: Maker):
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "flags.toy.example"},
        "spec": {
            "group": "toy.example",
            "scope": "Namespaced",
            "names": {"plural": "flags", "kind": "Flag", "singular": "flag"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/flags.toy.example"
    make.kube.create(crd)

    async def story(made: Calls) -> list[Answer]:
        call = make.call("get", "Flag", "x", "toy.example/v1")
        while not (there := await made.make(call)).sent:
            made._discovery.forget(call.api_version)  # half a minute passes
            await asyncio.sleep(0.1)
        await asyncio.to_thread(make.kube.request, "DELETE", path)
        while (gone := await made.make(call)).sent:  # noqa: ASYNC110 - nobody tells when it is gone
            await asyncio.sleep(0.1)
        return [there, gone]

    there, gone = make.run(story)
    assert (there.status, gone.status) == (404, 404)
    assert "does not serve Flag" in gone.message
