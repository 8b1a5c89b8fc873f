"""One tenant's mistakes never stop another tenant's change, through the operator to the live Alertmanager.

Every known way to stop prometheus-operator or Alertmanager for everyone is tried at once; then somebody
else changes a policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from fireline.api.resources import ALERT_POLICY, SECRET
from tests.bed.kubeclient import ALERTMANAGER_CONFIG, ApiError
from tests.bed.waiting import wait_for
from tests.policies.careless import BY_KEY, BY_URL, HOOK, REFUSED, WRONG
from tests.policies.scene import Scene, policy
from tests.routes import broken

pytestmark = pytest.mark.bed

CARELESS, CAREFUL = "careless", "careful"
HOLDERS = {
    f"{kind}-{wrong}": (kind, wrong)
    for kinds, wrongs in ((BY_URL, list(WRONG)), (BY_KEY, ["missing", "empty"]))
    for kind in kinds
    for wrong in wrongs
}
"""A namespace for each kind of receiver and each way its Secret may be wrong."""
BEYOND = {"teams-with-authorization-but-no-token"}
"""Makes prometheus-operator crash, and so has a test of its own beside the table of the broken ones."""


class Outcome(NamedTuple):
    """What became of everything that was tried."""

    scene: Scene
    refused: Mapping[str, str]


@pytest.fixture(scope="module")
def tried(scene: Scene) -> Outcome:
    """Everything wrong is there at once, and after that a neighbour made a change."""
    client = scene.client
    for namespace in (CARELESS, CAREFUL):
        client.namespace(namespace)
    client.apply(policy(CAREFUL, "neighbour", [HOOK]))
    scene.await_condition(CAREFUL, "neighbour", "RoutesLoaded", "True")
    refused = {name: _refusal(scene, name) for name in REFUSED}
    for name, (kind, wrong) in HOLDERS.items():
        client.namespace(name)
        values = WRONG[wrong]
        if values is not None:
            scene.secret(name, "keys", **values)
        client.apply(policy(name, "careless", [{"name": "one", **{**BY_URL, **BY_KEY}[kind]}]))
    for name in HOLDERS:
        wait_for(lambda name=name: _judged(scene, name), what=f"the Secret of {name} is judged")
    scene.settle()
    client.apply(policy(CAREFUL, "neighbour", [{**HOOK, "name": "changed"}]))
    return Outcome(scene, refused)


def _refusal(scene: Scene, name: str) -> str:
    """The API server's words; of what it takes, the operator's."""
    try:
        scene.client.apply(REFUSED[name].policy(CARELESS, name))
    except ApiError as error:
        return str(error)
    return str(scene.await_condition(CARELESS, name, "Valid", "False")["message"])


def _judged(scene: Scene, name: str) -> bool:
    found: str = scene.condition(name, "careless", "SecretsResolved")["status"]
    return found != "Unknown"


def _fine(name: str) -> bool:
    """prometheus-operator cuts off blanks around most values, and keys may be anything."""
    kind, wrong = HOLDERS[name]
    return wrong == "line-break" and kind not in {"msteams", "msteamsv2"}


def test_every_known_case_is_tried():
    assert REFUSED.keys() == broken.STOPPING.keys() | broken.REFUSED.keys() | BEYOND


def test_the_change_of_a_neighbour_reaches_alertmanager(tried: Outcome):
    tried.scene.await_condition(CAREFUL, "neighbour", "RoutesLoaded", "True")
    assert f"{CAREFUL}/alertpolicy-neighbour/changed" in tried.scene.loaded()
    said = tried.scene.bed.prometheus_operator.log.read_text()
    assert "failed to generate Alertmanager configuration" not in said


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case: str, tried: Outcome):
    assert REFUSED[case].says in tried.refused[case]
    assert tried.scene.client.find(ALERTMANAGER_CONFIG, f"alertpolicy-{case}", CARELESS) is None


@pytest.mark.parametrize("case", HOLDERS)
def test_a_secret_that_is_wrong_is_named_and_stops_nobody(case: str, tried: Outcome):
    said = tried.scene.condition(case, "careless", "SecretsResolved")
    if _fine(case):
        assert (said["status"], said["reason"]) == ("True", "Resolved")
        return
    assert said["status"] == "False"
    assert "keys" in said["message"]
    ready = tried.scene.condition(case, "careless", "Ready")
    assert (ready["status"], ready["reason"]) == ("False", said["reason"])
    written = tried.scene.client.get(ALERTMANAGER_CONFIG, "alertpolicy-careless", case)
    assert [one["name"] for one in written["spec"]["receivers"]] == ["Nobody"]


def test_a_secret_that_goes_bad_later_stops_nobody_either(tried: Outcome):
    """A missing one stops prometheus-operator, an empty one Alertmanager, until the operator looks again."""
    scene, later = tried.scene, {"later-gone": "msteams", "later-empty": "webhook"}
    for name, kind in later.items():
        scene.client.namespace(name)
        scene.secret(name, "keys", url="https://h.example/x")
        scene.client.apply(policy(name, "careless", [{"name": "one", **BY_URL[kind]}, HOOK]))
    for name in later:
        scene.await_condition(name, "careless", "RoutesLoaded", "True")

    scene.client.delete(SECRET, "keys", "later-gone")
    scene.secret("later-empty", "keys", url="")

    for name in later:
        scene.await_condition(name, "careless", "SecretsResolved", "False")
    scene.client.apply(policy(CAREFUL, "neighbour", [{**HOOK, "name": "changed-again"}]))
    wait_for(
        lambda: f"{CAREFUL}/alertpolicy-neighbour/changed-again" in scene.loaded(),
        what="the neighbour's change is loaded",
    )
    for name in later:
        assert f"{name}/alertpolicy-careless/{HOOK['name']}" in scene.loaded()
        assert f"{name}/alertpolicy-careless/one" not in scene.loaded()


def test_once_the_secrets_are_right_the_routes_are_loaded(tried: Outcome):
    """By another change of the policy, since the operator looks again only once a minute."""
    scene, mended = tried.scene, ["msteams-missing", "webhook-no-url", "slack-empty"]
    for name in mended:
        scene.secret(name, "keys", url="https://h.example/x")
        kind = BY_URL[HOLDERS[name][0]]
        scene.client.apply(policy(name, "careless", [{"name": "mended", **kind}]))
    for name in mended:
        wait_for(
            lambda name=name: f"{name}/alertpolicy-careless/mended" in scene.loaded(),
            what=f"{name} is loaded",
        )
    assert scene.client.find(ALERT_POLICY, "careless", mended[0])
