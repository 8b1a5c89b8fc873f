"""``status.lastTest``: written before the test alert is sent, so that no crash sends it twice.

A first plan writes that the test runs; only then is it sent. An operator that finds a test running that
it did not announce itself was started in the middle of it, and says so.
"""

from __future__ import annotations

from datetime import timedelta

from fireline.alerting.situation import Situation
from fireline.api.conditions import timestamp
from fireline.api.delivery import DeliveryState, ReceiverOutcome, TestResult
from fireline.api.plan import Manifest

_SOON = timedelta(seconds=1)
_NONCE_LIMIT = 64
_INTERRUPTED = "the operator was restarted during this test; annotate another value to test again"


def last_test(situation: Situation) -> tuple[Manifest, timedelta | None]:
    """The test as the status should show it, and when to look again."""
    before: Manifest = situation.old.get("lastTest", {})
    nonce = situation.nonce[:_NONCE_LIMIT]
    if not nonce or (before.get("nonce") == nonce and before.get("state") != "Running"):
        return before, None
    result = situation.observation.test
    if result is not None and result.nonce == nonce:
        return _shown(result), None
    if before.get("nonce") == nonce and not situation.announced:
        return {**before, "state": "Unknown", "at": timestamp(situation.now), "notes": [_INTERRUPTED]}, None
    return {"nonce": nonce, "state": "Running"}, _SOON


def due(situation: Situation) -> bool:
    """Whether the test may be sent: that it runs stands in the status, and by this process."""
    before: Manifest = situation.old.get("lastTest", {})
    written = before.get("nonce") == situation.nonce[:_NONCE_LIMIT] and before.get("state") == "Running"
    return bool(situation.nonce) and written and situation.announced


def _shown(result: TestResult) -> Manifest:
    found: Manifest = {
        "nonce": result.nonce,
        "at": timestamp(result.at),
        "state": result.state.value,
        "delivered": [one.name for one in result.of(DeliveryState.DELIVERED)],
        "failed": _outcomes(result.of(DeliveryState.FAILED)),
        "unknown": _outcomes(result.of(DeliveryState.UNKNOWN)),
        "notes": [note[:1024] for note in result.notes[:8]],
    }
    return {key: value for key, value in found.items() if value}


def _outcomes(outcomes: tuple[ReceiverOutcome, ...]) -> list[Manifest]:
    return [{"receiver": one.name, "message": one.message[:1024]} for one in outcomes]
