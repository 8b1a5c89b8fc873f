"""What a change does to the people it is made for: pages that fail, and fail no more, or all the more.

The shop serves real requests and counts them itself; it obeys the objects of the real API server. The other
actions are tried with the operator, in tests/mitigations.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.bed import troubles
from tests.bed.obeying import Obeying, comes_to
from tests.bed.shopserver import ShopServer
from tests.cluster.ward import Ward, a_spec, example, planned, put_in_place, where

from fireline.api.plan import Manifest

pytestmark = pytest.mark.bed


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopServer]:
    """A shop with two hundred visitors a second, of whom nobody sees an error on a good day."""
    with ShopServer(tmp_path_factory.mktemp("shop"), rate=200, error_rate=0.0) as running:
        yield running


def test_disabling_a_flag_whose_default_in_the_code_is_on_makes_it_worse(ward: Ward, shop: ShopServer):
    _, target = example("feature-flag", "old-payment")
    live = ward.make(target)
    spec = a_spec({"featureFlag": {"name": "new-payment", "set": "Disabled"}}, live)
    client = ward.helper(spec)
    change = planned(spec, live)
    assert any("which may be on" in note for note in change.notes)
    with Obeying(ward.admin, ward.namespace, shop, troubles.NEW_PAYMENT):
        comes_to(shop, 0.3)
        put_in_place(client, change, live)
        comes_to(shop, 1.0)


def test_errors_stop_with_a_restart(ward: Ward, shop: ShopServer):
    spec, target = example("restart", "fresh-baskets")
    live = ward.make(target)
    client = ward.helper(spec)
    with Obeying(ward.admin, ward.namespace, shop, troubles.LEAK):
        comes_to(shop, 0.3)
        put_in_place(client, planned(spec, live), live)
        comes_to(shop, 0.0)


def test_errors_stop_with_the_version_before(ward: Ward, shop: ShopServer):
    live = ward.make(a_deployment("registry.example.com/shop/checkout:bad"))
    image = "/spec/template/spec/containers/0/image"
    op = {"op": "replace", "path": image, "value": "registry.example.com/shop/checkout:1"}
    spec = a_spec({"patch": {"ops": [op]}}, live)
    client = ward.helper(spec)
    with Obeying(ward.admin, ward.namespace, shop, troubles.BAD_VERSION):
        comes_to(shop, 0.5)
        put_in_place(client, planned(spec, live), live)
        comes_to(shop, 0.0)
    assert client.request("GET", where(live))["spec"]["template"]["spec"]["containers"][0]["image"].endswith(
        ":1"
    )


def a_deployment(image: str) -> Manifest:
    """The checkout."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout"},
        "spec": {
            "selector": {"matchLabels": {"app": "checkout"}},
            "template": {
                "metadata": {"labels": {"app": "checkout"}},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
        },
    }
