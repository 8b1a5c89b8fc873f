"""What a test alert tells of each receiver: all of them at once, at real Alertmanagers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests

from fireline.alertmanager.client import replicas_of
from fireline.alertmanager.delivery import deliver_test
from fireline.alertmanager.logs import AlertmanagerLogs
from fireline.api.delivery import ReceiverOutcome, TestResult
from fireline.errors import AlertmanagerError
from fireline.settings import Alertmanager as Settings
from tests.bed.alertmanager import Alertmanager
from tests.bed.waiting import wait_for
from tests.delivery.conftest import LogFile, Start
from tests.delivery.receivers import EXPECTED, POLICY, SECRET, Receivers, asked_of

pytestmark = pytest.mark.bed


def prove(
    *servers: Alertmanager,
    names: tuple[str, ...] = (),
    logs: AlertmanagerLogs | None = None,
    seconds: float = 60,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> TestResult:
    settings = Settings(urls=tuple(server.url for server in servers))
    return asyncio.run(
        deliver_test(
            replicas_of(settings),
            logs,
            policy=POLICY,
            receivers=asked_of(*names),
            nonce="n1",
            deadline=timedelta(seconds=seconds),
            pause=pause,
        )
    )


def said(result: TestResult) -> dict[str, ReceiverOutcome]:
    text = repr(result)
    assert SECRET not in text, "no secret is told"
    assert "://" not in text.replace("http://127.0.0.1", ""), "no receiver's address is told"
    return {one.name: one for one in result.receivers}


@pytest.fixture(scope="module")
def alertmanager(start: Start) -> Alertmanager:
    return start("telling")


@pytest.fixture(scope="module")
def outcomes(alertmanager: Alertmanager) -> dict[str, ReceiverOutcome]:
    return said(prove(alertmanager, logs=LogFile(alertmanager)))


@pytest.mark.parametrize("name", EXPECTED)
def test_every_receiver_has_its_own_outcome_and_words(outcomes, name: str):
    state, words = EXPECTED[name]
    address = f"; look at secret {name}, key url" if state == "Failed" else ""
    found = outcomes[name]
    assert found.state == state
    assert found.message.startswith(f"webhook: {words}")
    assert found.message.endswith(address)


def test_no_two_causes_share_their_words():
    failed = [words for state, words in EXPECTED.values() if state == "Failed"]
    assert len(set(failed)) == len(failed) == 10


@pytest.mark.usefixtures("outcomes")
def test_the_alert_is_what_the_receivers_that_work_got(running: Receivers):
    found = {
        (delivery["path"].partition("?")[0], alert["labels"]["alert_policy"], alert["labels"]["nonce"])
        for delivery in running.webhook.received()
        for alert in delivery["body"]["alerts"]
    }
    assert {("/chat", POLICY, "n1"), ("/mail", POLICY, "n1")} <= found


def test_without_logs_the_counters_tell_who_failed_and_words_say_what_would_tell_why(start: Start):
    names = ("chat", "unauthorized", "broken", "closed", "hanging")
    result = prove(start("silent", *names), names=names, seconds=8)
    found = said(result)
    assert found["chat"].state == "Delivered"
    assert [found[name].state for name in names[1:]] == ["Failed"] * 4
    assert "an HTTP status 4xx" in found["unauthorized"].message
    assert "Alertmanager goes on trying" in found["broken"].message
    assert "it did not answer in time (8 s)" in found["hanging"].message
    assert "no log of Alertmanager can be read" in found["closed"].message


def test_without_the_feature_the_log_names_who_failed_and_the_counters_clear_the_others(start: Start):
    names = ("chat", "mail", "unauthorized", "missing")
    server = start("featureless", *names, features=())
    result = prove(server, names=names, logs=LogFile(server))
    found = said(result)
    assert {name: str(one.state) for name, one in found.items()} == {
        name: EXPECTED[name][0] for name in names
    }
    assert "HTTP 401" in found["unauthorized"].message
    assert any("--enable-feature=receiver-name-in-metrics" in note for note in result.notes)


def test_without_the_feature_and_the_log_one_failure_leaves_all_of_its_kind_unknown(start: Start):
    names = ("chat", "unauthorized")
    found = said(prove(start("blind", *names, features=()), names=names))
    assert [one.state for one in found.values()] == ["Unknown"] * 2
    for one in found.values():
        assert "1 of 2 webhook notifications failed" in one.message
        assert "--enable-feature=receiver-name-in-metrics" in one.message


def test_without_the_feature_receivers_that_all_work_are_known_to(start: Start):
    names = ("chat", "mail")
    found = said(prove(start("content", *names, features=()), names=names))
    assert [one.state for one in found.values()] == ["Delivered"] * 2


def test_other_notifications_meanwhile_make_it_unknown_and_never_delivered(start: Start, running: Receivers):
    server = start("busy", "chat")

    def another() -> None:
        labels = {"alertname": "AlertPolicyTest", "alert_policy": POLICY, "other": "yes"}
        requests.post(f"{server.url}/api/v2/alerts", json=[{"labels": labels}], timeout=30).raise_for_status()
        wait_for(lambda: running.webhook.alerts(other="yes"), what="the other alert")

    found = said(prove(server, names=("chat",), logs=LogFile(server), pause=first(another)))
    assert found["chat"].state == "Unknown"
    assert "other notifications were sent to it meanwhile" in found["chat"].message


@pytest.mark.parametrize("names", [("chat",), ("chat", "mail")])
def test_a_restart_meanwhile_makes_it_unknown_and_never_delivered(start: Start, names):
    server = start(f"restarting-{len(names)}", *names)
    found = said(prove(server, names=names, logs=LogFile(server), pause=first(server.restart)))
    assert {one.state for one in found.values()} == {"Unknown"}
    assert all("restarted" in one.message for one in found.values())


def test_a_reload_meanwhile_makes_it_unknown_too(start: Start):
    server = start("reloading", "chat")
    found = said(prove(server, names=("chat",), logs=LogFile(server), pause=first(server.reload)))
    assert found["chat"].state == "Unknown"
    assert "loaded its configuration anew" in found["chat"].message


def test_a_cluster_delivers_once_and_is_asked_as_a_whole(start: Start, running: Receivers):
    names = ("mail", "unauthorized")
    one = start("cluster-0", *names, peers=[])
    two = start("cluster-1", *names, peers=[one])
    wait_for(lambda: all(server.peers() == 2 for server in (one, two)), what="two that know each other")
    running.webhook.clear()
    result = prove(one, two, names=names, logs=LogFile(one))
    found = said(result)
    assert (found["mail"].state, found["unauthorized"].state) == ("Delivered", "Failed")
    firing = [alert for alert in running.webhook.alerts(nonce="n1") if alert["status"] == "firing"]
    assert len(firing) == 1


def test_a_receiver_that_is_not_loaded_is_told_apart_from_one_that_failed(start: Start):
    found = said(prove(start("partial", "chat"), names=("chat", "mail")))
    assert found["chat"].state == "Delivered"
    assert found["mail"].state == "Unknown"
    assert found["mail"].message == "webhook: Alertmanager has not loaded this receiver"


def test_a_silence_that_mutes_the_test_is_named(start: Start):
    server = start("silenced", "chat")
    now = datetime.now(UTC)
    silence = {
        "matchers": [{"name": "alert_policy", "value": POLICY, "isRegex": False, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "test",
        "comment": "quiet",
    }
    requests.post(f"{server.url}/api/v2/silences", json=silence, timeout=30).raise_for_status()
    found = said(prove(server, names=("chat",), seconds=4))
    assert (found["chat"].state, found["chat"].message) == (
        "Unknown",
        "webhook: not sent: a silence mutes the test alert",
    )


def test_a_replica_that_is_down_is_noted_and_the_others_are_asked(start: Start):
    up, down = start("up", "chat"), start("down", "chat")
    down.stop()
    result = prove(up, down, names=("chat",))
    assert said(result)["chat"].state == "Delivered"
    assert any(note.startswith(f"not asked: {down.url} cannot be reached") for note in result.notes)


def test_no_replica_at_all_is_an_error(start: Start):
    server = start("gone", "chat")
    server.stop()
    with pytest.raises(AlertmanagerError, match=r"cannot be reached: .*refused"):
        prove(server, names=("chat",))


def test_the_alert_has_ended_when_the_test_has(start: Start):
    server = start("ended", "chat")
    prove(server, names=("chat",))
    wait_for(lambda: not server.alerts(), what="no alert left")


def first(act: Callable[[], None]) -> Callable[[float], Awaitable[None]]:
    """A pause that does something the first time, after the alert was posted."""
    todo = [act]

    async def pause(seconds: float) -> None:
        await asyncio.sleep(seconds)
        if todo:
            await asyncio.to_thread(todo.pop())

    return pause
