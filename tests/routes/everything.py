"""AlertmanagerConfigs that use every kind of receiver and nearly every field, and a base with as much.

The Secrets hold our own placeholders: so the configuration that prometheus-operator writes is, letter for
letter, what we say it is.
"""

from __future__ import annotations

from typing import Any

from tests.bed.certs import KeyPair

from fireline.alerting.effective import Origin

Manifest = dict[str, Any]
SECRET, URLS, CERTIFICATES = "values", "urls", "certificates"
KEYS = ("one", "two", "three", "four")


def ref(key: str = "one") -> Manifest:
    """A reference to a text."""
    return {"name": SECRET, "key": key}


def url_ref(key: str = "one") -> Manifest:
    """A reference to a URL."""
    return {"name": URLS, "key": key}


def secrets(namespace: str, pair: KeyPair, authority: str) -> list[Manifest]:
    """The Secrets and the ConfigMap that the receivers name."""
    origin = Origin(namespace, "")
    texts = {key: origin.secret(ref(key)) for key in KEYS}
    urls = {key: origin.secret_url(url_ref(key)) for key in KEYS}
    certificates = {"cert": pair.cert.read_text(), "key": pair.key.read_text()}
    mapped = {"ca": authority, "client": origin.secret_or_config_map({"configMap": _mapped("client")})}
    return [
        *(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": namespace},
                "stringData": data,
            }
            for name, data in ((SECRET, texts), (URLS, urls), (CERTIFICATES, certificates))
        ),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "mapped", "namespace": namespace},
            "data": mapped,
        },
    ]


def _mapped(key: str) -> Manifest:
    return {"name": "mapped", "key": key}


TLS: Manifest = {
    "ca": {"configMap": _mapped("ca")},
    "cert": {"secret": {"name": CERTIFICATES, "key": "cert"}},
    "keySecret": {"name": CERTIFICATES, "key": "key"},
    "serverName": "hooks.example",
    "minVersion": "TLS12",
    "maxVersion": "TLS13",
}
BY_BASIC = {"basicAuth": {"username": ref("one"), "password": ref("two")}, "followRedirects": False}
BY_OAUTH2 = {
    "oauth2": {
        "clientId": {"configMap": _mapped("client")},
        "clientSecret": ref("three"),
        "tokenUrl": "https://idp.example/token",
        "scopes": ["alerts", "hooks"],
        "endpointParams": {"audience": "hooks"},
        "proxyUrl": "http://proxy.example:3128",
        "noProxy": "localhost",
        "tlsConfig": {"insecureSkipVerify": True},
    },
    "tlsConfig": TLS,
}
BY_TOKEN = {"authorization": {"credentials": ref("four")}, "tlsConfig": {"insecureSkipVerify": True}}
THROUGH_A_PROXY = {
    "proxyURL": "http://old.example:3128",
    "proxyUrl": "http://new.example:3128",
    "noProxy": "10.0.0.0/8",
    "proxyConnectHeader": {"X-Tenant": [ref("one"), ref("two")]},
    "bearerTokenSecret": ref("three"),
}
FROM_ENVIRONMENT = {"proxyFromEnvironment": True, "followRedirects": True}


def receivers() -> list[Manifest]:
    """One receiver of each kind, and one of several kinds."""
    pairs = [{"key": "b", "value": "2"}, {"key": "a", "value": '{{ .GroupLabels.alertname }} "x"'}]
    return [
        {
            "name": "pagerduty",
            "pagerdutyConfigs": [
                {
                    "sendResolved": True,
                    "routingKey": ref(),
                    "url": "https://pd.example/v2/enqueue",
                    "client": "fireline",
                    "clientURL": "https://fireline.example/?q={{ .x }}",
                    "description": "yes",
                    "severity": "critical",
                    "class": "slo",
                    "component": "checkout",
                    "group": "shop",
                    "source": "prometheus",
                    "details": pairs,
                    "pagerDutyImageConfigs": [
                        {"src": "https://i.example/a.png", "alt": "a", "href": "https://h"}
                    ],
                    "pagerDutyLinkConfigs": [{"href": "https://runbook.example", "alt": "Runbook"}],
                    "httpConfig": BY_BASIC,
                },
                {"serviceKey": ref("two")},
            ],
        },
        {
            "name": "opsgenie",
            "opsgenieConfigs": [
                {
                    "sendResolved": False,
                    "apiKey": ref(),
                    "apiURL": "https://og.example/",
                    "message": "m",
                    "description": "d",
                    "source": "s",
                    "tags": "a,b",
                    "note": "n",
                    "priority": "P1",
                    "updateAlerts": False,
                    "details": pairs,
                    "responders": [{"name": "shop", "type": "team"}, {"username": "u", "type": "Schedule"}],
                    "entity": "e",
                    "actions": "x,y",
                    "httpConfig": BY_OAUTH2,
                }
            ],
        },
        {
            "name": "slack",
            "slackConfigs": [
                {
                    "sendResolved": True,
                    "apiURL": url_ref(),
                    "channel": "#shop",
                    "username": "fireline",
                    "color": "danger",
                    "title": "t",
                    "titleLink": "https://x",
                    "pretext": "p",
                    "text": "line one\nline two: {{ `x` }}\n",
                    "fields": [
                        {"title": "a", "value": "b", "short": False},
                        {"title": "c", "value": "d", "short": True},
                    ],
                    "shortFields": True,
                    "footer": "f",
                    "fallback": "g",
                    "callbackId": "c",
                    "iconEmoji": ":fire:",
                    "iconURL": "https://i",
                    "imageURL": "https://j",
                    "thumbURL": "https://k",
                    "linkNames": True,
                    "mrkdwnIn": ["text"],
                    "actions": [
                        {"type": "button", "text": "Silence", "url": "https://s", "style": "primary"},
                        {
                            "type": "button",
                            "text": "Ack",
                            "name": "ack",
                            "value": "1",
                            "confirm": {"text": "Sure?", "title": "T", "okText": "Yes", "dismissText": "No"},
                        },
                    ],
                    "httpConfig": BY_TOKEN,
                }
            ],
        },
        {
            "name": "webhook",
            "webhookConfigs": [
                {
                    "url": "https://plain.example/hook?a=b",
                    "maxAlerts": 10,
                    "timeout": "90s",
                    "httpConfig": FROM_ENVIRONMENT,
                },
                {
                    "url": "https://ignored.example",
                    "urlSecret": url_ref("two"),
                    "sendResolved": False,
                    "httpConfig": {},
                },
            ],
        },
        {
            "name": "mail",
            "emailConfigs": [
                {
                    "sendResolved": True,
                    "to": "shop@example.org",
                    "from": "fireline@example.org",
                    "hello": "fireline",
                    "smarthost": "mail.example.org:587",
                    "authUsername": "u",
                    "authPassword": ref("two"),
                    "authSecret": ref("three"),
                    "authIdentity": "i",
                    "headers": [{"key": "Subject", "value": "s"}, {"key": "X-Team", "value": ""}],
                    "html": "",
                    "text": "t",
                    "requireTLS": False,
                    "tlsConfig": TLS,
                },
                {"to": "second@example.org", "html": "<b>x</b>"},
            ],
        },
        {
            "name": "victorops",
            "victoropsConfigs": [
                {
                    "apiKey": ref(),
                    "apiUrl": "https://vo.example/",
                    "routingKey": "shop",
                    "messageType": "CRITICAL",
                    "entityDisplayName": "e",
                    "stateMessage": "s",
                    "monitoringTool": "m",
                    "customFields": pairs,
                }
            ],
        },
        {
            "name": "pushover",
            "pushoverConfigs": [
                {
                    "userKey": ref(),
                    "token": ref("two"),
                    "title": "t",
                    "message": "m",
                    "url": "https://x",
                    "urlTitle": "x",
                    "ttl": "1h",
                    "device": "phone",
                    "sound": "siren",
                    "priority": "1",
                    "retry": "60s",
                    "expire": "1h",
                    "html": True,
                    "httpConfig": THROUGH_A_PROXY,
                }
            ],
        },
        {
            "name": "sns",
            "snsConfigs": [
                {
                    "apiURL": "https://sns.example",
                    "sigv4": {
                        "region": "eu-central-1",
                        "profile": "p",
                        "roleArn": "arn:aws:iam::1:role/x",
                        "accessKey": ref(),
                        "secretKey": ref("two"),
                    },
                    "topicARN": "arn:aws:sns:eu:1:t",
                    "subject": "s",
                    "message": "m",
                    "attributes": {"z": "1", "a": "2"},
                },
                {"phoneNumber": "+491234", "sigv4": {}},
            ],
        },
        {
            "name": "telegram",
            "telegramConfigs": [
                {
                    "botToken": ref(),
                    "chatID": -1001234567890,
                    "messageThreadID": 7,
                    "apiURL": "https://tg.example",
                    "message": "m",
                    "disableNotifications": True,
                    "parseMode": "HTML",
                }
            ],
        },
        {
            "name": "chat",
            "discordConfigs": [
                {
                    "sendResolved": False,
                    "apiURL": url_ref(),
                    "title": "t",
                    "message": "m",
                    "content": "c",
                    "username": "u",
                    "avatarURL": "https://a.example/x.png",
                }
            ],
            "webexConfigs": [
                {"roomID": "room", "message": "m", "apiURL": "https://wx.example", "httpConfig": BY_TOKEN}
            ],
            "msteamsConfigs": [{"webhookUrl": url_ref("two"), "title": "t", "summary": "s", "text": "x"}],
            "msteamsv2Configs": [
                {"webhookURL": url_ref("three"), "title": "t", "text": "x", "sendResolved": True}
            ],
            "rocketchatConfigs": [
                {
                    "token": ref(),
                    "tokenID": ref("two"),
                    "channel": "#x",
                    "title": "not carried over",
                    "fields": [{"title": "a", "short": True}],
                }
            ],
            "wechatConfigs": [
                {
                    "apiSecret": ref(),
                    "apiURL": "https://wc.example/",
                    "corpID": "c",
                    "agentID": "a",
                    "toUser": "u",
                    "toParty": "p",
                    "toTag": "t",
                    "message": "m",
                    "messageType": "markdown",
                }
            ],
        },
        {"name": "nobody"},
    ]


INTERVALS: list[Manifest] = [
    {
        "name": "business",
        "timeIntervals": [
            {
                "times": [
                    {"startTime": "09:00", "endTime": "17:30"},
                    {"startTime": "18:00", "endTime": "24:00"},
                ],
                "weekdays": ["Monday:friday", "sunday"],
                "daysOfMonth": [{"start": 1, "end": 7}, {"start": -3, "end": -1}, {"start": 15, "end": 15}],
                "months": ["january:March", "12", "5:6"],
                "years": ["2026", "2027:2030"],
            },
            {"weekdays": ["saturday"]},
        ],
    },
    {"name": "always", "timeIntervals": [{}]},
]


def full(namespace: str, name: str) -> Manifest:
    """An AlertmanagerConfig with everything."""
    return {
        "apiVersion": "monitoring.coreos.com/v1alpha1",
        "kind": "AlertmanagerConfig",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "route": {
                "receiver": "pagerduty",
                "groupBy": ["alertname", "slo"],
                "groupWait": "30s",
                "groupInterval": "300s",
                "repeatInterval": "1d",
                "matchers": [
                    {"name": "alert_policy", "value": "shop/checkout", "matchType": "="},
                    {"name": "old", "value": "a|b", "regex": True},
                    {"name": "plain", "value": "x"},
                    {"name": "quoted", "value": 'say "hi"\\\n', "matchType": "!="},
                ],
                "muteTimeIntervals": ["always"],
                "routes": [
                    {
                        "receiver": "mail",
                        "continue": True,
                        "matchers": [{"name": "sev", "value": "sev[01]", "matchType": "=~"}],
                        "activeTimeIntervals": ["business"],
                        "groupBy": ["..."],
                    },
                    {
                        "matchers": [],
                        "routes": [{"receiver": "chat", "matchers": [{"name": "x", "value": ""}]}],
                    },
                ],
            },
            "receivers": receivers(),
            "muteTimeIntervals": INTERVALS,
            "inhibitRules": [
                {
                    "sourceMatch": [{"name": "sev", "value": "sev0", "matchType": "="}],
                    "targetMatch": [
                        {"name": "sev", "value": "sev[12]", "matchType": "=~"},
                        {"name": "namespace", "value": namespace, "matchType": "="},
                    ],
                    "equal": ["namespace", "slo"],
                },
                {
                    "sourceMatch": [{"name": "a", "value": "b", "regex": True}],
                    "targetMatch": [{"name": "c", "value": "d"}],
                },
            ],
        },
    }


def only_inhibition(namespace: str, name: str) -> Manifest:
    """One without a route: its receivers and intervals are nobody's, its inhibition counts."""
    config = full(namespace, name)
    del config["spec"]["route"]
    return config


BASE: Manifest = {
    "global": {
        "resolve_timeout": "300s",
        "smtp_from": "root@example.org",
        "smtp_smarthost": "mail.example.org:25",
        "smtp_require_tls": False,
        "smtp_hello": "",
        "slack_api_url": "https://hooks.slack.example/x",
        "opsgenie_api_key": "k",
        "http_config": {"follow_redirects": True, "tls_config": {"server_name": "x"}},
    },
    "templates": ["/etc/alertmanager/*.tmpl"],
    "route": {
        "receiver": "base",
        "group_by": ["alertname"],
        "group_wait": "30s",
        "continue": False,
        "routes": [
            {"receiver": "watchdog", "matchers": ['alertname="Watchdog"'], "repeat_interval": "60s"},
            {
                "receiver": "watchdog",
                "match": {"a": "b"},
                "match_re": {"c": "d|e"},
                "active_time_intervals": ["hours"],
                "mute_time_intervals": ["old"],
                "routes": [{"matchers": ["x=y"], "continue": True}],
            },
        ],
    },
    "inhibit_rules": [
        {
            "source_matchers": ['severity="critical"'],
            "target_matchers": ['severity=~"warning|info"'],
            "equal": ["namespace", "alertname"],
        },
        {"source_match": {"a": "b"}, "target_match_re": {"c": "d"}},
    ],
    "receivers": [
        {
            "name": "base",
            "webhook_configs": [{"url": "http://127.0.0.1:1/", "send_resolved": True, "max_alerts": 0}],
        },
        {"name": "watchdog"},
        {
            "name": "jira",
            "jira_configs": [
                {
                    "api_url": "https://jira.example/rest",
                    "project": "P",
                    "issue_type": "Bug",
                    "reopen_duration": "7d",
                    "labels": ["a"],
                    "fields": {"customfield_1": "x"},
                    "send_resolved": False,
                    "http_config": {"basic_auth": {"username": "u", "password": "p"}},
                }
            ],
            "rocketchat_configs": [{"token": "t", "token_id": "i", "channel": "#x", "emoji": ":x:"}],
            "pushover_configs": [{"user_key": "u", "token": "t", "retry": "1m", "expire": "1h"}],
        },
    ],
    "mute_time_intervals": [
        {"name": "old", "time_intervals": [{"days_of_month": ["-1"], "months": ["1:12"]}]}
    ],
    "time_intervals": [
        {
            "name": "hours",
            "time_intervals": [
                {
                    "times": [{"start_time": "08:00", "end_time": "16:00"}],
                    "weekdays": ["monday:friday", "Sunday"],
                    "months": ["december", "june:July"],
                    "years": ["2026:2026"],
                    "location": "Europe/Berlin",
                }
            ],
        }
    ],
}
