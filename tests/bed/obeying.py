"""Makes the shop obey the objects of a cluster: flags, limits, weights, and what else a mitigation changes.

In a real cluster flag daemons, gateways and the shop's own code do that. Here a thread looks at one object
and breaks the shop by as much as the trouble says, so that whoever changes it sees real pages fail or not::

    with Obeying(client, "shop", shop, NEW_PAYMENT):
        ...
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Self

import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.bed.kubeclient import KubeClient
from tests.bed.shopserver import ShopServer
from tests.bed.troubles import Trouble
from tests.bed.waiting import wait_for

_LOOK_SECONDS = 0.1


class Obeying:
    """Troubles of the shop while it is in the ``with``; afterwards the shop is well.

    ``together``: which share of requests (0 to 1) fails, from the share of each trouble in their order;
    without it the worst of them. A trouble whose object is not there has a share of 0.
    """

    def __init__(
        self,
        client: KubeClient,
        namespace: str,
        shop: ShopServer,
        *troubles: Trouble,
        together: Callable[[Iterable[float]], float] = max,
    ) -> None:
        self._client, self._namespace = client, namespace
        self._shop, self._troubles, self._together = shop, troubles, together
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._obey, name="obeying", daemon=True)
        self._failed: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)
        self._shop.heal()
        if self._failed is not None:
            raise self._failed

    def _obey(self) -> None:
        last: float | None = None
        try:
            while not self._over.wait(_LOOK_SECONDS):
                share = self._together([self._share(trouble) for trouble in self._troubles])
                if share != last:
                    self._shop.faults(errors=share)
                    last = share
        except Exception as error:  # noqa: BLE001 - told to whoever uses it
            self._failed = error

    def _share(self, trouble: Trouble) -> float:
        found = self._client.find(trouble.resource, trouble.name, self._namespace)
        return 0.0 if found is None else trouble.share(found)


def error_share(shop: ShopServer, service: str = "checkout", *, requests_seen: int = 40) -> float:
    """The share of the next so many requests of a service that fail, from the shop's own counters."""
    errors, total = _counted(shop, service)

    def later() -> tuple[float, float] | None:
        found = _counted(shop, service)
        return found if found[1] - total >= requests_seen else None

    after = wait_for(later, what=f"{requests_seen} requests of {service}", every=0.05)
    return (after[0] - errors) / (after[1] - total)


def comes_to(shop: ShopServer, share: float) -> None:
    """Wait until this share of the checkout's requests fails."""
    wait_for(
        lambda: abs(error_share(shop) - share) < 0.06,
        what=f"{share:.0%} of the checkout's requests fail",
    )


def _counted(shop: ShopServer, service: str) -> tuple[float, float]:
    text = requests.get(f"{shop.url}/metrics", timeout=30).text
    errors = total = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "http_requests_total" and sample.labels["service"] == service:
                total += sample.value
                errors += sample.value if sample.labels["code"] == "500" else 0.0
    return errors, total
