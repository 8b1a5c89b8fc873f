"""Alertmanager's counters, from its text format."""

from __future__ import annotations

import pytest

from fireline.alertmanager.metrics import counters
from fireline.alertmanager.replica import Sender, Sent
from fireline.errors import AlertmanagerError

EPOCH = """\
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.5e9
# TYPE alertmanager_config_last_reload_success_timestamp_seconds gauge
alertmanager_config_last_reload_success_timestamp_seconds 1.6e9
"""
NAMED = """\
# TYPE alertmanager_notifications_total counter
alertmanager_notifications_total{integration="webhook",receiver_name="a"} 3
alertmanager_notifications_total{integration="webhook",receiver_name="b"} 0
# TYPE alertmanager_notification_requests_total counter
alertmanager_notification_requests_total{integration="webhook",receiver_name="a"} 7
# TYPE alertmanager_notification_requests_failed_total counter
alertmanager_notification_requests_failed_total{integration="webhook",receiver_name="a"} 5
# TYPE alertmanager_notifications_failed_total counter
alertmanager_notifications_failed_total{integration="webhook",reason="clientError",receiver_name="a"} 1
alertmanager_notifications_failed_total{integration="webhook",reason="other",receiver_name="a"} 0
"""


def test_counters_are_kept_by_integration_and_receiver():
    found = counters(EPOCH + NAMED)
    assert found.by_receiver
    assert found.epoch == (1.5e9, 1.6e9)
    assert found.sent[Sender("webhook", "a")] == Sent(3, 7, 5, {"clientError": 1, "other": 0})
    assert found.sent[Sender("webhook", "a")].taken == 2
    assert found.sent[Sender("webhook", "b")] == Sent()


def test_without_the_feature_there_is_no_receiver():
    found = counters(EPOCH + NAMED.replace(',receiver_name="a"', "").replace(',receiver_name="b"', ',x="b"'))
    assert not found.by_receiver
    assert Sender("webhook", None) in found.sent


def test_what_was_sent_since_then_leaves_out_reasons_that_did_not_move():
    before, now = Sent(1, 2, 1, {"other": 1}), Sent(4, 6, 3, {"other": 1, "clientError": 2})
    assert now.since(before) == Sent(3, 4, 2, {"clientError": 2})


@pytest.mark.parametrize("text", ["", "up 1\n", "<html>", EPOCH[:80]])
def test_another_page_is_not_taken_for_alertmanagers(text):
    with pytest.raises(AlertmanagerError):
        counters(text)
