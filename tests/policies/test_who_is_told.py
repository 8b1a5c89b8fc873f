"""Hours around the present moment, the fallback, and the heartbeat, through the operator to the receivers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fireline.api.plan import Manifest
from fireline.api.resources import ALERT_POLICY
from tests.bed.waiting import wait_for
from tests.policies.scene import Scene, policy

pytestmark = pytest.mark.bed

DESK = "desks"
OWNER = f"{DESK}/desk"
ZONE = "Asia/Kolkata"
EVERY_DAY = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
RECEIVERS = ("day", "night", "mail", "heartbeat")


def hours(name: str, begin: int, end: int) -> Manifest:
    """Hours that begin and end so many hours from now, in a zone whose offset is no whole hour."""
    now = datetime.now(ZoneInfo(ZONE))
    begins, ends = (f"{now + timedelta(hours=one):%H:%M}" for one in (begin, end))
    return {"name": name, "timeZone": ZONE, "weekdays": EVERY_DAY, "from": begins, "to": ends}


@pytest.fixture(scope="module")
def desk(scene: Scene) -> Iterator[Scene]:
    """The policy is loaded: sev0 is within its hours, sev1 is not, sev2 is nobody's."""
    scene.client.namespace(DESK)
    scene.webhook.clear()
    receivers = [{"name": name, "webhook": {"url": f"{scene.webhook.url}/desk/{name}"}} for name in RECEIVERS]
    told = {"page": True, "receivers": ["day"], "outsideHours": ["night"]}
    scene.client.apply(
        policy(
            DESK,
            "desk",
            receivers,
            severities=[{"name": "sev0", "hours": "now", **told}, {"name": "sev1", "hours": "later", **told}],
            hours=[hours("now", -2, 2), hours("later", 4, 8)],
            fallback={"receivers": ["mail"]},
            deadman={"receiver": "heartbeat", "every": "10s"},
            grouping={"wait": "1s", "interval": "2s"},
        )
    )
    scene.await_condition(DESK, "desk", "RoutesLoaded", "True")
    yield scene
    scene.client.delete(ALERT_POLICY, "desk", DESK)


@pytest.mark.parametrize(
    ("sev", "receiver"), [("sev0", "day"), ("sev1", "night"), ("sev2", "mail")], ids=lambda value: value
)
def test_each_severity_goes_to_whoever_is_there(desk: Scene, sev: str, receiver: str):
    alert = f"Desk{sev.title()}"
    desk.outage(alert, OWNER, on=True, sev=sev)
    wait_for(lambda: desk.told(f"/desk/{receiver}", alertname=alert), what=f"{receiver} is told")
    desk.outage(alert, OWNER, on=False, sev=sev)
    wait_for(lambda: desk.told(f"/desk/{receiver}", "resolved", alertname=alert), what="it is over")
    others = {name: desk.told(f"/desk/{name}", alertname=alert) for name in RECEIVERS if name != receiver}
    assert not any(others.values()), others


def test_a_heartbeat_comes_again_and_again(desk: Scene):
    beats = wait_for(lambda: len(found := _beats(desk)) >= 3 and found, what="three heartbeats", every=0.5)
    assert {one["labels"]["alert_policy"] for one in beats} == {OWNER}
    assert {one["startsAt"] for one in beats} == {beats[0]["startsAt"]}, "one alert that never resolved"
    assert not desk.told("/desk/mail", alertname="AlertPolicyHeartbeat")


def _beats(scene: Scene) -> list[Manifest]:
    return scene.told("/desk/heartbeat", alertname="AlertPolicyHeartbeat")
