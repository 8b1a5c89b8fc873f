"""Alertmanager's HTTP answers as plain data, and its refusals as our errors. Pure.

Used by :mod:`fireline.alertmanager.client`. The shapes are those of API v2
(https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from fireline.alertmanager.replica import Status
from fireline.errors import AlertmanagerError, AlertmanagerForbidden

_FORBIDDEN_STATUS = {401, 403, 407}


def status(document: Any) -> Status:
    """Version and configuration of ``/api/v2/status``."""
    try:
        return Status(str(document["versionInfo"]["version"]), str(document["config"]["original"]))
    except (KeyError, TypeError) as error:
        raise AlertmanagerError(f"Alertmanager's status has a shape we do not know: {error!r}") from None


def listed(document: Any) -> list[dict[str, Any]]:
    """A list of objects: alerts, groups, silences."""
    if not isinstance(document, list) or not all(isinstance(one, dict) for one in document):
        raise AlertmanagerError("Alertmanager answered in a shape we do not know: no list of objects")
    return document


def receivers(config: str) -> frozenset[str]:
    """Names of the receivers of a configuration. Of thousands it takes a second: not in the event loop."""
    try:
        document = yaml.load(config, Loader=yaml.CSafeLoader)
        return frozenset(one["name"] for one in document.get("receivers") or ())
    except (yaml.YAMLError, AttributeError, KeyError, TypeError):
        raise AlertmanagerError("Alertmanager shows a configuration we cannot read") from None


def refusal(status: int, text: str, location: str = "", *, who: str = "Alertmanager") -> AlertmanagerError:
    """The error for an HTTP answer that is of no use, with the server's own words."""
    message = text.strip()[:500] or "no text"
    if location:
        message = f"redirected to {location}; name the final URL in the settings"
    else:
        try:
            document = json.loads(text)
        except ValueError:
            document = None
        if isinstance(document, str):  # API v2 answers with a JSON string
            message = document[:500]
    said = f"{who} answered {status}: {message}"
    return (AlertmanagerForbidden if status in _FORBIDDEN_STATUS else AlertmanagerError)(said)
