"""The demo shop's API does what a journey expects of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.bed.shopapi.accounts import TOKEN_SECONDS, Accounts
from tests.bed.shopapi.api import Api
from tests.bed.shopapi.store import CLOSED_SECONDS, MOST, FullError, Store
from tests.bed.shopserver import ShopServer
from tests.unit.synthetic.shopping import CREATING, ask, made

ROUTES = Api(Accounts()).routes
EMPTY = dict.fromkeys(CREATING, 0)


def test_a_healthy_shop_says_so(shop: ShopServer):
    answer = ask(shop, "GET", "/health", token=None)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"store": "ok", "payments": "ok"}}


@pytest.mark.parametrize(("mode", "status"), [("failing", 503), ("failing-200", 200)])
def test_a_degraded_shop_says_failing(shop: ShopServer, mode: str, status: int):
    shop.breaks("health", mode=mode)
    answer = ask(shop, "GET", "/health", token=None)
    assert (answer.status_code, answer.json()["status"]) == (status, "failing")
    assert answer.json()["checks"]["payments"] == "failing"


def graphql(shop: ShopServer, query: str, **rest: Any) -> Any:
    answer = ask(shop, "POST", "/graphql", token=None, json={"query": query, **rest})
    assert answer.status_code == 200, answer.text
    return answer.json()


INTROSPECTION = "{ __schema { queryType { name } types { name } } }"


def test_the_graphql_schema_can_be_looked_into(shop: ShopServer):
    schema = graphql(shop, INTROSPECTION)["data"]["__schema"]
    assert schema["queryType"]["name"] == "Query"
    assert "Item" in [one["name"] for one in schema["types"]]


def test_graphql_answers_queries_with_variables(shop: ShopServer):
    asked = "query One($sku: ID!) { item(sku: $sku) { sku priceCents } items(first: 2) { sku } }"
    assert graphql(shop, asked, variables={"sku": "cup"}, operationName="One") == {
        "data": {"item": {"sku": "cup", "priceCents": 890}, "items": [{"sku": "tea"}, {"sku": "cup"}]}
    }


@pytest.mark.parametrize("query", ["{ nonsense }", "{", "{ item { sku } }"])
def test_graphql_tells_of_a_wrong_query_with_status_200(shop: ShopServer, query: str):
    found = graphql(shop, query)
    assert found["errors"]
    assert not found.get("data")


def test_without_introspection_everything_else_still_works(shop: ShopServer):
    shop.breaks("graphql", mode="no-introspection")
    assert "introspection" in graphql(shop, INTROSPECTION)["errors"][0]["message"]
    assert graphql(shop, "{ items { sku } }")["data"]["items"]


def test_graphql_can_answer_errors_with_status_200_while_its_schema_is_fine(shop: ShopServer):
    shop.breaks("graphql", mode="errors")
    found = graphql(shop, '{ item(sku: "tea") { sku } }')
    assert found["data"] == {"item": None}
    assert [one["message"] for one in found["errors"]] == ["the catalogue cannot be read"]
    assert graphql(shop, INTROSPECTION)["data"]["__schema"]


@pytest.mark.parametrize("body", [{}, {"query": 7}, {"query": "{ items { sku } }", "variables": []}, []])
def test_graphql_refuses_what_is_no_request(shop: ShopServer, body: Any):
    answer = ask(shop, "POST", "/graphql", token=None, json=body)
    assert answer.status_code == 400
    assert "allowed" in answer.json()["error"]


def test_a_login_gives_a_token_that_opens_the_rest(shop: ShopServer):
    known = {"user": shop.accounts.user, "password": shop.accounts.password}
    answer = ask(shop, "POST", "/api/login", token=None, json=known)
    assert answer.status_code == 200
    token = answer.json()["token"]
    event = made(ask(shop, "POST", "/api/events", token=token, json={"title": "Tea tasting"}))
    assert event["owner"] == shop.accounts.user
    assert ask(shop, "POST", "/api/login", token=None, json=known).json()["token"] != token


@pytest.mark.parametrize("wrong", [{"user": "eve"}, {"password": "guessed"}, {"password": "demo"}])
def test_a_wrong_login_is_refused(shop: ShopServer, wrong: dict[str, str]):
    known = {"user": shop.accounts.user, "password": shop.accounts.password}
    answer = ask(shop, "POST", "/api/login", token=None, json={**known, **wrong})
    assert answer.status_code == 401
    assert "token" not in answer.json()


@pytest.mark.parametrize("route", [one for one in ROUTES if not one.open], ids=lambda one: one.endpoint)
@pytest.mark.parametrize("token", [None, "guessed", "e30.abc"])
def test_everything_but_health_graphql_and_login_needs_a_token(shop: ShopServer, route: Any, token: Any):
    answer = ask(shop, route.method, route.path.replace("{id}", "x"), token=token, json={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_only_these_endpoints_are_open():
    # media.upload asks for the signature in its address instead.
    assert {one.endpoint for one in ROUTES if one.open} == {"health", "graphql", "login", "media.upload"}


def test_a_token_ends_after_an_hour_and_with_the_process():
    now = [1_000_000.0]
    accounts = Accounts(clock=lambda: now[0])
    token = accounts.login(accounts.user, accounts.password)
    assert accounts.bearer(f"Bearer {token}") == accounts.user
    assert Accounts(clock=lambda: now[0]).bearer(f"Bearer {token}") is None
    now[0] += TOKEN_SECONDS
    assert accounts.bearer(f"Bearer {token}") is None


def test_credentials_come_from_the_environment_and_are_no_argument_of_the_process(tmp_path: Path):
    known = Accounts(user="ann", password="canary-of-ann", api_token="canary-of-machines")
    with ShopServer(tmp_path, rate=0, accounts=known) as shop:
        login = {"user": known.user, "password": known.password}
        assert ask(shop, "POST", "/api/login", token=None, json=login).status_code == 200
        assert ask(shop, "GET", "/api/feed", token=known.api_token).status_code == 200
        login = {"user": Accounts().user, "password": Accounts().password}
        assert ask(shop, "POST", "/api/login", token=None, json=login).status_code == 401
        assert ask(shop, "GET", "/api/feed", token=Accounts().api_token).status_code == 401
        arguments = Path(f"/proc/{shop.pid}/cmdline").read_text()
    assert "tests.bed.shop" in arguments
    assert "canary" not in arguments


@pytest.mark.parametrize("header", ["", "Bearer", "Basic ZGVtbzpkZW1v", "Bearer ", "Bearer x.y.z"])
def test_other_headers_are_nobody(header: str):
    assert Accounts().bearer(header) is None


def test_the_representation_of_accounts_holds_no_secret():
    shown = repr(Accounts(user="ann", password="canary-a", api_token="canary-b"))
    assert "ann" in shown
    assert "canary" not in shown


@pytest.mark.parametrize("kind", CREATING)
def test_what_is_created_is_there_until_it_is_taken_away(shop: ShopServer, kind: str):
    path, body = CREATING[kind]
    thing = made(ask(shop, "POST", path, json={**body, "owner": "check-a", "run": "r1"}))
    assert (thing["owner"], thing["run"]) == ("check-a", "r1")
    assert shop.left() == {**EMPTY, kind: 1}
    assert ask(shop, "GET", f"{path}/{thing['id']}").json()["id"] == thing["id"]
    taken = (
        ask(shop, "POST", f"{path}/{thing['id']}/cancel")
        if kind == "orders"
        else ask(shop, "DELETE", f"{path}/{thing['id']}")
    )
    assert taken.status_code == (200 if kind == "orders" else 204)
    assert shop.left() == EMPTY
    assert ask(shop, "GET", path).json() == {"items": []}


@pytest.mark.parametrize("kind", [one for one in CREATING if one != "orders"])
def test_what_was_taken_away_is_not_found(shop: ShopServer, kind: str):
    path, body = CREATING[kind]
    thing = made(ask(shop, "POST", path, json=body))
    for method, status in (("DELETE", 204), ("DELETE", 404), ("GET", 404)):
        assert ask(shop, method, f"{path}/{thing['id']}").status_code == status


@pytest.mark.parametrize("kind", CREATING)
def test_a_repeated_creation_with_the_same_key_makes_one(shop: ShopServer, kind: str):
    path, body = CREATING[kind]
    keyed = {"Idempotency-Key": "run-1"}
    first = made(ask(shop, "POST", path, json=body, headers=keyed))
    again = made(ask(shop, "POST", path, json=body, headers=keyed))
    other = made(ask(shop, "POST", path, json=body, headers={"Idempotency-Key": "run-2"}))
    assert (first["id"], shop.left()[kind]) == (again["id"], 2)
    assert other["id"] != first["id"]


@pytest.mark.parametrize("kind", CREATING)
def test_what_is_missing_is_told(shop: ShopServer, kind: str):
    answer = ask(shop, "POST", CREATING[kind][0], json={})
    assert answer.status_code == 422
    assert "allowed" in answer.json()["error"]
    assert shop.left() == EMPTY


@pytest.mark.parametrize("kind", CREATING)
@pytest.mark.parametrize("body", ["", "{", "[]"])
def test_what_is_no_json_object_is_refused(shop: ShopServer, kind: str, body: str):
    assert ask(shop, "POST", CREATING[kind][0], data=body).status_code == 400


def test_a_list_is_narrowed_by_owner_run_prefix_and_age(shop: ShopServer):
    def create(title: str, owner: str, run: str) -> None:
        made(ask(shop, "POST", "/api/events", json={"title": title, "owner": owner, "run": run}))

    def titles(query: str) -> list[str]:
        return [one["title"] for one in ask(shop, "GET", f"/api/events?{query}").json()["items"]]

    create("probe one", "a", "r1")
    shop.age(600)
    create("probe two", "a", "r2")
    create("picnic", "b", "r1")
    assert titles("") == ["probe one", "probe two", "picnic"]
    assert titles("owner=a") == ["probe one", "probe two"]
    assert titles("run=r1") == ["probe one", "picnic"]
    assert titles("prefix=probe") == ["probe one", "probe two"]
    assert titles("olderThan=10m") == ["probe one"]
    assert titles("olderThan=601m") == []
    assert titles("owner=a&run=r1&prefix=probe&olderThan=1s") == ["probe one"]
    assert titles("owner=nobody") == []


@pytest.mark.parametrize(("query", "told"), [("olderThan=soon", "olderThan"), ("onwer=a", "onwer")])
def test_a_list_refuses_what_it_does_not_know(shop: ShopServer, query: str, told: str):
    answer = ask(shop, "GET", f"/api/posts?{query}")
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_an_order_is_pending_then_confirmed_then_cancelled(shop: ShopServer):
    path, body = CREATING["orders"]
    order = made(ask(shop, "POST", path, json=body))
    assert (order["state"], order["totalCents"]) == ("pending", 2 * 450 + 2900)
    address = f"{path}/{order['id']}"
    assert ask(shop, "GET", address).json()["state"] == "confirmed"
    assert ask(shop, "POST", f"{address}/cancel").json()["state"] == "cancelled"
    assert ask(shop, "POST", f"{address}/cancel").json()["state"] == "cancelled"
    assert ask(shop, "GET", address).json()["state"] == "cancelled"


@pytest.mark.parametrize(
    "items",
    ["tea", [], [{}], [{"sku": "gold", "quantity": 1}], [{"sku": "tea"}], [{"sku": "tea", "quantity": 0}]],
)
def test_an_order_of_what_is_not_sold_is_refused(shop: ShopServer, items: Any):
    answer = ask(shop, "POST", "/api/orders", json={"items": items})
    assert answer.status_code == 422
    assert "sku (tea, pot, cup)" in answer.json()["error"]


def test_the_feed_has_stories_and_the_newest_first(shop: ShopServer):
    items = ask(shop, "GET", "/api/feed").json()["items"]
    ages = [one["ageSeconds"] for one in items]
    assert len(items) == 4
    assert ages == sorted(ages)
    assert 0 <= ages[0] < 240
    assert len({one["id"] for one in items}) == 4


def test_the_feed_can_be_empty_and_stale(shop: ShopServer):
    shop.breaks("feed", mode="empty")
    assert ask(shop, "GET", "/api/feed").json() == {"items": []}
    shop.breaks("feed", mode="stale")
    assert all(one["ageSeconds"] >= 86_400 for one in ask(shop, "GET", "/api/feed").json()["items"])


def planned(shop: ShopServer, content: bytes = b"cup") -> Any:
    body = {"name": "cup.png", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return made(ask(shop, "POST", "/api/media", json=body))


def finalize(shop: ShopServer, media: Any) -> Any:
    return ask(shop, "POST", f"/api/media/{media['id']}/finalize")


def test_an_upload_is_planned_sent_and_finalized(shop: ShopServer):
    media = planned(shop)
    assert media["uploadUrl"].startswith(shop.url)
    assert finalize(shop, media).status_code == 409
    assert ask(shop, "PUT", media["uploadUrl"], token=None, data=b"cup").status_code == 204
    answer = finalize(shop, media)
    assert (answer.status_code, answer.json()["state"]) == (200, "ready")


def test_other_bytes_than_planned_are_not_finalized(shop: ShopServer):
    media = planned(shop)
    assert ask(shop, "PUT", media["uploadUrl"], token=None, data=b"pot").status_code == 204
    answer = finalize(shop, media)
    assert answer.status_code == 422
    assert hashlib.sha256(b"pot").hexdigest() in answer.json()["error"]


def test_bytes_damaged_on_their_way_are_not_finalized(shop: ShopServer):
    media = planned(shop)
    shop.breaks("media.upload", mode="damage")
    assert ask(shop, "PUT", media["uploadUrl"], token=None, data=b"cup").status_code == 204
    assert finalize(shop, media).status_code == 422


@pytest.mark.parametrize("change", ["", "?signature=", "?signature=00"])
def test_an_upload_needs_the_signature_of_its_address(shop: ShopServer, change: str):
    address = planned(shop)["uploadUrl"].partition("?")[0] + change
    assert ask(shop, "PUT", address, data=b"cup").status_code == 403


def test_more_bytes_than_planned_are_refused(shop: ShopServer):
    assert ask(shop, "PUT", planned(shop)["uploadUrl"], token=None, data=b"cups").status_code == 413


@pytest.mark.parametrize("wrong", [{"sha256": "abc"}, {"size": 0}, {"size": 70_000}, {"size": True}])
def test_an_upload_that_cannot_be_is_not_planned(shop: ShopServer, wrong: dict[str, Any]):
    path, body = CREATING["media"]
    answer = ask(shop, "POST", path, json={**body, **wrong})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(next(iter(wrong)))


@pytest.mark.parametrize("body", [{}, {"seconds": -1}, {"seconds": True}, {"seconds": "600"}])
def test_time_only_goes_forward(shop: ShopServer, body: dict[str, Any]):
    assert ask(shop, "POST", "/admin/age", json=body).status_code == 400


def test_a_store_is_full_at_some_time():
    store = Store()
    for _ in range(MOST):
        store.create("posts", owner="a", run="", name="x")
    with pytest.raises(FullError, match="delete some first"):
        store.create("posts", owner="a", run="", name="x")
    store.create("events", owner="a", run="", name="x")


def test_cancelled_orders_are_forgotten_after_an_hour():
    now = [0.0]
    store = Store(clock=lambda: now[0])
    order = store.create("orders", owner="a", run="", name="tea")
    order.closed = True
    store.create("orders", owner="a", run="", name="pot")
    assert store.get("orders", order.id) is order
    now[0] = CLOSED_SECONDS + 1
    store.create("orders", owner="a", run="", name="cup")
    assert store.get("orders", order.id) is None
    assert store.left()["orders"] == 2
