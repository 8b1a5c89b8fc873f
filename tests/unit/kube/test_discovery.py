"""From apiVersion and kind to the place of an object, without asking each time."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.unit.kube.virtual import run

from fireline.api.plan import Answer, Manifest
from fireline.api.resources import CONFIG_MAP, DEPLOYMENT, NAMESPACE, Resource
from fireline.kube.discovery import KEEP_SECONDS, RECHECK_SECONDS, Discovery

SERVED = {
    "/api/v1": [("configmaps", "ConfigMap", True), ("namespaces", "Namespace", False)],
    "/apis/apps/v1": [("deployments", "Deployment", True), ("deployments/scale", "Scale", True)],
}
ROLLOUT = ("rollouts", "Rollout", True)


class Server:
    """Answers discovery requests and counts them."""

    def __init__(self) -> None:
        self.served = dict(SERVED)
        self.asked: list[str] = []
        self.failing: Answer | None = None

    async def ask(self, verb: str, resource: Resource, path: str, **_: Any) -> Answer:
        del resource
        self.asked.append(f"{verb} {path}")
        await asyncio.sleep(0.1)
        if self.failing:
            return self.failing
        if path not in self.served:
            return Answer(404, message="404 page not found")
        listed = [
            {"name": name, "kind": kind, "namespaced": scoped} for name, kind, scoped in self.served[path]
        ]
        return Answer(200, _list(listed))


def _list(resources: list[Manifest]) -> Manifest:
    return {"kind": "APIResourceList", "resources": resources}


def a_discovery(server: Server) -> Discovery:
    client: Any = server
    return Discovery(client, clock=lambda: asyncio.get_running_loop().time())


def test_a_kind_is_found_with_plural_and_scope():
    async def story():
        discovery = a_discovery(Server())
        assert await discovery.find("v1", "ConfigMap") == CONFIG_MAP
        assert await discovery.find("v1", "Namespace") == NAMESPACE
        assert await discovery.find("apps/v1", "Deployment") == DEPLOYMENT

    run(story())


def test_a_subresource_is_no_kind_of_its_own():
    async def story():
        found = await a_discovery(Server()).find("apps/v1", "Scale")
        assert isinstance(found, Answer)
        assert found.status == 404

    run(story())


def test_what_was_found_is_not_asked_for_again_for_a_while():
    server = Server()

    async def story():
        discovery = a_discovery(server)
        for _ in range(3):
            await discovery.find("v1", "ConfigMap")
        assert server.asked == ["get /api/v1"]
        await asyncio.sleep(KEEP_SECONDS + 1)
        await discovery.find("v1", "ConfigMap")
        assert len(server.asked) == 2

    run(story())


def test_many_who_ask_at_once_ask_once():
    server = Server()

    async def story():
        discovery = a_discovery(server)
        found = await asyncio.gather(*(discovery.find("v1", "ConfigMap") for _ in range(20)))
        assert found == [CONFIG_MAP] * 20
        assert len(server.asked) == 1

    run(story())


def test_a_missing_kind_is_told_with_what_to_do_and_reached_nobody():
    async def story():
        found = await a_discovery(Server()).find("argoproj.io/v1alpha1", "Rollout")
        assert found == Answer(
            404,
            message="The cluster does not serve Rollout in argoproj.io/v1alpha1; "
            "install its CustomResourceDefinition.",
            sent=False,
        )

    run(story())


def test_a_kind_that_is_installed_later_is_noticed():
    server = Server()

    async def story():
        discovery = a_discovery(server)
        for _ in range(3):
            assert isinstance(await discovery.find("argoproj.io/v1alpha1", "Rollout"), Answer)
        assert len(server.asked) == 1
        server.served["/apis/argoproj.io/v1alpha1"] = [ROLLOUT]
        await asyncio.sleep(RECHECK_SECONDS + 1)
        assert await discovery.find("argoproj.io/v1alpha1", "Rollout") == Resource(
            "argoproj.io", "v1alpha1", "rollouts", "Rollout"
        )

    run(story())


def test_a_kind_that_is_installed_beside_others_is_noticed_as_soon():
    server = Server()
    server.served["/apis/argoproj.io/v1alpha1"] = [("analysisruns", "AnalysisRun", True)]

    async def story():
        discovery = a_discovery(server)
        assert isinstance(await discovery.find("argoproj.io/v1alpha1", "Rollout"), Answer)
        server.served["/apis/argoproj.io/v1alpha1"].append(ROLLOUT)
        await asyncio.sleep(RECHECK_SECONDS + 1)
        assert isinstance(await discovery.find("argoproj.io/v1alpha1", "Rollout"), Resource)

    run(story())


def test_a_server_that_cannot_say_is_asked_again_and_said_so():
    server = Server()
    server.failing = Answer(503, message="away")

    async def story():
        discovery = a_discovery(server)
        found = await discovery.find("v1", "ConfigMap")
        assert found == Answer(503, message="v1 cannot be looked up: away", sent=False)
        server.failing = None
        assert await discovery.find("v1", "ConfigMap") == CONFIG_MAP

    run(story())


def test_what_has_proven_wrong_is_looked_up_again():
    server = Server()

    async def story():
        discovery = a_discovery(server)
        await discovery.find("v1", "ConfigMap")
        discovery.forget("v1")
        await discovery.find("v1", "ConfigMap")
        assert len(server.asked) == 2

    run(story())
