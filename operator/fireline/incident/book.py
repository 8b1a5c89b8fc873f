"""One incident while its record is brought up to date. Facts are only ever added."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any

from fireline.api.conditions import parse_timestamp, timestamp
from fireline.api.plan import Manifest
from fireline.incident.identity import incident_id
from fireline.incident.limits import has_room
from fireline.incident.model import Draft, FiringAlert, Subject, key_of
from fireline.incident.phases import durations, phases

_SEVERE = ("sev0", "sev1", "sev2")
_FIELDS = (
    *("id", "state", "alertname", "tier", "startedAt", "severity", "scope", "service", "owner", "firing"),
    *("quietSince", "impactStart", "phases", "timeToDetect", "timeToMitigate", "timeToResolve", "budget"),
    *("facts", "truncated", "evidence", "exported"),
)


class Book:
    """Wraps the incident of a status; :meth:`closed` gives it back with all that follows from its facts."""

    def __init__(self, document: Manifest, now: datetime) -> None:
        self._now = now
        self.document = copy(document)
        self._facts: list[Manifest] = list(document.get("facts", ()))
        self._keys = {key_of(fact) for fact in self._facts}

    @classmethod
    def begun(cls, subject: Subject, alert: FiringAlert, started: datetime, now: datetime) -> Book:
        """A new incident without any fact."""
        document = {
            "id": incident_id(subject.uid, alert.alertname, started),
            "state": "Open",
            "alertname": alert.alertname,
            "tier": alert.tier,
            "startedAt": timestamp(started),
            "service": subject.service,
            **({"owner": subject.owner} if subject.owner else {}),
        }
        return cls(document, now)

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.document["id"])

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return bool(self.document["state"] == "Open")

    @property
    def started(self) -> datetime:
        """When the alert that opened it began."""
        return parse_timestamp(self.document["startedAt"])

    @property
    def firing(self) -> list[str]:
        """Tiers of its alerts that fired when it was last written."""
        return list(self.document.get("firing", ()))

    @property
    def paged(self) -> bool:
        """Whether a page fired in it."""
        return any(
            fact["type"] == "alert.fired" and fact.get("data", {}).get("kind") == "Page"
            for fact in self._facts
        )

    @property
    def ended(self) -> datetime | None:
        """When it was over."""
        return next((parse_timestamp(one["eventTime"]) for one in self.of_type("incident.resolved")), None)

    def of_type(self, *types: str) -> list[Manifest]:
        """Its facts of these types, in order."""
        return [fact for fact in self._facts if fact["type"] in types]

    def last(self, source: str, *types: str) -> Manifest | None:
        """The last fact from one source."""
        return next((fact for fact in reversed(self.of_type(*types)) if fact["source"] == source), None)

    def add(self, drafts: Iterable[Draft]) -> None:
        """Writes down what is not written yet, in the order of the events."""
        for draft in sorted(drafts, key=lambda one: one.at):
            if draft.key in self._keys:
                continue
            if not has_room(self._facts, draft.type):
                self.document["truncated"] = True
                continue
            self._keys.add(draft.key)
            self._facts.append(draft.written(len(self._facts) + 1, self._now))

    def set(self, name: str, value: Any) -> None:
        """Sets a field that is no fact; None and what is empty takes it away."""
        if value is None or value in ("", [], {}):
            self.document.pop(name, None)
        else:
            self.document[name] = value

    def closed(self) -> Manifest:
        """The incident as the status keeps it."""
        reached = phases(self._facts)
        figures = {
            **self.document,
            "severity": self._severity(),
            "phases": reached,
            "facts": self._facts,
            **dict.fromkeys(("timeToDetect", "timeToMitigate", "timeToResolve")),
            **durations(reached, self.document.get("impactStart")),
        }
        return {name: figures[name] for name in _FIELDS if figures.get(name) not in (None, {}, [])}

    def _severity(self) -> str:
        """The most severe of its alerts."""
        named = {fact.get("data", {}).get("sev") for fact in self.of_type("alert.fired")}
        return next((sev for sev in _SEVERE if sev in named), self.document.get("severity", _SEVERE[-1]))
