"""AlertmanagerConfigs that stop everything: each is taken by the API server and by prometheus-operator's
checks, and then nobody's changes arrive any more.

STOPPING: prometheus-operator cannot make a configuration. REFUSED: it makes one that Alertmanager does not
load. Every case is a change to a configuration that works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.routes.everything import ref, url_ref

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]


def config(namespace: str, name: str, **receiver: Any) -> Manifest:
    """One that works; ``receiver`` are its receiver's lists."""
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "route": {"receiver": "one", "matchers": [{"name": "a", "value": "b", "matchType": "="}]},
            "receivers": [{"name": "one", **receiver}],
        },
    }


def has(**receiver: Any) -> Change:
    def change(config: Manifest) -> None:
        config["spec"]["receivers"][0].update(receiver)

    return change


def route(**fields: Any) -> Change:
    def change(config: Manifest) -> None:
        config["spec"]["route"].update(fields)

    return change


def spec(**fields: Any) -> Change:
    def change(config: Manifest) -> None:
        config["spec"].update(fields)

    return change


def webhook(**fields: Any) -> Change:
    return has(webhookConfigs=[{"url": "https://h.example", **fields}])


def _pushover(**fields: Any) -> Change:
    return has(pushoverConfigs=[{"userKey": ref(), "token": ref("two"), **fields}])


def _matcher(**fields: Any) -> Change:
    return route(matchers=[{"name": "a", "value": "b", "matchType": "=", **fields}])


_ALWAYS = {"name": "always", "timeIntervals": [{}]}

STOPPING: Mapping[str, Change] = {
    "mail-without-smarthost": has(emailConfigs=[{"to": "a@example.org", "from": "b@example.org"}]),
    "mail-without-from": has(emailConfigs=[{"to": "a@example.org", "smarthost": "mail.example.org:25"}]),
    "telegram-token-in-a-file": has(telegramConfigs=[{"chatID": 7, "botTokenFile": "/etc/token"}]),
    "teams-without-url": has(msteamsv2Configs=[{"title": "t"}]),
    "timeout-of-centuries": webhook(timeout="9999999y"),
    "two-ways-to-a-proxy": webhook(httpConfig={"proxyURL": "http://p.example", "proxyFromEnvironment": True}),
    "teams-with-headers-to-no-proxy": has(
        msteamsv2Configs=[{"webhookURL": url_ref(), "httpConfig": {"proxyConnectHeader": {"X": [ref()]}}}]
    ),
    "teams-with-exceptions-from-no-proxy": has(
        msteamsv2Configs=[{"webhookURL": url_ref(), "httpConfig": {"noProxy": "10.0.0.0/8"}}]
    ),
}
REFUSED: Mapping[str, Change] = {
    "interval-without-items": spec(muteTimeIntervals=[{"name": "never"}]),
    "interval-twice": spec(muteTimeIntervals=[_ALWAYS, _ALWAYS]),
    "group-interval-of-zero": route(groupInterval="0s"),
    "repeat-interval-of-zero": route(repeatInterval="0m"),
    "wait-of-centuries": route(groupWait="9999999y"),
    "bad-expression": _matcher(matchType="=~", value="("),
    "bad-expression-in-inhibition": spec(
        inhibitRules=[{"sourceMatch": [{"name": "a", "value": "*", "matchType": "=~"}], "equal": ["x"]}]
    ),
    "label-with-a-space": _matcher(name="a b"),
    "label-with-an-operator": _matcher(name="a=b"),
    "grouped-by-nothing": route(groupBy=["alertname", ""]),
    "equal-in-nothing": spec(
        inhibitRules=[{"sourceMatch": [{"name": "a", "value": "b", "matchType": "="}], "equal": [""]}]
    ),
    "slack-without-url": has(slackConfigs=[{"channel": "#x"}]),
    "opsgenie-without-key": has(opsgenieConfigs=[{"message": "m"}]),
    "victorops-without-key": has(victoropsConfigs=[{"routingKey": "r"}]),
    "wechat-without-secret": has(wechatConfigs=[{"corpID": "c"}]),
    "wechat-without-corporation": has(wechatConfigs=[{"apiSecret": ref()}]),
    "wechat-of-another-type": has(
        wechatConfigs=[{"apiSecret": ref(), "corpID": "c", "messageType": "image"}]
    ),
    "webex-without-token": has(webexConfigs=[{"roomID": "r"}]),
    "telegram-at-no-url": has(telegramConfigs=[{"chatID": 7, "botToken": ref(), "apiURL": "tg.example"}]),
    "mail-without-port": has(emailConfigs=[{"to": "a@b.c", "from": "b@b.c", "smarthost": "mail:"}]),
    "mail-by-ipv6": has(emailConfigs=[{"to": "a@b.c", "from": "b@b.c", "smarthost": "[::1]:25"}]),
    "timeout-of-a-day": webhook(timeout="24h"),
    "retry-of-a-day": _pushover(retry="1d"),
    "expire-of-a-day": _pushover(expire="48h"),
    "ttl-of-a-day": _pushover(ttl="1d"),
    "teams-authorized-twice": has(
        msteamsv2Configs=[
            {
                "webhookURL": url_ref(),
                "httpConfig": {
                    "authorization": {"credentials": ref()},
                    "basicAuth": {"username": ref(), "password": ref("two")},
                },
            }
        ]
    ),
    "token-through-two-proxies": webhook(
        httpConfig={
            "oauth2": {
                "clientId": {"secret": ref()},
                "clientSecret": ref("two"),
                "tokenUrl": "https://t.example",
                "proxyUrl": "http://p.example",
                "proxyFromEnvironment": True,
            }
        }
    ),
}
