"""How Alertmanager's refusals become our errors, given to :mod:`fireline.http`."""

from __future__ import annotations

from fireline.alertmanager.answers import refusal
from fireline.errors import AlertmanagerError, AlertmanagerForbidden
from fireline.http.errors import Errors

ALERTMANAGER = Errors(
    general=AlertmanagerError, forbidden=AlertmanagerForbidden, heavy=AlertmanagerError, refusal=refusal
)
