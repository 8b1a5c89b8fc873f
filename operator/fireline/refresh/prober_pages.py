"""Asks a prober's pod for its results, and believes nothing it says without looking.

Part of :mod:`fireline.refresh.probers`. A pod runs journeys against servers of strangers: what it serves
is read up to a bound, and taken only as far as it is well-formed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from fireline.api.plan import Manifest
from fireline.errors import FirelineError
from fireline.synthetic import fields
from fireline.synthetic.fields import Malformed
from fireline.synthetic.result import of_mapping
from fireline.synthetic.runs import Run
from fireline.synthetic.schedule import at

MOST_BYTES = 4 * 1024 * 1024
"""Of one answer; a prober sends an eighth of it at a time."""
TIMEOUT_SECONDS = 10.0
_MOST_RUNS = 20_000
_MOST_RUNNING = 2000
_FAR = 1 << 40
_SKEW_SECONDS = 60
"""By so much the clocks of two nodes may differ."""


class ProberSilent(FirelineError):
    """A prober does not answer, or not in a way that can be read."""


@dataclass(frozen=True, slots=True)
class Told:
    """One run as a prober tells it: the uid of its check, its slot (Unix seconds) and what came of it."""

    uid: str
    slot: int
    run: Run
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. ``running``: uid and slot of runs under way. ``wrong``: why runs cannot be read.

    ``checks``: by uid since when a check is run (Unix seconds); None when that is as in ``version`` before.
    """

    boot: str
    last: int
    more: bool
    running: tuple[tuple[str, int], ...]
    runs: tuple[Told, ...]
    wrong: tuple[str, ...]
    version: str
    checks: Mapping[str, int] | None


def address_of(pod: Manifest) -> str | None:
    """The IP at which a pod can be asked; None when none of its processes has results (any more).

    A pod that is being deleted finishes its runs and waits for someone to read them.
    """
    status = pod.get("status", {})
    containers = status.get("containerStatuses", ())
    runs = any("running" in one.get("state", {}) for one in containers)
    return status.get("podIP") if runs and status.get("phase") == "Running" else None


async def ask(
    session: aiohttp.ClientSession,
    address: str,
    port: int,
    *,
    boot: str,
    after: int,
    version: str,
    now: float,
) -> Page:
    """The runs after a number. ``now``: Unix seconds. Raises ProberSilent."""
    host = f"[{address}]" if ":" in address else address
    query = {"boot": boot, "after": str(after), "version": version}
    try:
        async with session.get(
            f"http://{host}:{port}/results", params=query, allow_redirects=False
        ) as response:
            if response.status != 200:
                raise ProberSilent(f"answers with status {response.status}")
            body = await _bounded(response)
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise ProberSilent(str(error) or type(error).__name__) from None
    return page_of(body, now=now)


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            raise ProberSilent(f"answers with more than {MOST_BYTES} bytes")
    return bytes(body)


def page_of(body: bytes, *, now: float) -> Page:
    """The page behind an answer. Raises ProberSilent when it is none; single runs may still be wrong."""
    try:
        said = fields.mapping("answer", json.loads(body))
        fields.one_of("v", str(said.get("v")), ["1"])
        running = said.get("running", [])
        if not isinstance(running, list) or len(running) > _MOST_RUNNING:
            raise Malformed("running: allowed: a list")
        entries = fields.entries("runs", said.get("runs"), most=_MOST_RUNS)
        runs, wrong = _runs(entries, now)
        return Page(
            boot=fields.string("boot", said.get("boot"))[:64],
            last=fields.whole("last", said.get("last"), 0, _FAR, default=0),
            more=fields.flag("more", said.get("more")),
            running=tuple(_id(f"running[{i}]", one) for i, one in enumerate(running)),
            runs=tuple(runs),
            wrong=tuple(wrong),
            version=fields.string("version", said.get("version"), default="")[:64],
            checks=_checks(said.get("checks")),
        )
    except (Malformed, ValueError, RecursionError) as error:
        raise ProberSilent(f"answers what cannot be read: {error}") from None


def _runs(entries: list[tuple[str, Mapping[str, Any]]], now: float) -> tuple[list[Told], list[str]]:
    found: list[Told] = []
    wrong: list[str] = []
    for path, one in entries:
        try:
            found.append(_told(path, one, now))
        except Malformed as error:
            wrong.append(str(error))
    return found, wrong


def _checks(said: Any) -> Mapping[str, int] | None:
    if said is None:
        return None
    found = fields.mapping("checks", said)
    if len(found) > _MOST_RUNS:
        raise Malformed(f"checks: found {len(found)}; allowed: at most {_MOST_RUNS}")
    return {uid: fields.whole("checks: since", since, 0, _FAR, default=0) for uid, since in found.items()}


def _told(path: str, one: Mapping[str, Any], now: float) -> Told:
    uid, slot = _id(f"{path}.id", one.get("id"))
    if one.get("slot") != slot:
        raise Malformed(
            f"{path}.slot: found {fields.shown(one.get('slot'))}; allowed: that of its id, {slot}"
        )
    result = of_mapping(fields.mapping(f"{path}.result", one.get("result")))
    run = Run.of(
        result,
        id=f"{uid}/{slot}",
        slot=at(slot),
        started_at=fields.moment(f"{path}.startedAt", one.get("startedAt")),
        ended_at=fields.moment(f"{path}.endedAt", one.get("endedAt")),
    )
    for time in (run.started_at, run.ended_at):
        if time is None or not slot - _SKEW_SECONDS <= time.timestamp() <= now + _SKEW_SECONDS:
            raise Malformed(f"{path}: its times are not between its slot and now; look at the nodes' clocks")
    texts = (run.message, run.evidence, *(step.message for step in (*run.steps, *run.cleanup)))
    return Told(uid, slot, run, sum(map(len, texts)))


def _id(path: str, found: Any) -> tuple[str, int]:
    """Uid and slot of ``<uid>/<slot>``."""
    uid, _, slot = fields.string(path, found).rpartition("/")
    if not (0 < len(uid) <= 64 and slot.isascii() and slot.isdigit() and len(slot) <= 10):
        raise Malformed(f"{path}: found {fields.shown(found)}; allowed: <uid of the check>/<slot>")
    return uid, int(slot)


def pages_left(page: Page, after: int) -> bool:
    """Whether there is more to ask for at once: a number that does not grow would never end."""
    return page.more and page.last > after
