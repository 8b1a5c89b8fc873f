"""Every endpoint of the demo shop breaks in the way it was told to, and no other does."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from tests.bed.shopapi.accounts import Accounts
from tests.bed.shopapi.api import Api
from tests.bed.shopapi.faults import ENDPOINTS
from tests.bed.shopfaults import Faults, changed
from tests.bed.shopserver import ShopServer
from tests.unit.synthetic.shopping import CREATING, ask

ROUTES = Api(Accounts()).routes
EVENT = {"title": "Tea tasting"}


def create(shop: ShopServer, **rest: Any) -> requests.Response:
    return ask(shop, "POST", "/api/events", json=EVENT, **rest)


def test_every_endpoint_is_served_once_and_can_be_broken():
    assert sorted(one.endpoint for one in ROUTES) == sorted(ENDPOINTS)


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.endpoint)
def test_a_broken_endpoint_is_the_only_broken_one(shop: ShopServer, route: Any):
    shop.breaks(route.endpoint, status=599)
    broken = {
        one.endpoint
        for one in ROUTES
        if ask(shop, one.method, one.path.replace("{id}", "x"), json={}).status_code == 599
    }
    assert broken == {route.endpoint}


def test_a_status_comes_instead_of_the_work(shop: ShopServer):
    shop.breaks("events.create", status=500)
    answer = create(shop)
    assert (answer.status_code, answer.json()) == (500, {"error": "broken on purpose"})
    assert shop.left()["events"] == 0


def test_latency_is_added_to_the_right_answer(shop: ShopServer):
    shop.breaks("events.create", latency_ms=300)
    answer = create(shop)
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() >= 0.3


def test_a_corrupt_answer_ends_in_the_middle(shop: ShopServer):
    shop.breaks("events.create", corrupt=True)
    answer = create(shop)
    assert answer.status_code == 201
    assert answer.text.startswith('{"id"')
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_a_hanging_endpoint_never_answers_and_holds_up_nobody_else(shop: ShopServer):
    shop.breaks("events.create", hang=True)
    with pytest.raises(requests.ReadTimeout):
        create(shop, timeout=0.3)
    assert shop.left()["events"] == 0


def test_a_closing_endpoint_ends_the_connection(shop: ShopServer):
    shop.breaks("events.create", close=True)
    with pytest.raises(requests.ConnectionError):
        create(shop)
    assert shop.left()["events"] == 0


@pytest.mark.parametrize("how", [{"close": True}, {"status": 502}, {"hang": True}], ids=str)
def test_a_late_fault_loses_the_answer_and_not_the_work(shop: ShopServer, how: dict[str, Any]):
    shop.breaks("events.create", late=True, **how)
    try:
        assert create(shop, timeout=0.3).status_code == 502
    except (requests.ConnectionError, requests.ReadTimeout):
        assert "status" not in how
    assert shop.left()["events"] == 1


def test_a_fault_can_end_after_some_requests(shop: ShopServer):
    shop.breaks("events.create", status=503, times=2)
    assert [create(shop).status_code for _ in range(4)] == [503, 503, 201, 201]
    shop.breaks("events.create", status=503, times=1)
    assert [create(shop).status_code for _ in range(2)] == [503, 201]


def test_faults_are_shown_as_they_were_asked_for_until_they_are_healed(shop: ShopServer):
    wanted = {"health": {"mode": "failing"}, "feed": {"latency_ms": 5, "times": 3}}
    assert shop.faults(endpoints=wanted)["endpoints"] == wanted
    assert requests.get(f"{shop.url}/faults", timeout=5).json()["endpoints"] == wanted
    assert shop.faults(errors=0.5)["endpoints"] == wanted, "other faults leave them alone"
    assert shop.heal() == {"errors": 0.0, "latency_ms": 0.0, "down": False, "endpoints": {}}


def test_a_shop_that_is_down_has_no_api(shop: ShopServer):
    shop.faults(down=True)
    assert {ask(shop, one.method, one.path.replace("{id}", "x"), json={}).status_code for one in ROUTES} == {
        503
    }
    assert shop.left()["events"] == 0, "what tests look at stays"


@pytest.mark.parametrize(
    "mode", sorted({(name, mode) for name, modes in ENDPOINTS.items() for mode in modes})
)
def test_every_mode_is_accepted_by_its_endpoint(mode: tuple[str, str]):
    found = changed(Faults(), {"endpoints": {mode[0]: {"mode": mode[1]}}})
    assert found.endpoints[mode[0]].mode == mode[1]


@pytest.mark.parametrize("kind", ["events", "posts", "devices", "media"])
def test_a_deletion_can_be_ignored(shop: ShopServer, kind: str):
    path, body = CREATING[kind]
    thing = ask(shop, "POST", path, json=body).json()
    shop.breaks({"devices": "push.unregister"}.get(kind, f"{kind}.delete"), mode="ignored")
    assert ask(shop, "DELETE", f"{path}/{thing['id']}").status_code == 204
    assert shop.left()[kind] == 1


@pytest.mark.parametrize("kind", ["events", "posts", "devices"])
def test_what_was_created_can_be_lost(shop: ShopServer, kind: str):
    path, body = CREATING[kind]
    thing = ask(shop, "POST", path, json=body).json()
    shop.breaks({"devices": "push.get"}.get(kind, f"{kind}.get"), mode="lost")
    assert ask(shop, "GET", f"{path}/{thing['id']}").status_code == 404


def test_checkout_can_stay_unconfirmed_and_uncancelled(shop: ShopServer):
    order = ask(shop, "POST", "/api/orders", json={"items": [{"sku": "tea", "quantity": 1}]}).json()
    shop.faults(endpoints={"checkout.get": {"mode": "unconfirmed"}, "checkout.cancel": {"mode": "ignored"}})
    address = f"/api/orders/{order['id']}"
    assert ask(shop, "GET", address).json()["state"] == "pending"
    assert ask(shop, "POST", f"{address}/cancel").json()["state"] == "pending"
    assert shop.left()["orders"] == 1


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"endpoints": []}, r"endpoints: found \[\]; allowed: faults by endpoint"),
        (
            {"endpoints": {"event.create": {"status": 500}}},
            "event.create: no such endpoint; allowed: health, ",
        ),
        ({"endpoints": {"feed": {}}}, r"endpoints.feed: found \{\}; allowed: status"),
        ({"endpoints": {"feed": 500}}, "endpoints.feed: found 500"),
        ({"endpoints": {"feed": {"state": 500}}}, "feed.state: no such fault"),
        ({"endpoints": {"feed": {"status": 42}}}, "feed.status: found 42; allowed: 200 to 599"),
        ({"endpoints": {"feed": {"status": "500"}}}, "feed.status: found '500'"),
        ({"endpoints": {"feed": {"status": True}}}, "feed.status: found True"),
        ({"endpoints": {"feed": {"latency_ms": -1}}}, "feed.latency_ms: found -1"),
        ({"endpoints": {"feed": {"latency_ms": False}}}, "feed.latency_ms: found False"),
        ({"endpoints": {"feed": {"corrupt": 1}}}, "feed.corrupt: found 1; allowed: true or false"),
        ({"endpoints": {"feed": {"mode": "failing"}}}, "feed.mode: found 'failing'; allowed: empty, stale"),
        ({"endpoints": {"login": {"mode": "failing"}}}, "login.mode: found 'failing'; allowed: none here"),
        ({"endpoints": {"feed": {"times": 0}}}, "feed.times: found 0; allowed: 1 to 1000000"),
        (
            {"endpoints": {"feed": {"hang": True, "close": True}}},
            "found hang and close; allowed: one of them",
        ),
        ({"endpoints": {"feed": {"late": True}}}, "feed.late: found alone; allowed: with status"),
        ({"endpoint": {}}, "endpoints"),
        ({"errors": 2}, r"found \{'errors': 2\}; allowed: errors"),
        ([], r"found \[\]; allowed: errors"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_in_words_and_changes_nothing(
    shop: ShopServer, wanted: Any, told: str
):
    shop.breaks("feed", mode="stale")
    with pytest.raises(ValueError, match=told):
        changed(Faults(), wanted)
    answer = requests.put(f"{shop.url}/faults", json=wanted, timeout=5)
    assert answer.status_code == 400
    assert "allowed" in answer.json()["error"]
    assert requests.get(f"{shop.url}/faults", timeout=5).json()["endpoints"] == {"feed": {"mode": "stale"}}
