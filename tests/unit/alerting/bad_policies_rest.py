"""Wrong AlertPolicies: escalation, and all that is not about severities, receivers and times."""

from __future__ import annotations

from tests.unit.alerting.bad_policy import (
    SECRET,
    Bad,
    escalation,
    level,
    receiver,
    receivers,
    severities,
    severity,
)

ESCALATION = (
    Bad(
        "escalation without levels",
        "Schema",
        escalation(),
        "spec.escalation.levels: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "level without a delay",
        "Schema",
        {"spec.escalation": {"levels": [{"receivers": ["tickets"]}]}},
        (
            "spec.escalation.levels[0].after: is missing. How long after the alert, such as `15m`; `0m` "
            "is at once."
        ),
    ),
    Bad(
        "level with a delay in words",
        "Schema",
        escalation(level("15 minutes")),
        (
            "spec.escalation.levels[0].after: '15 minutes' is not a Prometheus duration, 0m included; "
            "write it like 15m or 1h30m"
        ),
    ),
    Bad(
        "level without receivers",
        "Schema",
        {"spec.escalation": {"levels": [{"after": "15m", "receivers": []}]}},
        "spec.escalation.levels[0].receivers: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "unknown mode",
        "Schema",
        escalation(level(), mode="Manual"),
        "spec.escalation.mode: 'Manual' is not allowed; write Auto, Provider, Alertmanager or Rules",
    ),
    Bad(
        "unknown receiver of a level",
        "Checks",
        escalation(level("15m", "boss")),
        (
            "spec.escalation.levels[0].receivers[0]: 'boss' is not among spec.receivers; there are: "
            "oncall, tickets"
        ),
        "UnknownReceiver",
    ),
    Bad(
        "levels out of order",
        "Checks",
        escalation(level("30m"), level("15m")),
        (
            "spec.escalation.levels[1].after: 15m is not later than the level before it; write levels in "
            "order, such as 0m, 15m, 30m"
        ),
        "InvalidEscalation",
    ),
    Bad(
        "levels at the same time",
        "Checks",
        escalation(level("15m"), level("900s")),
        (
            "spec.escalation.levels[1].after: 900s is not later than the level before it; write levels in"
            " order, such as 0m, 15m, 30m"
        ),
        "InvalidEscalation",
    ),
    Bad(
        "severity of an escalation that is not mapped",
        "Checks",
        {**severities(severity()), **escalation(level(), severities=["P2"])},
        "spec.escalation.severities[0]: P2 is not among spec.severities",
        "InvalidEscalation",
    ),
    Bad(
        "severity of a level that is not mapped",
        "Checks",
        {**severities(severity()), **escalation(level("15m", "tickets", severities=["sev2"]))},
        "spec.escalation.levels[0].severities[0]: sev2 is not among spec.severities",
        "InvalidEscalation",
    ),
    Bad(
        "escalation while nothing pages",
        "Checks",
        {**severities(severity(page=False)), **escalation(level())},
        (
            "spec.escalation.severities: is missing, and no severity pages; name those that escalate, "
            "such as [sev0]"
        ),
        "InvalidEscalation",
    ),
    Bad(
        "levels that are the provider's",
        "Checks",
        {
            **receivers(receiver("pagerduty", routingKeySecret=SECRET)),
            **escalation(level("0m", "oncall"), level(), mode="Provider"),
        },
        (
            "spec.escalation.levels: with mode Provider the levels live in the provider: keep one with "
            "after: 0m here, or write mode: Alertmanager"
        ),
        "InvalidEscalation",
    ),
)

REST = (
    Bad(
        "unknown receiver of the fallback",
        "Checks",
        {"spec.fallback": {"receivers": ["boss"]}},
        "spec.fallback.receivers[0]: 'boss' is not among spec.receivers; there are: oncall, tickets",
        "UnknownReceiver",
    ),
    Bad(
        "fallback without receivers",
        "Schema",
        {"spec.fallback": {"receivers": []}},
        "spec.fallback.receivers: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "unknown receiver of the heartbeat",
        "Checks",
        {"spec.deadman": {"receiver": "boss"}},
        "spec.deadman.receiver: 'boss' is not among spec.receivers; there are: oncall, tickets",
        "UnknownReceiver",
    ),
    Bad(
        "heartbeat faster than rules",
        "Checks",
        {"spec.deadman": {"receiver": "tickets", "every": "5s"}},
        "spec.deadman.every: 5s is below 10s; write 1m",
    ),
    Bad(
        "runbook without a scheme",
        "Schema",
        {"spec.runbookURL": "runbooks.example/{alertname}"},
        (
            "spec.runbookURL: 'runbooks.example/{alertname}' is not an http or https URL, in which "
            "{namespace}, {slo}, {service} and {alertname} may stand, such as "
            "https://runbooks.example/{alertname}"
        ),
    ),
    Bad(
        "runbook with an unknown placeholder",
        "Schema",
        {"spec.runbookURL": "https://runbooks.example/{team}"},
        (
            "spec.runbookURL: 'https://runbooks.example/{team}' is not an http or https URL, in which "
            "{namespace}, {slo}, {service} and {alertname} may stand, such as "
            "https://runbooks.example/{alertname}"
        ),
    ),
    Bad(
        "inhibition that is none",
        "Schema",
        {"spec.inhibition": {"pageInhibitsTicket": "Sometimes"}},
        "spec.inhibition.pageInhibitsTicket: 'Sometimes' is not allowed; write Auto, Always or Never",
    ),
    Bad(
        "parent without a name",
        "Schema",
        {"spec.inhibition": {"parents": [{"namespace": "infra"}]}},
        (
            "spec.inhibition.parents[0].slo: is missing. Name of the ServiceLevelObjective: while it "
            "pages, alerts of this policy are not sent."
        ),
    ),
    Bad(
        "parent out of reach",
        "Checks",
        {
            "spec.inhibition": {"parents": [{"slo": "gateway", "namespace": "infra"}]},
            "spec.delivery": {"mode": "AlertmanagerConfig"},
        },
        (
            "spec.inhibition.parents[0]: infra/gateway is in another namespace, and an AlertmanagerConfig"
            " sees alerts of shop only; write delivery.mode: Secret, or give the Alertmanager the "
            "alertmanagerConfigMatcherStrategy None"
        ),
        "ParentOutOfReach",
    ),
    Bad(
        "delivery that is none",
        "Schema",
        {"spec.delivery": {"mode": "File"}},
        "spec.delivery.mode: 'File' is not allowed; write Auto, AlertmanagerConfig or Secret",
    ),
    Bad(
        "delivery as a Secret of what needs a value",
        "Checks",
        {
            **receivers(receiver("wechat", apiSecret=SECRET, corpID="c", agentID="1", toUser="@all")),
            "spec.delivery": {"mode": "Secret"},
        },
        (
            "spec.receivers[0]: Alertmanager 0.28 reads wechat.apiSecret from no file, as delivery as a "
            "Secret needs it"
        ),
        "NotInFiles",
    ),
    Bad(
        "unknown source",
        "Checks",
        {"spec.prometheus": "main"},
        "spec.prometheus: 'main' is no source of this operator; known: default",
        "UnknownSource",
    ),
    Bad(
        "unknown Alertmanager",
        "Checks",
        {"spec.alertmanager": "main"},
        "spec.alertmanager: 'main' is no Alertmanager of this operator; known: default",
        "UnknownAlertmanager",
    ),
    Bad(
        "detection target of no length",
        "Schema",
        {"spec.quality": {"detectionWithin": {"sev0": "0m"}}},
        "spec.quality.detectionWithin.sev0: must be longer than zero",
    ),
    Bad(
        "rule that pages without saying so",
        "Checks",
        {
            "spec.rules": [
                {
                    "name": "CheckoutFailures",
                    "severity": "sev0",
                    "ratio": {"bad": {"metric": "bad_total"}, "total": {"metric": "all_total"}, "above": "5"},
                }
            ]
        },
        (
            "spec.rules[0].severity: is 'sev0', which pages in this policy. A non-SLO rule pages only "
            "with an explicit page: true and a pageReason; add both, or choose a severity that does not "
            "page, such as sev2"
        ),
        "PagesWithoutReason",
    ),
    Bad(
        "rule with a name of its SLOs' alerts",
        "Schema",
        {
            "spec.rules": [
                {
                    "name": "SLOBurns",
                    "severity": "sev2",
                    "ratio": {"bad": {"metric": "bad_total"}, "total": {"metric": "all_total"}, "above": "5"},
                }
            ]
        },
        (
            "spec.rules[0].name: must not begin with SLO, AlertPolicy, Fireline nor be Watchdog or "
            "InfoInhibitor: other alerts have these names; choose one like CheckoutFailures"
        ),
    ),
)
