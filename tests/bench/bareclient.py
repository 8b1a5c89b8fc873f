"""The plainest client that makes the operator's writes: what the server itself costs.

It is given every byte in advance and does nothing but send: for each object one server-side apply and
one status patch, twenty objects at a time over one connection pool.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE, SLO
from tests.bed.cluster import Cluster
from tests.bed.kubeclient import path_of

IN_FLIGHT = 20
_APPLY = {"Content-Type": "application/apply-patch+yaml"}
_MERGE = {"Content-Type": "application/merge-patch+json"}


@dataclass(frozen=True)
class Writes:
    """The two writes of one SLO."""

    rule_path: str
    rule: bytes
    status_path: str
    status: bytes

    @classmethod
    def of(cls, slo: Manifest, rule: Manifest, status: Manifest) -> Writes:
        """The writes as bytes."""
        metadata = slo["metadata"]
        namespace = metadata["namespace"]
        return cls(
            path_of(PROMETHEUS_RULE, namespace, rule["metadata"]["name"]) + "?fieldManager=bare&force=false",
            json.dumps(rule).encode(),
            path_of(SLO, namespace, metadata["name"]) + "/status?fieldManager=bare",
            json.dumps({"status": status}).encode(),
        )


def send(cluster: Cluster, writes: Sequence[Writes]) -> float:
    """Make all writes; the seconds it took, connections included."""
    started = time.monotonic()
    asyncio.run(_send(cluster, writes))
    return time.monotonic() - started


async def _send(cluster: Cluster, writes: Sequence[Writes]) -> None:
    context = ssl.create_default_context(cafile=str(cluster.ca_file))
    context.load_cert_chain(str(cluster.admin.cert), str(cluster.admin.key))
    waiting = iter(writes)
    connector = aiohttp.TCPConnector(limit=IN_FLIGHT, ssl=context)
    async with aiohttp.ClientSession(cluster.url, connector=connector, raise_for_status=True) as session:

        async def work() -> None:
            for one in waiting:
                async with session.patch(one.rule_path, data=one.rule, headers=_APPLY) as answer:
                    await answer.read()
                async with session.patch(one.status_path, data=one.status, headers=_MERGE) as answer:
                    await answer.read()

        await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
