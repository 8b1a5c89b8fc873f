"""The notification counters of Alertmanager's ``/metrics``. Pure.

Names as in notify/notify.go of Alertmanager 0.28 (notify/metrics.go of 0.33): ``notifications_total`` counts
notifications when they begin, ``notification_requests_total`` tries when they end,
``notifications_failed_total`` notifications that were given up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import Literal

from prometheus_client.parser import text_string_to_metric_families

from fireline.alertmanager.replica import Counters, Sender, Sent
from fireline.errors import AlertmanagerError

_Field = Literal["begun", "tried", "refused"]

_FIELDS: dict[str, _Field] = {
    "alertmanager_notifications_total": "begun",
    "alertmanager_notification_requests_total": "tried",
    "alertmanager_notification_requests_failed_total": "refused",
}
_GIVEN_UP = "alertmanager_notifications_failed_total"
_STARTED = "process_start_time_seconds"
_RELOADED = "alertmanager_config_last_reload_success_timestamp_seconds"


def counters(text: str) -> Counters:
    """The counters of a scrape. Raises AlertmanagerError when it is none of Alertmanager's."""
    found: dict[Sender, Sent] = defaultdict(Sent)
    epoch: dict[str, float] = {}
    try:
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
    except ValueError:
        raise AlertmanagerError("Alertmanager's /metrics cannot be read") from None
    for one in samples:
        sender = Sender(one.labels.get("integration", ""), one.labels.get("receiver_name"))
        if field := _FIELDS.get(one.name):
            found[sender] = _with(found[sender], field, one.value)
        elif one.name == _GIVEN_UP:
            reasons = {**found[sender].reasons, one.labels.get("reason", "other"): one.value}
            found[sender] = replace(found[sender], reasons=reasons)
        elif one.name in {_STARTED, _RELOADED}:
            epoch[one.name] = one.value
    if _RELOADED not in epoch:
        raise AlertmanagerError("/metrics has no counters of Alertmanager: is this the right address?")
    by_receiver = any(sender.receiver is not None for sender in found)
    return Counters(dict(found), by_receiver, (epoch.get(_STARTED, 0.0), epoch[_RELOADED]))


def _with(sent: Sent, field: _Field, value: float) -> Sent:
    match field:
        case "begun":
            return replace(sent, begun=value)
        case "tried":
            return replace(sent, tried=value)
        case "refused":
            return replace(sent, refused=value)
