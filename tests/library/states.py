"""When an alert is pending and firing, from when its expression yields something: as Prometheus has it.

A history cannot be evaluated by Prometheus itself as its own past, so the expressions are asked for over the
whole time and the rest is done here; ``test_states`` compares it with what promtool says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """How long a condition must hold, and how long the alert goes on after it, in seconds."""

    wait: float = 0
    keep: float = 0


def firing(
    outside: Sequence[bool], held: Held, step: float, within: Sequence[bool] | None = None
) -> Iterator[bool]:
    """Whether it fires at each evaluation.

    ``outside``: whether the expression yields something; ``within``: whether it also does once it fires
    (thresholds with a limit of their own to resolve at).
    """
    since: float | None = None
    fires, kept = False, None
    for number, found in enumerate(outside):
        now = number * step
        if found or (fires and within is not None and within[number]):
            kept = None
            since = now if since is None else since
            fires = fires or now - since >= held.wait
        else:
            kept = now if kept is None else kept
            fires = fires and now - kept < held.keep
            if not fires:
                since, kept = None, None
        yield fires


def episodes(fires: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(first, last) evaluation of each stretch of firing."""
    first: int | None = None
    for number, one in enumerate([*fires, False]):
        if one and first is None:
            first = number
        elif not one and first is not None:
            yield first, number - 1
            first = None
