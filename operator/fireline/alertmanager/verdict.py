"""From counters and log lines to what became of a test alert at each receiver. Pure.

Called by :mod:`fireline.alertmanager.delivery` after every look. Nothing is ``Delivered`` unless the
counters leave no other explanation; nothing is ``Failed`` unless a failure was counted or logged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from fireline.alertmanager.causes import Cause, reason
from fireline.alertmanager.logs import LoggedFailure
from fireline.alertmanager.replica import Counters, Sender, Sent
from fireline.api.delivery import DeliveryState, ReceiverOutcome, TestedReceiver

SETTLING_SECONDS = 3.0
"""An earlier look may not show yet what is under way: routes of test alerts wait 1 s."""
PATIENCE_SECONDS = 10.0
"""How long a receiver whose first tries failed may take to succeed yet."""
FEATURE = (
    "Alertmanager does not tell receivers apart in its metrics; start it with "
    "--enable-feature=receiver-name-in-metrics (spec.enableFeatures of the Alertmanager object)"
)
_OTHERS = (
    "other notifications were sent to it meanwhile (the end of an earlier test, for one), so this one cannot "
    "be told apart; test again in a minute"
)
_ANEW = "Alertmanager was restarted or loaded its configuration anew meanwhile; test again"


@dataclass(frozen=True, slots=True)
class Look:
    """What one replica shows, before the alert was posted and now."""

    place: str
    before: Counters
    now: Counters
    loaded: frozenset[str]
    """Receivers in its configuration."""
    routed: frozenset[str] = frozenset()
    """Receivers that have the test alert in a group."""
    muted: str = ""
    """What keeps the test alert from being sent, in words."""
    gone: str = ""
    """Why it cannot be asked any more, in words."""

    @property
    def broken(self) -> str:
        """Why its counters do not go on from where they were, in words."""
        return self.gone or ("" if self.before.epoch == self.now.epoch else _ANEW)


class _Standing(IntEnum):
    """Of a notification at one replica; of several replicas the highest counts."""

    NOTHING = 0
    UNCLEAR = 1
    UNDERWAY = 2
    FAILING = 3
    FAILED = 4
    DELIVERED = 5


@dataclass(frozen=True, slots=True)
class _View:
    """One integration of one receiver as one replica shows it."""

    standing: _Standing
    words: str = ""
    place: str = ""
    over: bool = False
    """Whether waiting cannot change it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one receiver. ``settled``: waiting would not change it."""

    outcome: ReceiverOutcome
    settled: bool


Conclusions = dict[tuple[str, str, str], _View]
"""What needs no second look, by receiver, integration and replica."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges looks at the replicas. ``seconds``: how long the test has been going on."""

    receivers: Sequence[TestedReceiver]
    failures: Collection[LoggedFailure] = ()
    no_logs: str = ""
    """Why no log can be read, in words that say what would change that."""
    seconds: float = 0.0
    concluded: Conclusions = field(default_factory=dict)
    """Kept from look to look: later notifications do not change what has become of this one."""
    _by_name: dict[str, list[LoggedFailure]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Sorts the failures."""
        for one in self.failures:
            self._by_name.setdefault(one.receiver, []).append(one)

    def verdicts(self, looks: Sequence[Look]) -> list[Verdict]:
        """One per receiver, in order."""
        return [self._verdict(receiver, looks) for receiver in self.receivers]

    def _verdict(self, receiver: TestedReceiver, looks: Sequence[Look]) -> Verdict:
        kinds = list(dict.fromkeys(receiver.integrations))
        found = {kind: [self._view(receiver, kind, look) for look in looks] for kind in kinds}
        best = {kind: max(views, key=lambda one: one.standing) for kind, views in found.items()}
        settled = all(
            best[kind].standing is _Standing.DELIVERED or all(one.over for one in views)
            for kind, views in found.items()
        )
        parts = {kind: self._part(receiver, best[kind], looks) for kind in kinds}
        states = [state for state, _ in parts.values()]
        state = next(
            (one for one in (DeliveryState.FAILED, DeliveryState.UNKNOWN) if one in states),
            DeliveryState.DELIVERED,
        )
        told = {kind: words for kind, (own, words) in parts.items() if own is state}
        message = "; ".join(f"{kind}: {words}" for kind, words in told.items())
        if state is DeliveryState.DELIVERED and (bad := _refusing(found)):
            message += f"; at {bad.place} it failed: {bad.words}"
        return Verdict(ReceiverOutcome(receiver.name, state, message), settled)

    def _part(
        self, receiver: TestedReceiver, best: _View, looks: Sequence[Look]
    ) -> tuple[DeliveryState, str]:
        """State and words of one integration."""
        look_at = f"; look at {receiver.address}" if receiver.address else ""
        match best.standing:
            case _Standing.DELIVERED:
                return DeliveryState.DELIVERED, "it took the test alert"
            case _Standing.FAILED:
                return DeliveryState.FAILED, f"{best.words}{look_at}"
            case _Standing.FAILING:
                return DeliveryState.FAILED, f"{best.words}, and Alertmanager goes on trying{look_at}"
            case _Standing.UNDERWAY:
                return DeliveryState.FAILED, f"{Cause.TIMEOUT.value} ({self.seconds:.0f} s){look_at}"
            case _Standing.UNCLEAR:
                return DeliveryState.UNKNOWN, best.words
            case _Standing.NOTHING:
                return DeliveryState.UNKNOWN, self._nothing(receiver, looks)

    def _nothing(self, receiver: TestedReceiver, looks: Sequence[Look]) -> str:
        """Why no notification was begun."""
        if gone := next((look.gone for look in looks if look.gone), ""):
            return gone
        if muted := next((look.muted for look in looks if look.muted), ""):
            return muted
        if not any(receiver.full_name in look.loaded for look in looks):
            return "Alertmanager has not loaded this receiver"
        if not any(receiver.full_name in look.routed for look in looks):
            return "Alertmanager does not route the test alert to it: the policy's routes are not loaded"
        return f"Alertmanager began no notification to it within {self.seconds:.0f} s"

    def _view(self, receiver: TestedReceiver, kind: str, look: Look) -> _View:
        """How an integration stands at one replica; the log knows more than counters that cannot tell."""
        key = receiver.full_name, kind, look.place
        if key not in self.concluded:
            view = self._fresh_view(receiver, kind, look)
            if not (view.over and view.standing >= _Standing.FAILED and self.seconds >= SETTLING_SECONDS):
                return view
            self.concluded[key] = view
        return self.concluded[key]

    def _fresh_view(self, receiver: TestedReceiver, kind: str, look: Look) -> _View:
        named = [one for one in self._by_name.get(receiver.full_name, ()) if one.integration == kind]
        counted = self._counted(receiver, kind, look, named)
        logged = next((one for one in reversed(named) if one.ours), None)
        if logged and counted.standing <= _Standing.UNCLEAR and (logged.final or not look.broken):
            return self._failed(look, logged.words, final=logged.final)
        return counted

    def _counted(self, receiver: TestedReceiver, kind: str, look: Look, named: list[LoggedFailure]) -> _View:
        """The same by the counters; ``named`` are the failures that the log knows."""
        if look.broken:
            return _View(_Standing.UNCLEAR, look.broken, over=not look.gone)
        if receiver.full_name not in look.loaded:
            return _View(_Standing.NOTHING, over=True)
        if look.now.by_receiver:
            sent = _moved(look, Sender(kind, receiver.full_name))
            return self._alone(look, sent, receiver.integrations.count(kind), named)
        return self._among(look, kind, named)

    def _alone(self, look: Look, sent: Sent, expected: int, named: list[LoggedFailure]) -> _View:
        """Where the counters are the receiver's own."""
        if sent.begun < expected:
            return _View(_Standing.NOTHING)
        # What failed is begun again with the next flush of its group. Where nothing at all was taken,
        # it does not matter whose notifications they were.
        if sent.begun > expected and sent.taken:
            return _View(_Standing.UNCLEAR, _OTHERS, over=True)
        if sent.taken >= expected:
            return _View(_Standing.DELIVERED, place=look.place, over=True)
        if not sent.refused and not sent.given_up:
            return _View(_Standing.UNDERWAY)
        return self._failed(look, self._why(sent, named), final=bool(sent.given_up), known=bool(named))

    def _among(self, look: Look, kind: str, named: list[LoggedFailure]) -> _View:
        """Where the counters are of all receivers with such an integration; the log may name the failed."""
        pool = [one for one in self.receivers if kind in one.integrations and one.full_name in look.loaded]
        expected = sum(one.integrations.count(kind) for one in pool)
        sent = _moved(look, Sender(kind, None))
        good = sent.taken
        if sent.begun > expected:
            return _View(_Standing.UNCLEAR, f"{_OTHERS}. {FEATURE}", over=True)
        if sent.begun < expected:
            return _View(_Standing.NOTHING)
        if good >= expected:
            return _View(_Standing.DELIVERED, place=look.place, over=True)
        if named:
            return self._failed(look, named[-1].words, final=named[-1].final)
        if sent.given_up >= expected:
            return self._failed(look, self._why(sent, named), final=True, known=bool(self.no_logs))
        if good and good == expected - self._named(pool, kind):
            return _View(_Standing.DELIVERED, place=look.place, over=True)
        over = good + sent.given_up >= expected and bool(self.no_logs)
        failed = f"{expected - good:.0f} of {expected} {kind} notifications failed or are unanswered"
        return _View(_Standing.UNCLEAR, f"{failed}. {FEATURE}", over=over)

    def _named(self, pool: Iterable[TestedReceiver], kind: str) -> int:
        """How many integrations of a kind the log says to have failed."""
        names = {one.full_name for one in pool}
        logged = {(one.receiver, one.index) for one in self.failures if one.integration == kind}
        return sum(receiver in names for receiver, _ in logged)

    def _failed(self, look: Look, words: str, *, final: bool, known: bool = True) -> _View:
        """``known``: the log has told why, so there is nothing to wait for. Without a log there never is."""
        standing = _Standing.FAILED if final else _Standing.FAILING
        enough = final or self.seconds >= PATIENCE_SECONDS
        return _View(standing, words, look.place, over=enough and (known or bool(self.no_logs)))

    def _why(self, sent: Sent, named: list[LoggedFailure]) -> str:
        """The cause as far as it is known."""
        if named:
            return named[-1].words
        more = f" ({self.no_logs})" if self.no_logs else ""
        if sent.reasons:
            return f"{' or '.join(reason(one) for one in sorted(sent.reasons))}{more}"
        return f"the first attempt failed{more}"


def _refusing(found: dict[str, list[_View]]) -> _View | None:
    """A replica that failed where another one delivered."""
    failed = (_Standing.FAILED, _Standing.FAILING)
    return next((one for views in found.values() for one in views if one.standing in failed), None)


def _moved(look: Look, sender: Sender) -> Sent:
    """By how much the counters of a sender have moved since the alert was posted."""
    return look.now.sent.get(sender, Sent()).since(look.before.sent.get(sender, Sent()))
