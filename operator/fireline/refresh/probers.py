"""The loop that asks the probers what their checks came to, and keeps it until it is counted.

The app runs it beside the engine's workers, on the leader only; the check planner reads ``runs`` and
``known_until`` and counts. A run is kept until the status as written accounts for its slot, so that whatever
is lost on the way is presented again; a run that is presented twice is counted once, by its id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import structlog

from fireline.api import labels
from fireline.api.plan import Key, Manifest, Seen
from fireline.api.resources import DEPLOYMENT, POD, SYNTHETIC_CHECK
from fireline.refresh.prober_books import ProberBooks
from fireline.refresh.prober_pages import (
    TIMEOUT_SECONDS,
    Page,
    ProberSilent,
    address_of,
    ask,
    pages_left,
)
from fireline.refresh.prober_trouble import Troubles, trouble
from fireline.synthetic.classify_pod import Waiting
from fireline.synthetic.prober_render import KIND, file_of, key_of, name_of
from fireline.synthetic.runs import Run
from fireline.synthetic.schedule import at

KEPT_SECONDS = 30 * 60
"""Probers keep results so long; what one that cannot be asked has run before is lost."""
MOST_BYTES = 32 * 1024 * 1024
"""Of uncounted texts from one prober; beyond, it keeps them itself until some are counted."""
TAKEN_SECONDS = 180.0
"""How long a pod may take to start, or the kubelet to bring a new journey to it."""
_MOST_PAGES = 100
_AT_A_TIME = 20
_DUE_SOON = 60
_MOST_IGNORED = 1000

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Pod:
    """One pod. ``known_until``: Unix seconds up to which it told everything; None before it told anything."""

    boot: str = ""
    after: int = 0
    known_until: float | None = None
    running: Mapping[str, int] = field(default_factory=dict)
    """The first slot under way, by uid of the check."""
    version: str = ""
    checks: Mapping[str, int] = field(default_factory=dict)
    """Since when each check is run there, by uid; Unix seconds."""
    silent: str = ""


class ProberWatch:
    """``seen`` and ``enqueue`` are the engine's. ``every``: seconds between rounds; ``write_every``: between
    two writes of one check, unless its outcome changes. ``clock`` gives Unix time, ``steady`` seconds that
    never jump.
    """

    def __init__(
        self,
        seen: Callable[[], Seen],
        *,
        enqueue: Callable[[Iterable[Key]], None],
        port: int,
        every: float,
        write_every: float,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seen = seen
        self._enqueue = enqueue
        self._port = port
        self._every = every
        self._clock = clock
        self._steady = steady
        self._books = ProberBooks(self._status, write_every=write_every)
        self._pods: dict[tuple[Key, str], _Pod] = {}
        self._assigned: dict[Key, Key] = {}
        self._checks: dict[tuple[Key, str], Key] = {}
        """The key of each check, by its prober and its uid."""
        self._troubles = Troubles()
        self._ignored: set[tuple[str, str]] = set()

    # For the planner

    def runs(self, key: Key, uid: str) -> Iterable[Run]:
        """Finished runs of one check that may not be counted yet."""
        return self._books.of(key, uid)

    def known_until(self, key: Key, uid: str) -> datetime | None:
        """Up to when :meth:`runs` is complete; None when that is now: no prober is there to be asked.

        Before the first answer of a pod nothing is known that it may still hold.
        """
        prober = self._prober_of(key)
        if prober is None:
            return None
        oldest = self._clock() - KEPT_SECONDS
        known = [self._knows(prober, pod, uid) for pod in self._askable(prober)]
        return at(max(oldest, min(known))) if known else None

    def since(self, key: Key, uid: str, created: datetime) -> datetime | None:
        """When the slots of a new check begin: as soon as a prober has it; None for a check without prober.

        A prober that does not take it within three minutes of its making does not run it, and that counts.
        """
        prober = self._prober_of(key)
        if prober is None:
            return None
        told = [self._pods.get((prober, pod["metadata"]["uid"])) for pod in self._askable(prober)]
        began = [pod.checks[uid] for pod in told if pod is not None and uid in pod.checks]
        latest = min(self._clock(), created.timestamp() + TAKEN_SECONDS)
        return at(min([latest, *began]))

    def waiting(self, key: Key) -> tuple[str, Waiting] | None:
        """The name of the Deployment that does not run a check, or cannot be heard, and why."""
        prober = self._prober_of(key)
        told = self._troubles.of(prober) if prober is not None else None
        return (name_of(prober), told) if prober is not None and told is not None else None

    def health(self) -> dict[str, dict[str, str]]:
        """Each prober that does not answer, for /status."""
        return {
            f"prober/{key.namespace}/{key.name}": {"state": "down", "message": pod.silent}
            for (key, _), pod in self._pods.items()
            if pod.silent
        }

    # The loop

    async def run(self) -> None:
        """Asks for ever."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        connector = aiohttp.TCPConnector(limit=_AT_A_TIME)
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            while True:
                await self.once(session)
                await asyncio.sleep(self._every)

    async def once(self, session: aiohttp.ClientSession) -> None:
        """Asks every prober once, and tells which checks have news."""
        probers = self._assign()
        pods = {(prober, pod["metadata"]["uid"]): pod for prober in probers for pod in self._askable(prober)}
        self._pods = {place: self._pods.get(place, _Pod()) for place in pods}
        gate = asyncio.Semaphore(_AT_A_TIME)
        await asyncio.gather(*(self._ask(session, gate, place, pod) for place, pod in pods.items()))
        news = {*self._books.news(self._steady()), *self._look_for_trouble(probers)}
        if news:
            self._enqueue(sorted(news))

    def _assign(self) -> set[Key]:
        """Looks up which prober runs which check. One whose spec is wrong goes on where it last ran."""
        seen = self._seen()
        self._assigned, self._checks = {}, {}
        in_place: dict[str, dict[str, Key]] = {}
        for manifest in seen.all(SYNTHETIC_CHECK):
            metadata = manifest["metadata"]
            namespace, name = metadata["namespace"], metadata["name"]
            if namespace not in in_place:
                in_place[namespace] = _in_place(seen, namespace)
            prober = _wanted_prober(manifest) or in_place[namespace].get(file_of(name))
            if prober is not None:
                key = Key(SYNTHETIC_CHECK.kind, namespace, name)
                self._assigned[key] = prober
                self._checks[prober, metadata["uid"]] = key
        self._books.forget_all_but({uid for _, uid in self._checks})
        return set(self._assigned.values())

    def _look_for_trouble(self, probers: Iterable[Key]) -> Iterator[Key]:
        """Checks of which something else is to be told now."""
        now = self._clock()
        found = {prober: one for prober in probers if (one := self._trouble(prober, at(now))) is not None}
        changed = self._troubles.update(found, now)
        return (key for key, prober in self._assigned.items() if prober in changed)

    def _trouble(self, prober: Key, now: datetime) -> Waiting | None:
        """None also when there is no prober, as while all of its checks are suspended."""
        seen = self._seen()
        if not any(child.resource == DEPLOYMENT for child in seen.children(prober)):
            return None
        silent = {uid: pod.silent for (key, uid), pod in self._pods.items() if key == prober}
        return trouble(seen.offspring(POD, prober), silent, name=name_of(prober), now=now)

    def _askable(self, prober: Key) -> Iterator[Manifest]:
        return (pod for pod in self._seen().offspring(POD, prober) if address_of(pod) is not None)

    async def _ask(
        self, session: aiohttp.ClientSession, gate: asyncio.Semaphore, place: tuple[Key, str], pod: Manifest
    ) -> None:
        """All there is to read from one pod."""
        known, address = self._pods[place], address_of(pod) or ""
        async with gate:
            for _ in range(_MOST_PAGES):
                if self._full(place[0]):
                    return
                now = self._clock()
                try:
                    page = await ask(
                        session,
                        address,
                        self._port,
                        boot=known.boot,
                        after=known.after,
                        version=known.version,
                        now=now,
                    )
                except ProberSilent as error:
                    self._silent(place, pod, str(error))
                    return
                self._silent(place, pod, "")
                further = pages_left(page, known.after if page.boot == known.boot else -1)
                self._take(place[0], pod, page)
                known.boot, known.after, known.version = page.boot, page.last, page.version
                if page.checks is not None:
                    known.checks = page.checks
                if not further:
                    known.known_until, known.running = now, dict(_first_running(page))
                    return

    def _full(self, prober: Key) -> bool:
        """Whether more could not be kept: then the prober keeps it."""
        return self._books.size({key for key, one in self._assigned.items() if one == prober}) > MOST_BYTES

    def _silent(self, place: tuple[Key, str], pod: Manifest, why: str) -> None:
        known = self._pods[place]
        if bool(known.silent) != bool(why):
            name = f"{place[0].namespace}/{pod['metadata']['name']}"
            if why:
                log.warning("prober does not answer", pod=name, error=why)
            else:
                log.info("prober answers again", pod=name)
        known.silent = why

    def _take(self, prober: Key, pod: Manifest, page: Page) -> None:
        """Keeps what is a run of a check of this prober, and not counted yet."""
        for why in page.wrong:
            self._ignore(pod, why, "malformed")
        for told in page.runs:
            key = self._checks.get((prober, told.uid))
            if key is None:
                self._ignore(pod, f"it is of no check this prober runs: uid {told.uid}", told.uid)
            elif told.slot > self._clock() + _DUE_SOON:
                self._ignore(pod, f"its time {told.slot} has not come yet", told.uid)
            else:
                self._books.keep(key, told)

    def _ignore(self, pod: Manifest, why: str, what: str) -> None:
        """One line for each pod and kind of nonsense: it may come with every answer."""
        place = (pod["metadata"]["uid"], what)
        if len(self._ignored) < _MOST_IGNORED and place not in self._ignored:
            self._ignored.add(place)
            metadata = pod["metadata"]
            log.warning(
                "run of a prober ignored", pod=f"{metadata['namespace']}/{metadata['name']}", error=why
            )

    def _status(self, key: Key) -> Mapping[str, Any]:
        manifest = self._seen().get(SYNTHETIC_CHECK, key.namespace, key.name)
        return (manifest or {}).get("status") or {}

    def _prober_of(self, key: Key) -> Key | None:
        if key in self._assigned:
            return self._assigned[key]
        manifest = self._seen().get(SYNTHETIC_CHECK, key.namespace, key.name)
        return _wanted_prober(manifest) if manifest is not None else None

    def _knows(self, prober: Key, pod: Manifest, uid: str) -> float:
        """Up to when a pod has told everything about a check; what runs just now is not known yet."""
        known = self._pods.get((prober, pod["metadata"]["uid"]))
        if known is None or known.known_until is None:
            return float("-inf")
        return min(known.known_until, known.running.get(uid, float("inf")) - 1)


def _wanted_prober(manifest: Manifest) -> Key | None:
    """The prober a spec asks for."""
    spec = manifest["spec"]
    if spec.get("runner") != "Prober":
        return None
    return key_of(manifest["metadata"]["namespace"], spec.get("location"))


def _in_place(seen: Seen, namespace: str) -> dict[str, Key]:
    """Which prober has which file."""
    return {
        file: Key(KIND, namespace, child.labels.get(labels.OWNER_NAME, ""))
        for child in seen.children_of_kind(KIND, namespace)
        for file in child.data
    }


def _first_running(page: Page) -> Iterator[tuple[str, int]]:
    """The oldest slot under way of each check."""
    return ((uid, slot) for uid, slot in sorted(page.running, key=lambda one: one[1], reverse=True))
