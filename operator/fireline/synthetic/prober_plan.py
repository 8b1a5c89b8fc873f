"""The planner of a prober: one for each namespace and location that has checks with ``runner: Prober``.

A check whose spec turned invalid goes on as it last was: its entry is read from the ConfigMap as the
cluster holds it, so that this is also true across a restart of the operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fireline.api import labels
from fireline.api.plan import KEEP_ALL, Change, Key, Manifest, Plan, Problem, Seen, SeenChild
from fireline.api.resources import SYNTHETIC_CHECK
from fireline.settings import Settings
from fireline.synthetic.checks import read
from fireline.synthetic.compile import compile_check
from fireline.synthetic.prober_render import KIND, entry, file_of, key_of, render_prober

SETTLED = timedelta(seconds=1)
"""Changes are written once none has come for so long, as checks are often applied many at a time; the
kubelet takes far longer to bring them to the pod."""
LATEST = timedelta(seconds=5)
"""But no later than this after the first of them."""

_Entries = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What a spec came to: an entry for the prober, none for a check that is not to run, or not valid."""

    of: tuple[str, int]
    valid: bool
    entry: str | None = None


@dataclass(slots=True)
class _Unsettled:
    """Entries that are not written yet, and since when they are these, and any."""

    wanted: _Entries
    since: datetime
    first: datetime


class ProberPlanner:
    """Plans probers. Remembers what specs compiled to, and which changes have not settled."""

    kind = KIND
    resource = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._compiled: dict[tuple[str, str], _Compiled] = {}
        self._unsettled: dict[Key, _Unsettled] = {}

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """Deployment and ConfigMaps while there are checks to run; nothing otherwise."""
        del parent, problem
        in_place = _in_place(seen.children(key))
        wanted = dict(self._entries(key, seen, in_place))
        if not wanted:
            self._unsettled.pop(key, None)
            return Plan(())
        wait = self._settling(key, wanted, in_place, now)
        if wait is not None:
            return Plan(KEEP_ALL, requeue_after=wait)
        return Plan(render_prober(key, wanted, self._settings.checks, instance=self._settings.instance))

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """A check came, went or has another spec: the prober that is to run it, and the one that does."""
        if change.resource != SYNTHETIC_CHECK or _identity(change.old) == _identity(change.new):
            return []
        if change.new is None or _leaving(change.new):
            self._compiled.pop((change.namespace, change.name), None)
        wanted = {_key_of(one) for one in (change.old, change.new) if isinstance(one, dict) and _probed(one)}
        file = file_of(change.name)
        running = {
            Key(KIND, change.namespace, child.labels.get(labels.OWNER_NAME, ""))
            for child in seen.children_of_kind(KIND, change.namespace)
            if file in child.data
        }
        return sorted(wanted | running)

    def _entries(self, key: Key, seen: Seen, in_place: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for manifest in seen.all(SYNTHETIC_CHECK, key.namespace):
            file = file_of(manifest["metadata"]["name"])
            if _leaving(manifest) or not (_probed(manifest) or file in in_place):
                continue
            compiled = self._compile(manifest)
            if not compiled.valid and file in in_place and _is_of(in_place[file], manifest):
                yield file, in_place[file]
            elif compiled.entry is not None and _key_of(manifest) == key:
                yield file, compiled.entry

    def _compile(self, manifest: Manifest) -> _Compiled:
        metadata = manifest["metadata"]
        place, identity = (metadata["namespace"], metadata["name"]), (metadata["uid"], metadata["generation"])
        known = self._compiled.get(place)
        if known is None or known.of != identity:
            known = self._compiled[place] = self._fresh(manifest, identity)
        return known

    def _fresh(self, manifest: Manifest, identity: tuple[str, int]) -> _Compiled:
        given, _ = read(manifest, settings=self._settings.checks, sources=self._settings.sources)
        if given is None:
            return _Compiled(identity, valid=False)
        if given.spec.runner != "Prober" or given.spec.suspend:
            return _Compiled(identity, valid=True)
        told = entry(compile_check(given), self._settings.checks, uid=identity[0])
        return _Compiled(identity, valid=True, entry=told)

    def _settling(
        self, key: Key, wanted: _Entries, in_place: Mapping[str, str], now: datetime
    ) -> timedelta | None:
        """How long to wait for further changes; None to write now."""
        if not in_place or wanted == in_place:
            self._unsettled.pop(key, None)
            return None
        before = self._unsettled.get(key)
        if before is None:
            before = self._unsettled[key] = _Unsettled(wanted, now, now)
        elif before.wanted != wanted:
            before.wanted, before.since = wanted, now
        due = min(before.since + SETTLED, before.first + LATEST)
        if now >= due:
            del self._unsettled[key]
            return None
        return due - now


def _in_place(children: Iterable[SeenChild]) -> _Entries:
    """What the ConfigMaps hold."""
    return {file: text for child in children for file, text in child.data.items()}


def _is_of(text: str, manifest: Manifest) -> bool:
    """Whether an entry is that of this very check, and not of one of the same name before it."""
    return f'"uid":"{manifest["metadata"]["uid"]}"' in text


def _identity(found: Manifest | SeenChild | None) -> object:
    """What decides about a check's entry; of its many changes most are changes of its status."""
    if not isinstance(found, dict):
        return None
    metadata = found["metadata"]
    return metadata["uid"], metadata["generation"], _leaving(found)


def _leaving(found: Manifest | SeenChild) -> bool:
    return isinstance(found, dict) and "deletionTimestamp" in found["metadata"]


def _probed(manifest: Mapping[str, Any]) -> bool:
    """Whether a spec, valid or not, asks for the prober."""
    return bool(manifest["spec"].get("runner") == "Prober")


def _key_of(manifest: Mapping[str, Any]) -> Key:
    return key_of(manifest["metadata"]["namespace"], manifest["spec"].get("location"))
