"""AlertPolicies drawn at random: every kind of receiver, hours anywhere, inhibition, escalation.

What is drawn must be valid: a test says so for each, so that nothing is left out in silence. The same
seed draws the same policies.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Drawn = dict[str, Any]

NAMES = ("sev0", "P1", "critical"), ("sev1", "P2", "high"), ("sev2", "P3", "medium")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/St_Johns",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALERTS = ("SLOErrorBudgetBurnPage", "QueueLong", "AlertPolicyTest", "AlertPolicyHeartbeat")
LABELS = ("alertname", "slo", "namespace", "severity", "service", "region", "pod")

SECRET = "credentials"
KEYS = ("a", "b", "c", "d")
"""Keys of it that drawn receivers refer to. Their value must be a URL: some kinds look."""


def policies(number: int, *, namespaces: int, seed: int) -> list[Drawn]:
    """``number`` policies, spread over ``drawn-0`` to ``drawn-<namespaces - 1>``."""
    source = random.Random(seed)
    return [policy(source, f"drawn-{n % namespaces}", f"policy-{n}") for n in range(number)]


def policy(source: random.Random, namespace: str, name: str) -> Drawn:
    """One valid AlertPolicy."""
    receivers = [_receiver(source, f"r{n}") for n in range(source.randint(2, 6))]
    names = [one["name"] for one in receivers]
    hours = [_hours(source, f"hours-{n}") for n in range(source.choice([0, 1, 1, 2]))]
    severities = _severities(source, names, [one["name"] for one in hours])
    spec: Drawn = {"selector": {}, "receivers": receivers, "severities": severities}
    spec["grouping"] = _grouping(source)
    if hours:
        spec["hours"] = hours
    if source.random() < 0.6:
        spec["fallback"] = {"receivers": _some(source, names, 3)}
    if source.random() < 0.3:
        spec["deadman"] = {"receiver": source.choice(names), "every": source.choice(["30s", "1m", "5m"])}
    if source.random() < 0.7:
        spec["inhibition"] = _inhibition(source)
    if source.random() < 0.7:
        spec["escalation"] = _escalation(source, names, [one["name"] for one in severities])
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def labels(source: random.Random, drawn: Drawn) -> dict[str, str]:
    """Labels of an alert that may or may not concern a drawn policy."""
    meta = drawn["metadata"]
    found = {
        "alertname": source.choice(
            ["SLOErrorBudgetBurnPage", "QueueLong", "AlertPolicyTest", "AlertPolicyHeartbeat"]
        ),
        "namespace": meta["namespace"],
        "alert_policy": f"{meta['namespace']}/{meta['name']}",
        "sev": source.choice(["sev0", "sev1", "sev2", "", "sev3"]),
    }
    if source.random() < 0.15:
        found["namespace"] = "elsewhere"
    if source.random() < 0.1:
        found["alert_policy"] += "-not"
    if source.random() < 0.1:
        found["escalation_level_2"] = "off"
    return {name: value for name, value in found.items() if value}


def _some(source: random.Random, names: list[str], most: int) -> list[str]:
    return source.sample(names, source.randint(1, min(most, len(names))))


def _severities(source: random.Random, receivers: list[str], hours: list[str]) -> list[Drawn]:
    found = []
    for aliases in source.sample(NAMES, source.randint(1, 3)):
        one: Drawn = {
            "name": source.choice(aliases),
            "page": source.random() < 0.6,
            "receivers": _some(source, receivers, 3),
        }
        if hours and source.random() < 0.5:
            one["hours"] = source.choice(hours)
            if source.random() < 0.5:
                one["outsideHours"] = _some(source, receivers, 2)
        if source.random() < 0.3:
            one["severity"] = source.choice(["critical", "warning", "info"])
        if source.random() < 0.3:
            one["providerSeverity"] = {"pagerduty": "info", "opsgenie": source.choice(["P4", "P5"])}
        found.append(one)
    return found


def _hours(source: random.Random, name: str) -> Drawn:
    start, end = source.sample([f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in (0, 7, 30)], 2)
    found: Drawn = {
        "name": name,
        "timeZone": source.choice(ZONES),
        "weekdays": source.sample(WEEKDAYS, source.randint(1, 7)),
        "from": start,
        "to": source.choice([end, "24:00"]),
    }
    if source.random() < 0.5:
        year, days = source.choice([2026, 2027, 2028]), range(source.randint(1, 9))
        found["holidays"] = sorted(
            {f"{year}-{source.randint(1, 12):02d}-{source.randint(1, 28):02d}" for _ in days}
        )
    return found


def _grouping(source: random.Random) -> Drawn:
    by = ["..."] if source.random() < 0.1 else _some(source, list(LABELS), 4)
    return {
        "by": by,
        "wait": source.choice(["1s", "10s", "30s", "2m"]),
        "interval": source.choice(["30s", "5m"]),
        "repeat": {sev: source.choice(["1h", "4h", "1d", "90m"]) for sev in ("sev0", "sev1", "sev2")},
    }


def _inhibition(source: random.Random) -> Drawn:
    found: Drawn = {"pageInhibitsTicket": source.choice(["Auto", "Always", "Never"])}
    if source.random() < 0.5:
        found["parents"] = [{"slo": f"gateway-{n}"} for n in range(source.randint(1, 3))]
    return found


def _escalation(source: random.Random, receivers: list[str], severities: list[str]) -> Drawn:
    after = sorted(
        source.sample(["5m", "15m", "30m", "45m"], source.randint(1, 3)), key=lambda text: int(text[:-1])
    )
    levels = [{"after": "0m", "receivers": _some(source, receivers, 2)}] if source.random() < 0.6 else []
    levels += [{"after": text, "receivers": _some(source, receivers, 2)} for text in after]
    for level in levels:
        if source.random() < 0.2:
            level["severities"] = [source.choice(severities)]
    # Auto leaves a single level to a provider, which then has to be told at once.
    modes = ["Auto", "Auto", "Alertmanager", "Rules"] if len(levels) > 1 else ["Alertmanager", "Rules"]
    return {
        "mode": source.choice(modes),
        "severities": source.sample(severities, source.randint(1, len(severities))),
        "levels": levels,
    }


def _key(source: random.Random) -> Drawn:
    return {"name": SECRET, "key": source.choice(KEYS)}


def _own_key(source: random.Random) -> Drawn:
    """One that no other receiver has: the same service twice in a severity is refused."""
    return {"name": SECRET, "key": f"k{_number(source)}"}


def _number(source: random.Random) -> int:
    return source.randrange(1_000_000)


def _receiver(source: random.Random, name: str) -> Drawn:
    kind = source.choice(list(KINDS))
    config = KINDS[kind](source)
    if source.random() < 0.3:
        config["sendResolved"] = source.random() < 0.5
    if kind in HTTP and source.random() < 0.3:
        config["http"] = _http(source)
    return {"name": name, kind: config}


def _http(source: random.Random) -> Drawn:
    found: Drawn = source.choice(
        [
            {"bearerTokenSecret": _key(source)},
            {"basicAuth": {"usernameSecret": _key(source), "passwordSecret": _key(source)}},
            {},
        ]
    )
    if source.random() < 0.3:
        found["proxyURL"] = "http://proxy.example:3128"
    if source.random() < 0.3:
        found["tls"] = {"insecureSkipVerify": True, "serverName": "hooks.example.com"}
    return found


HTTP = ("webhook", "slack", "discord", "msteamsv2", "opsgenie")
KINDS: dict[str, Callable[[random.Random], Drawn]] = {
    "pagerduty": lambda source: {"routingKeySecret": _own_key(source)},
    "opsgenie": lambda source: {"apiKeySecret": _own_key(source)},
    "victorops": lambda source: {
        "apiKeySecret": _key(source),
        "routingKey": f"team-{_number(source)}",
    },
    "pushover": lambda source: {
        "userKeySecret": _own_key(source),
        "tokenSecret": _key(source),
    },
    "email": lambda source: {
        "to": f"{_number(source)}@shop.example",
        "from": "fireline@shop.example",
        "smarthost": "smtp.shop.example:587",
    },
    "webhook": lambda source: source.choice(
        [
            {"url": f"http://gateway.shop:8080/{_number(source)}"},
            {"urlSecret": _key(source), "maxAlerts": 5},
        ]
    ),
    "slack": lambda source: {"apiURLSecret": _key(source), "channel": f"#shop-{_number(source)}"},
    "msteamsv2": lambda source: {"webhookURLSecret": _key(source)},
    "discord": lambda source: {"webhookURLSecret": _key(source), "content": "hello"},
    "telegram": lambda source: {"botTokenSecret": _key(source), "chatID": -source.randint(1, 10**9)},
    "webex": lambda source: {"tokenSecret": _key(source), "roomID": f"room-{_number(source)}"},
    "sns": lambda source: {
        "topicARN": f"arn:aws:sns:eu-central-1:123456789012:alerts-{_number(source)}",
        "region": "eu-central-1",
    },
    "wechat": lambda source: {
        "apiSecret": _key(source),
        "corpID": "corp",
        "agentID": "1",
        "toUser": f"user-{_number(source)}",
    },
}
"""Without rocketchat, of which prometheus-operator 0.85 loses parts, and msteams, which is retired."""
