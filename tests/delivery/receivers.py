"""Receivers of every kind of luck, and the Alertmanager configuration that a policy with them becomes.

Shaped as Fireline writes it: a policy's own route, and below it one test route per receiver.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fireline.api.delivery import TestedReceiver
from tests.bed.certs import Authority
from tests.bed.ports import free_port
from tests.bed.webhook import Webhook

POLICY = "shop/checkout"
SECRET = "hunter2"
TIMED_OUT = "it did not answer in time"
EXPECTED = {
    "chat": ("Delivered", "it took the test alert"),
    "unauthorized": ("Failed", "it does not accept our credentials (HTTP 401)"),
    "forbidden": ("Failed", "it refuses access with our credentials (HTTP 403)"),
    "missing": ("Failed", "there is nothing at its address (HTTP 404)"),
    "limited": ("Failed", "it limits our rate (HTTP 429)"),
    "broken": ("Failed", "it failed itself (HTTP 500)"),
    "hanging": ("Failed", TIMED_OUT),
    "nowhere": ("Failed", "the name of its host is not found in DNS"),
    "untrusted": ("Failed", "its certificate is signed by an authority that Alertmanager does not trust"),
    "expired": ("Failed", "its certificate has expired or is not valid yet"),
    "closed": ("Failed", "it refuses the connection: nothing listens at its address and port"),
    "mail": ("Delivered", "it took the test alert"),
}
"""What a test must say of each; the words are after ``webhook: ``."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """Running receivers. ``urls``: where each is."""

    webhook: Webhook
    urls: dict[str, str]

    def config(self, names: tuple[str, ...] = tuple(EXPECTED)) -> dict[str, Any]:
        """Alertmanager's configuration with these."""
        own = [{"name": "alert_policy", "value": POLICY}]
        test = {"group_by": ["..."], "group_wait": "1s", "group_interval": "10s", "continue": True}
        return {
            "route": {
                "receiver": "null",
                "routes": [
                    {
                        "matchers": [f'{one["name"]}="{one["value"]}"' for one in own],
                        "receiver": "null",
                        "routes": [
                            {"matchers": ['alertname="AlertPolicyTest"'], "receiver": full_name(name), **test}
                            for name in names
                        ],
                    }
                ],
            },
            "receivers": [
                {"name": "null"},
                *({"name": full_name(name), "webhook_configs": [{"url": self.urls[name]}]} for name in names),
            ],
        }


def full_name(name: str) -> str:
    """A receiver's name in Alertmanager."""
    return f"shop/alertpolicy-checkout/{name}"


def asked_of(*names: str) -> list[TestedReceiver]:
    """Receivers as the planner hands them over."""
    return [
        TestedReceiver(name, full_name(name), ("webhook",), f"secret {name}, key url")
        for name in names or EXPECTED
    ]


@contextlib.contextmanager
def receivers(authority: Authority) -> Iterator[Receivers]:
    """All of them, running."""
    with (
        Webhook() as webhook,
        Webhook(serving=authority.server("untrusted")) as untrusted,
        Webhook(serving=authority.server("expired", expired=True)) as expired,
    ):
        yield Receivers(
            webhook,
            {
                "chat": f"{webhook.url}/chat?token={SECRET}",
                "mail": f"{webhook.url}/mail?token={SECRET}",
                "unauthorized": f"{webhook.url}/answer/401",
                "forbidden": f"{webhook.url}/answer/403",
                "missing": f"{webhook.url}/answer/404",
                "limited": f"{webhook.url}/answer/429",
                "broken": f"{webhook.url}/answer/500",
                "hanging": f"{webhook.url}/hang",
                "nowhere": f"http://{SECRET}.invalid/hook",
                "untrusted": f"{untrusted.url}/{SECRET}",
                "expired": f"{expired.url}/{SECRET}",
                "closed": f"http://127.0.0.1:{free_port()}/{SECRET}",
            },
        )
