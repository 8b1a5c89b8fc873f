"""One layer of an image: files collected by name, written as a tar whose bytes depend on nothing else.

Every file belongs to root, has the time zero and stands in the order of names.
"""

from __future__ import annotations

import io
import stat
import tarfile
from pathlib import Path, PurePosixPath


class Layer:
    """A file tree to be packed. Places are absolute paths in the image."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[tarfile.TarInfo, Path | bytes | None]] = {}

    def __contains__(self, place: str) -> bool:
        return place.lstrip("/") in self._entries

    def directory(self, place: str | PurePosixPath, mode: int = 0o755) -> None:
        """A directory, and those above it."""
        name = str(place).strip("/")
        if name and name not in self._entries:
            self.directory(PurePosixPath(name).parent if "/" in name else "")
            self._add(name, tarfile.DIRTYPE, mode, None)

    def text(self, place: str, content: str, mode: int = 0o644) -> None:
        """A file with this text."""
        self.data(place, content.encode(), mode)

    def data(self, place: str, content: bytes, mode: int = 0o644) -> None:
        """A file with these bytes."""
        self._add(self._placed(place), tarfile.REGTYPE, mode, content)

    def file(self, source: Path, place: str | None = None) -> None:
        """A copy of ``source`` (of what a symbolic link leads to), by default at the same place."""
        mode = 0o755 if source.stat().st_mode & stat.S_IXUSR else 0o644
        self._add(self._placed(place or str(source)), tarfile.REGTYPE, mode, source)

    def link(self, place: str, target: str) -> None:
        """A symbolic link."""
        self._add(self._placed(place), tarfile.SYMTYPE, 0o777, None, target)

    def files(self) -> dict[str, Path]:
        """Every copied file: place in the image → where it comes from."""
        return {f"/{name}": source for name, (_, source) in self._entries.items() if isinstance(source, Path)}

    def write(self, path: Path) -> None:
        """Pack it."""
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
            for name in sorted(self._entries):
                entry, source = self._entries[name]
                content = source.read_bytes() if isinstance(source, Path) else source
                if content is None:
                    tar.addfile(entry)
                else:
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))

    def _placed(self, place: str) -> str:
        name = place.strip("/")
        self.directory(PurePosixPath(name).parent if "/" in name else "")
        return name

    def _add(self, name: str, kind: bytes, mode: int, source: Path | bytes | None, target: str = "") -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname = kind, mode, target
        self._entries[name] = (entry, source)
