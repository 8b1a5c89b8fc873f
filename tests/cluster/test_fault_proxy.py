"""The fault proxy before the real API server: its log tells the truth, and its faults are what they say."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.bed.calls import matching
from tests.bed.cluster import Cluster
from tests.bed.faults import After, Answer, Before, Gone, HalfLine, Hang, Reset, Slow
from tests.bed.kubeclient import CONFIG_MAP, ApiError, KubeClient
from tests.bed.proxy import FaultProxy
from tests.bed.waiting import wait_for

pytestmark = pytest.mark.bed
NAMESPACE = "fault-proxy"


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[FaultProxy]:
    """A fresh proxy before the cluster, with a namespace to write to."""
    cluster.client().namespace(NAMESPACE)
    with FaultProxy.before(cluster) as running:
        yield running


@pytest.fixture
def client(proxy: FaultProxy) -> Iterator[KubeClient]:
    """A client that goes through the proxy."""
    with KubeClient(proxy.url) as made:
        yield made


@pytest.fixture
def stored(cluster: Cluster) -> Iterator[KubeClient]:
    """A client that sees what the server really holds; config maps are removed afterwards."""
    client = cluster.client()
    yield client
    for found in client.list(CONFIG_MAP, NAMESPACE):
        client.delete(CONFIG_MAP, found["metadata"]["name"], NAMESPACE)


def a_config_map(name: str) -> dict[str, Any]:
    """A small object to write."""
    meta = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"key": "value"}}


def watch(proxy: FaultProxy) -> requests.Response:
    """An open watch on config maps."""
    url = f"{proxy.url}/api/v1/namespaces/{NAMESPACE}/configmaps?watch=1"
    return requests.get(url, stream=True, timeout=30)


def test_each_call_is_logged_in_the_words_of_kubernetes(
    proxy: FaultProxy, client: KubeClient, stored: KubeClient
):
    client.apply(a_config_map("one"))
    proxy.log.clear()
    client.apply(a_config_map("one"))
    client.patch(CONFIG_MAP, "one", NAMESPACE, {"data": {"key": "other"}})
    client.list(CONFIG_MAP)
    client.delete(CONFIG_MAP, "one", NAMESPACE)
    client.find(CONFIG_MAP, "one", NAMESPACE)
    seen = [(call.verb, call.resource, call.namespace, call.name, call.code) for call in proxy.log]
    assert seen == [
        ("apply", "configmaps", NAMESPACE, "one", 200),
        ("patch", "configmaps", NAMESPACE, "one", 200),
        ("list", "configmaps", "", "", 200),
        ("delete", "configmaps", NAMESPACE, "one", 200),
        ("get", "configmaps", NAMESPACE, "one", 404),
    ]
    assert [call.verb for call in proxy.log.writes()] == ["apply", "patch", "delete"]
    assert stored.find(CONFIG_MAP, "one", NAMESPACE) is None


def test_leases_and_events_are_logged_but_not_counted_as_writes(proxy: FaultProxy, client: KubeClient):
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {"holderIdentity": "me"}}
    client.apply({**lease, "metadata": {"name": "mine", "namespace": NAMESPACE}})
    assert proxy.log.calls(resource="leases.coordination.k8s.io", verb="apply")
    assert proxy.log.writes() == []


@pytest.mark.parametrize("code", [403, 409, 422, 429, 500, 503])
def test_the_nth_call_gets_the_answer_and_the_others_pass(
    proxy: FaultProxy, client: KubeClient, stored: KubeClient, code: int
):
    injected = proxy.inject(Answer(code, retry_after=1), when=matching(verb="apply"), nth=2)
    client.apply(a_config_map("first"))
    with pytest.raises(ApiError) as caught:
        client.apply(a_config_map("second"))
    client.apply(a_config_map("third"))
    assert caught.value.code == code
    assert caught.value.body["details"]["retryAfterSeconds"] == 1
    assert injected.hits == 1
    assert stored.find(CONFIG_MAP, "first", NAMESPACE)
    assert stored.find(CONFIG_MAP, "second", NAMESPACE) is None
    assert stored.find(CONFIG_MAP, "third", NAMESPACE)


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "after the work"])
def test_a_reset_breaks_the_connection(
    proxy: FaultProxy, client: KubeClient, stored: KubeClient, after: bool
):
    proxy.inject(Reset(after=after), when=matching(verb="apply"))
    with pytest.raises(requests.ConnectionError):
        client.apply(a_config_map("one"))
    assert (stored.find(CONFIG_MAP, "one", NAMESPACE) is not None) == after


@pytest.mark.parametrize(("fault", "written"), [(Before, False), (After, True)])
def test_a_kill_happens_on_the_right_side_of_a_write(
    proxy: FaultProxy, client: KubeClient, stored: KubeClient, fault: type[Before | After], written: bool
):
    seen: list[bool] = []
    act = lambda: seen.append(stored.find(CONFIG_MAP, "one", NAMESPACE) is not None)  # noqa: E731
    proxy.inject(fault(act), when=matching(is_write=True))
    with pytest.raises(requests.ConnectionError):
        client.apply(a_config_map("one"))
    assert seen == [written]
    assert (stored.find(CONFIG_MAP, "one", NAMESPACE) is not None) == written


def test_a_hanging_call_ends_with_the_clients_patience(proxy: FaultProxy):
    proxy.inject(Hang(), when=matching(verb="list"))
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{proxy.url}/api/v1/configmaps", timeout=0.3)


def test_slow_bytes_arrive_whole(proxy: FaultProxy, client: KubeClient, stored: KubeClient):
    stored.apply(a_config_map("one"))
    proxy.inject(Slow(size=50, seconds=0.001), when=matching(verb="get", name="one"))
    assert client.get(CONFIG_MAP, "one", NAMESPACE) == stored.get(CONFIG_MAP, "one", NAMESPACE)


@pytest.mark.parametrize("running", [True, False], ids=["a running watch", "a new watch"])
def test_a_watch_can_end_with_410(proxy: FaultProxy, stored: KubeClient, running: bool):
    stored.apply(a_config_map("one"))
    if not running:
        proxy.inject(Gone(), when=matching(verb="watch"))
    with watch(proxy) as answer:
        if running:
            assert proxy.break_watches(Gone()) == 1
        last = json.loads(list(answer.iter_lines())[-1])
    assert (last["type"], last["object"]["code"]) == ("ERROR", 410)


def test_a_watch_can_break_in_the_middle_of_a_line(proxy: FaultProxy, stored: KubeClient):
    stored.apply(a_config_map("one"))
    with watch(proxy) as answer:
        lines = answer.iter_lines()
        assert json.loads(next(lines))["object"]["metadata"]["name"]
        assert proxy.break_watches(HalfLine()) == 1
        stored.apply(a_config_map("two"))
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(lines)


def test_a_client_that_leaves_ends_its_watch(proxy: FaultProxy):
    with watch(proxy):
        assert proxy.open_watches() == 1
    wait_for(lambda: proxy.open_watches() == 0, what="the watch is closed upstream too")


def test_a_token_decides_who_is_asking(cluster: Cluster, proxy: FaultProxy):
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "weak", "namespace": NAMESPACE},
    }
    cluster.client().apply(account)
    token = cluster.kubectl("create", "token", "-n", NAMESPACE, "weak").strip()
    with KubeClient(proxy.url, token=token) as weak, pytest.raises(ApiError) as caught:
        weak.list(CONFIG_MAP, NAMESPACE)
    assert caught.value.code == 403
    assert f"system:serviceaccount:{NAMESPACE}:weak" in str(caught.value)


def test_the_proxy_speaks_tls_when_asked(cluster: Cluster):
    with FaultProxy.before(cluster, name="secure", tls=True) as proxy:
        cluster.kubectl("--kubeconfig", str(proxy.kubeconfig), "get", "namespaces")
        assert proxy.log.calls(verb="list", resource="namespaces")
        assert proxy.url.startswith("https:")


def test_a_stopped_server_looks_stopped_through_the_proxy():
    with FaultProxy("http://127.0.0.1:9") as proxy, pytest.raises(requests.ConnectionError):
        requests.get(f"{proxy.url}/api/v1/query", timeout=5)
    assert [(call.verb, call.resource, call.code) for call in proxy.log] == [("get", "", None)]


def test_nothing_is_left_open_when_clients_leave_and_the_proxy_ends(cluster: Cluster):
    with FaultProxy.before(cluster) as proxy:
        for path in ("/api/v1/namespaces?watch=1", "/api/v1/configmaps?watch=1"):
            with requests.get(f"{proxy.url}{path}", stream=True, timeout=30) as answer:
                assert answer.ok
        cluster.etcd.pause()
        try:
            with pytest.raises(requests.ReadTimeout):
                requests.get(f"{proxy.url}/api/v1/namespaces/none", timeout=0.3)
        finally:
            cluster.etcd.resume()
    # A socket left open would warn when collected, and warnings are errors here.
    gc.collect()
