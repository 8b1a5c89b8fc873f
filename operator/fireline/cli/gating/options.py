"""Options of the gate as typed values."""

from __future__ import annotations

import click

from fireline.errors import PromQLError
from fireline.promql.durations import Duration


def duration(option: str, text: str) -> Duration:
    """A length of time. Raises click's UsageError when the text is none."""
    try:
        return Duration.parse(text)
    except PromQLError as error:
        raise click.UsageError(f"{option}: {error}") from error
