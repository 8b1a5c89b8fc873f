"""Hours on a running Alertmanager, now: inside tells the team, outside others, in both ways of delivery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from tests.bed.alertmanager import Alertmanager, base_config
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.webhook import Webhook
from tests.routing.rig import Routing
from tests.routing.written import compiled, config_of

from fireline.alerting.raw import fragment, merged

pytestmark = pytest.mark.bed

ZONES = ("Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Europe/Berlin")
NAMESPACE = "hours"


def window(zone: str, first: timedelta, last: timedelta) -> dict[str, Any]:
    """Hours from ``first`` to ``last`` after now, by the clock on the wall there."""
    now = datetime.now(ZoneInfo(zone))
    start, end = now + first, now + last
    return {
        "name": "shift",
        "timeZone": zone,
        "weekdays": [f"{start:%A}"],
        "from": f"{start:%H:%M}",
        "to": f"{end:%H:%M}",
    }


def policies(webhook: Webhook) -> Iterator[dict[str, Any]]:
    """For each zone one whose hours are now, and one whose hours come later."""
    for zone in ZONES:
        name = zone.rpartition("/")[2].lower().replace("_", "-")
        hours = timedelta(hours=1)
        for when, shift in {
            "now": window(zone, -2 * hours, 2 * hours),
            "later": window(zone, 3 * hours, 7 * hours),
        }.items():
            url = f"{webhook.url}/hours/{name}-{when}"
            yield {
                "apiVersion": "fireline.dev/v1alpha1",
                "kind": "AlertPolicy",
                "metadata": {"name": f"{name}-{when}", "namespace": NAMESPACE},
                "spec": {
                    "selector": {},
                    "receivers": [
                        {"name": "team", "webhook": {"url": f"{url}/team"}},
                        {"name": "others", "webhook": {"url": f"{url}/others"}},
                    ],
                    "severities": [
                        {
                            "name": "sev1",
                            "page": True,
                            "receivers": ["team"],
                            "hours": "shift",
                            "outsideHours": ["others"],
                        },
                        {"name": "sev2", "page": False, "receivers": ["team", "others"]},
                    ],
                    "grouping": {"by": ["..."], "wait": "1s", "interval": "1s"},
                    "hours": [shift],
                },
            }


def alerts(manifests: list[dict[str, Any]], sev: str) -> list[dict[str, str]]:
    return [
        {
            "alertname": "Trouble",
            "namespace": NAMESPACE,
            "alert_policy": f"{NAMESPACE}/{one['metadata']['name']}",
            "sev": sev,
        }
        for one in manifests
    ]


def told(webhook: Webhook, sev: str) -> set[str]:
    ours = [one for one in webhook.received() if one["path"].startswith("/hours/")]
    return {one["path"] for one in ours if one["body"]["commonLabels"]["sev"] == sev}


def expect_the_right_ones(webhook: Webhook, manifests: list[dict[str, Any]], post: Any) -> None:
    """sev2 has no hours and is sent later: when all have heard of it, all that was due of sev1 is told."""
    names = [one["metadata"]["name"] for one in manifests]
    wanted = {f"/hours/{name}/{'team' if name.endswith('-now') else 'others'}" for name in names}
    post(*alerts(manifests, "sev1"))
    wait_for(lambda: told(webhook, "sev1") >= wanted, what=f"sev1 told to {sorted(wanted)}")
    post(*alerts(manifests, "sev2"))
    everyone = {f"/hours/{name}/{place}" for name in names for place in ("team", "others")}
    wait_for(lambda: told(webhook, "sev2") == everyone, what="sev2 told to everyone")
    assert told(webhook, "sev1") == wanted


def test_as_alertmanagerconfigs_in_utc(routing: Routing) -> None:
    manifests = list(policies(routing.webhook))
    routing.client.namespace(NAMESPACE)
    routing.deliver(config_of(one) for one in manifests)
    expect_the_right_ones(routing.webhook, manifests, routing.post)
    routing.withdraw([NAMESPACE])


def test_as_a_merged_configuration_with_locations(tools: Tools, tmp_path: Path) -> None:
    with Webhook() as webhook:
        manifests = list(policies(webhook))
        config = merged(base_config(webhook.url), [fragment(compiled(one)) for one in manifests])
        with Alertmanager(tools, tmp_path, config=config) as alertmanager:

            def post(*labels: dict[str, str]) -> None:
                now = datetime.now(UTC)
                sent = [{"labels": one, "endsAt": (now + timedelta(minutes=5)).isoformat()} for one in labels]
                answer = requests.post(f"{alertmanager.url}/api/v2/alerts", json=sent, timeout=30)
                answer.raise_for_status()

            expect_the_right_ones(webhook, manifests, post)
