"""The variables of one run: given, secret, built in and captured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fireline.errors import FirelineError
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.message import rfc3339


class VariableMissing(FirelineError):
    """A secret that the journey needs has no value."""


def at_start(
    journey: Journey, *, secrets: Mapping[str, str], run_id: str, started: datetime
) -> dict[str, str]:
    """What is known before the first step. ``secrets`` by name of variable. Raises VariableMissing."""
    values = {
        "run.id": run_id,
        "run.check": journey.check,
        "run.location": journey.location,
        "run.startedAt": rfc3339(started),
    }
    for variable in journey.variables:
        value = secrets.get(variable.name) if variable.value is None else variable.value
        if value is None:
            raise VariableMissing(
                f"variable {variable.name} has no value: {variable.env} is not in the environment of the"
                " probe; look at its secretKeyRef"
            )
        values[variable.name] = value
    return values


class Scope:
    """Variables while steps go on: what they capture is added.

    ``capturable`` are the names that some step may add. A step that is tried again may capture another
    value for the same variable, and what the first one named may have been made all the same: ``earlier``
    keeps such values for the cleanup.
    """

    def __init__(self, values: Mapping[str, str], *, capturable: Iterable[str] = ()) -> None:
        self.values = dict(values)
        self.capturable = frozenset(capturable)
        self.earlier: list[dict[str, str]] = []

    def capture(self, captured: Mapping[str, str], *, again: bool) -> None:
        """Take values of an answer; ``again`` when an attempt of the same step came before."""
        replaced = {
            name: self.values[name]
            for name, value in captured.items()
            if again and self.values.get(name, value) != value
        }
        if replaced:
            self.earlier.append(replaced)
        self.values.update(captured)
