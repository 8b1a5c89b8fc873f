"""What only answers: the shop's health, and the feed of what is new in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from tests.bed.shopapi.answers import MODE
from tests.bed.shopapi.store import KINDS, Store

STORIES = ("Spring tea is here", "A pot that does not drip", "How to warm a cup", "Ten years of this shop")
EVERY_SECONDS = 240
"""A new story appears this often."""
STALE_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Reads:
    """Endpoints without an effect."""

    store: Store

    async def health(self, request: web.Request) -> web.Response:
        """200 and ``ok``; 503 and ``failing`` when a part does not work, or 200 in mode failing-200."""
        failing = request[MODE].startswith("failing")
        checks = {"store": "ok" if self._works() else "failing", "payments": "failing" if failing else "ok"}
        status = "ok" if set(checks.values()) == {"ok"} else "failing"
        code = 200 if status == "ok" or request[MODE] == "failing-200" else 503
        return web.json_response({"status": status, "checks": checks}, status=code)

    async def feed(self, request: web.Request) -> web.Response:
        """200 with the newest stories first; each says when it came out and how old it is."""
        now = time.time()
        newest = now - now % EVERY_SECONDS - (STALE_SECONDS if request[MODE] == "stale" else 0)
        items = [_story(newest - nth * EVERY_SECONDS, now) for nth in range(len(STORIES))]
        return web.json_response({"items": [] if request[MODE] == "empty" else items})

    def _works(self) -> bool:
        return set(self.store.left()) == set(KINDS)


def _story(published: float, now: float) -> dict[str, object]:
    number = int(published // EVERY_SECONDS)
    at = datetime.fromtimestamp(published, UTC).isoformat().replace("+00:00", "Z")
    title = STORIES[number % len(STORIES)]
    return {"id": number, "title": title, "publishedAt": at, "ageSeconds": int(now - published)}
