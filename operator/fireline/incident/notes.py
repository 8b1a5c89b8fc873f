"""What people say about an incident: annotations of the SLO, each of which becomes a fact once.

``incidents.fireline.dev/<id>.acknowledged``: who looks after it. ``….ticket``: URL of the ticket.
``….postmortem``: URL of the page where it is written up. Nobody can tell who set an annotation: the cluster
keeps the client and not the user. So what is claimed is told as a claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from fireline.incident.model import UNKNOWN, Draft, Phase

DOMAIN = "incidents.fireline.dev"
_WORDS: Mapping[str, tuple[Phase, str, str]] = {
    "acknowledged": ("Triage", "incident.acknowledged", "{} says to look after it"),
    "ticket": ("Triage", "incident.reported", "reported as {}"),
    "postmortem": ("Postmortem", "incident.postmortem", "written up at {}"),
}
TYPES = tuple(kind for _, kind, _ in _WORDS.values())
"""The facts that people make."""
_MOST = 500


def annotation(incident: str, word: str) -> str:
    """Name of the annotation that says ``word`` about an incident."""
    return f"{DOMAIN}/{incident}.{word}"


def of_annotations(incident: str, annotations: Mapping[str, str], now: datetime) -> Iterator[Draft]:
    """What is said about one incident. When it was said is not known either: as of now."""
    for word, (phase, kind, words) in _WORDS.items():
        said = " ".join(annotations.get(annotation(incident, word), "").split())[:_MOST]
        if said:
            key = "ticketURI" if word == "ticket" else word
            source = f"Annotation/{word}"
            yield Draft(now, phase, kind, source, words.format(said), actor=UNKNOWN, data={key: said})
