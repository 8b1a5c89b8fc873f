"""Labels and annotations: those of alerts, and those of the object itself.

Fireline's alerts share one set of labels and annotations; reserved names get another one, and what is
impossible is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fireline.api.slo_alerting import RESERVED_LABELS
from fireline.cli.importing.probe import metadata_refusal, refusal
from fireline.cli.importing.source import Field

_MOST = 16
_RENAMED = "imported_"
_SERVER_SET = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SELECTS_RULES = ("release", "prometheus", "role")
"""Labels by which a Prometheus chooses rule objects: they mean something else on a rule than on a series."""


def on_alerts(given: Mapping[str, tuple[Field, str]]) -> dict[str, str]:
    """Labels for every alert of the objective; reserved ones get another name, impossible ones are lost."""
    labels: dict[str, str] = {}
    for name, (field, value) in given.items():
        wanted = f"{_RENAMED}{name}" if name in RESERVED_LABELS else name
        why = refusal(alerting={"labels": {wanted: value}})
        if not why and len(labels) == _MOST and wanted not in labels:
            why = f"alerts may carry {_MOST} labels of their own"
        if why:
            field.lost(why, "leave it out, or choose another label")
            continue
        if wanted != name:
            field.changed(
                f"renamed to {wanted}: Fireline sets {name} itself", "use the new name in routes and silences"
            )
        labels[wanted] = value
    return labels


def annotate(given: Mapping[str, tuple[Field, str]]) -> dict[str, Any]:
    """``alerting`` fields for annotations: known links in their own fields, the rest as annotations."""
    alerting: dict[str, Any] = {}
    plain: dict[str, str] = {}
    for name, (field, value) in given.items():
        own = {"runbook_url": "runbookURL", "dashboard_url": "dashboardURL"}.get(name)
        if own and not refusal(alerting={own: value}):
            alerting[own] = value
            continue
        why = refusal(alerting={"annotations": {name: value}})
        if not why and len(plain) == _MOST:
            why = f"alerts may carry {_MOST} annotations of their own"
        if why:
            field.lost(why, "write it without that, or look the figure up in the linked dashboard")
        else:
            plain[name] = value
    return alerting | ({"annotations": plain} if plain else {})


def on_object(given: Iterable[tuple[str, Field]]) -> dict[str, str]:
    """Labels of the object: those Kubernetes allows; the others are lost."""
    labels: dict[str, str] = {}
    for name, field in given:
        value = field.text()
        if value is None:
            continue
        why = metadata_refusal(labels={name: value}) or _bad_label_name(name)
        if why:
            field.lost(f"is no Kubernetes label: {why}", "put it into an annotation, or spell it differently")
        else:
            labels[name] = value
    return labels


def object_metadata(metadata: Field) -> dict[str, Any]:
    """``namespace`` and annotations of a Kubernetes object; what a server wrote is nobody's to carry."""
    found: dict[str, Any] = {}
    for name in _SERVER_SET:
        metadata.get(name).take()
    metadata.get("annotations", LAST_APPLIED).take()
    namespace = metadata.get("namespace")
    if namespace.present:
        name = namespace.text() or ""
        why = metadata_refusal(namespace=name)
        if why:
            namespace.lost(why, "give one with --namespace")
        else:
            found["namespace"] = name
    return found


def _bad_label_name(name: str) -> str:
    prefix, slash, last = name.rpartition("/")
    fine = re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", last)
    domain = not slash or re.fullmatch(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", prefix)
    return "" if fine and domain else f"{name!r} is no label name; write it like team or example.com/team"
