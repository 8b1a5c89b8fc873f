"""For every CEL rule about receivers: one the rule accepts and one it refuses.

Used twice: on the models (test_receivers_rules.py), on the API server (tests/routes/test_receivers_cel.py).
Keyed as the rules stand in the schema: path below the receiver, with [] for the items of a list, and message.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fireline.api.alert_policy_receivers import KINDS, Receiver
from fireline.api.common import VALIDATIONS
from fireline.api.crd import structural

Manifest = dict[str, Any]
SECRET = {"name": "keys", "key": "key"}
OTHER = {"name": "keys", "key": "other"}
LEAST: dict[str, Manifest] = {
    "pagerduty": {"routingKeySecret": SECRET},
    "opsgenie": {"apiKeySecret": SECRET},
    "victorops": {"apiKeySecret": SECRET, "routingKey": "shop"},
    "pushover": {"userKeySecret": SECRET, "tokenSecret": OTHER},
    "email": {"to": "ops@example.com", "from": "fireline@example.com", "smarthost": "smtp.example.com:587"},
    "webhook": {"url": "http://gateway.shop:8080/alerts"},
    "slack": {"apiURLSecret": SECRET},
    "msteamsv2": {"webhookURLSecret": SECRET},
    "msteams": {"webhookURLSecret": SECRET},
    "discord": {"webhookURLSecret": SECRET},
    "telegram": {"botTokenSecret": SECRET, "chatID": -1001234567890},
    "webex": {"tokenSecret": SECRET, "roomID": "room"},
    "sns": {"topicARN": "arn:aws:sns:eu-central-1:123456789012:alerts"},
    "wechat": {"apiSecret": SECRET, "corpID": "corp", "agentID": "1", "toUser": "@all"},
    "rocketchat": {"tokenSecret": SECRET, "tokenIDSecret": OTHER},
}
"""Kind → the least that makes a receiver."""
NAMES = "names must have at most 128 letters, digits, _, . and -, for example cluster"
TAKEN = (
    "these names are taken: routing_key, message_type, state_message, entity_display_name, monitoring_tool,"
    " entity_id, entity_state"
)
TOKEN = (
    "seems to hold a credential (a user, a query or a token); put the URL into a Secret and name it in"
    " urlSecret, for example {name: hook, key: url}"
)
LEAKY = (
    "https://user:password@gateway.shop/alerts",
    "https://gateway.shop/alerts?token=abc",
    "https://gateway.shop/alerts#abc",
    "https://gateway.shop/0123456789abcdef0123/alerts",
    "https://hc-ping.com/6a1b2c3d-0123-4567-89ab-cdef01234567",
    "https://api.telegram.org/bot123:abc/sendMessage",
    "https://hooks.slack.com/services/T0/B0/x",
    "https://discord.com/api/webhooks/1/x",
)
"""URLs that belong into a Secret."""


@dataclass(frozen=True)
class ReceiverCase:
    """``path`` is where the rule stands below a receiver; ``""`` is the receiver itself."""

    path: str
    message: str
    good: Manifest
    bad: Manifest

    @property
    def key(self) -> tuple[str, str]:
        """What identifies a rule."""
        return self.path, self.message


def receiver(kind: str, **changes: Any) -> Manifest:
    """A receiver of a kind with fields added; None takes one away."""
    config = {key: value for key, value in {**LEAST[kind], **changes}.items() if value is not None}
    return {"name": f"a-{kind}", kind: config}


def _case(kind: str, path: str, message: str, *, good: Manifest, bad: Manifest) -> ReceiverCase:
    where = f"{kind}.{path}".rstrip(".")
    return ReceiverCase(where, message, receiver(kind, **good), receiver(kind, **bad))


def _refused(kind: str, message: str) -> ReceiverCase:
    return ReceiverCase(
        "", message, receiver("webhook"), {"name": "new", kind: {"url": "https://x", "any": 1}}
    )


def _http(kind: str) -> ReceiverCase:
    basic = {"usernameSecret": SECRET, "passwordSecret": OTHER}
    return _case(
        kind,
        "http",
        "only one of bearerTokenSecret and basicAuth can be sent",
        good={"http": {"basicAuth": basic}},
        bad={"http": {"basicAuth": basic, "bearerTokenSecret": SECRET}},
    )


def _names(kind: str, field: str) -> ReceiverCase:
    return _case(kind, field, NAMES, good={field: {"a.B-c_1": "x"}}, bad={field: {"a b": "x"}})


def _one_of(kind: str, path: str, *fields: str, good: Manifest, bad: Manifest) -> ReceiverCase:
    return _case(kind, path, f"exactly one of {', '.join(fields)} must be set", good=good, bad=bad)


CASES = (
    _refused(
        "incidentio",
        "incidentio needs Alertmanager 0.29, and no AlertmanagerConfig has it yet; use webhook with a URL of"
        " its own in urlSecret instead",
    ),
    _refused(
        "mattermost",
        "mattermost needs Alertmanager 0.30, and no AlertmanagerConfig has it yet; use webhook with a URL of"
        " its own in urlSecret instead",
    ),
    _refused(
        "jira",
        "jira needs an AlertmanagerConfig that has it, and none has yet; use webhook with a URL of its own in"
        " urlSecret instead",
    ),
    ReceiverCase(
        "",
        f"exactly one of {', '.join(KINDS)} must be set",
        receiver("slack"),
        {**receiver("slack"), **receiver("webhook")},
    ),
    _one_of(
        "pagerduty", "", "routingKeySecret", "serviceKeySecret", good={}, bad={"serviceKeySecret": SECRET}
    ),
    _one_of(
        "opsgenie",
        "responders[]",
        "id",
        "name",
        "username",
        good={"responders": [{"type": "team", "name": "shop"}]},
        bad={"responders": [{"type": "team"}]},
    ),
    _names("pagerduty", "details"),
    _names("opsgenie", "details"),
    _names("victorops", "customFields"),
    _names("sns", "attributes"),
    _case(
        "victorops",
        "customFields",
        TAKEN,
        good={"customFields": {"entity": "x"}},
        bad={"customFields": {"entity_id": "x"}},
    ),
    _case(
        "email",
        "",
        "authUsername and authPasswordSecret belong together: set both or none",
        good={"authUsername": "me", "authPasswordSecret": SECRET},
        bad={"authUsername": "me"},
    ),
    _case(
        "email",
        "headers",
        "names of headers have at most 64 letters, digits and -, for example Reply-To",
        good={"headers": {"Reply-To": "x"}},
        bad={"headers": {"Reply To": "x"}},
    ),
    _one_of("webhook", "", "url", "urlSecret", good={}, bad={"urlSecret": SECRET}),
    *(_case("webhook", "url", TOKEN, good={}, bad={"url": url}) for url in LEAKY),
    _case(
        "webhook",
        "maxAlerts",
        "must be between 0 (no limit) and 100000",
        good={"maxAlerts": 0},
        bad={"maxAlerts": -1},
    ),
    _one_of(
        "slack",
        "actions[]",
        "url",
        "name",
        good={"actions": [{"text": "x", "url": "https://x"}]},
        bad={"actions": [{"text": "x"}]},
    ),
    _case(
        "telegram",
        "chatID",
        "must be the number of a chat, for example -1001234567890",
        good={"chatID": 5},
        bad={"chatID": 0},
    ),
    _case(
        "telegram",
        "messageThreadID",
        "must be the number of a topic, for example 42",
        good={"messageThreadID": 42},
        bad={"messageThreadID": 0},
    ),
    _one_of(
        "sns",
        "",
        "topicARN",
        "phoneNumber",
        "targetARN",
        good={"topicARN": None, "phoneNumber": "+4930123456"},
        bad={"phoneNumber": "+4930123456"},
    ),
    _case(
        "sns",
        "",
        "accessKeySecret and secretKeySecret belong together: set both or none",
        good={"accessKeySecret": SECRET, "secretKeySecret": OTHER},
        bad={"accessKeySecret": SECRET},
    ),
    _case(
        "wechat",
        "",
        "someone must be told: set toUser, toParty or toTag",
        good={"toUser": None, "toTag": "shop"},
        bad={"toUser": None},
    ),
    *(_http(kind) for kind in KINDS if kind not in ("email", "webex")),
)


def rules_of_schema() -> set[tuple[str, str]]:
    """(path, message) of every rule in the schema of a receiver."""
    return set(_rules(structural(Receiver), ""))


def _rules(schema: Manifest, path: str) -> Iterator[tuple[str, str]]:
    for rule in schema.get(VALIDATIONS, ()):
        yield path, rule["message"]
    for name, child in schema.get("properties", {}).items():
        yield from _rules(child, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from _rules(schema["items"], f"{path}[]")
