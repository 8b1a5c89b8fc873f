"""What counters and log lines prove, and what they leave open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.alertmanager.causes import Cause
from fireline.alertmanager.logs import LoggedFailure
from fireline.alertmanager.replica import Counters, Sender, Sent
from fireline.alertmanager.verdict import Judge, Look, Verdict
from fireline.api.delivery import DeliveryState, TestedReceiver

A = TestedReceiver("a", "ns/p/a", ("webhook",), "secret a, key url")
B = TestedReceiver("b", "ns/p/b", ("webhook",))
BOTH = TestedReceiver("both", "ns/p/both", ("slack", "email"))
EPOCH = (1.0, 1.0)
NONE = Sent()
TAKEN = Sent(1, 1)
RETRYING = Sent(1, 2, 2)
SILENT = Sent(1)
GIVEN_UP = Sent(1, 1, 1, {"clientError": 1.0})


def look(sent: dict[tuple[str, str], Sent], *, named: bool = True, epoch=EPOCH, **given) -> Look:
    """A replica without a past; ``sent`` by integration and receiver."""
    senders = {Sender(kind, full if named else None): one for (kind, full), one in sent.items()}
    loaded = frozenset(full for _, full in sent) or frozenset({A.full_name})
    before = Counters({}, named, EPOCH)
    return Look(
        given.pop("place", "http://am-0"),
        before,
        Counters(senders, named, epoch),
        given.pop("loaded", loaded),
        **given,
    )


def judge(*looks: Look, receivers=(A,), seconds=5.0, **given) -> list[Verdict]:
    return Judge(receivers, seconds=seconds, **given).verdicts(looks)


def one(*looks: Look, **given) -> tuple[str, str, bool]:
    (verdict,) = judge(*looks, **given)
    return str(verdict.outcome.state), verdict.outcome.message, verdict.settled


def of_a(sent: Sent, **given) -> Look:
    return look({("webhook", A.full_name): sent}, **given)


def other(sent: Sent) -> Look:
    return of_a(sent, place="http://am-1")


def failure(receiver: TestedReceiver = A, *, final=True, ours=False, integration="webhook") -> LoggedFailure:
    return LoggedFailure(receiver.full_name, integration, 0, Cause.UNAUTHORIZED, 401, final=final, ours=ours)


def test_one_begun_and_one_taken_is_delivered():
    assert one(of_a(TAKEN)) == ("Delivered", "webhook: it took the test alert", True)


def test_given_up_is_failed_with_the_reason_and_where_to_look():
    state, words, settled = one(of_a(GIVEN_UP), no_logs="let me read logs")
    assert (state, settled) == ("Failed", True)
    assert words == (
        "webhook: it refuses the message (an HTTP status 4xx) (let me read logs); look at secret a, key url"
    )


def test_where_the_log_can_be_read_its_words_are_waited_for():
    assert one(of_a(GIVEN_UP))[2] is False
    assert one(of_a(GIVEN_UP), failures=[failure()]) == (
        "Failed",
        "webhook: it does not accept our credentials (HTTP 401); look at secret a, key url",
        True,
    )


def test_who_is_still_trying_may_succeed_yet():
    for known in ({"no_logs": "-"}, {"failures": [failure(final=False)]}):
        state, words, settled = one(of_a(RETRYING), **known)
        assert (state, settled) == ("Failed", False)
        assert "goes on trying" in words
        assert one(of_a(RETRYING), seconds=10, **known)[2], "for ten seconds, not for ever"
    assert not one(of_a(RETRYING), seconds=10)[2], "the log will say why"


def test_who_does_not_answer_timed_out():
    assert one(of_a(SILENT), seconds=25) == (
        "Failed",
        "webhook: it did not answer in time (25 s); look at secret a, key url",
        False,
    )


def test_two_begun_of_which_one_was_taken_are_nobodys_proof():
    assert one(of_a(Sent(2, 2, 1, {"other": 1.0})))[::2] == ("Unknown", True)
    assert one(of_a(Sent(2, 2)))[::2] == ("Unknown", True)


def test_two_begun_of_which_none_was_taken_have_both_failed():
    assert one(of_a(Sent(2, 2, 2, {"clientError": 2.0})))[0] == "Failed"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"muted": "not sent: a silence mutes the test alert"}, "a silence"),
        ({}, "does not route the test alert to it"),
        ({"routed": frozenset({A.full_name})}, "began no notification to it within 5 s"),
        ({"loaded": frozenset({"other"})}, "has not loaded this receiver"),
        ({"gone": "http://am-0 did not answer meanwhile; test again"}, "did not answer meanwhile"),
        ({"epoch": (2.0, 1.0)}, "restarted or loaded its configuration anew"),
        ({"epoch": (1.0, 2.0)}, "restarted or loaded its configuration anew"),
    ],
)
def test_nothing_begun_is_unknown_and_says_why(given, words):
    state, message, _ = one(of_a(NONE, **given))
    assert state == "Unknown"
    assert words in message


def test_a_failure_in_the_log_that_names_our_alert_stands_above_unclear_counters():
    mixed = of_a(Sent(3, 3, 1, {"other": 1.0}))
    assert one(mixed, failures=[failure(ours=True)])[0] == "Failed"
    assert one(mixed, failures=[failure(ours=False)])[0] == "Unknown"
    assert one(of_a(NONE, epoch=(2.0, 2.0)), failures=[failure(ours=True)])[0] == "Failed"
    assert one(of_a(NONE, epoch=(2.0, 2.0)), failures=[failure(ours=True, final=False)])[0] == "Unknown"


def test_a_try_that_failed_before_one_that_was_taken_is_delivered():
    assert one(of_a(Sent(1, 2, 1)), failures=[failure(final=False, ours=True)])[0] == "Delivered"


def test_one_replica_of_a_cluster_that_delivers_is_enough():
    assert one(of_a(NONE), other(TAKEN))[::2] == ("Delivered", True)
    state, words, _ = one(of_a(GIVEN_UP), other(TAKEN))
    assert state == "Delivered"
    assert "at http://am-0 it failed" in words


def test_after_one_replica_failed_the_others_get_their_turn():
    assert one(of_a(GIVEN_UP), other(NONE), no_logs="-")[::2] == ("Failed", False)
    assert one(of_a(GIVEN_UP), other(GIVEN_UP), no_logs="-")[::2] == ("Failed", True)


def test_a_receiver_with_two_integrations_is_delivered_when_both_are():
    def seen(slack: Sent, email: Sent) -> tuple[str, str, bool]:
        sent = {("slack", BOTH.full_name): slack, ("email", BOTH.full_name): email}
        return one(look(sent), receivers=[BOTH])

    assert seen(TAKEN, TAKEN)[:2] == (
        "Delivered",
        "slack: it took the test alert; email: it took the test alert",
    )
    assert seen(TAKEN, NONE)[0] == "Unknown"
    state, words, _ = seen(TAKEN, GIVEN_UP)
    assert state == "Failed"
    assert words.startswith("email: ")


def test_a_conclusion_stays_when_later_notifications_blur_the_counters():
    concluded = {}
    assert one(of_a(TAKEN), seconds=2.0, concluded=concluded)[0] == "Delivered"
    assert not concluded, "too early to be sure that it was ours"
    assert one(of_a(TAKEN), concluded=concluded)[0] == "Delivered"
    assert one(of_a(Sent(2, 2, 1)), concluded=concluded)[0] == "Delivered"


def together(sent: Sent, **given) -> list[str]:
    pool = look({("webhook", "x"): sent}, named=False, loaded=frozenset({A.full_name, B.full_name}))
    return [str(verdict.outcome.state) for verdict in judge(pool, receivers=(A, B), **given)]


def test_without_names_all_or_none_can_be_told():
    assert together(Sent(2, 2)) == ["Delivered"] * 2
    assert together(Sent(2, 2, 2, {"other": 2.0}), no_logs="-") == ["Failed"] * 2
    assert together(Sent(1, 1)) == ["Unknown"] * 2
    assert together(Sent(3, 3)) == ["Unknown"] * 2


def test_without_names_the_log_tells_who_failed():
    half = Sent(2, 2, 1, {"clientError": 1.0})
    assert together(half, no_logs="-") == ["Unknown"] * 2
    assert together(half, failures=[failure()]) == ["Failed", "Delivered"]
    assert together(Sent(2, 1, 1, {"clientError": 1.0}), failures=[failure()]) == ["Failed", "Unknown"]


_COUNT = st.integers(0, 4).map(float)
_SENT = st.builds(
    Sent, _COUNT, _COUNT, _COUNT, st.dictionaries(st.sampled_from(["other", "clientError"]), _COUNT)
)


@given(
    sent=_SENT,
    named=st.booleans(),
    loaded=st.booleans(),
    gone=st.sampled_from(["", "gone"]),
    new=st.booleans(),
)
def test_delivered_is_never_a_guess(sent, named, loaded, gone, new):
    """Only exactly one notification, taken, by a replica that went on, of a receiver it knows."""
    seen = of_a(
        sent,
        named=named,
        epoch=(2.0, 2.0) if new else EPOCH,
        gone=gone,
        loaded=frozenset({A.full_name}) if loaded else frozenset(),
    )
    state, _, _ = one(seen)
    if state == DeliveryState.DELIVERED:
        assert (sent.begun, sent.taken >= 1, gone, new, loaded) == (1.0, True, "", False, True)
    if state == DeliveryState.FAILED:
        assert sent.begun >= 1


def test_one_bad_receiver_never_hides_another():
    pool = look({("webhook", A.full_name): TAKEN, ("webhook", B.full_name): GIVEN_UP})
    found = [str(verdict.outcome.state) for verdict in judge(pool, receivers=(A, B), no_logs="-")]
    assert found == ["Delivered", "Failed"]
