"""The string types of the custom resources: durations, percentages, names, times.

There are no floats in a spec (they do not survive a round trip), so numbers are strings with a pattern.
"""

from __future__ import annotations

import re
from typing import Annotated

from fireline.api.common import Rule, Text

DURATION_PATTERN = r"^(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?$"
"""Prometheus durations; the same pattern as ``fireline.promql.durations`` (a test compares them)."""

_SECONDS = (31_536_000, 604_800, 86_400, 3600, 60, 1, 0)

Duration = Annotated[
    str,
    Text(DURATION_PATTERN, 24, "a Prometheus duration; write it like 30d, 5m or 1h30m"),
    Rule("self.matches('[1-9]')", "must be longer than zero", lambda text: bool(re.search("[1-9]", text))),
]
Delay = Annotated[
    str, Text(DURATION_PATTERN, 24, "a Prometheus duration, 0m included; write it like 15m or 1h30m")
]
"""A duration that may be zero."""
Percent = Annotated[
    str,
    Text(r"^[0-9]{1,3}(\.[0-9]{1,4})?$", 8, 'a percentage with at most four decimals; write it like "99.9"'),
]
OpenPercent = Annotated[
    Percent,
    Rule(
        "self.matches('^[0-9]+([.][0-9]+)?$') && double(self) > 0.0 && double(self) < 100.0",
        'must be above 0 and below 100, in quotes, for example "99.9"',
        lambda text: 0 < float(text) < 100,
    ),
]
SharePercent = Annotated[
    Percent,
    Rule(
        "self.matches('^[0-9]+([.][0-9]+)?$') && double(self) > 0.0 && double(self) <= 100.0",
        'must be above 0 and at most 100, in quotes, for example "50"',
        lambda text: 0 < float(text) <= 100,
    ),
]
Factor = Annotated[
    str,
    Text(r"^[0-9]{1,6}(\.[0-9]{1,4})?$", 11, 'a positive decimal number; write it like "14.4"'),
    Rule("self.matches('[1-9]')", "must be above zero", lambda text: bool(re.search("[1-9]", text))),
]
Number = Annotated[
    str,
    Text(r"^[-+]?[0-9]{1,15}(\.[0-9]{1,9})?$", 26, 'a decimal number; write it like "1000" or "0.25"'),
]
Count = Annotated[str, Text(r"^[0-9]{1,12}$", 12, 'a whole number in quotes; write it like "10"')]
LabelName = Annotated[str, Text(r"^[a-zA-Z_][a-zA-Z0-9_]*$", 63, "a Prometheus label name, such as region")]
GROUPABLE = Rule(
    "!self.matches('^([nN][aA][nN]|[iI][nN][fF]|[wW][iI][tT][hH][oO][uU][tT])$')",
    "NaN, Inf and without mean something else to PromQL; choose another label, such as region",
    lambda name: name.lower() not in {"nan", "inf", "without"},
)
"""For labels that stand in ``by (…)``."""
ObjectName = Annotated[
    str,
    Text(
        r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        63,
        "a Kubernetes object name (lower-case letters, digits, - and .), such as checkout-availability",
    ),
]
DNSLabel = Annotated[
    str,
    Text(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", 63, "a name of lower-case letters, digits and -, such as oncall"
    ),
]
CamelName = Annotated[str, Text(r"^[A-Z][A-Za-z0-9]*$", 32, "a CamelCase name, such as PageFast")]
TimeZone = Annotated[
    str,
    Text(r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$", 64, "an IANA time zone, such as Europe/Berlin or UTC"),
]
Time = Annotated[
    str,
    Text(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$",
        25,
        "an RFC 3339 time; write it like 2026-12-24T00:00:00Z",
    ),
]
Cron = Annotated[
    str,
    Text(r"^[^ ]+( [^ ]+){4}$", 128, 'a cron expression of five fields, such as "0 3 * * SUN"'),
]
Url = Annotated[
    str,
    Text(r"^https?://[^ {}<>\"\\]+$", 2048, "an http or https URL without spaces or braces"),
]


def zero_or_seconds(delay: str) -> int:
    """Whole seconds of a :data:`Delay`; milliseconds are dropped."""
    found = re.match(DURATION_PATTERN, delay)
    counts = [int(found.group(2 * at + 2) or 0) for at in range(7)] if found else [0] * 7
    return sum(count * size for count, size in zip(counts, _SECONDS, strict=True)) + counts[6] // 1000
