"""Every way known to stop prometheus-operator or Alertmanager for everyone, as far as a policy can say it.

Beside each case of :mod:`tests.routes.broken`, an AlertPolicy that comes as close to it as it can; and
Secrets, which may be wrong in ways no schema sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fireline.api.plan import Manifest
from tests.policies.scene import policy

HOOK = {"name": "hook", "webhook": {"url": "http://hook.example:8080/"}}
KEY = {"name": "keys", "key": "one"}
URL = {"name": "keys", "key": "url"}


@dataclass(frozen=True, slots=True)
class Careless:
    """``says``: words it is refused with."""

    says: str
    receivers: Sequence[Mapping[str, Any]] = (HOOK,)
    spec: Mapping[str, Any] = field(default_factory=dict)

    def policy(self, namespace: str, name: str) -> Manifest:
        """The policy of somebody careless."""
        return policy(namespace, name, self.receivers, **self.spec)


def _kind(says: str, **kind: Any) -> Careless:
    return Careless(says, ({"name": "one", **kind},))


def _hook(says: str, **fields: Any) -> Careless:
    return _kind(says, webhook={"url": "https://h.example", **fields})


def _mail(says: str, **fields: Any) -> Careless:
    return _kind(says, email={"to": "a@example.org", **fields})


def _teams(says: str, **http: Any) -> Careless:
    return _kind(says, msteamsv2={"webhookURLSecret": URL, "http": http})


def _pushover(says: str, **fields: Any) -> Careless:
    return _kind(says, pushover={"userKeySecret": KEY, "tokenSecret": KEY, **fields})


def _spec(says: str, **fields: Any) -> Careless:
    return Careless(says, spec=fields)


_OFFICE = {"name": "office", "from": "09:00", "to": "17:00"}

REFUSED: Mapping[str, Careless] = {
    "mail-without-smarthost": _mail("smarthost: Required value", **{"from": "b@example.org"}),
    "mail-without-from": _mail("from: Required value", smarthost="mail.example.org:25"),
    "telegram-token-in-a-file": _kind("botTokenSecret: Required value", telegram={"chatID": 7}),
    "teams-without-url": _kind("webhookURLSecret: Required value", msteamsv2={"title": "t"}),
    "timeout-of-centuries": _hook("webhook.timeout", timeout="9999999y"),
    "two-ways-to-a-proxy": _hook(
        "field not declared in schema", http={"proxyURL": "http://p.example", "proxyFromEnvironment": True}
    ),
    "teams-with-headers-to-no-proxy": _teams("field not declared in schema", proxyConnectHeader={"X": [KEY]}),
    "teams-with-exceptions-from-no-proxy": _teams("field not declared in schema", noProxy="10.0.0.0/8"),
    "teams-with-authorization-but-no-token": _teams(
        "field not declared in schema", authorization={"type": "Bearer"}
    ),
    "interval-without-items": _spec("should have at least 1 items", hours=[{**_OFFICE, "weekdays": []}]),
    "interval-twice": _spec("duplicate entries", hours=[_OFFICE, _OFFICE]),
    "group-interval-of-zero": _spec("must be longer than zero", grouping={"interval": "0s"}),
    "repeat-interval-of-zero": _spec("must be longer than zero", grouping={"repeat": {"sev0": "0m"}}),
    "wait-of-centuries": _spec("is too long", grouping={"wait": "9999999y"}),
    "bad-expression": _spec(
        "spec.inhibition.parents", inhibition={"parents": [{"slo": "gateway", "namespace": "("}]}
    ),
    "bad-expression-in-inhibition": _spec("spec.inhibition.parents", inhibition={"parents": [{"slo": "*"}]}),
    "label-with-a-space": _spec("grouping.by[0] in body should match", grouping={"by": ["a b"]}),
    "label-with-an-operator": _spec("grouping.by[0] in body should match", grouping={"by": ["a=b"]}),
    "grouped-by-nothing": _spec("grouping.by[1]", grouping={"by": ["alertname", ""]}),
    "equal-in-nothing": _spec("spec.inhibition.parents", inhibition={"parents": [{"slo": ""}]}),
    "slack-without-url": _kind("apiURLSecret: Required value", slack={"channel": "#x"}),
    "opsgenie-without-key": _kind("apiKeySecret: Required value", opsgenie={"message": "m"}),
    "victorops-without-key": _kind("apiKeySecret: Required value", victorops={"routingKey": "r"}),
    "wechat-without-secret": _kind(
        "apiSecret: Required value", wechat={"corpID": "c", "agentID": "1", "toUser": "u"}
    ),
    "wechat-without-corporation": _kind(
        "corpID: Required value", wechat={"apiSecret": KEY, "agentID": "1", "toUser": "u"}
    ),
    "wechat-of-another-type": _kind(
        "messageType: Unsupported value",
        wechat={"apiSecret": KEY, "corpID": "c", "agentID": "1", "toUser": "u", "messageType": "image"},
    ),
    "webex-without-token": _kind("tokenSecret: Required value", webex={"roomID": "r"}),
    "telegram-at-no-url": _kind(
        "telegram.apiURL in body should match",
        telegram={"chatID": 7, "botTokenSecret": KEY, "apiURL": "tg.example"},
    ),
    "mail-without-port": _mail(
        "email.smarthost in body should match", **{"from": "b@b.c"}, smarthost="mail:"
    ),
    "mail-by-ipv6": _mail("email.smarthost in body should match", **{"from": "b@b.c"}, smarthost="[::1]:25"),
    "timeout-of-a-day": _hook("webhook.timeout in body should match", timeout="24h"),
    "retry-of-a-day": _pushover("pushover.retry in body should match", retry="1d"),
    "expire-of-a-day": _pushover("pushover.expire in body should match", expire="48h"),
    "ttl-of-a-day": _pushover("field not declared in schema", ttl="1d"),
    "teams-authorized-twice": _teams(
        "only one of bearerTokenSecret and basicAuth",
        bearerTokenSecret=KEY,
        basicAuth={"usernameSecret": KEY, "passwordSecret": KEY},
    ),
    "token-through-two-proxies": _hook(
        "field not declared in schema", http={"oauth2": {"tokenUrl": "https://t.example"}}
    ),
}
"""What nobody's policy may say, by the names of :mod:`tests.routes.broken`."""

Wrong = Literal["missing", "lacks-its-key", "empty", "no-url", "line-break"]
WRONG: Mapping[Wrong, Mapping[str, str] | None] = {
    "missing": None,
    "lacks-its-key": {"other": "https://h.example/x"},
    "empty": {"url": "", "one": ""},
    "no-url": {"url": "h.example", "one": "\t"},
    "line-break": {"url": "https://h.example/x\n", "one": "key\n"},
}
"""How a Secret may be wrong, and what it holds then."""

BY_URL: Mapping[str, Mapping[str, Any]] = {
    "msteams": {"msteams": {"webhookURLSecret": URL}},
    "msteamsv2": {"msteamsv2": {"webhookURLSecret": URL}},
    "slack": {"slack": {"apiURLSecret": URL}},
    "discord": {"discord": {"webhookURLSecret": URL}},
    "webhook": {"webhook": {"urlSecret": URL}},
}
BY_KEY: Mapping[str, Mapping[str, Any]] = {
    "pagerduty": {"pagerduty": {"routingKeySecret": KEY}},
    "opsgenie": {"opsgenie": {"apiKeySecret": KEY}},
    "victorops": {"victorops": {"apiKeySecret": KEY, "routingKey": "r"}},
    "pushover": {"pushover": {"userKeySecret": KEY, "tokenSecret": KEY}},
    "telegram": {"telegram": {"botTokenSecret": KEY, "chatID": 7}},
    "webex": {"webex": {"tokenSecret": KEY, "roomID": "r"}},
    "wechat": {"wechat": {"apiSecret": KEY, "corpID": "c", "agentID": "1", "toUser": "u"}},
    "email": {
        "email": {
            "to": "a@example.org",
            "from": "b@example.org",
            "smarthost": "mail.example.org:25",
            "authUsername": "u",
            "authPasswordSecret": KEY,
        }
    },
    "sns": {
        "sns": {
            "topicARN": "arn:aws:sns:eu-central-1:123456789012:alerts",
            "region": "eu-central-1",
            "accessKeySecret": KEY,
            "secretKeySecret": KEY,
        }
    },
    "webhook-token": {"webhook": {"url": "https://h.example", "http": {"bearerTokenSecret": KEY}}},
    "webhook-ca": {"webhook": {"url": "https://h.example", "http": {"tls": {"caSecret": KEY}}}},
}
"""Receivers by what they need a Secret for: a URL, which prometheus-operator reads, or anything else."""
