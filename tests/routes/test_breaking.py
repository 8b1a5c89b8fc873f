"""Every object that we say would stop everything really does; without it the real servers go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from tests.bed.alertmanager import Alertmanager
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import ALERTMANAGER_CONFIG
from tests.bed.promoperator import PrometheusOperator
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.routes import alertmanagers, broken, everything
from tests.routes.conftest import Merging

from fireline.alerting.effective import DEFAULT_BASE, breaks_everything, merged, must_exist, refused

pytestmark = pytest.mark.bed

CASES = {**broken.STOPPING, **broken.REFUSED}


@pytest.fixture(scope="module")
def alertmanager(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """A real Alertmanager, to load what was made."""
    with Alertmanager(tools, tmp_path_factory.mktemp("alertmanager"), config=DEFAULT_BASE) as running:
        yield running


@pytest.fixture(scope="module")
def tenants(merging: Merging) -> list[str]:
    """For each case a namespace with an Alertmanager, a neighbour that works, and the object that breaks.

    All at once: prometheus-operator works on each Alertmanager for itself.
    """
    client, cluster = merging.client, merging.cluster
    pair, authority = cluster.authority.client("hooks"), Path(cluster.ca_file).read_text()
    for case in CASES:
        client.namespace(case)
        for one in everything.secrets(case, pair, authority):
            client.apply(one)
        client.apply(neighbour(case, "before"))
        alertmanagers.create(client, case, DEFAULT_BASE)
    for case in CASES:
        wait_for(
            lambda case=case: "before" in alertmanagers.generated(client, case),
            what=f"the neighbour of {case}",
        )
        client.apply(bad(case))
    return list(CASES)


def neighbour(namespace: str, value: str) -> dict[str, Any]:
    """Another team's object; ``value`` shows which version has arrived."""
    made = broken.config(namespace, "neighbour")
    made["spec"]["route"]["matchers"][0]["value"] = value
    return made


def bad(case: str) -> dict[str, Any]:
    """The object that breaks everything."""
    made = broken.config(case, "broken")
    CASES[case](made)
    return made


@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize("case", broken.STOPPING)
def test_prometheus_operator_stops_merging_for_everyone(case: str, merging: Merging) -> None:
    client = merging.client
    said = breaks_everything(bad(case))
    assert refused(bad(case)) == []
    assert len(said) == 1
    assert said[0].endswith("prometheus-operator stops merging for everyone")

    before = len(_failures(merging, case))
    client.apply(neighbour(case, "after"))

    wait_for(lambda: len(_failures(merging, case)) > before, what="another failed attempt")
    assert "after" not in alertmanagers.generated(client, case)
    client.delete(ALERTMANAGER_CONFIG, "broken", case)
    wait_for(lambda: "after" in alertmanagers.generated(client, case), what="the neighbour's change")


@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize("case", broken.REFUSED)
def test_alertmanager_refuses_the_whole_configuration(
    case: str, merging: Merging, alertmanager: Alertmanager
) -> None:
    client = merging.client
    said = breaks_everything(bad(case))
    assert refused(bad(case)) == []
    assert len(said) == 1
    assert said[0].endswith("Alertmanager refuses the whole configuration")

    client.apply(neighbour(case, "after"))
    text = wait_for(
        lambda: _with(alertmanagers.generated(client, case), "after", f"{case}/broken"),
        what="both objects, merged",
    )

    assert yaml.safe_load(text) == merged(
        DEFAULT_BASE, [neighbour(case, "after"), bad(case)], alertmanager_namespace=case
    )
    assert _loaded(alertmanager, text) == 500
    client.delete(ALERTMANAGER_CONFIG, "broken", case)
    text = wait_for(lambda: _without(alertmanagers.generated(client, case), "broken"), what="without it")
    assert _loaded(alertmanager, text) == 200


def test_teams_with_authorization_but_no_token_make_prometheus_operator_crash(
    tools: Tools, tmp_path: Path
) -> None:
    """On an API server of its own: no prometheus-operator that sees it lives on."""
    http_config = {"authorization": {"type": "Bearer"}}
    config = broken.config(
        "crash", "broken", msteamsv2Configs=[{"webhookURL": everything.url_ref(), "httpConfig": http_config}]
    )
    assert refused(config) == []
    (said,) = breaks_everything(config)
    assert "crashes" in said

    with (
        Cluster(tools, tmp_path / "cluster") as own,
        PrometheusOperator(own, tmp_path / "crashing") as crashing,
    ):
        client = own.client()
        client.namespace("crash")
        client.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": everything.URLS, "namespace": "crash"},
                "stringData": {"one": "https://h.example"},
            }
        )
        client.apply(config)
        alertmanagers.create(client, "crash", DEFAULT_BASE)
        wait_for(lambda: not crashing.running, what="the end of prometheus-operator")

        assert "nil pointer dereference" in crashing.log.read_text()


def test_teams_connectors_need_their_secret_before_anything_is_written(
    merging: Merging,
) -> None:
    client = merging.client
    config = broken.config(
        "connectors", "broken", msteamsConfigs=[{"webhookUrl": {"name": "gone", "key": "k"}}]
    )
    assert (refused(config), breaks_everything(config)) == ([], [])
    assert must_exist(config) == [("connectors", "gone", "k")]
    client.namespace("connectors")
    client.apply(config)
    alertmanagers.create(client, "connectors", DEFAULT_BASE)

    wait_for(lambda: _failures(merging, "connectors"), what="a failed attempt")

    assert alertmanagers.generated(client, "connectors") == ""


def _failures(merging: Merging, namespace: str) -> list[str]:
    """What prometheus-operator said when it gave up on a namespace's Alertmanager."""
    return [
        line
        for line in merging.log().splitlines()
        if "failed to generate Alertmanager configuration" in line and f"{namespace}/main" in line
    ]


def _with(text: str, *parts: str) -> str:
    return text if all(part in text for part in parts) else ""


def _without(text: str, part: str) -> str:
    return "" if part in text else text


def _loaded(alertmanager: Alertmanager, text: str) -> int:
    """The status of a reload with this configuration."""
    alertmanager.config.write_text(text)
    return requests.post(f"{alertmanager.url}/-/reload", timeout=30).status_code
