"""Labels and annotations Fireline puts on every object it writes (the contract of docs/reference)."""

from __future__ import annotations

MANAGED_BY = "app.kubernetes.io/managed-by"
PART_OF = "app.kubernetes.io/part-of"
MANAGER = "fireline"
"""Value of ``managed-by``, and the field manager of every server-side apply."""

OWNER_KIND = "fireline.dev/owner-kind"
OWNER_NAME = "fireline.dev/owner-name"
OWNER_UID = "fireline.dev/owner-uid"
INSTANCE = "fireline.dev/instance"
"""Tells two installations in one cluster apart; each touches only its own children."""

SPEC_HASH = "fireline.dev/spec-hash"
RENDERER = "fireline.dev/renderer"
CORRELATION_ID = "fireline.dev/correlation-id"
SLO_WINDOW = "fireline.dev/slo-window"
"""On an SLO's rule object: the window its namespace's shared rules must record."""
TIER_WINDOWS = "fireline.dev/tier-windows"
"""On an SLO's rule object: further windows its own burn-rate tiers read, with commas between them."""
MAINTENANCE = "fireline.dev/maintenance"
"""On an SLO's rule object: ``true`` when it has maintenance."""
ALERT_LABELS = "fireline.dev/alert-labels"
"""On an SLO's rule object: hashes of the labels of its alerts, see ``fireline.slo.deferral``."""
SOURCE = "fireline.dev/source"
"""On a rule object: the Prometheus source it is written for."""
