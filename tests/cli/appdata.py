"""An application's last hour for ``validate`` and ``explain`` with ``--prometheus``, by arithmetic.

Backfilled up to now, so that an age of ten minutes and a pace of two are there at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.bed.prometheus import backfill
from tests.bed.toolchain import Tools

SECONDS = 3900
REGIONS = tuple(f"r{number:02}" for number in range(60))

RULES = """\
groups:
- name: recorded
  interval: 1s
  rules:
  - {record: app_everything_total, expr: sum by (job) (app_requests_total)}
  - {record: app_renamed_total, expr: app_requests_total}
"""
"""One rule that sums counters under an innocent name, and one that only renames."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: a counter with ``rate`` a second, or a gauge that stays at ``value``."""

    metric: str
    labels: Mapping[str, str] = field(default_factory=dict)
    rate: float = 0.0
    value: float | None = None
    step: int = 15

    def lines(self, end: int) -> Iterator[str]:
        """The series as OpenMetrics, up to ``end``."""
        inside = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        for at in range(end - SECONDS, end + 1, self.step):
            value = self.rate * (at - end + SECONDS) if self.value is None else self.value
            yield f"{self.metric}{{{inside}}} {value:g} {at}\n"


SERIES = (
    *(
        Series("app_requests_total", {"job": "app", "region": region, "code": code}, rate)
        for region in ("eu", "us")
        for code, rate in (("200", 9.0), ("500", 1.0))
    ),
    Series("app_failures_total", {"job": "app"}, 30.0),
    Series("app_partly_total", {"job": "app", "region": "eu"}, 1.0),
    Series("app_partly_total", {"job": "worker"}, 1.0),
    *(Series("app_spread_total", {"region": region}, 1.0) for region in REGIONS),
    Series("slow_requests_total", {"job": "slow"}, 1.0, step=120),
    Series("app_up", {"job": "app"}, value=1.0),
    Series("app_level", {"job": "app"}, value=0.42),
)
TYPES = {"app_up": "gauge", "app_level": "gauge"}


def write(tools: Tools, folder: Path, data: Path, *, end: int) -> None:
    """Backfill every series into a Prometheus' data directory."""
    file = folder / "app.om"
    families: dict[str, list[Series]] = {}
    for series in SERIES:
        families.setdefault(series.metric, []).append(series)
    with file.open("w") as out:
        for metric, members in families.items():
            out.write(f"# TYPE {metric.removesuffix('_total')} {TYPES.get(metric, 'counter')}\n")
            for series in members:
                out.writelines(series.lines(end))
        out.write("# EOF\n")
    backfill(tools, file, data)
