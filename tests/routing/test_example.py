"""examples/alert-policy on real servers: which receivers got which of six alerts, firing and resolved."""

from __future__ import annotations

import copy
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed.waiting import wait_for
from tests.routing.rig import Routing, secret
from tests.routing.written import config_of

from fireline.api.resources import ALERT_POLICY

pytestmark = pytest.mark.bed

EXAMPLE = Path(__file__).parents[2] / "examples" / "alert-policy"
POLICY = "shop/on-call"

ALERTS: dict[str, dict[str, str]] = {
    "CheckoutDown": {"namespace": "shop", "alert_policy": POLICY, "sev": "sev0", "severity": "critical"},
    "CheckoutSlow": {"namespace": "shop", "alert_policy": POLICY, "sev": "sev1", "severity": "critical"},
    "BudgetHalfGone": {"namespace": "shop", "alert_policy": POLICY, "sev": "sev2", "severity": "warning"},
    "Unmapped": {"namespace": "shop", "alert_policy": POLICY, "severity": "info"},
    "OtherPolicy": {"namespace": "shop", "alert_policy": "shop/other", "sev": "sev0"},
    "OtherNamespace": {"namespace": "blog", "alert_policy": POLICY, "sev": "sev0"},
}
NOBODY = "nobody of this policy"
RECEIVERS = {
    "/pager": "pager",
    "/chat": "chat",
    "/lead": "lead",
    "engineering-manager@shop.example": "manager",
    "shop-alerts@shop.example": "mail",
    "/alerts": NOBODY,
}


def example() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((EXAMPLE / "policy.yaml").read_text())
    return found


def test_the_example_asks_for_the_times_and_groups_it_was_meant_to_have() -> None:
    route = config_of(example())["spec"]["route"]
    assert route["groupBy"] == ["alertname", "severity"]
    assert (route["groupWait"], route["groupInterval"]) == ("10s", "5m")
    own = [
        one
        for one in route["routes"]
        if {"name": "sev", "value": "sev0", "matchType": "="} in one["matchers"]
    ]
    assert [(one["receiver"], one.get("groupWait")) for one in own] == [
        ("pager", None),
        ("chat", None),
        ("lead", "15m"),
        ("manager", "30m"),
    ]
    assert {one["repeatInterval"] for one in own} == {"4h"}


def in_the_bed(routing: Routing) -> dict[str, Any]:
    """The example, its receivers at the bed's addresses and its minutes made seconds."""
    policy = copy.deepcopy(example())
    spec = policy["spec"]
    for receiver in spec["receivers"]:
        if "pagerduty" in receiver:
            receiver["pagerduty"]["url"] = f"{routing.webhook.url}/pager"
        if "email" in receiver:
            receiver["email"] |= {"smarthost": routing.mailbox.address, "requireTLS": False}
    spec["grouping"] |= {"wait": "1s", "interval": "1s"}
    for level, after in zip(spec["escalation"]["levels"], ("0m", "3s", "6s"), strict=True):
        level["after"] = after
    return policy


def told(routing: Routing) -> Mapping[tuple[str, str], Counter[str]]:
    """Who was told how often of what: (alert, firing or resolved) → receivers."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for _, place, text in routing.messages():
        names = [name for name in ALERTS if re.search(rf"\b{name}\b", text)]
        over = re.search(r"resolve[^d]|\"status\": \"resolved\"|RESOLVED|\bover\b", text) is not None
        for name in names:
            found[name, "resolved" if over else "firing"][RECEIVERS[place]] += 1
    return found


def wanted() -> dict[str, set[str]]:
    """Alert → receivers, from the table that people read."""
    found = {}
    for line in (EXAMPLE / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and cells[0] in ALERTS:
            found[cells[0]] = set(", ".join(filter(None, cells[2:4])).split(", ")) - {""} or {NOBODY}
    return found


def condition(routing: Routing, wanted: str, status: str) -> dict[str, Any] | None:
    policy = routing.client.get(ALERT_POLICY, "on-call", "shop")
    found = policy.get("status", {}).get("conditions", ())
    return next((one for one in found if one["type"] == wanted and one["status"] == status), None)


def everyone(state: str) -> dict[tuple[str, str], Counter[str]]:
    return {(name, state): Counter(receivers) for name, receivers in wanted().items()}


def test_each_of_six_alerts_reaches_whom_the_example_says_once_when_it_fires_and_once_when_it_is_over(
    routing: Routing,
) -> None:
    assert wanted().keys() == ALERTS.keys()
    routing.client.namespace("shop")
    url = routing.webhook.url
    routing.client.apply(secret("shop", "pagerduty", routing_key="0123456789abcdef0123456789abcdef"))
    routing.client.apply(secret("shop", "slack", url=f"{url}/chat"))
    routing.client.apply(secret("shop", "sms-gateway", url=f"{url}/lead"))
    with routing.fireline():
        routing.client.apply(in_the_bed(routing))
        wait_for(lambda: condition(routing, "SecretsResolved", "True"), what="SecretsResolved")
        routing.loads(f"shop/alertpolicy-on-call/{name}" for name in RECEIVERS.values() if name != NOBODY)
    # From here on nobody needs our operator.
    alerts = [{"alertname": name, **labels} for name, labels in ALERTS.items()]

    routing.post(*alerts)
    wait_for(lambda: told(routing) == everyone("firing"), what=f"everyone is told: {wanted()}")
    routing.post(*alerts, over=True)
    both = everyone("firing") | everyone("resolved")
    wait_for(lambda: told(routing) == both, what=f"everyone hears that it is over: {wanted()}")
