"""The configuration that Alertmanager really gets, when prometheus-operator merges AlertmanagerConfigs.

A pure restatement of prometheus-operator 0.85, held to the real one by ``tests/routes``: what is merged
(:func:`merged`), what is left out (:func:`refused`), and what stops it for everyone
(:func:`breaks_everything`). Secrets are never read; placeholders stand in their place.
"""

from __future__ import annotations

from fireline.alerting.effective.merge import DEFAULT_BASE, merged
from fireline.alerting.effective.origin import Origin
from fireline.alerting.effective.refusals import (
    OLDEST,
    breaks_everything,
    misread,
    must_exist,
    refused,
    refused_base,
)
from fireline.alerting.effective.tenancy import STRATEGIES, Strategy

__all__ = [
    "DEFAULT_BASE",
    "OLDEST",
    "STRATEGIES",
    "Origin",
    "Strategy",
    "breaks_everything",
    "merged",
    "misread",
    "must_exist",
    "refused",
    "refused_base",
]
