"""What every format has under other names: object names, percentages, descriptions, windows.

Each function reads a field, returns what goes into the object, and says what could not be kept.
"""

from __future__ import annotations

import hashlib
import re
from decimal import ROUND_HALF_EVEN, Decimal

from fireline.cli.importing.probe import refusal
from fireline.cli.importing.source import Field, LeftOut
from fireline.promql.durations import Duration
from fireline.promql.expr import number

_LONGEST_NAME = 63
_DAY = Duration.of(days=1).milliseconds


def object_name(*parts: str) -> str:
    """A Kubernetes name made of words: lower case, ``-`` between them, cut (with a hash) at 63 characters."""
    whole = "-".join(parts)
    slug = re.sub(r"[^a-z0-9.]+", "-", whole.lower()).strip("-.") or "imported"
    if len(slug) <= _LONGEST_NAME:
        return slug
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return f"{slug[: _LONGEST_NAME - 9].strip('-.')}-{digest}"


def percent(field: Field, value: Decimal | None) -> str:
    """An objective in percent. Raises LeftOut unless it is above 0 and below 100."""
    if value is None:
        raise LeftOut(field, "is missing", 'write the objective by hand, for example objective: "99.9"')
    rounded = value.quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    if not 0 < rounded < 100:
        raise LeftOut(
            field,
            f"an objective of {number(value)} % has no error budget that could be counted",
            "choose an objective above 0 and below 100, such as 99.9",
        )
    if rounded != value:
        field.changed(f"rounded to {number(rounded)}: Fireline has four decimals", "round it yourself")
    return number(rounded)


def service(field: Field) -> str:
    """The service's name, spelled as Fireline allows. Raises LeftOut when there is none."""
    found = field.text()
    if not found:
        raise LeftOut(field, "is missing", "name the service this objective is about")
    if not refusal(service=found):
        return found
    spelled = re.sub(r"[^A-Za-z0-9._/-]+", "-", found)[:_LONGEST_NAME].strip("-._/") or "imported"
    field.changed(f"spelled {spelled}: {refusal(service=found)}", "route alerts on the new spelling")
    return spelled


def description(field: Field) -> str | None:
    """A description, cut to what fits."""
    found = (field.text() or "").strip()
    if not found or not refusal(description=found):
        return found or None
    cut = found.replace("\0", "")[:1023].rstrip() + "…"
    field.changed(
        f"shortened: {refusal(description=found)}", "write a shorter one, or put it into an annotation"
    )
    return cut[:1024]


def rolling(length: Duration) -> str | None:
    """A window in Fireline's words, None when it is no whole number of days from 1 to 90."""
    days, rest = divmod(length.milliseconds, _DAY)
    text = f"{days}d"
    return text if not rest and not refusal(window={"rolling": text}) else None
