"""The string types of alert rules: names, severities, texts, labels; see :mod:`fireline.api.alert_rule`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ListKind, Rule, Text
from fireline.api.slo_alerting import NAMES_ARE_PLAIN, RESERVED_LABELS

RESERVED_PREFIXES = ("SLO", "AlertPolicy", "Fireline")
"""Beginnings of the names of Fireline's own alerts."""
TAKEN_NAMES = ("Watchdog", "InfoInhibitor")
"""Alerts other people's routing and inhibition look for by name."""

OWN_LABELS = (
    *(name for name in RESERVED_LABELS if name != "service"),
    "alertstate",
    "rule_type",
    "fireline_week",
)
"""Labels Fireline sets itself on every alert, or reads for its own purposes."""
ESCALATION_PREFIX = "escalation_level"
"""Routes of escalation levels ask that labels of this name are not ``off``."""


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"


def _free(names: tuple[str, ...]) -> str:
    return f"these labels are set by Fireline and cannot be used: {', '.join(names)}, {ESCALATION_PREFIX}…"


AlertName = Annotated[
    str,
    Text(r"^[A-Z][A-Za-z0-9]*$", 63, "a CamelCase name, such as CheckoutFailures"),
    Rule(
        " && ".join(f"!self.startsWith('{prefix}')" for prefix in RESERVED_PREFIXES)
        + f" && !(self in {_listed(TAKEN_NAMES)})",
        f"must not begin with {', '.join(RESERVED_PREFIXES)} nor be {' or '.join(TAKEN_NAMES)}: other alerts "
        "have these names; choose one like CheckoutFailures",
        lambda name: not name.startswith(RESERVED_PREFIXES) and name not in TAKEN_NAMES,
    ),
]
Sentence = Annotated[str, Text(r"^[^\x00]+$", 512, "text")]
Paragraph = Annotated[str, Text(r"^[^\x00]+$", 2048, "text")]
ServiceName = Annotated[
    str,
    Text(
        r"^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$",
        63,
        "a service name (letters, digits, and . _ / - inside), such as checkout",
    ),
]
KeptLabel = Annotated[
    strings.LabelName,
    Rule(
        f"!(self in {_listed(OWN_LABELS)}) && !self.startsWith('{ESCALATION_PREFIX}')",
        _free(OWN_LABELS),
        lambda name: name not in OWN_LABELS and not name.startswith(ESCALATION_PREFIX),
    ),
    Rule(
        "!self.startsWith('__')",
        "labels that begin with __ are internal to Prometheus; group by another one, such as region",
        lambda name: not name.startswith("__"),
    ),
    strings.GROUPABLE,
]
KeptLabels = Annotated[list[KeptLabel], Field(min_length=1, max_length=4), ListKind()]

_USER_OWN = (*OWN_LABELS, "service")
RuleLabels = Annotated[
    dict[str, Annotated[str, Text(r"^[^{}\x00]+$", 256, "a label value without { or }")]],
    Field(max_length=16),
    NAMES_ARE_PLAIN,
    Rule(
        f"self.all(name, !(name in {_listed(_USER_OWN)}) && !name.startsWith('{ESCALATION_PREFIX}'))",
        _free(_USER_OWN),
        lambda given: not any(name in _USER_OWN or name.startswith(ESCALATION_PREFIX) for name in given),
    ),
]

LimitPercent = Annotated[
    strings.Percent,
    Rule(
        "self.matches('^[0-9]+([.][0-9]+)?$') && double(self) < 100.0",
        'must be below 100, in quotes, for example "5"',
        lambda text: float(text) < 100,
    ),
]
Quantile = Annotated[
    str,
    Text(r"^0\.[0-9]{1,4}$", 6, 'a quantile between 0 and 1; write it like "0.95"'),
    Rule(
        "self.matches('[1-9]')",
        'must be above 0, for example "0.95"',
        lambda text: bool(set(text) & set("123456789")),
    ),
]
