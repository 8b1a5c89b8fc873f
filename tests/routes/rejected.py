"""AlertmanagerConfigs that the API server takes and prometheus-operator leaves out, by what is wrong.

Each is a change to a configuration that works, and the start of the path that our message must have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.routes.broken import Change, has, route, spec, webhook
from tests.routes.everything import ref, url_ref


def _child(**fields: Any) -> Change:
    return route(routes=[{"receiver": "one", **fields}])


def _interval(**item: Any) -> Change:
    return spec(muteTimeIntervals=[{"name": "n", "timeIntervals": [item]}])


def _matched(**fields: Any) -> Change:
    return _child(matchers=[{"name": "a", "value": "b", **fields}])


_AUTHORIZATION = {"authorization": {"credentials": ref()}}
_ITEM = "spec.muteTimeIntervals[0].timeIntervals[0]"
_CHILD = "spec.route.routes[0]"

REJECTED: Mapping[str, tuple[Change, str]] = {
    "child-with-native-match": (_child(match={"a": "b"}), f"{_CHILD}.match"),
    "child-with-a-typing-error": (_child(groupBuy=["a"]), f"{_CHILD}.groupBuy"),
    "child-with-text-for-truth": (_child(**{"continue": "yes"}), f"{_CHILD}.continue"),
    "matcher-with-a-typing-error": (_matched(matchtypo="="), f"{_CHILD}.matchers[0].matchtypo"),
    "matcher-of-an-unknown-kind": (_matched(matchType="=="), f"{_CHILD}.matchers[0].matchType"),
    "matcher-without-name": (_matched(name=" ", matchType="="), f"{_CHILD}.matchers[0].name"),
    "no-receiver": (route(receiver=""), "spec.route.receiver"),
    "unknown-receiver": (route(receiver="nobody"), "spec.route.receiver"),
    "unknown-receiver-below": (_child(receiver="nobody"), f"{_CHILD}.receiver"),
    "unknown-interval": (route(muteTimeIntervals=["nights"]), "spec.route.muteTimeIntervals"),
    "unknown-active-interval": (_child(activeTimeIntervals=["nights"]), f"{_CHILD}.activeTimeIntervals"),
    "grouped-by-all-and-more": (_child(groupBy=["...", "a"]), f"{_CHILD}.groupBy"),
    "grouped-twice": (_child(groupBy=["a", "a"]), f"{_CHILD}.groupBy"),
    "wait-in-fractions": (_child(groupWait="1.5h"), f"{_CHILD}.groupWait"),
    "repeat-backwards": (_child(repeatInterval="5m1h"), f"{_CHILD}.repeatInterval"),
    "saturday-to-sunday": (_interval(weekdays=["saturday:sunday"]), f"{_ITEM}.weekdays[0]"),
    "over-midnight": (_interval(times=[{"startTime": "22:00", "endTime": "06:00"}]), f"{_ITEM}.times[0]"),
    "no-end": (_interval(times=[{"startTime": "22:00"}]), f"{_ITEM}.times[0]"),
    "day-zero": (_interval(daysOfMonth=[{"start": 0, "end": 5}]), f"{_ITEM}.daysOfMonth[0]"),
    "from-the-end-to-the-start": (
        _interval(daysOfMonth=[{"start": -3, "end": 5}]),
        f"{_ITEM}.daysOfMonth[0]",
    ),
    "may-to-march": (_interval(months=["may:march"]), f"{_ITEM}.months[0]"),
    "years-backwards": (_interval(years=["2027:2026"]), f"{_ITEM}.years[0]"),
    "pagerduty-without-key": (has(pagerdutyConfigs=[{}]), "spec.receivers[0].pagerdutyConfigs[0]"),
    "pagerduty-at-no-url": (
        has(pagerdutyConfigs=[{"routingKey": ref(), "url": "pd.example"}]),
        "spec.receivers[0].pagerdutyConfigs[0].url",
    ),
    "opsgenie-with-nobody": (
        has(opsgenieConfigs=[{"apiKey": ref(), "responders": [{"type": "team"}]}]),
        "spec.receivers[0].opsgenieConfigs[0].responders[0]",
    ),
    "opsgenie-with-a-robot": (
        has(opsgenieConfigs=[{"apiKey": ref(), "responders": [{"name": "r", "type": "robot"}]}]),
        "spec.receivers[0].opsgenieConfigs[0].responders[0].type",
    ),
    "slack-action-without-target": (
        has(slackConfigs=[{"apiURL": url_ref(), "actions": [{"type": "button", "text": "t"}]}]),
        "spec.receivers[0].slackConfigs[0].actions[0]",
    ),
    "webhook-without-url": (has(webhookConfigs=[{}]), "spec.receivers[0].webhookConfigs[0]"),
    "webhook-with-a-space-in-the-host": (
        has(webhookConfigs=[{"url": "https://a b.example"}]),
        "spec.receivers[0].webhookConfigs[0].url",
    ),
    "webhook-with-a-stray-percent": (
        has(webhookConfigs=[{"url": "https://a.example/100%"}]),
        "spec.receivers[0].webhookConfigs[0].url",
    ),
    "webhook-with-two-authorizations": (
        webhook(httpConfig={**_AUTHORIZATION, "bearerTokenSecret": ref("two")}),
        "spec.receivers[0].webhookConfigs[0].httpConfig",
    ),
    "webhook-with-basic-authorization": (
        webhook(httpConfig={"authorization": {"type": "Basic", "credentials": ref()}}),
        "spec.receivers[0].webhookConfigs[0].httpConfig.authorization.type",
    ),
    "webhook-with-authorization-without-token": (
        webhook(httpConfig={"authorization": {"type": "Bearer"}}),
        "spec.receivers[0].webhookConfigs[0].httpConfig.authorization.credentials",
    ),
    "webhook-with-half-a-user": (
        webhook(httpConfig={"basicAuth": {"username": ref()}}),
        "spec.receivers[0].webhookConfigs[0].httpConfig.basicAuth",
    ),
    "webhook-with-exceptions-from-no-proxy": (
        webhook(httpConfig={"noProxy": "localhost"}),
        "spec.receivers[0].webhookConfigs[0].httpConfig.noProxy",
    ),
    "webhook-with-half-a-certificate": (
        webhook(httpConfig={"tlsConfig": {"keySecret": ref()}}),
        "spec.receivers[0].webhookConfigs[0].httpConfig.tlsConfig",
    ),
    "webhook-with-tls-backwards": (
        webhook(httpConfig={"tlsConfig": {"minVersion": "TLS13", "maxVersion": "TLS12"}}),
        "spec.receivers[0].webhookConfigs[0].httpConfig.tlsConfig.maxVersion",
    ),
    "webhook-with-a-nameless-secret": (
        has(webhookConfigs=[{"urlSecret": {"key": "one"}}]),
        "spec.receivers[0].webhookConfigs[0].urlSecret",
    ),
    "mail-to-nobody": (has(emailConfigs=[{"from": "a@b.c"}]), "spec.receivers[0].emailConfigs[0].to"),
    "mail-without-colon": (
        has(emailConfigs=[{"to": "a@b.c", "from": "a@b.c", "smarthost": "mail"}]),
        "spec.receivers[0].emailConfigs[0].smarthost",
    ),
    "mail-with-a-header-twice": (
        has(
            emailConfigs=[
                {
                    "to": "a@b.c",
                    "from": "a@b.c",
                    "smarthost": "m:25",
                    "headers": [{"key": "Subject", "value": "a"}, {"key": "subject", "value": "b"}],
                }
            ]
        ),
        "spec.receivers[0].emailConfigs[0].headers",
    ),
    "victorops-with-its-own-field": (
        has(
            victoropsConfigs=[
                {"apiKey": ref(), "routingKey": "r", "customFields": [{"key": "entity_id", "value": "x"}]}
            ]
        ),
        "spec.receivers[0].victoropsConfigs[0].customFields",
    ),
    "pushover-with-a-file": (
        has(pushoverConfigs=[{"userKeyFile": "/etc/u", "token": ref()}]),
        "spec.receivers[0].pushoverConfigs[0].userKey",
    ),
    "sns-to-two": (
        has(snsConfigs=[{"topicARN": "t", "phoneNumber": "1"}]),
        "spec.receivers[0].snsConfigs[0]",
    ),
    "sns-with-half-a-key": (
        has(snsConfigs=[{"topicARN": "t", "sigv4": {"accessKey": ref()}}]),
        "spec.receivers[0].snsConfigs[0].sigv4",
    ),
    "telegram-to-nobody": (
        has(telegramConfigs=[{"botToken": ref(), "chatID": 0}]),
        "spec.receivers[0].telegramConfigs[0].chatID",
    ),
    "inhibition-by-an-unknown-name": (
        spec(inhibitRules=[{"sourceMatch": [{"name": " ", "value": "b", "matchType": "="}]}]),
        "spec.inhibitRules[0].sourceMatch[0].name",
    ),
}
