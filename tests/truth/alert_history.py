"""Two weeks of alerts and of an error budget, by hand, so that every figure of quality can be counted.

One SLO, shop/checkout: 99.9 % over 30d of 100 requests a second, so 259,200 bad events are its budget. All
times are UTC. In Berlin clocks go back on Sunday, October 25th 2026: 07:30 UTC is 09:30 before and 08:30
after, 15:30 UTC is 17:30 before and 16:30 after. Nothing is stale here, since no file can hold that: a
Prometheus over this history needs ``--query.lookback-delta=45s``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bed.prometheus import backfill
from tests.bed.toolchain import Tools

DAY, MINUTE, SLICE = 86_400, 60, 300
BUDGET = 259_200
"""Bad events."""
FLAGS = ("--query.lookback-delta=45s",)


def at(text: str) -> int:
    """Unix time of ``10-25 00:10`` in UTC."""
    return int(datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp())


BEGIN, END = at("10-12 00:00"), at("10-28 00:00")
"""All that is recorded: two days more than two weeks."""
AWAY = (at("10-25 00:20"), at("10-25 00:32"))
"""Prometheus was restarted: its last evaluation before, and its first one afterwards."""

PAGE, TICKET = "SLOErrorBudgetBurnPage", "SLOErrorBudgetBurnTicket"
FAST = {"alertname": PAGE, "slo": "checkout", "slo_tier": "PageFast", "sev": "sev0", "severity": "critical"}
SLOW = {"alertname": PAGE, "slo": "checkout", "slo_tier": "PageSlow", "sev": "sev1", "severity": "critical"}
SOON = {
    "alertname": TICKET,
    "slo": "checkout",
    "slo_tier": "TicketFast",
    "sev": "sev2",
    "severity": "warning",
}
HALF = {
    "alertname": "SLOErrorBudgetConsumed",
    "slo": "checkout",
    "slo_tier": "Budget50",
    "sev": "sev2",
    "severity": "warning",
}
QUEUE = {"alertname": "QueueFull", "sev": "sev1", "severity": "critical"}
CERTIFICATE = {"alertname": "CertificateExpires", "sev": "sev2", "severity": "warning"}


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert that fires from ``start`` on, and no longer at ``end``."""

    labels: dict[str, str]
    start: str
    end: str
    state: str = "firing"


ALERTS = (
    Fired(CERTIFICATE, "10-12 00:00", "10-22 12:00"),  # since before anybody looks
    Fired(FAST, "10-15 10:00", "10-15 10:10"),  # last week, for nothing
    Fired(FAST, "10-16 10:00", "10-16 10:40"),  # last week, right
    # A: Wednesday 09:30 in Berlin. Two tiers page, and a ticket is opened: one page of 5h30m.
    Fired(FAST, "10-21 07:30", "10-21 08:10"),
    Fired(SLOW, "10-21 07:40", "10-21 13:00"),
    Fired(SOON, "10-21 08:00", "10-21 20:00"),
    # B: Thursday 17:30 in Berlin, off hours. A short blip: nearly nothing was spent.
    Fired(FAST, "10-22 15:30", "10-22 15:36"),
    # C: the night clocks go back, and Prometheus restarts meanwhile: one episode of 40m.
    Fired(FAST, "10-25 00:10", "10-25 00:50"),
    # D: Monday 08:30 in Berlin, off hours since the clocks went back.
    Fired(FAST, "10-26 07:30", "10-26 08:00"),
    Fired(SLOW, "10-26 20:00", "10-26 20:30", state="pending"),
    # E: a rule that is no SLO's flaps, Tuesday from 10:00 in Berlin on.
    Fired(QUEUE, "10-27 09:00", "10-27 09:05"),
    Fired(QUEUE, "10-27 09:12", "10-27 09:17"),
    Fired(QUEUE, "10-27 09:24", "10-27 09:29"),
    Fired(QUEUE, "10-27 09:36", "10-27 09:41"),
    Fired(HALF, "10-27 20:00", "10-28 00:01"),  # still there in the end
)
TWINS = ({"prometheus_replica": "a"}, {"prometheus_replica": "b"})
"""Each SLO alert is seen by two replicas."""
QUEUES = ({"instance": "queue-0"}, {"instance": "queue-1"}, {"instance": "queue-2"})
"""And the queue has three instances."""


@dataclass(frozen=True, slots=True)
class Spent:
    """So many bad events a second from ``start`` to ``end``, in whole slices."""

    start: str
    end: str
    rate: int


SPENT = (
    Spent("10-13 00:00", "10-13 00:05", 1),
    Spent("10-15 09:55", "10-15 10:00", 1),  # 300 events, 0.1 %
    Spent("10-16 09:55", "10-16 10:25", 20),  # 36,000 events, 13.9 %
    Spent("10-21 07:25", "10-21 07:55", 20),  # A, 13.9 %
    Spent("10-22 15:25", "10-22 15:30", 1),  # B, 0.1 %
    Spent("10-25 00:05", "10-25 00:20", 20),  # C, 18,000 events, 6.9 %
    Spent("10-26 07:20", "10-26 07:50", 20),  # D, 13.9 %
    Spent("10-27 12:00", "10-27 12:20", 20),  # F, 24,000 events, 9.3 %: nobody was told
)
BURNING = (("10-21 07:26", "10-21 08:00"), ("10-25 00:06", "10-25 00:20"), ("10-26 07:22", "10-26 07:55"))
"""Where the burn rate over 5m is 200: it shows a minute or two after the first bad event."""


def write(tools: Tools, directory: Path) -> Path:
    """The history as blocks; returns the data directory to start a Prometheus on."""
    directory.mkdir(parents=True, exist_ok=True)
    file, data = directory / "alerts.om", directory / "data"
    with file.open("w") as out:
        out.writelines(lines())
        out.write("# EOF\n")
    backfill(tools, file, data)
    file.unlink()
    return data


def lines() -> Iterator[str]:
    """OpenMetrics, series by series."""
    for labels, times in _alerts().items():
        yield from _series("ALERTS", labels, ((one, 1.0) for one in sorted(times)))
    slo = {"namespace": "shop", "slo": "checkout", "sli": "v1-0123456789"}
    yield from _series("slo:objective:ratio", _text(slo), ((one, 0.999) for one in _evaluated(MINUTE)))
    info = {**slo, "slo_window": "30d", "objective": "99.9"}
    yield from _series("slo:info", _text(info), ((one, 1.0) for one in _evaluated(MINUTE)))
    yield from _series("slo:burn_rate:ratio", _text({**slo, "window": "5m"}), _burn())
    bad = {one: float(_rate(one)) for one in _evaluated(SLICE)}
    yield from _series("slo:bad:slice5m", _text(slo), bad.items())
    total, sums = 0.0, []
    for one, rate in bad.items():
        total += rate * SLICE
        sums.append((one, total))
    spent = [(one, events / BUDGET) for one, events in sums]
    yield from _series("slo:bad:rate30d", _text(slo), ((one, events / 2_592_000) for one, events in sums))
    yield from _series("slo:error_budget_consumed:ratio", _text(slo), spent)
    yield from _series(
        "slo:error_budget_remaining:ratio", _text(slo), ((one, 1 - part) for one, part in spent)
    )


def _alerts() -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for fired in ALERTS:
        seen_by = TWINS if "slo" in fired.labels else QUEUES if fired.labels is QUEUE else ({},)
        for more in seen_by:
            own = {**fired.labels, **more, "alertstate": fired.state}
            labels = _text({"namespace": "shop", "alert_policy": "shop/checkout", **own})
            times = range(at(fired.start), at(fired.end), MINUTE)
            found.setdefault(labels, set()).update(one for one in times if _there(one))
    return found


def _rate(end: int) -> int:
    """Of the slice that ends there."""
    return sum(one.rate for one in SPENT if at(one.start) < end <= at(one.end))


def _burn() -> Iterator[tuple[int, float]]:
    spans = [(at(start), at(end)) for start, end in BURNING]
    for one in _evaluated(MINUTE):
        yield one, 200.0 if any(start <= one < end for start, end in spans) else 0.5


def _evaluated(step: int) -> Iterator[int]:
    return (one for one in range(BEGIN, END + 1, step) if _there(one))


def _there(one: int) -> bool:
    return not AWAY[0] < one < AWAY[1]


def _text(labels: dict[str, str]) -> str:
    return ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))


def _series(name: str, labels: str, points: Iterable[tuple[int, float]]) -> Iterator[str]:
    return (f"{name}{{{labels}}} {value} {when}\n" for when, value in points)
