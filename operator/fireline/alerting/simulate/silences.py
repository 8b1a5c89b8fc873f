"""Silences: who asked for quiet, about what and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from fireline.alerting.simulate.matchers import Labels, Matcher, fit, in_order

_OPERATORS = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence of ``/api/v2/silences``. Times have a time zone."""

    matchers: tuple[Matcher, ...]
    starts: datetime
    ends: datetime
    by: str = ""
    comment: str = ""

    @classmethod
    def of(cls, document: dict[str, Any]) -> Self:
        """As Alertmanager answers. Raises KeyError or ValueError for another shape."""
        return cls(
            in_order(
                Matcher(one["name"], _OPERATORS[one.get("isEqual", True), one["isRegex"]], one["value"])
                for one in document["matchers"]
            ),
            datetime.fromisoformat(document["startsAt"]),
            datetime.fromisoformat(document["endsAt"]),
            str(document.get("createdBy", "")),
            str(document.get("comment", "")),
        )

    def covers(self, labels: Labels, instant: datetime) -> bool:
        """Whether an alert is silenced at an instant."""
        return self.starts <= instant < self.ends and fit(self.matchers, labels)
