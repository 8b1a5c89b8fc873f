"""Is what the rules recorded true? The recorded budget beside the exact one, for ever. Pure.

:mod:`fireline.refresh.auditing` asks both, ``agreement`` makes a condition of the verdict. Recorded
history is cheap and blind: it sees no errors inside a scrape gap, and hardly a series that lived for
minutes. Nobody would notice.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fireline.api.metrics import Sample
from fireline.slo import names
from fireline.slo.ledger import Exact
from fireline.slo.model import Objective

_MARK = "fireline"
_SLICE = names.SLICE.milliseconds // 1000
_RISE = _SLICE // 2
"""A slice is the mean of 5m rates: of the events of its last five minutes it holds half."""
_MOVING_SECONDS = 600
"""What burns within so many seconds may be in one figure and not yet in the other."""
_PRESENT = ("5m", "30m")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded budget consumed (1 = all of it), and until when it knows the events.

    ``moving``: how much of the budget is burning just now, within the time by which the two may differ.
    """

    consumed: float
    as_of: int
    moving: float


@dataclass(frozen=True, slots=True)
class Audit:
    """One comparison, at ``at`` (seconds since the epoch).

    ``consumed`` is the exact figure, ``drift`` recorded minus exact, both as shares of the budget; None
    where they could not be compared. ``agrees``: the drift is within the limit.
    """

    at: int
    consumed: float | None = None
    drift: float | None = None
    agrees: bool | None = None


def recorded_query(objective: Objective) -> str:
    """The recorded budget, when it was computed, and the time of the newest slice there is."""
    consumed = names.series(names.CONSUMED, objective)
    parts = {
        "consumed": f"sum({consumed})",
        "computed": f"max(timestamp({consumed}))",
        "slice": f"max(timestamp({names.series(names.slice5m(names.TOTAL), objective)}))",
    }
    return "\nor ".join(f'label_replace({expr}, "{_MARK}", "{name}", "", "")' for name, expr in parts.items())


def read_recorded(
    objective: Objective, samples: Iterable[Sample], burn: Mapping[str, float]
) -> Recorded | None:
    """The answer of ``recorded_query``; None without a figure, or with one of the period before.

    ``burn``: present burn rates by window, as in an observation.
    """
    found = {sample.labels.get(_MARK, ""): sample.value for sample in samples if math.isfinite(sample.value)}
    if not {"consumed", "computed", "slice"} <= found.keys():
        return None
    computed, newest = found["computed"], found["slice"]
    # The newest slice may be newer than the figure: the one it was computed from is some slices earlier.
    newest -= max(0, math.ceil((newest - computed) / _SLICE)) * _SLICE
    as_of = int(newest) - _RISE
    if objective.timeslice is not None:
        # The verdict on a slice is recorded while the next one lasts.
        as_of -= objective.timeslice.length.milliseconds // 1000
    window = objective.window.span(computed)
    if objective.window.calendar is not None and as_of <= window.start:
        return None
    rate = max((burn[name] for name in _PRESENT if name in burn), default=0.0)
    return Recorded(found["consumed"], as_of, rate * _MOVING_SECONDS / window.seconds)


def compare(recorded: Recorded, exact: Exact, *, limit: float) -> Audit:
    """The verdict.

    ``limit``: by how much of the budget the two may differ, such as 0.05; of a budget that is overspent,
    by that share of what is consumed, since errors of recording are shares. Without a verdict where the
    exact figure leaves something out, or has no traffic to tell of.
    """
    if exact.consumed is None or exact.heavy or exact.unknown:
        return Audit(recorded.as_of)
    drift = recorded.consumed - exact.consumed
    allowed = limit * max(1.0, exact.consumed) + recorded.moving
    return Audit(recorded.as_of, exact.consumed, drift, abs(drift) <= allowed)
