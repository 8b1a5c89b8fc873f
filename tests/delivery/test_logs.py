"""The cause of a failure from Alertmanager's log, read through a real API server where a Role allows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from fireline.alertmanager.client import replicas_of
from fireline.alertmanager.delivery import deliver_test
from fireline.alertmanager.logs import Excerpt
from fireline.api.delivery import TestResult
from fireline.kube.auth import connect
from fireline.kube.client import Client
from fireline.kube.metrics import Metrics
from fireline.refresh.alertmanager_logs import PodLogs
from fireline.settings import Alertmanager as Settings
from tests.bed.alertmanager import Alertmanager
from tests.bed.cluster import Cluster
from tests.bed.kubelet import Kubelet
from tests.delivery.conftest import Start
from tests.delivery.receivers import POLICY, asked_of

pytestmark = pytest.mark.bed
NAMES = ("chat", "unauthorized", "nowhere")
RBAC = "rbac.authorization.k8s.io"
META = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": "alertmanager-logs", "namespace": "pager"}}
RIGHT = META | {"kind": "Role", "rules": [{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}]}
"""All that reading the log needs."""
BINDING = META | {
    "kind": "RoleBinding",
    "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "alertmanager-logs"},
    "subjects": [{"kind": "User", "apiGroup": RBAC, "name": "reader"}],
}


@pytest.fixture(scope="module")
def alertmanager(start: Start, cluster: Cluster) -> Iterator[Alertmanager]:
    client = cluster.client()
    client.namespace("pager")
    client.apply(RIGHT)
    client.apply(BINDING)
    server = start("in-a-pod", *NAMES)
    with Kubelet(cluster) as kubelet:
        kubelet.pod("pager", "alertmanager-main-0", "alertmanager", server.log)
        yield server


@pytest.fixture
def as_user(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(user: str) -> None:
        monkeypatch.setenv("KUBECONFIG", str(cluster.write_kubeconfig(user, cluster.authority.client(user))))

    return use


def settings_of(server: Alertmanager, name: str = "main") -> Settings:
    return Settings(urls=(server.url,), namespace="pager", name=name)


def prove(server: Alertmanager) -> TestResult:
    async def run() -> TestResult:
        connection = await connect(connections=2)
        try:
            settings = settings_of(server)
            return await deliver_test(
                replicas_of(settings),
                PodLogs(Client(connection, Metrics()), settings, name="default"),
                policy=POLICY,
                receivers=asked_of(*NAMES),
                nonce="n",
                deadline=timedelta(seconds=8),
            )
        finally:
            await connection.close()

    return asyncio.run(run())


def read(settings: Settings) -> Excerpt:
    async def run() -> Excerpt:
        connection = await connect(connections=2)
        try:
            return await PodLogs(Client(connection, Metrics()), settings, name="default").read()
        finally:
            await connection.close()

    return asyncio.run(run())


def test_with_the_right_every_cause_is_named(alertmanager: Alertmanager, as_user):
    as_user("reader")
    result = prove(alertmanager)
    assert [(one.name, str(one.state)) for one in result.receivers] == [
        ("chat", "Delivered"),
        ("unauthorized", "Failed"),
        ("nowhere", "Failed"),
    ]
    assert "HTTP 401" in result.receivers[1].message
    assert "not found in DNS" in result.receivers[2].message
    assert result.notes == ()


def test_without_the_right_the_words_say_which_one_would_help(alertmanager: Alertmanager, as_user):
    as_user("nobody")
    excerpt = read(settings_of(alertmanager))
    assert excerpt.lines == ()
    assert excerpt.missing == (
        "the right to get pods/log in namespace pager would let Fireline read Alertmanager's log, "
        "which says why a receiver failed"
    )


def test_a_pod_that_is_not_there_is_named(alertmanager: Alertmanager, as_user):
    as_user("reader")
    assert "pod pager/alertmanager-other-0 cannot be read" in read(settings_of(alertmanager, "other")).missing


def test_without_the_name_of_the_object_the_settings_to_set_are_named(alertmanager: Alertmanager, as_user):
    as_user("reader")
    missing = read(Settings(urls=(alertmanager.url,))).missing
    assert "set alertmanagers.default.namespace and .name" in missing
