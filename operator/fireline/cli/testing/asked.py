"""A test alert that the operator is asked for, by an annotation; it answers in ``status.lastTest``."""

from __future__ import annotations

import secrets
import time
from typing import Any

from fireline.api.conditions import found, parse_timestamp
from fireline.api.delivery import DeliveryState, ReceiverOutcome, TestResult
from fireline.api.labels import TEST
from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY
from fireline.cli.cluster import Cluster, Unreachable, asking

_EVERY_SECONDS = 1.0
_TOOK = "it took the test alert"


def by_operator(cluster: Cluster, namespace: str, name: str, *, seconds: float) -> TestResult:
    """Asks for a test and waits for its result. Raises Unreachable when there is none in time."""
    nonce = secrets.token_hex(8)
    with asking(ALERT_POLICY):
        cluster.annotate(ALERT_POLICY, namespace, name, {TEST: nonce})
    deadline = time.monotonic() + seconds
    while True:
        with asking(ALERT_POLICY):
            status: Manifest = cluster.get(ALERT_POLICY, namespace, name).get("status", {})
        last = status.get("lastTest", {})
        if last.get("nonce") == nonce and last.get("state") != "Running":
            return _result(last)
        if time.monotonic() > deadline:
            raise Unreachable(_silence(status, nonce, f"{namespace}/{name}", seconds))
        time.sleep(_EVERY_SECONDS)


def _result(last: Manifest) -> TestResult:
    receivers = [ReceiverOutcome(name, DeliveryState.DELIVERED, _TOOK) for name in last.get("delivered", ())]
    for state, field in ((DeliveryState.FAILED, "failed"), (DeliveryState.UNKNOWN, "unknown")):
        receivers += [
            ReceiverOutcome(one["receiver"], state, one.get("message", "")) for one in last.get(field, ())
        ]
    return TestResult(
        last["nonce"], parse_timestamp(last["at"]), tuple(receivers), tuple(last.get("notes", ()))
    )


def _silence(status: dict[str, Any], nonce: str, policy: str, seconds: float) -> str:
    """Why there is no result, as far as the status tells."""
    if status.get("lastTest", {}).get("nonce") == nonce:
        return f"the test still runs after {seconds:.0f} s; its result will be in status.lastTest of {policy}"
    ready = found(status, "Ready")
    if ready is not None and ready["status"] == "False":
        return f"the operator sends no test while {policy} is not Ready: {ready['message']}"
    return (
        f"the operator has not taken notice of the test within {seconds:.0f} s: does it run, and does it "
        f"watch the namespace of {policy}? Without an operator, name Alertmanager's replicas with "
        f"--alertmanager"
    )
