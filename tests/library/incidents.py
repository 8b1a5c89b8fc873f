"""What goes wrong, and which alerts of the library must tell of it.

Every kind happens once or twice within the weeks that are judged. Beside the incidents there are things that
happen and that nobody should be told of: short hiccups at releases, restarts, a holiday, a campaign, gaps in
scraping.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.library.signals import DAY, HOUR, MINUTE, WEEK, Levels


@dataclass(frozen=True)
class Kind:
    """``effects``: ``"x"`` multiplies a signal, ``"="`` sets it. ``finds``: alerts of which each must tell of
    it; ``may``: alerts that may. ``after``: minutes for which what it did is still there. ``hours``: when it
    strikes; ``days``: on which days of the week."""

    name: str
    minutes: float
    effects: tuple[tuple[str, str, float], ...]
    finds: tuple[str, ...]
    may: tuple[str, ...] = ()
    after: float = 30
    hours: tuple[int, int] = (0, 23)
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    times: int = 2


@dataclass(frozen=True)
class Incident:
    """One of a kind, from ``first`` to before ``end``, in scrapes; noticed until ``over``."""

    kind: Kind
    first: int
    end: int
    over: int

    def explains(self, alert: str, at: int) -> bool:
        """Whether an episode of an alert that begins then is about it."""
        return alert in (*self.kind.finds, *self.kind.may) and self.first <= at <= self.over


def _failing(name: str, share: float, minutes: float, *finds: str, **more: object) -> Kind:
    return Kind(f"{name} fails", minutes, ((f"{name}.failed", "=", share),), finds, **more)  # type: ignore[arg-type]


KINDS = (
    Kind(
        "checkout is broken",
        25,
        (("checkouts.failed", "=", 0.3), ("checkout-http.failed", "=", 0.1)),
        ("CheckoutFailuresHigh", "CheckoutErrorsHigh"),
    ),
    Kind("paying is slow", 40, (("checkout-http.slow", "=", 0.15),), ("CheckoutLatencyHigh",)),
    Kind(
        "nobody reaches checkout",
        30,
        (("checkout-http", "x", 0.2), ("checkouts", "x", 0.2)),
        ("CheckoutRequestsDropped",),
    ),
    _failing("gateway", 0.04, 20, "GatewayErrorsHigh", may=("ErrorRateAnomaly",), after=60),
    Kind(
        "everything is slow",
        45,
        (("gateway.slow", "=", 0.12), ("latency", "x", 3)),
        ("GatewayLatencyHigh", "LatencyAnomaly"),
        after=60,
    ),
    Kind("the gateway is gone", 16, (("gateway", "=", -1),), ("GatewayRequestsAbsent",)),
    Kind(
        "somebody tries to be an administrator", 2, (("admin-denied", "=", 1),), ("UnauthorizedAdminAttempt",)
    ),
    Kind(
        "stolen passwords are tried",
        60,
        (("logins", "x", 3), ("logins.failed", "=", 0.7)),
        ("AuthFailureSpike", "AuthFailuresAnomaly"),
        after=90,
    ),
    Kind("somebody scrapes the shop", 30, (("gateway.limited", "=", 0.15),), ("RateLimitSpike",)),
    _failing("joins", 0.25, 30, "JoinRequestsFailing"),
    _failing("check-ins", 0.2, 30, "CheckInsFailing", hours=(18, 21), days=(4, 5)),
    _failing("creates", 0.1, 40, "EventCreationFailing"),
    Kind("lists are slow", 40, (("lists.slow", "=", 0.2),), ("ListQueriesSlow",)),
    _failing("renewals", 0.3, 90, "SubscriptionRenewalsFailing", after=60),
    _failing("messages", 0.08, 30, "MessageDeliveryFailing"),
    _failing("push-ios", 0.6, 60, "PushDeliveryFailing"),
    Kind(
        "pushes are not sent",
        90,
        (("push-ios", "x", 0.25), ("push-android", "x", 0.25)),
        ("PushVolumeAnomaly",),
        after=240,
        hours=(8, 20),
    ),
    _failing("media", 0.3, 45, "MediaFinalizeFailing"),
    Kind(
        "uploads are broken", 120, (("media", "x", 0.2),), ("MediaUploadsAnomaly",), after=240, hours=(8, 20)
    ),
    _failing("mail-calls", 0.4, 30, "DependencyFailing"),
    Kind("mail is slow", 40, (("mail-calls.slow", "=", 0.3),), ("DependencySlow",)),
    Kind("connections leak", 30, (("pool", "=", 0.97),), ("ConnectionPoolNearlyFull",)),
    Kind("an index is missing", 40, (("queries.slow", "=", 0.15),), ("SlowQueriesHigh",)),
    Kind("the cache is empty", 40, (("lookups.missed", "=", 0.5),), ("CacheHitRateLow",)),
    Kind("memory leaks", 60, (("memory", "=", 0.96),), ("MemoryNearLimit",)),
    Kind("a backup fails", 26 * 60, (("backup", "=", 0),), ("BackupTooOld",), hours=(1, 1), times=1, after=0),
    Kind("a disk fills", 390, (("disk-growth", "=", 0.05),), ("DiskFillingUp",), times=1, after=60),
    Kind(
        "workers are stuck",
        120,
        (("mail-workers", "=", 0.4),),
        ("QueueDepthHigh", "QueueLagHigh", "QueueSLABreachForecast"),
        may=("BacklogAnomaly",),
        after=240,
        hours=(9, 16),
        times=1,
    ),
    Kind("more waits than usual", 120, (("waiting", "x", 4),), ("BacklogAnomaly",), after=240, times=1),
    Kind(
        "no collector runs",
        16,
        (("collector-a", "=", 0), ("collector-b", "=", 0)),
        ("TelemetryCollectorDown",),
        may=("ScrapeFailing",),
    ),
    Kind("telemetry is lost", 30, (("points.lost", "=", 0.05),), ("TelemetryDataDropped",)),
    Kind("a target is down", 30, (("api-a", "=", 0),), ("ScrapeFailing",)),
    Kind("a label explodes", 60, (("samples", "x", 4),), ("CardinalityHigh",)),
    Kind(
        "a certificate is forgotten",
        30 * 60,
        (("certificate-a", "=", 0),),
        ("CertificateExpiresSoon",),
        times=1,
    ),
    Kind(
        "a certificate nearly ends",
        12.5 * 24 * 60,
        (("certificate-b", "=", 0),),
        ("CertificateExpiresSoon", "CertificateExpiresNow"),
        times=1,
    ),
    Kind(
        "logs are left at debug",
        48 * 60,
        (("bytes", "x", 1.6),),
        ("TelemetryCostRising",),
        times=1,
        after=24 * 60,
    ),
    Kind("a rule cannot be evaluated", 20, (("rule-failures", "=", 0.02),), ("RuleEvaluationFailing",)),
    Kind(
        "a receiver refuses",
        40,
        (("notifications", "x", 5), ("notifications.failed", "=", 0.5)),
        ("AlertmanagerNotificationsFailing",),
    ),
    Kind("a few more errors", 60, (("gateway.failed", "x", 6),), ("ErrorRateAnomaly",), after=60),
)


def script(seed: int, first: int, end: int) -> list[Incident]:
    """Incidents between two scrapes, none beside another of its kind or on the same signal."""
    random_ = random.Random(f"incidents {seed}")
    found: list[Incident] = []
    for kind in sorted(KINDS, key=lambda one: (-one.minutes, one.name)):
        for _ in range(kind.times):
            found.append(_place(random_, kind, found, first, end))
    return sorted(found, key=lambda one: one.first)


def _place(random_: random.Random, kind: Kind, others: Sequence[Incident], first: int, end: int) -> Incident:
    length, after = int(kind.minutes * MINUTE), int(kind.after * MINUTE)
    touched = {signal for signal, _, _ in kind.effects}
    for _ in range(10_000):
        day, hour = random_.randrange(first // DAY, end // DAY), random_.randint(*kind.hours)
        at = day * DAY + hour * HOUR + random_.randrange(HOUR)
        one = Incident(kind, at, at + length, at + length + after)
        same = [other for other in others if touched & {signal for signal, _, _ in other.kind.effects}]
        if day % 7 in kind.days and one.over < end and not any(_near(one, other) for other in same):
            return one
    raise AssertionError(f"no room for {kind.name}")


def _near(one: Incident, other: Incident) -> bool:
    """Within a day of one another."""
    return one.first - DAY < other.over and other.first - DAY < one.over


def happen(incidents: Sequence[Incident], signals: Mapping[str, Levels]) -> None:
    """Change the signals as the incidents do."""
    for incident in incidents:
        for signal, how, value in incident.kind.effects:
            if signal in signals:  # a certificate is no signal: see ``series``
                _change(signals[signal], incident.first, incident.end, how, value)


def hiccups(seed: int, first: int, end: int, signals: Mapping[str, Levels]) -> None:
    """What happens, and what nobody is to be told of."""
    random_ = random.Random(f"hiccups {seed}")

    def somewhere() -> int:
        return random_.randrange(first, end - DAY)

    for _ in range(12):  # releases: a few bad minutes
        at = somewhere()
        _change(signals["gateway.failed"], at, at + 1, "=", 0.02)
        _change(signals["checkouts.failed"], at, at + 2, "=", 0.04)
    holiday = first // DAY * DAY + 2 * WEEK + 3 * DAY
    campaign = first // DAY * DAY + WEEK + DAY + 17 * HOUR
    for name in ("gateway", "checkout-http", "checkouts"):
        _change(signals[name], holiday, holiday + DAY, "x", 0.75)
        _change(signals[name], campaign, campaign + 2 * HOUR, "x", 1.4)
    for _ in range(3):  # gaps in scraping
        at = somewhere()
        _change(signals["gateway"], at, at + 3, "=", -1)
    for night in range(end // DAY):  # a batch, as long as anybody remembers
        at = night * DAY + 2 * HOUR
        _change(signals["mail"], at, at + int(10 * MINUTE), "x", 4)


def _change(levels: Levels, first: int, end: int, how: str, value: float) -> None:
    for at in range(first, min(end, len(levels))):
        levels[at] = levels[at] * value if how == "x" else value
