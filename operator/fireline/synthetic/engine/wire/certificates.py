"""The three things a check wants to know of a certificate, read from its DER form (RFC 5280, section 4.1).

The standard library tells them only of certificates it trusts, and an expired one is the one people ask
about. A library that reads all of X.509 would be the heaviest thing in a probe's image, for three fields.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from fireline.synthetic.engine.answer import Certificate
from fireline.synthetic.text import readable

_SEQUENCE, _SET, _OBJECT, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x31, 0x06, 0x17, 0x18
_VERSION = 0xA0
_TIME = re.compile("([0-9]{4})" + "([0-9]{2})" * 5 + "Z")
_BMP_STRING, _LATIN_STRINGS = 0x1E, {0x14}
_LONGEST_NAME = 300
_NAMES = {
    "550403": "CN",
    "550406": "C",
    "550407": "L",
    "550408": "ST",
    "55040a": "O",
    "55040b": "OU",
    "0992268993f22c640119": "DC",
    "2a864886f70d010901": "emailAddress",
}
"""Attribute types by the hexadecimal form of their object identifiers."""


def of_peer(peer: ssl.SSLObject | None) -> Certificate | None:
    """The certificate a TLS peer showed; None when there is none, or it cannot be read."""
    der = peer.getpeercert(binary_form=True) if peer is not None else None
    try:
        return read(der) if der else None
    except ValueError:
        return None


def read(der: bytes) -> Certificate:
    """Validity, subject and issuer of a certificate in DER form. Raises ValueError for anything else."""
    (_, whole), *_ = _elements(der)
    (_, signed), *_ = _elements(whole)
    fields = [one for one in _elements(signed) if one[0] != _VERSION]
    if len(fields) < 5:
        raise ValueError("a certificate has a serial number, an algorithm, an issuer, a validity, a subject")
    _, _, (_, issuer), (_, validity), (_, subject) = fields[:5]
    times = list(_elements(validity))
    if len(times) != 2:
        raise ValueError("a validity has a beginning and an end")
    return Certificate(not_after=_time(*times[1]), subject=_name(subject), issuer=_name(issuer))


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element of a constructed value, in order; raises ValueError."""
    at = 0
    while at < len(data):
        tag, length, start = data[at], _byte(data, at + 1), at + 2
        if length & 0x80:
            width = length & 0x7F
            length = int.from_bytes(data[start : start + width], "big")
            start += width
            if not 1 <= width <= 4:
                raise ValueError("a length of one to four bytes")
        if start + length > len(data):
            raise ValueError("an element ends after its container")
        yield tag, data[start : start + length]
        at = start + length


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise ValueError("an element without a length")
    return data[at]


def _time(tag: int, content: bytes) -> datetime:
    """The instant of a UTCTime (years 1950 to 2049) or a GeneralizedTime, both ending in Z."""
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("a time is a UTCTime or a GeneralizedTime")
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("a time is written YYYYMMDDHHMMSSZ")
    year, month, day, hour, minute, second = map(int, match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _name(content: bytes) -> str:
    """`CN=shop.example, O=Shop`: the attributes people read, most specific first."""
    found = [
        f"{_NAMES[kind.hex()]}={_text(tag, value)}"
        for set_tag, one in _elements(content)
        if set_tag == _SET
        for pair_tag, pair in _elements(one)
        if pair_tag == _SEQUENCE
        for kind, tag, value in _attribute(pair)
        if kind.hex() in _NAMES
    ]
    return readable(", ".join(reversed(found)), limit=_LONGEST_NAME)


def _attribute(pair: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    parts = list(_elements(pair))
    if len(parts) == 2 and parts[0][0] == _OBJECT:
        yield parts[0][1], *parts[1]


def _text(tag: int, value: bytes) -> str:
    if tag == _BMP_STRING:
        return value.decode("utf-16-be", errors="replace")
    return value.decode("latin-1" if tag in _LATIN_STRINGS else "utf-8", errors="replace")
