"""Wrong AlertPolicies: receivers and delivery."""

from __future__ import annotations

from tests.unit.alerting.bad_policy import SECRET, WEBHOOK, Bad, receiver, receivers

RECEIVERS = (
    Bad(
        "no receivers",
        "Schema",
        {"spec.receivers": []},
        "spec.receivers: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "receiver without a kind",
        "Schema",
        receivers({"name": "oncall"}),
        (
            "spec.receivers[0]: exactly one of pagerduty, opsgenie, victorops, pushover, email, webhook, "
            "slack, msteamsv2, msteams, discord, telegram, webex, sns, wechat, rocketchat must be set"
        ),
    ),
    Bad(
        "receiver of two kinds",
        "Schema",
        receivers(
            {
                "name": "oncall",
                "webhook": WEBHOOK,
                "sns": {"topicARN": "arn:aws:sns:eu-central-1:123456789012:a"},
            }
        ),
        (
            "spec.receivers[0]: exactly one of pagerduty, opsgenie, victorops, pushover, email, webhook, "
            "slack, msteamsv2, msteams, discord, telegram, webex, sns, wechat, rocketchat must be set"
        ),
    ),
    Bad(
        "receiver twice",
        "Schema",
        receivers(receiver("webhook", url="http://a.shop/"), receiver("webhook", url="http://b.shop/")),
        "spec.receivers: names 'oncall' twice",
    ),
    Bad(
        "receiver with a capital letter",
        "Schema",
        receivers(receiver("webhook", "OnCall", **WEBHOOK)),
        (
            "spec.receivers[0].name: 'OnCall' is not a name of lower-case letters, digits and -, such as "
            "oncall"
        ),
    ),
    Bad(
        "receiver of a newer Alertmanager",
        "Schema",
        receivers(receiver("incidentio", url="https://x")),
        (
            "spec.receivers[0]: incidentio needs Alertmanager 0.29, and no AlertmanagerConfig has it yet;"
            " use webhook with a URL of its own in urlSecret instead"
        ),
    ),
    Bad(
        "credential in a URL",
        "Schema",
        receivers(receiver("webhook", url="https://hooks.slack.com/services/T0/B0/x")),
        (
            "spec.receivers[0].webhook.url: seems to hold a credential (a user, a query or a token); put "
            "the URL into a Secret and name it in urlSecret, for example {name: hook, key: url}"
        ),
    ),
    Bad(
        "Secret without a key",
        "Schema",
        receivers(receiver("pagerduty", routingKeySecret={"name": "pd"})),
        "spec.receivers[0].pagerduty.routingKeySecret.key: is missing. Which of its entries.",
    ),
    Bad(
        "credential instead of a reference",
        "Schema",
        receivers(receiver("pagerduty", routingKeySecret="abc")),
        "spec.receivers[0].pagerduty.routingKeySecret: must be a mapping, found 'abc'",
    ),
    Bad(
        "misspelt field of a receiver",
        "Schema",
        receivers(receiver("slack", apiURLSecret=SECRET, chanel="#shop")),
        (
            "spec.receivers[0].slack.chanel: unknown field, did you mean channel? (allowed here: actions,"
            " apiURLSecret, channel, color, fields, footer, http, iconEmoji, iconURL, linkNames, pretext,"
            " sendResolved, text, title, titleLink, username)"
        ),
    ),
    Bad(
        "mail without smarthost",
        "Schema",
        receivers(receiver("email", to="a@shop.example", **{"from": "b@shop.example"})),
        (
            "spec.receivers[0].email.smarthost: is missing. The mail server and its port. prometheus-"
            "operator breaks IPv6 addresses, and with them the configuration of everyone."
        ),
    ),
    Bad(
        "mail to nobody",
        "Schema",
        receivers(
            receiver("email", to="ops", smarthost="smtp.shop.example:587", **{"from": "b@shop.example"})
        ),
        (
            "spec.receivers[0].email.to: 'ops' is not one or more mail addresses, separated by commas, "
            "such as ops@example.com"
        ),
    ),
    Bad(
        "smarthost with a port that is none",
        "Checks",
        receivers(
            receiver(
                "email",
                to="a@shop.example",
                smarthost="smtp.shop.example:99999",
                **{"from": "b@shop.example"},
            )
        ),
        (
            "spec.receivers[0].email.smarthost: 'smtp.shop.example:99999' needs a host and a port of at "
            "most 65535, for example smtp.example.com:587"
        ),
        "InvalidReceiver",
    ),
    Bad(
        "broken template",
        "Checks",
        receivers(receiver("slack", apiURLSecret=SECRET, text="{{ .Foo }}")),
        (
            "spec.receivers[0].slack.text: line 1, column 4: the notification has no field Foo (there are"
            " Alerts, CommonAnnotations, CommonLabels, ExternalURL, GroupLabels, Receiver, Status)"
        ),
        "InvalidTemplate",
    ),
    Bad(
        "broken mark-up",
        "Checks",
        receivers(
            receiver(
                "telegram",
                botTokenSecret=SECRET,
                chatID=-1,
                parseMode="HTML",
                message='<a href="{{ .Status }}',
            )
        ),
        (
            "spec.receivers[0].telegram.message: line 1, column 1: the HTML ends within an attribute that"
            ' began with "'
        ),
        "InvalidTemplate",
    ),
    Bad(
        "Telegram chat of nobody",
        "Schema",
        receivers(receiver("telegram", botTokenSecret=SECRET, chatID=0)),
        "spec.receivers[0].telegram.chatID: must be the number of a chat, for example -1001234567890",
    ),
)
