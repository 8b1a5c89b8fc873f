"""What a wrong AlertPolicy is, and what the tables of them are written with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.unit.alerting.policies import a_policy

Manifest = dict[str, Any]
SECRET = {"name": "keys", "key": "key"}
WEBHOOK = {"url": "http://x.shop:8080/"}


@dataclass(frozen=True)
class Bad:
    """One wrong policy. ``layer`` says who refuses first: ``Schema`` is the API server (and the CLI, with
    these words), ``Checks`` is what no schema can say. ``said`` is the first issue as
    people see it: path and message."""

    title: str
    layer: Literal["Schema", "Checks"]
    edits: Mapping[str, Any]
    said: str
    reason: str = "InvalidSpec"

    @property
    def manifest(self) -> Manifest:
        """The object."""
        return a_policy(self.edits)


def severity(**changes: Any) -> Manifest:
    """A severity with fields changed; None takes one away."""
    found = {"name": "sev0", "page": True, "receivers": ["oncall"], **changes}
    return {key: value for key, value in found.items() if value is not None}


def severities(*listed: Manifest) -> Manifest:
    """Edits that set the severities."""
    return {"spec.severities": list(listed)}


def receiver(kind: str, name: str = "oncall", **fields: Any) -> Manifest:
    """A receiver of a kind."""
    return {"name": name, kind: fields}


def receivers(*listed: Manifest) -> Manifest:
    """Edits that set the receivers, one for tickets among them."""
    return {"spec.receivers": [*listed, {"name": "tickets", "webhook": WEBHOOK}]}


def level(after: str = "15m", *receivers: str, **fields: Any) -> Manifest:
    """A level of an escalation."""
    return {"after": after, "receivers": list(receivers or ("tickets",)), **fields}


def escalation(*levels: Manifest, **fields: Any) -> Manifest:
    """Edits that set the escalation."""
    return {"spec.escalation": {"levels": list(levels), **fields}}


def hours_of(**changes: Any) -> Manifest:
    """Edits that set hours, and a severity that names them. ``from_`` is ``from``."""
    hours = {"name": "business", "from_": "09:00", "to": "17:00", **changes}
    return {
        "spec.hours": [{key.rstrip("_"): value for key, value in hours.items()}],
        **severities(severity(hours="business")),
    }
