"""Uploads in three steps, as large files are sent: plan, send the bytes to a signed address, finalize."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from aiohttp import web

from tests.bed.shopapi.accounts import Accounts
from tests.bed.shopapi.answers import MODE, RefusedError, document, text
from tests.bed.shopapi.objects import created, found, listed
from tests.bed.shopapi.store import Store

LARGEST = 64 * 1024
"""Bytes of one upload."""


@dataclass(frozen=True, slots=True)
class Media:
    """Endpoints of media. The upload address carries its own signature and needs no other credential."""

    store: Store
    accounts: Accounts

    async def plan(self, request: web.Request) -> web.Response:
        """201 with the id and the address to PUT the bytes to."""
        body = await document(request)
        name = text(body, "name", example="picture.png")
        digest = text(body, "sha256", example=hashlib.sha256(b"").hexdigest())
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise RefusedError(422, f"sha256: found {digest!r}; allowed: 64 lower-case hex digits")
        size = body.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST:
            raise RefusedError(422, f"size: found {size!r}; allowed: bytes, 1 to {LARGEST}")
        detail = {"name": name, "sha256": digest, "size": size, "state": "planned"}
        thing = created(self.store, "media", request, body, **detail)  # type: ignore[arg-type]
        signature = self.accounts.sign(thing.id)
        upload = request.url.origin().with_path(f"/media/{thing.id}/content").with_query(signature=signature)
        return web.json_response({**thing.shown(), "uploadUrl": str(upload)}, status=201)

    async def upload(self, request: web.Request) -> web.Response:
        """204 when the bytes are taken; 403 without the signature, 413 when there are more than planned."""
        name = request.match_info["id"]
        if not self.accounts.signed(name, request.query.get("signature", "")):
            raise RefusedError(403, "signature: not the one of the planned upload")
        thing = found(self.store, "media", request)
        content = await request.read()
        if len(content) > thing.detail["size"]:
            raise RefusedError(413, f"body: found {len(content)} bytes; planned: {thing.detail['size']}")
        thing.content = content[::-1] if request[MODE] == "damage" else content
        thing.detail["state"] = "uploaded"
        return web.Response(status=204)

    async def finalize(self, request: web.Request) -> web.Response:
        """200, ``ready``; 409 before the upload, 422 when the bytes are not those that were planned."""
        thing = found(self.store, "media", request)
        if thing.detail["state"] == "planned":
            raise RefusedError(409, "nothing was uploaded yet")
        digest = hashlib.sha256(thing.content).hexdigest()
        if digest != thing.detail["sha256"]:
            raise RefusedError(422, f"checksum: found {digest}; planned: {thing.detail['sha256']}")
        thing.detail["state"] = "ready"
        return web.json_response(thing.shown())

    async def get(self, request: web.Request) -> web.Response:
        """200 with what is known of it."""
        return web.json_response(found(self.store, "media", request).shown())

    async def list(self, request: web.Request) -> web.Response:
        """200 with those that match."""
        return web.json_response({"items": listed(self.store, "media", request)})

    async def delete(self, request: web.Request) -> web.Response:
        """204."""
        thing = found(self.store, "media", request)
        if request[MODE] != "ignored":
            self.store.delete(thing)
        return web.Response(status=204)
