"""Things that are created, looked at, listed and deleted: events, posts and devices for push."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.bed.shopapi.answers import CALLER, MODE, RefusedError, document, seconds, text
from tests.bed.shopapi.store import FullError, Store, Thing


@dataclass(frozen=True, slots=True)
class Collection:
    """Endpoints of one kind. ``required``: its text fields with an example each; the first names it."""

    store: Store
    kind: str
    path: str
    required: Mapping[str, str]

    async def create(self, request: web.Request) -> web.Response:
        """201 with the object and its address: a new one, or what this Idempotency-Key made before."""
        body = await document(request)
        detail = {name: text(body, name, example=example) for name, example in self.required.items()}
        thing = created(self.store, self.kind, request, body, name=next(iter(detail.values())), **detail)
        return web.json_response(thing.shown(), status=201, headers={"Location": f"{self.path}/{thing.id}"})

    async def get(self, request: web.Request) -> web.Response:
        """200 with the object, 404 when there is none."""
        if request[MODE] == "lost":
            raise RefusedError(404, f"{self.kind}: no {request.match_info['id']!r}")
        return web.json_response(found(self.store, self.kind, request).shown())

    async def list(self, request: web.Request) -> web.Response:
        """200 with those that match ``owner``, ``run``, ``prefix`` and ``olderThan``."""
        return web.json_response({"items": listed(self.store, self.kind, request)})

    async def delete(self, request: web.Request) -> web.Response:
        """204, and 404 when it is gone already."""
        thing = found(self.store, self.kind, request)
        if request[MODE] != "ignored":
            self.store.delete(thing)
        return web.Response(status=204)


def created(
    store: Store, kind: str, request: web.Request, body: Mapping[str, object], *, name: str, **detail: object
) -> Thing:
    """A new object of who asks, with the tags in the body. Raises RefusedError."""
    owner = text(body, "owner", example="create-event", default=request[CALLER])
    run = text(body, "run", example="8c2f", default="")
    key = request.headers.get("Idempotency-Key", "")
    try:
        return store.create(kind, owner=owner, run=run, name=name, key=key, **detail)
    except FullError as error:
        raise RefusedError(507, str(error)) from None


def found(store: Store, kind: str, request: web.Request) -> Thing:
    """The object whose id is in the path. Raises RefusedError (404)."""
    name = request.match_info["id"]
    if (thing := store.get(kind, name)) is None:
        raise RefusedError(404, f"{kind}: no {name!r}")
    return thing


def listed(store: Store, kind: str, request: web.Request) -> list[dict[str, object]]:
    """The objects that the query asks for, as the API shows them. Raises RefusedError."""
    query = request.query
    if unknown := query.keys() - {"owner", "run", "prefix", "olderThan"}:
        allowed = "owner, run, prefix, olderThan"
        raise RefusedError(400, f"query: found {', '.join(sorted(unknown))}; allowed: {allowed}")
    things = store.find(
        kind,
        owner=query.get("owner", ""),
        run=query.get("run", ""),
        prefix=query.get("prefix", ""),
        older=seconds(query.get("olderThan", "")),
    )
    return [thing.shown() for thing in things]
