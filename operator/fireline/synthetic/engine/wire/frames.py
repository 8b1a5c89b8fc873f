"""A look at the length of every HTTP/2 frame before it is put together.

The HTTP/2 library collects a frame of up to 16 MiB before it finds that no more than 16 KiB was allowed, and
waits for the rest of what is no frame at all. This refuses such a frame when its first three bytes are there.
"""

from __future__ import annotations

_LARGEST = 16_384  # SETTINGS_MAX_FRAME_SIZE when nothing else was agreed on (RFC 9113, section 6.5.2)
_HEADER = 9


class NotFrames(ValueError):
    """What came is not HTTP/2."""


class Frames:
    """Follows the frames of one connection."""

    def __init__(self) -> None:
        self._left = 0
        self._header = b""

    def follow(self, data: bytes) -> bytes:
        """The data as it is. Raises NotFrames when a frame in it is longer than agreed."""
        at = 0
        while at < len(data):
            skipped = min(self._left, len(data) - at)
            self._left -= skipped
            at += skipped
            if self._left == 0:
                wanted = _HEADER - len(self._header)
                self._header += data[at : at + wanted]
                at += wanted
                self._check()
        return data

    def _check(self) -> None:
        length = int.from_bytes(self._header[:3], "big")
        if len(self._header) >= 3 and length > _LARGEST:
            raise NotFrames(f"a frame of {length} bytes, where {_LARGEST} is the most")
        if len(self._header) == _HEADER:
            self._left, self._header = length, b""
