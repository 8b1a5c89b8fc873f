"""Our client and the ownership digest against the real API server."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.bed.cluster import Cluster
from tests.cluster.toy import an_slo

from fireline.api import labels
from fireline.api.plan import Manifest
from fireline.api.resources import NAMESPACE, PROMETHEUS_RULE, SLO, Resource
from fireline.errors import Conflict, Invalid, NotFound, ServerUnavailable
from fireline.kube.auth import connect
from fireline.kube.client import Client
from fireline.kube.metrics import Metrics
from fireline.kube.ownership import live_digest, wanted_digest

pytestmark = pytest.mark.bed
T = TypeVar("T")
Story = Callable[[Client], Coroutine[Any, Any, T]]


class Api:
    """Runs a story with a client of its own."""

    namespace = "client"

    def __call__(self, story: Story[T]) -> T:
        async def run() -> T:
            connection = await connect(connections=5)
            try:
                return await story(Client(connection, Metrics()))
            finally:
                await connection.close()

        return asyncio.run(run())


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    before = os.environ.get("KUBECONFIG")
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)
    cluster.client().namespace(Api.namespace)
    yield Api()
    if before is None:
        del os.environ["KUBECONFIG"]
    else:
        os.environ["KUBECONFIG"] = before


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_NAMES = st.sampled_from(["a", "b", "team", "x.example.com/y"])
_VALUES = st.from_regex(r"[a-zA-Z0-9]{0,8}", fullmatch=True)
_RULES = st.fixed_dictionaries(
    {"record": st.sampled_from(["a:b", "c:d"]), "expr": _TEXT | st.integers(0, 10)},
    optional={"labels": st.dictionaries(st.sampled_from(["l1", "l2"]), _TEXT, max_size=2)},
)
_GROUPS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["g1", "g2", "g3"])},
        optional={
            "rules": st.lists(_RULES, max_size=2),
            "interval": st.just("30s"),
            # An empty map here trips the server itself (it merges to null and refuses that).
            "labels": st.dictionaries(st.sampled_from(["l1"]), _TEXT, min_size=1, max_size=1),
        },
    ),
    min_size=1,  # without a group the server finds spec itself missing
    max_size=3,
    unique_by=lambda group: group["name"],
)
_RULE_OBJECTS = st.fixed_dictionaries(
    {
        "labels": st.dictionaries(_NAMES, _VALUES, max_size=3),
        "annotations": st.dictionaries(_NAMES, _TEXT, max_size=3),
        "groups": _GROUPS,
    }
)


def a_rule(name: str, parts: Manifest) -> Manifest:
    return {
        "apiVersion": PROMETHEUS_RULE.api_version,
        "kind": PROMETHEUS_RULE.kind,
        "metadata": {
            "name": name,
            "namespace": Api.namespace,
            "labels": parts["labels"],
            "annotations": {**parts["annotations"], labels.CORRELATION_ID: "anything"},
        },
        "spec": {"groups": parts["groups"]},
    }


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=_RULE_OBJECTS, second=_RULE_OBJECTS)
def test_a_digest_tells_exactly_whether_an_apply_would_change_anything(
    api: Api, first: Manifest, second: Manifest
):
    """Applied objects equal their manifest; a manifest of equal digest changes nothing when applied."""

    async def story(client: Client) -> None:
        before, after = a_rule("digest", first), a_rule("digest", second)
        live = await client.apply(PROMETHEUS_RULE, before, force=True)
        assert live_digest(live) == wanted_digest(before)
        then = await client.apply(PROMETHEUS_RULE, after, force=True)
        assert live_digest(then) == wanted_digest(after)
        changed = then["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]
        differs = wanted_digest(before) != wanted_digest(after)
        assert differs or not changed or _tidy(before) == _tidy(after)

    api(story)


def _tidy(manifest: Manifest) -> Any:
    """Without what is empty: the one thing a server may note that we need not write."""
    if isinstance(manifest, dict):
        return {key: _tidy(value) for key, value in manifest.items() if value not in ({}, [])}
    return [_tidy(value) for value in manifest] if isinstance(manifest, list) else manifest


def test_a_status_patch_to_an_object_made_anew_is_a_conflict(api: Api, cluster: Cluster):
    kube = cluster.client()
    old = kube.apply(an_slo(Api.namespace, "anew"))["metadata"]["resourceVersion"]
    kube.delete(SLO, "anew", Api.namespace)
    made = kube.apply(an_slo(Api.namespace, "anew"))

    async def story(client: Client) -> Manifest:
        with pytest.raises(Conflict):
            await client.patch_status(
                SLO, Api.namespace, "anew", version=old, patch={"observedGeneration": 1}
            )
        return await client.patch_status(
            SLO,
            Api.namespace,
            "anew",
            version=made["metadata"]["resourceVersion"],
            patch={"observedGeneration": 1},
        )

    assert api(story)["status"] == {"observedGeneration": 1}


def test_a_delete_spares_an_object_made_anew(api: Api, cluster: Cluster):
    cluster.client().apply(an_slo(Api.namespace, "spared"))

    async def story(client: Client) -> None:
        with pytest.raises(Conflict):
            await client.delete(SLO, Api.namespace, "spared", uid="another")
        assert await client.get(SLO, Api.namespace, "spared")

    api(story)


@pytest.mark.parametrize(
    "text", ["𐀀😀", "\x7f\x80\x85\x9f", "\u2028\u2029", "\ufeffx\ufffe", "\\ud83d\\ude00", 'a"\\\n\t']
)
def test_every_text_arrives_as_it_is(api: Api, text: str):
    async def story(client: Client) -> Manifest:
        parts = {"labels": {}, "annotations": {"text": text}, "groups": [{"name": "g"}]}
        return await client.apply(PROMETHEUS_RULE, a_rule("text", parts), force=True)

    assert api(story)["metadata"]["annotations"]["text"] == text


def test_a_list_comes_in_pages_and_is_complete(api: Api, cluster: Cluster, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fireline.kube.client.PAGE", 3)
    namespace = cluster.client().namespace("pages")
    for number in range(8):
        cluster.client().apply(an_slo(namespace, f"s{number}"))

    async def story(client: Client) -> list[list[str]]:
        pages = client.pages(SLO, namespace=namespace)
        return [[item["metadata"]["name"] for item in page["items"]] async for page in pages]

    pages = api(story)
    assert [len(page) for page in pages] == [3, 3, 2]
    assert sorted(name for page in pages for name in page) == [f"s{number}" for number in range(8)]


def test_a_name_that_needs_quoting_cannot_leave_its_path(api: Api):
    async def story(client: Client) -> None:
        with pytest.raises((NotFound, Invalid)):
            await client.get(SLO, Api.namespace, "../../namespaces/default")

    api(story)


def test_a_type_nobody_serves_is_told_apart_from_an_object_nobody_made(api: Api):
    async def story(client: Client) -> tuple[str, str]:
        with pytest.raises(NotFound) as no_type:
            await client.get(Resource("nobody.example", "v1", "things", "Thing"), Api.namespace, "x")
        with pytest.raises(NotFound) as no_object:
            await client.get(SLO, Api.namespace, "nobody")
        return no_type.value.cause, no_object.value.cause

    assert api(story) == ("ResourceMissing", "")


def test_an_unreachable_server_is_told_as_such(api: Api):
    async def story(client: Client) -> None:
        client._connection.server = "https://127.0.0.1:1"
        with pytest.raises(ServerUnavailable, match="no usable answer"):
            await client.get(NAMESPACE, "", "default")

    api(story)
