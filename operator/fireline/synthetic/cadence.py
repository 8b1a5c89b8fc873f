"""The schedule of a SyntheticCheck as the cluster, or a file, holds it: also of one that is not valid.

For those that look at checks from outside: SLOs on them, and the operator's own metrics.
"""

from __future__ import annotations

from typing import Any

from fireline.api.plan import Manifest
from fireline.errors import FirelineError
from fireline.synthetic.schedule import Timing, timing


def cadence_of(check: Manifest) -> Timing | None:
    """Of the spec; of what was carried out last where that makes no sense; None when nothing is known."""
    metadata, spec, status = check["metadata"], check.get("spec") or {}, check.get("status") or {}
    # In a file anything may stand there.
    given = spec.get("schedule") if isinstance(spec.get("schedule"), dict) else {}
    try:
        return timing(
            every=_text(given, "every"),
            cron=_text(given, "cron"),
            runner="Prober" if spec.get("runner") == "Prober" else "Job",
            namespace=metadata["namespace"],
            name=metadata["name"],
        )
    except FirelineError:
        carried_out = (status.get("ledger") or {}).get("schedule")
        return Timing.parse(carried_out) if carried_out else None


def _text(given: Any, name: str) -> str | None:
    found = given.get(name)
    return found if isinstance(found, str) else None
