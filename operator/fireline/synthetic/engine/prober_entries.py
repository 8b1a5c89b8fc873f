"""What a prober is to run: one file for each check, as the operator wrote it into ConfigMaps.

Read again when it changes: the kubelet brings another content of a ConfigMap to the running pod.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from fireline.errors import SpecError
from fireline.synthetic import fields
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.fields import Malformed
from fireline.synthetic.schedule import Timing

SUFFIX = ".json"
_KUBELET_LINK = "..data"
"""The kubelet puts all files of a volume in place at once, by turning this link."""
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One check. ``secrets``: below which path the value of each secret variable is."""

    uid: str
    timing: Timing
    journey: Journey
    secrets: Mapping[str, str] = field(default_factory=dict)
    digest: bytes = b""

    @property
    def check(self) -> str:
        """Its name."""
        return self.journey.check

    @property
    def longest(self) -> float:
        """Seconds after which a run is surely over: sweep, steps and cleanup keep their own times."""
        return self.journey.timeout + 2 * self.journey.cleanup_timeout

    @classmethod
    def of(cls, text: bytes) -> Entry:
        """The entry behind a file's bytes. Raises Malformed or SpecError."""
        try:
            said = fields.mapping("entry", json.loads(text))
        except (ValueError, RecursionError):
            raise Malformed("entry: found no JSON; allowed: what the operator writes") from None
        secrets = fields.mapping("secrets", said.get("secrets", {}))
        return cls(
            uid=fields.string("uid", said.get("uid")),
            timing=Timing.parse(fields.string("schedule", said.get("schedule"))),
            journey=Journey.of(fields.mapping("journey", said.get("journey"))),
            secrets={name: fields.string(f"secrets.{name}", path) for name, path in secrets.items()},
            digest=_digest(text),
        )


class Entries:
    """The entries of a directory. ``refused`` is told of each file that cannot be read, once, with why."""

    def __init__(self, directory: Path, *, refused: Callable[[str, str], None]) -> None:
        self._directory = directory
        self._refused = refused
        self._stamp: object = None
        self._known: dict[str, Entry] = {}
        self._wrong: dict[str, bytes] = {}

    def read(self) -> dict[str, Entry] | None:
        """All entries by uid when something changed since the last time, else None. Touches files only."""
        for _ in range(_TRIES):
            stamp = self._look()
            if stamp == self._stamp:
                return None
            self._known = self._read()
            if self._look() == stamp:  # else some files were from before, and others from after a change
                self._stamp = stamp
                break
        return {entry.uid: entry for entry in self._known.values()}

    def _look(self) -> object:
        """Differs when the files do; as cheap as possible, for it is asked for every second."""
        link = self._directory / _KUBELET_LINK
        try:
            if link.is_symlink():
                return link.readlink()
            found = [(path.name, path.stat()) for path in self._directory.glob(f"*{SUFFIX}")]
        except OSError:
            return None
        return {(name, stat.st_mtime_ns, stat.st_size, stat.st_ino) for name, stat in found}

    def _read(self) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            try:
                text = path.read_bytes()
            except OSError:
                continue  # taken away while we looked
            entry = self._entry(path.name, text)
            if entry is not None:
                found[path.name] = entry
        self._wrong = {name: digest for name, digest in self._wrong.items() if name not in found}
        return found

    def _entry(self, name: str, text: bytes) -> Entry | None:
        """The known one for as long as its bytes are the same: most changes are about one of many."""
        known, digest = self._known.get(name), _digest(text)
        if known is not None and known.digest == digest:
            return known
        try:
            return Entry.of(text)
        except (Malformed, SpecError) as error:
            if self._wrong.get(name) != digest:
                self._wrong[name] = digest
                self._refused(name, str(error))
            return None


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()
