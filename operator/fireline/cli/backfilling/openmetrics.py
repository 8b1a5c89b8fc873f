"""Recorded series as OpenMetrics text, as ``promtool tsdb create-blocks-from openmetrics`` reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fireline.slo.replay.export import Series

END = "# EOF\n"
_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(slots=True)
class Size:
    """How much was written."""

    series: int = 0
    samples: int = 0
    bytes: int = 0

    def add(self, more: Size) -> None:
        """Counts more in."""
        self.series += more.series
        self.samples += more.samples
        self.bytes += more.bytes

    @property
    def words(self) -> str:
        """``35 series, 1,640,000 samples, 176 MB``."""
        return f"{self.series} series, {self.samples:,} samples, {megabytes(self.bytes)}"


def megabytes(size: int) -> str:
    """A size for people: ``176 MB``, ``0.4 MB``."""
    return f"{size / 1e6:.0f} MB" if size >= 10e6 else f"{size / 1e6:.1f} MB"


def lines(series: Series, *, before: float | None) -> Iterator[str]:
    """The samples of one series before a Unix time, in order: one line each."""
    labels = ",".join(
        f'{name}="{value.translate(_ESCAPED)}"' for name, value in sorted(series.labels.items())
    )
    prefix = f"{series.metric}{{{labels}}} "
    for at, value in series.track.samples():
        if before is None or at < before:
            yield f"{prefix}{value!r} {at}\n"
