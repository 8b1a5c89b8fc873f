"""Whether a limit is a bucket bound of a classic histogram, and what to say when it is none. Pure.

A classic histogram knows how many requests stayed below a bound, and nothing in between.
"""

from __future__ import annotations

from collections.abc import Sequence

from fireline.promql.durations import Duration


def missing_bound(limit: Duration, bounds: Sequence[Duration]) -> str | None:
    """Words for a limit that is no bound, with the nearest ones; None when it is one."""
    ordered = sorted(set(bounds))
    if limit in ordered:
        return None
    near = [*[bound for bound in ordered if bound < limit][-1:], *[b for b in ordered if b > limit][:1]]
    listed = ", ".join(map(str, ordered))
    return (
        f"{limit} is no bucket bound of the histogram; nearest: {' and '.join(map(str, near))} "
        f"(bounds: {listed})"
    )
