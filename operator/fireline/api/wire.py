"""JSON text exactly as the API server writes it, which is what the ``test`` of a JSON patch compares.

The server runs a JSON patch on its own text of the object and compares single values byte by byte
(evanphx/json-patch v4, ``lazyNode.equal``): ``"<"`` in a patch is not the ``"\\u003c"`` that Go writes, and
``1e-05`` not its ``0.00001``. So whoever sends a JSON patch encodes it with :func:`wire_json`; the intents
of mitigations and their hashes are made of the same text.
"""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

_ESCAPED = str.maketrans(
    {char: f"\\u{ord(char):04x}" for char in ("<", ">", "&", chr(0x2028), chr(0x2029))}  # encoding/json
)
_INT64 = range(-(2**63), 2**63)


def wire_json(value: Any) -> str:
    """The text Go's ``encoding/json`` makes of a JSON value: keys sorted, no spaces, a whole number without
    fraction whatever its type, other numbers in their shortest form.

    Raises TypeError for what JSON has no type for, keys that are not strings among them, and ValueError for
    NaN and infinity.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        # The server reads a number that is no int64 as a float64.
        return str(value) if value in _INT64 else _float(float(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_string(key)}:{wire_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(wire_json(inner) for inner in value) + "]"
    raise TypeError(f"{value!r} is not JSON")


def _string(text: Any) -> str:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no key of a JSON object: keys are strings")
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED)


def _float(number: float) -> str:
    if not math.isfinite(number):
        raise ValueError(f"{number} is not JSON")
    if number == 0:
        return "0"
    shortest = Decimal(repr(number)).normalize()
    if 1e-6 <= abs(number) < 1e21:
        return f"{shortest:f}"
    mantissa, _, exponent = f"{shortest:e}".partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"
