"""Templates in the annotations of alerts: the few that Fireline passes on to Prometheus.

Called by the checks of SLOs and of alert rules. A broken template makes Prometheus refuse the whole rule
file, and a rich one runs queries.
"""

from __future__ import annotations

import re

_TEMPLATE = re.compile(
    r"\{\{ *(?:"
    r"\$value(?: *\| *(?:humanize|humanize1024|humanizeDuration|humanizePercentage))?|"
    r"\$labels\.(?P<label>[a-zA-Z_][a-zA-Z0-9_]*)(?: *\| *(?:title|toUpper|toLower))?"
    r") *\}\}|(?P<other>\{\{)"
)
"""An allowed template, or the beginning of any other, whichever Go's template engine would see first."""
NOT_SIMPLE = (
    "has a template Fireline does not pass on; allowed are {{ $value }}, also with | humanize or "
    "| humanizePercentage, and {{ $labels.name }}"
)
"""What to say of a text that is not simple."""


def is_simple(text: str) -> bool:
    """Whether all templates of the text are among the allowed ones."""
    return not any(found["other"] for found in _TEMPLATE.finditer(text))


def labels_shown(text: str) -> list[str]:
    """Names of the labels that the templates of a text show, in order."""
    return [found["label"] for found in _TEMPLATE.finditer(text) if found["label"]]
