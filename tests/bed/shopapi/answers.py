"""Reading requests and refusing them in words, for every endpoint of the shop's API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

MODE = web.RequestKey("mode", str)
"""How the endpoint is wrong on purpose ("" when it is not); set by the guard in api.py."""
CALLER = web.RequestKey("caller", str)
"""Who sends the request; set by the guard in api.py."""

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 200


class RefusedError(Exception):
    """The request cannot be carried out; ``status`` and a message for people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def refusal(status: int, message: str) -> web.Response:
    """An error as this API tells it."""
    return web.json_response({"error": message}, status=status)


async def document(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body. Raises RefusedError (400)."""
    try:
        found = await request.json()
    except (ValueError, UnicodeDecodeError):
        raise RefusedError(400, "body: not JSON") from None
    if not isinstance(found, dict):
        raise RefusedError(400, f"body: found {json.dumps(found)[:80]}; allowed: a JSON object")
    return found


def text(document: Mapping[str, Any], name: str, *, example: str, default: str | None = None) -> str:
    """A text field of 1 to 200 characters. Raises RefusedError (422)."""
    found = document.get(name, default)
    if not isinstance(found, str) or not (found or found == default) or len(found) > _LONGEST:
        allowed = f"text of 1 to {_LONGEST} characters"
        raise RefusedError(422, f"{name}: found {found!r}; allowed: {allowed}; example: {example!r}")
    return found


def seconds(words: str) -> float:
    """A time such as ``90s``, ``10m``, ``1h``, in seconds; "" is 0. Raises RefusedError (400)."""
    if not words:
        return 0.0
    if not (match := re.fullmatch(r"(\d{1,9})([smhd])", words)):
        raise RefusedError(400, f"olderThan: found {words!r}; allowed: a number and s, m, h or d, as in 10m")
    return float(match[1]) * _SECONDS[match[2]]
