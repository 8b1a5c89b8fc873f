"""The two messages of grpc.health.v1, in the protocol buffer encoding: one field each.

`HealthCheckRequest{string service = 1}`, `HealthCheckResponse{ServingStatus status = 1}`.
"""

from __future__ import annotations

_SERVICE = b"\x0a"  # field 1, a string
_STATUS = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def request(service: str) -> bytes:
    """A HealthCheckRequest; the server as a whole is the empty message."""
    name = service.encode()
    return _SERVICE + _varint(len(name)) + name if name else b""


def status(message: bytes) -> int:
    """The number of the status in a HealthCheckResponse: 0 (UNKNOWN) when absent, the last when repeated.

    Fields of later versions are skipped. Raises ValueError for what is no such message.
    """
    found, at = 0, 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        if tag >> 3 == 0:
            raise ValueError("fields are numbered from 1")
        if tag & 7 == _VARINT:
            value, at = _read_varint(message, at)
            found = value if tag >> 3 == _STATUS else found
        else:
            at = _skipped(message, at, tag & 7)
    return found


def _skipped(message: bytes, at: int, kind: int) -> int:
    """Where the next field begins."""
    if kind == _BYTES:
        length, at = _read_varint(message, at)
    elif kind in {_FIXED32, _FIXED64}:
        length = 4 if kind == _FIXED32 else 8
    else:
        raise ValueError(f"wire type {kind}")
    if at + length > len(message):
        raise ValueError("a field ends after its message")
    return at + length


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(encoded) + bytes([number])


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index, byte in enumerate(message[at : at + 10]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, at + index + 1
    raise ValueError("a number without an end")
