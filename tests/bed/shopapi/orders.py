"""Checkout: an order is placed, confirmed soon after, and can be cancelled. None is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.bed.shopapi.answers import MODE, RefusedError, document
from tests.bed.shopapi.objects import created, found, listed
from tests.bed.shopapi.store import Store, Thing

CATALOGUE = {"tea": 450, "pot": 2900, "cup": 890}
"""Price of everything the shop sells, in cents."""
_MOST = 100


@dataclass(frozen=True, slots=True)
class Orders:
    """Endpoints of checkout."""

    store: Store

    async def create(self, request: web.Request) -> web.Response:
        """201 with the order, ``pending``, and what it costs."""
        body = await document(request)
        items = _items(body.get("items"))
        total = sum(CATALOGUE[sku] * quantity for sku, quantity in items.items())
        name = ", ".join(f"{quantity} {sku}" for sku, quantity in items.items())
        order = created(
            self.store, "orders", request, body, name=name, items=items, totalCents=total, state="pending"
        )
        return web.json_response(order.shown(), status=201, headers={"Location": f"/api/orders/{order.id}"})

    async def get(self, request: web.Request) -> web.Response:
        """200 with the order. The warehouse is quick: who looks finds it ``confirmed``."""
        order = found(self.store, "orders", request)
        if _state(order) == "pending" and request[MODE] != "unconfirmed":
            order.detail["state"] = "confirmed"
        return web.json_response(order.shown())

    async def list(self, request: web.Request) -> web.Response:
        """200 with the orders that are not cancelled."""
        return web.json_response({"items": listed(self.store, "orders", request)})

    async def cancel(self, request: web.Request) -> web.Response:
        """200 with the order, ``cancelled``; as often as one likes."""
        order = found(self.store, "orders", request)
        if request[MODE] != "ignored":
            order.detail["state"] = "cancelled"
            order.closed = True
        return web.json_response(order.shown())


def _state(order: Thing) -> str:
    return str(order.detail["state"])


def _items(wanted: Any) -> dict[str, int]:
    allowed = f"a list of sku ({', '.join(CATALOGUE)}) and quantity (1 to {_MOST})"
    example = '[{"sku": "tea", "quantity": 1}]'
    refused = RefusedError(422, f"items: found {str(wanted)[:120]}; allowed: {allowed}; example: {example}")
    if not isinstance(wanted, list) or not wanted:
        raise refused
    items: dict[str, int] = {}
    for one in wanted:
        if not isinstance(one, dict) or one.get("sku") not in CATALOGUE:
            raise refused
        quantity = one.get("quantity")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= _MOST:
            raise refused
        items[one["sku"]] = items.get(one["sku"], 0) + quantity
    return items
