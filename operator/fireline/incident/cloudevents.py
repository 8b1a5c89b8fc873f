"""Facts as CloudEvents 1.0 in structured JSON; detection, report and end as CDEvents as well.

CDEvents 0.5.0 has ``incident.detected``, ``incident.reported`` and ``incident.resolved`` in version 0.3.0,
with ``subject.id`` and ``subject.content.environment`` mandatory, and ``ticketURI`` for reported. Its schemas
allow no field that they do not name: since 0.5.0 ``context`` has ``specversion`` where it had ``version``
(github.com/cdevents/spec, pull request 273), and ``subject`` has no ``type``. There is no standard for the
rest, which has types of our own: ``dev.fireline.`` and the type of the fact. The id is that of the incident
with the number of the fact, so that a receiver can tell a repetition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.plan import Manifest
from fireline.api.resources import GROUP, SLO

CONTENT_TYPE = "application/cloudevents+json"
_CDEVENTS = "0.5.0"
_INCIDENT = "0.3.0"
_OWN = ".".join(reversed(GROUP.split(".")))
_PREDICATES: Mapping[str, str] = {
    "incident.detected": "detected",
    "incident.reported": "reported",
    "incident.resolved": "resolved",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who tells: the installation, and what it calls the environment (empty: the namespace)."""

    instance: str
    environment: str = ""


def event(
    fact: Mapping[str, Any], incident: Mapping[str, Any], *, namespace: str, name: str, origin: Origin
) -> Manifest:
    """One fact of an incident of the SLO ``namespace/name`` as a CloudEvent."""
    source = f"/{origin.instance}/namespaces/{namespace}/{SLO.plural}/{name}"
    predicate = _PREDICATES.get(fact["type"])
    if predicate == "reported" and "://" not in fact["data"]["ticketURI"]:
        predicate = None  # the standard wants an address, and people may write PAY-7
    standard = f"dev.cdevents.incident.{predicate}.{_INCIDENT}"
    envelope: Manifest = {
        "specversion": "1.0",
        "id": f"{incident['id']}/{fact['seq']}",
        "source": source,
        "type": standard if predicate else f"{_OWN}.{fact['type']}",
        "subject": incident["id"],
        "time": fact["eventTime"],
        "datacontenttype": "application/json",
    }
    own = {
        "incident": _header(incident),
        "slo": {"namespace": namespace, "name": name},
        "fact": dict(fact),
    }
    if predicate is None:
        return {**envelope, "data": own}
    service = incident.get("service")
    content = {
        "description": fact["summary"],
        "environment": {"id": origin.environment or namespace},
        **({"service": {"id": service, "source": f"/namespaces/{namespace}"}} if service else {}),
        **({"ticketURI": fact["data"]["ticketURI"]} if predicate == "reported" else {}),
    }
    data = {
        "context": {
            "specversion": _CDEVENTS,
            "id": envelope["id"],
            "source": source,
            "type": standard,
            "timestamp": fact["eventTime"],
        },
        "subject": {"id": incident["id"], "source": source, "content": content},
        "customData": own,
        "customDataContentType": "application/json",
    }
    return {**envelope, "data": data}


def _header(incident: Mapping[str, Any]) -> Manifest:
    """The incident without its facts and evidence."""
    left_out = {"facts", "evidence", "exported"}
    return {name: value for name, value in incident.items() if name not in left_out}
