"""Values that must never be seen, and the search for them in whatever spelling. For test_secrets.py."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus


@dataclass(frozen=True, slots=True)
class Canary:
    """A value that exists once in the world. ``core``: its letters and digits, the same in most spellings."""

    core: str
    value: str

    @classmethod
    def of(cls, name: str, ending: str = "") -> Canary:
        """A new one: ``name``, 16 digits, and characters that are written differently everywhere."""
        core = f"{name}{secrets.token_hex(8)}"
        return cls(core, core + ending)

    def found_in(self, text: str) -> list[str]:
        """Every spelling of it in a text, by name."""
        return [name for name, form in self.forms() if form in text]

    def forms(self) -> Iterator[tuple[str, str]]:
        """How it may be written, alone or in the middle of something longer."""
        data = self.value.encode()
        yield from {
            "core": self.core,
            "plain": self.value,
            "url": quote(self.value, safe=""),
            "form": quote_plus(self.value),
            "json": json.dumps(self.value)[1:-1],
            "hex": data.hex(),
            "HEX": data.hex().upper(),
            "core in hex": self.core.encode().hex(),
        }.items()
        for before in range(3):
            middle = _middle_of_base64(self.core.encode(), before)
            yield f"base64 after {before}", middle
            yield f"base64url after {before}", middle.replace("+", "-").replace("/", "_")
        yield "whole in base64", base64.b64encode(data).decode().rstrip("=")
        yield "whole in base64url", base64.urlsafe_b64encode(data).decode().rstrip("=")


def _middle_of_base64(data: bytes, before: int) -> str:
    """The characters of base64 that depend on ``data`` alone when other bytes, ``before`` of them beyond a
    multiple of three, come first."""
    encoded = base64.b64encode(bytes(before) + data).decode().rstrip("=")
    return encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included, without the escapes of JSON."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value
