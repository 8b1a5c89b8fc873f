"""The schedule of a SyntheticCheck as the cluster, or a file, holds it: also of one that is not valid.

For those that look at checks from outside: SLOs on them, and the operator's own metrics.
"""

from __future__ import annotations

from fireline.api.plan import Manifest
from fireline.errors import FirelineError
from fireline.synthetic.schedule import Timing, timing


def cadence_of(check: Manifest) -> Timing | None:
    """Of the spec; of what was carried out last where that makes no sense; None when nothing is known."""
    metadata, spec, status = check["metadata"], check.get("spec") or {}, check.get("status") or {}
    given = spec.get("schedule") or {}
    try:
        return timing(
            every=given.get("every"),
            cron=given.get("cron"),
            runner=spec.get("runner", "Job"),
            namespace=metadata["namespace"],
            name=metadata["name"],
        )
    except FirelineError:
        carried_out = (status.get("ledger") or {}).get("schedule")
        return Timing.parse(carried_out) if carried_out else None
