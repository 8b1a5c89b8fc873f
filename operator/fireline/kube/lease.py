"""Leader election on a coordination.k8s.io Lease, as client-go does it.

Started by the engine. Only the leader writes; whoever loses the Lease ends the process, because work
in hand cannot be called back. Another replica's claim is judged by our own clock since we last saw it
change, never by its timestamps: clocks differ.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from fireline.api.plan import Manifest
from fireline.api.resources import LEASE
from fireline.errors import ApiError, Conflict, LeaseLost, NotFound, ServerUnavailable
from fireline.kube.client import Client
from fireline.settings import LeaseSettings

log = structlog.get_logger(__name__)
_RELEASED_SECONDS = 1


class Leadership:
    """One replica's claim to a Lease. ``clock`` is monotonic, in seconds."""

    def __init__(
        self, client: Client, settings: LeaseSettings, *, namespace: str, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._settings = settings
        self._namespace = namespace
        self._clock = clock
        self.identity = f"{socket.gethostname()}_{uuid4().hex[:8]}"
        self._lease: Manifest | None = None
        self._seen_at = 0.0
        self._claimed_at = float("-inf")
        self._leading = False
        self._told = ""
        self._failing = False

    async def acquire(self) -> None:
        """Wait until this replica leads."""
        holder = None
        while not await self._try():
            if self._holder() != holder:
                holder = self._holder()
                log.info("standing by", leader=holder or "unknown", lease=self._name())
            await asyncio.sleep(self._settings.retry_seconds)
        self._leading = True
        log.info("leading", identity=self.identity, lease=self._name())

    @property
    def certain(self) -> bool:
        """Whether no other replica can lead now: a paused process wakes up without having noticed."""
        return self._leading and self._clock() - self._claimed_at < self._settings.renew_deadline_seconds

    async def hold(self) -> None:
        """Renew for ever. Raises LeaseLost when that fails for longer than the renew deadline."""
        renewed = self._clock()
        while True:
            await asyncio.sleep(self._settings.retry_seconds)
            left = renewed + self._settings.renew_deadline_seconds - self._clock()
            if await self._try(max(left, 0.05)):
                self._renewed_again()
                renewed = self._clock()
                continue
            self._not_renewed()
            if self._holder() not in {self.identity, ""}:
                raise self._lost(f"{self._holder()} holds it now")
            if self._clock() - renewed >= self._settings.renew_deadline_seconds:
                raise self._lost(f"not renewed for {self._settings.renew_deadline_seconds:g} s")

    def _not_renewed(self) -> None:
        if not self._failing:
            self._failing = True
            log.warning("lease not renewed, trying on", seconds=self._settings.renew_deadline_seconds)

    def _renewed_again(self) -> None:
        if self._failing:
            self._failing = False
            log.info("lease renewed again")

    async def release(self) -> None:
        """Let the next replica take over at once. Failing to is harmless: the Lease runs out."""
        if not self._leading or self._lease is None:
            return
        self._leading = False
        try:
            await self._let_go(self._lease)
        except ApiError as error:
            log.warning("lease not released", error=str(error))
        else:
            log.info("lease released", lease=self._name())

    async def _let_go(self, lease: Manifest) -> None:
        try:
            await self._free(lease)
        except Conflict:
            # A renewal was under way when we were told to end: carried out, its answer not awaited.
            await self._look()
            if self._lease is None or self._holder() != self.identity:
                raise
            await self._free(self._lease)

    async def _free(self, lease: Manifest) -> None:
        spec = {"holderIdentity": "", "leaseDurationSeconds": _RELEASED_SECONDS, "renewTime": _now()}
        await self._client.replace(LEASE, {**lease, "spec": {**lease["spec"], **spec}})

    async def _try(self, seconds: float | None = None) -> bool:
        try:
            async with asyncio.timeout(seconds or self._settings.renew_deadline_seconds):
                return await self._claim()
        except (Conflict, NotFound) as error:
            self._lease = None  # someone else wrote or deleted it: look before the next try
            self._tell(error)
            return False
        except (ApiError, TimeoutError) as error:
            self._tell(error)
            return False

    def _tell(self, error: Exception) -> None:
        """A refusal is worth a line, once; an unreachable server is known from elsewhere."""
        said = str(error) or "timed out"
        passing = isinstance(error, Conflict | ServerUnavailable | TimeoutError)
        if not passing and said != self._told:
            self._told = said
            log.warning("lease refused", lease=self._name(), error=said)

    async def _claim(self) -> bool:
        asked_at = self._clock()
        if not await self._write():
            return False
        self._claimed_at = asked_at
        return True

    async def _write(self) -> bool:
        if not (self._leading and self._lease is not None):
            await self._look()
        if self._lease is None:
            self._remember(await self._client.create(LEASE, self._fresh()))
            return True
        if self._holder() not in {self.identity, ""} and not self._expired():
            return False
        self._remember(await self._client.replace(LEASE, self._renewed(self._lease)))
        return True

    async def _look(self) -> None:
        try:
            found = await self._client.get(LEASE, self._namespace, self._settings.name)
        except NotFound:
            self._lease = None
            return
        version = found["metadata"]["resourceVersion"]
        if self._lease is None or self._lease["metadata"]["resourceVersion"] != version:
            self._remember(found)

    def _remember(self, lease: Manifest) -> None:
        self._lease = lease
        self._seen_at = self._clock()

    def _expired(self) -> bool:
        assert self._lease is not None  # noqa: S101 - only called with a Lease at hand
        spec = self._lease.get("spec") or {}
        duration = float(spec.get("leaseDurationSeconds") or 0)
        return self._clock() - self._seen_at > duration

    def _holder(self) -> str:
        spec = (self._lease or {}).get("spec") or {}
        return str(spec.get("holderIdentity") or "")

    def _fresh(self) -> Manifest:
        return {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": {"name": self._settings.name, "namespace": self._namespace},
            "spec": {**self._spec(), "acquireTime": _now(), "leaseTransitions": 0},
        }

    def _renewed(self, lease: Manifest) -> Manifest:
        spec = {**(lease.get("spec") or {}), **self._spec()}
        if self._holder() != self.identity:
            spec["acquireTime"] = _now()
            spec["leaseTransitions"] = int(spec.get("leaseTransitions") or 0) + 1
        return {**lease, "spec": spec}

    def _spec(self) -> Manifest:
        return {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": max(1, round(self._settings.duration_seconds)),
            "renewTime": _now(),
        }

    def _lost(self, why: str) -> LeaseLost:
        return LeaseLost(f"Lost the lease {self._name()}: {why}. Ending, so that only one replica writes.")

    def _name(self) -> str:
        return f"{self._namespace}/{self._settings.name}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
