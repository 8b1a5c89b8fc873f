"""Hours and inhibition: of many alerts at once, those that a running Alertmanager mutes or inhibits are
those that we say it would."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.bed.alertmanager import Alertmanager
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.webhook import Webhook

from fireline.alerting.simulate import Simulation
from fireline.alerting.simulate.calendar import MONTHS, WEEKDAYS

pytestmark = pytest.mark.bed

ROUTES, AT_A_TIME = 300, 30
"""Few enough at a time that the webhook is not overrun."""
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "America/St_Johns")


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    """Gets what is not muted."""
    with Webhook() as running:
        yield running


def test_a_running_alertmanager_mutes_what_we_say(tools: Tools, tmp_path: Path, webhook: Webhook) -> None:
    source = random.Random(5)
    configuration = _hours(source, f"{webhook.url}/alerts")
    simulation = Simulation.of(configuration)
    judged = 0
    with Alertmanager(tools, tmp_path, config=configuration) as running:
        for start in range(0, ROUTES, AT_A_TIME):
            alerts = [{"alertname": f"r{number}"} for number in range(start, start + AT_A_TIME)]
            before = datetime.now(UTC)
            assert _post(running, alerts).ok
            wait_for(
                lambda seen=start + AT_A_TIME: len(_muted(running)) + len(_received(webhook)) >= seen,
                what="every alert is sent or muted",
            )
            after, muted = datetime.now(UTC), _muted(running)
            for labels in alerts:
                (early,), (late,) = (simulation.told(labels, at=at) for at in (before, after))
                # A minute that ended meanwhile may have ended an interval: such a route is not judged.
                if early.muted_by == late.muted_by:
                    judged += 1
                    assert set(muted.get(labels["alertname"], ())) == set(early.muted_by), labels
    assert judged > 0.8 * ROUTES
    assert 0.2 * ROUTES < len(muted) < 0.8 * ROUTES


def test_a_running_alertmanager_inhibits_what_we_say(tools: Tools, tmp_path: Path) -> None:
    source = random.Random(7)
    rules = [_rule(source) for _ in range(6)]
    configuration = {
        "route": {"receiver": "nobody", "group_by": ["..."], "group_wait": "0s"},
        "receivers": [{"name": "nobody"}],
        "inhibit_rules": rules,
    }
    simulation = Simulation.of(configuration)
    drawn = {tuple(sorted(_labels(source).items())) for _ in range(120)}
    alerts = [dict(one) for one in sorted(drawn)]
    expected = {
        tuple(sorted(one.items())): bool(
            simulation.told(one, at=datetime.now(UTC), firing=alerts)[0].inhibited_by
        )
        for one in alerts
    }
    with Alertmanager(tools, tmp_path, config=configuration) as running:
        assert _post(running, alerts).ok
        found = wait_for(lambda: _inhibited(running, expected), what="the inhibition we expect")

    assert found == expected
    assert 0.2 * len(alerts) < sum(found.values()) < 0.8 * len(alerts)


def _post(running: Alertmanager, alerts: Any) -> requests.Response:
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = [{"labels": labels, "endsAt": ends} for labels in alerts]
    return requests.post(f"{running.url}/api/v2/alerts", json=body, timeout=30)


def _muted(running: Alertmanager) -> dict[str, list[str]]:
    """By alert, the intervals that Alertmanager says are against it."""
    groups = requests.get(f"{running.url}/api/v2/alerts/groups", timeout=30).json()
    alerts = (alert for group in groups for alert in group["alerts"])
    return {
        alert["labels"]["alertname"]: alert["status"]["mutedBy"]
        for alert in alerts
        if alert["status"]["mutedBy"]
    }


def _received(webhook: Webhook) -> set[str]:
    return {alert["labels"]["alertname"] for alert in webhook.alerts()}


def _inhibited(
    running: Alertmanager, expected: dict[tuple[tuple[str, str], ...], bool]
) -> dict[tuple[tuple[str, str], ...], bool] | None:
    """What Alertmanager inhibits, once that is what we expect; its answer changes while alerts arrive."""
    alerts = requests.get(f"{running.url}/api/v2/alerts", timeout=30).json()
    found = {tuple(sorted(alert["labels"].items())): bool(alert["status"]["inhibitedBy"]) for alert in alerts}
    return found if found == expected else None


def _hours(source: random.Random, url: str) -> dict[str, Any]:
    intervals, routes = [], []
    for number in range(ROUTES):
        items = [_item(source) for _ in range(source.choice([1, 1, 2]))]
        intervals.append({"name": f"i{number}", "time_intervals": items})
        field = source.choice(["mute_time_intervals", "active_time_intervals"])
        routes.append({"receiver": "hook", "matchers": [f"alertname=r{number}"], field: [f"i{number}"]})
    root = {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1h"}
    return {
        "route": {**root, "routes": routes},
        "receivers": [{"name": "hook", "webhook_configs": [{"url": url}]}],
        "time_intervals": intervals,
    }


def _item(source: random.Random) -> dict[str, Any]:
    """Ranges that hold about half of the time, some of each sort."""
    item: dict[str, Any] = {}
    if source.random() < 0.5:
        start, end = sorted(source.sample(range(0, 1441, 15), 2))
        item["times"] = [{"start_time": _clock(start), "end_time": _clock(end)}]
    if source.random() < 0.4:
        begin, end = sorted(source.choices(range(7), k=2))
        item["weekdays"] = [f"{WEEKDAYS[begin]}:{WEEKDAYS[end]}"]
    if source.random() < 0.4:
        item["days_of_month"] = [source.choice(["1:15", "16:31", "-10:-1", "-31:-12", "20:-2", "22", "-9"])]
    if source.random() < 0.2:
        begin, end = sorted(source.choices(range(12), k=2))
        item["months"] = [source.choice([f"{begin + 1}:{end + 1}", f"{MONTHS[begin]}:{MONTHS[end]}"])]
    if source.random() < 0.1:
        item["years"] = [source.choice(["2020:2100", "2020"])]
    if source.random() < 0.5:
        item["location"] = source.choice(ZONES)
    return item


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


_VALUES = ("a", "b", "c")


def _labels(source: random.Random) -> dict[str, str]:
    names = source.sample(["x", "y", "z", "team"], source.randint(1, 4))
    return {"alertname": source.choice(_VALUES)} | {name: source.choice(_VALUES) for name in names}


def _rule(source: random.Random) -> dict[str, Any]:
    """Sides that overlap now and then, and equal labels that may be missing on both sides."""
    rule: dict[str, Any] = {"equal": source.sample(["team", "x", "y"], source.choice([0, 1, 2]))}
    for side in ("source", "target"):
        name, value = source.choice(["alertname", "x", "z"]), source.choice(["a", "b", "a|b", "[bc]", ""])
        rule[f"{side}_matchers"] = [f'{name}=~"{value}"', f'y!="{source.choice(_VALUES)}"']
    return rule
