"""A test alert: whom it is for, and what became of it. Pure data.

:mod:`fireline.alertmanager.delivery` finds it out; the AlertPolicy planner writes it to
``status.lastTest`` and ``fireline test-alert`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

ALERT_NAME = "AlertPolicyTest"
"""``alertname`` of the test alert; the routes of a policy send it to every receiver."""


class DeliveryState(StrEnum):
    """What is known of one receiver. Nothing is ``Delivered`` on a guess."""

    DELIVERED = "Delivered"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class TestedReceiver:
    """A receiver the test alert goes to."""

    __test__: ClassVar[bool] = False  # pytest collects classes by such a name

    name: str
    """Its name in the policy."""
    full_name: str
    """Its name in Alertmanager: ``shop/alertpolicy-checkout/oncall``."""
    integrations: tuple[str, ...]
    """What it is made of, as Alertmanager's metrics call it, in order: ``("email", "slack", "slack")``."""
    address: str = ""
    """Where its address or credential comes from, in words: ``secret pd, key routing-key``. Never a value."""


@dataclass(frozen=True, slots=True)
class ReceiverOutcome:
    """What became of the test alert at one receiver. ``message`` holds no secret and no URL."""

    name: str
    state: DeliveryState
    message: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """The result of one test alert, a receiver at a time and in the order asked for."""

    __test__: ClassVar[bool] = False

    nonce: str
    at: datetime
    receivers: tuple[ReceiverOutcome, ...]
    notes: tuple[str, ...] = ()
    """What limited the test: a replica that did not answer, a right or a feature that is missing."""

    def of(self, state: DeliveryState) -> tuple[ReceiverOutcome, ...]:
        """The receivers in one state."""
        return tuple(one for one in self.receivers if one.state is state)

    @property
    def state(self) -> DeliveryState:
        """``Failed`` when one failed, else ``Unknown`` when one is, else ``Delivered``."""
        for state in (DeliveryState.FAILED, DeliveryState.UNKNOWN):
            if self.of(state):
                return state
        return DeliveryState.DELIVERED if self.receivers else DeliveryState.UNKNOWN
