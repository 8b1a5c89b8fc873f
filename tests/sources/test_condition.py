"""Wrong credentials of one source, seen by the users of an operator: named where they look, never shown."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from fireline.api.resources import EVENT, SLO
from tests.bed.bed import Bed
from tests.bed.doorkeeper import Demands, Doorkeeper
from tests.bed.promoperator import NAMESPACE, RULE_LABELS
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig
from tests.cluster.toy import an_slo

pytestmark = pytest.mark.bed

RIGHT, WRONG, TENANT = "right-s3cret", "wrong-s3cret", "team-a"


@dataclass
class World:
    """An operator with a source ``default`` in the open and a source ``team-a`` behind a door.

    Each has one SLO, in a namespace of its own: both are the same Prometheus, which must not record the
    shared windows of a namespace twice.
    """

    rig: Rig
    door: Doorkeeper
    password: Path
    namespaces: dict[str, str]

    def condition(self, source: str, name: str) -> dict[str, Any]:
        """A condition of the SLO of a source; LookupError while there is none."""
        found = self.rig.client.get(SLO, "a", self.namespaces[source]).get("status", {})
        return {one["type"]: one for one in found.get("conditions", ())}[name]

    def await_figures(self, source: str) -> None:
        """Wait until the SLO of a source is measured; its rules may take longer to be loaded."""

        def measured() -> bool:
            return self.condition(source, "DataPresent")["status"] == "True"

        wait_for(measured, what=f"the SLO of {source} is measured")

    def await_words(self, *words: str) -> dict[str, Any]:
        """Wait until DataPresent of the SLO behind the door says this."""

        def said() -> dict[str, Any] | None:
            found = self.condition("team-a", "DataPresent")
            return found if all(one in found["message"] for one in words) else None

        return wait_for(said, what=f"DataPresent says {words}")


@pytest.fixture(scope="module")
def world(bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Started with a wrong password."""
    folder = tmp_path_factory.mktemp("sources")
    password = folder / "password"
    password.write_text(WRONG)
    demands = Demands(basic=("fireline", RIGHT), tenant=("X-Scope-OrgID", TENANT), talkative=True)
    with contextlib.ExitStack() as stack:
        door = stack.enter_context(Doorkeeper(bed.prometheus.url, demands))
        rig = stack.enter_context(contextlib.closing(Rig(bed.cluster, folder, toy=False)))
        namespaces = {"default": rig.namespace, "team-a": rig.client.namespace(f"{rig.namespace}-a")}
        behind = {
            "urls": [door.url],
            "username": "fireline",
            "password_file": str(password),
            "tenant": TENANT,
        }
        rig.operator = rig.make_operator(
            "sources",
            settings={
                "sources": {
                    "default": {"urls": [bed.prometheus.url], "rule_labels": RULE_LABELS},
                    "team-a": {**behind, "rule_labels": RULE_LABELS},
                },
                "watch_namespaces": [*namespaces.values(), NAMESPACE],
                "refresh_seconds": 1,
                "log_level": "debug",
            },
        )
        rig.operator.start()
        for source, namespace in namespaces.items():
            slo = an_slo(namespace, "a")
            slo["spec"] |= {"objective": "50", "prometheus": source}
            rig.client.apply(slo)
        yield World(rig, door, password, namespaces)


def test_wrong_credentials_are_a_condition_that_names_the_source_and_the_setting(world: World):
    told = world.await_words("source team-a: ", "401", "sources.team-a.username and password_file")
    assert (told["status"], told["reason"]) == ("Unknown", "PrometheusUnreachable")
    loaded = world.condition("team-a", "RulesLoaded")
    assert (loaded["status"], loaded["message"]) == ("Unknown", told["message"])
    health = requests.get(f"{world.rig.operator.url}/status", timeout=30).json()
    assert told["message"] in str(health)


def test_an_slo_of_another_source_does_not_notice(world: World):
    world.await_figures("default")
    world.await_words("source team-a: ")
    unreachable = {
        source: world.condition(source, "RulesLoaded")["reason"] == "PrometheusUnreachable"
        for source in world.namespaces
    }
    assert unreachable == {"default": False, "team-a": True}


def test_a_mended_file_needs_no_restart_and_a_broken_one_is_told_again(world: World):
    pid = world.rig.operator.pid
    world.password.write_text(RIGHT)
    world.await_figures("team-a")
    world.password.write_text("")
    world.await_words(f"source team-a: password_file {world.password} does not hold one line")
    world.password.unlink()
    world.await_words(f"source team-a: password_file {world.password}: No such file or directory")
    world.password.write_text(RIGHT)
    world.await_figures("team-a")
    assert world.rig.operator.pid == pid


def test_a_tenant_that_is_not_ours_is_told_from_a_password_that_is_wrong(world: World):
    before = world.door.demands
    world.door.demands = replace(before, tenant=("X-Scope-OrgID", "team-b"))
    world.await_words("source team-a: ", "403", "tenant team-a is not yours", "sources.team-a.tenant")
    world.door.demands = before
    world.await_figures("team-a")
    world.await_figures("default")


def test_no_secret_is_in_logs_statuses_metrics_or_the_process_list(world: World):
    operator = world.rig.operator
    places = {
        "log": operator.log.read_text(),
        "statuses": str([world.rig.client.get(SLO, "a", one) for one in world.namespaces.values()]),
        "events": str([world.rig.client.list(EVENT, one) for one in world.namespaces.values()]),
        "command line": Path(f"/proc/{operator.pid}/cmdline").read_text(),
        "environment": Path(f"/proc/{operator.pid}/environ").read_text(),
        **{path: requests.get(f"{operator.url}{path}", timeout=30).text for path in ("/metrics", "/status")},
    }
    assert "sources.team-a.username and password_file" in places["log"]
    assert "[secret]" in places["log"]  # the door quotes what it refuses
    for place, text in places.items():
        for secret in (RIGHT, WRONG):
            assert secret not in text, place
