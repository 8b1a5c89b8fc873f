"""Where the API server keeps objects of a kind: the plural and the scope that a manifest does not say.

Used by :mod:`fireline.kube.calls`, for targets of any kind. Asked as the operator itself, remembered for a
while, and asked again sooner about what was not there: a CRD may be installed at any time.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fireline.api.plan import Answer
from fireline.api.resources import Resource
from fireline.kube.client import Client
from fireline.kube.paths import path_of
from fireline.kube.problems import how_to_get

KEEP_SECONDS = 600.0
RECHECK_SECONDS = 30.0
"""How long a kind that is not served is not looked for again."""
TIMEOUT_SECONDS = 10.0
_ASKED = "discovery"
"""The resource that these requests are counted under."""


@dataclass(frozen=True, slots=True)
class _Version:
    """What one version of an API group serves, by kind; nothing when it is not served at all."""

    at: float
    kinds: Mapping[str, Resource]


class Discovery:
    """Knows plurals and scopes. ``clock`` counts seconds."""

    def __init__(self, client: Client, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._versions: dict[str, _Version] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def find(self, api_version: str, kind: str) -> Resource | Answer:
        """The resource type; or the Answer of every call about it: 404 in words, or what kept us from
        finding out."""
        async with self._locks[api_version]:
            known = self._versions.get(api_version)
            if known is None or self._clock() - known.at > _lifetime(known, kind):
                looked = await self._look(api_version)
                if isinstance(looked, Answer):
                    return looked
                known = self._versions[api_version] = looked
        return known.kinds.get(kind) or missing(api_version, kind)

    def forget(self, api_version: str) -> None:
        """What is known of this version has proven wrong."""
        self._versions.pop(api_version, None)

    async def _look(self, api_version: str) -> _Version | Answer:
        group, _, version = api_version.rpartition("/")
        asked = Resource(group, version, _ASKED, "APIResourceList", namespaced=False)
        path = path_of(Resource(group, version, "", ""), None)
        found = await self._client.ask("get", asked, path, seconds=TIMEOUT_SECONDS)
        if found.status == 404:
            return _Version(self._clock(), {})
        if not found.ok:
            return Answer(
                found.status, None, f"{api_version} cannot be looked up: {found.message}", sent=False
            )
        return _Version(self._clock(), _kinds(group, version, found.body))


def missing(api_version: str, kind: str) -> Answer:
    """The cluster knows no such kind."""
    group = api_version.rpartition("/")[0]
    return Answer(
        404,
        message=f"The cluster does not serve {kind} in {api_version}; {how_to_get(group)}.",
        sent=False,
    )


def _kinds(group: str, version: str, body: object) -> Mapping[str, Resource]:
    """The resources of an APIResourceList, without subresources such as ``deployments/scale``."""
    listed = body.get("resources") if isinstance(body, dict) else None
    return {
        one["kind"]: Resource(group, version, one["name"], one["kind"], namespaced=one["namespaced"])
        for one in listed or ()
        if "/" not in one["name"]
    }


def _lifetime(known: _Version, kind: str) -> float:
    return KEEP_SECONDS if kind in known.kinds else RECHECK_SECONDS
