"""A customer of the demo shop, for tests: requests with the shop's own token."""

from __future__ import annotations

import hashlib
from typing import Any

import requests
from tests.bed.shopserver import ShopServer

MACHINE = object()
CREATING: dict[str, tuple[str, dict[str, Any]]] = {
    "events": ("/api/events", {"title": "Tea tasting"}),
    "orders": ("/api/orders", {"items": [{"sku": "tea", "quantity": 2}, {"sku": "pot", "quantity": 1}]}),
    "posts": ("/api/posts", {"text": "Good morning"}),
    "media": ("/api/media", {"name": "cup.png", "size": 3, "sha256": hashlib.sha256(b"cup").hexdigest()}),
    "devices": ("/api/devices", {"token": "a1b2", "platform": "ios"}),
}
"""Path and smallest body of what is created, by kind."""


def ask(
    shop: ShopServer, method: str, path: str, *, token: Any = MACHINE, timeout: float = 10.0, **rest: Any
) -> requests.Response:
    """One request. ``token``: by default the API token, None for none."""
    headers = dict(rest.pop("headers", {}))
    if token is not None:
        headers["Authorization"] = f"Bearer {shop.accounts.api_token if token is MACHINE else token}"
    url = path if path.startswith("http") else shop.url + path
    return requests.request(method, url, headers=headers, timeout=timeout, **rest)


def made(answer: requests.Response) -> Any:
    """The body of a 201."""
    assert answer.status_code == 201, answer.text
    return answer.json()
