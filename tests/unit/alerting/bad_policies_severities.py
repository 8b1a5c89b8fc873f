"""Wrong AlertPolicies: shape, selector and severities."""

from __future__ import annotations

from tests.unit.alerting.bad_policy import (
    SECRET,
    Bad,
    hours_of,
    receiver,
    receivers,
    severities,
    severity,
)
from tests.unit.alerting.policies import ABSENT

SHAPE = (
    Bad(
        "no selector",
        "Schema",
        {"spec.selector": ABSENT},
        (
            "spec.selector: is missing. The ServiceLevelObjectives of this namespace it is for, by label;"
            " `{}` means all of them."
        ),
    ),
    Bad(
        "selector is a list",
        "Schema",
        {"spec.selector": ["team"]},
        "spec.selector: must be a mapping, found a list",
    ),
    Bad(
        "selector with a misspelt field",
        "Schema",
        {"spec.selector": {"matchLabel": {"team": "shop"}}},
        (
            "spec.selector.matchLabel: unknown field, did you mean matchLabels? (allowed here: "
            "matchExpressions, matchLabels)"
        ),
    ),
    Bad(
        "number as label value",
        "Schema",
        {"spec.selector": {"matchLabels": {"team": 5}}},
        'spec.selector.matchLabels.team: must be text, found the number 5; put it in quotes: "5"',
    ),
    Bad(
        "unknown operator",
        "Schema",
        {"spec.selector": {"matchExpressions": [{"key": "team", "operator": "Equals", "values": ["x"]}]}},
        (
            "spec.selector.matchExpressions[0].operator: 'Equals' is not allowed; write In, NotIn, Exists"
            " or DoesNotExist"
        ),
    ),
    Bad(
        "In without values",
        "Schema",
        {"spec.selector": {"matchExpressions": [{"key": "team", "operator": "In"}]}},
        "spec.selector.matchExpressions[0]: values belong to the operators In and NotIn",
    ),
    Bad(
        "Exists with values",
        "Schema",
        {"spec.selector": {"matchExpressions": [{"key": "team", "operator": "Exists", "values": ["x"]}]}},
        "spec.selector.matchExpressions[0]: values belong to the operators In and NotIn",
    ),
    Bad(
        "label key with a space",
        "Schema",
        {"spec.selector": {"matchExpressions": [{"key": "the team", "operator": "Exists"}]}},
        (
            "spec.selector.matchExpressions[0].key: 'the team' is not a label name, such as team or "
            "app.kubernetes.io/name"
        ),
    ),
    Bad(
        "misspelt field",
        "Schema",
        {"spec.reciever": []},
        (
            "spec.reciever: unknown field, did you mean receivers? (allowed here: alertmanager, deadman, "
            "delivery, escalation, fallback, grouping, hours, inhibition, priority, prometheus, quality, "
            "receivers, rules, runbookURL, selector, severities, tiers)"
        ),
    ),
    Bad(
        "priority in quotes",
        "Schema",
        {"spec.priority": "5"},
        "spec.priority: must be a whole number without quotes, found '5'",
    ),
    Bad(
        "priority without end",
        "Schema",
        {"spec.priority": 1001},
        "spec.priority: 1001 is out of range; write a whole number from -1000 to 1000",
    ),
    Bad(
        "name that is too long",
        "Schema",
        {"metadata.name": "a" * 52},
        "metadata.name: has 52 characters, at most 51 are allowed",
    ),
)

SEVERITIES = (
    Bad(
        "no severities",
        "Schema",
        {"spec.severities": ABSENT},
        "spec.severities: is missing. Who is told of what. Severities that are not here go to `fallback`.",
    ),
    Bad(
        "empty severities",
        "Schema",
        {"spec.severities": []},
        "spec.severities: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "severity with an unknown name",
        "Schema",
        severities(severity(name="sev3")),
        (
            "spec.severities[0].name: 'sev3' is not allowed; write sev0, sev1, sev2, P1, P2, P3, "
            "critical, high or medium"
        ),
    ),
    Bad(
        "severity with a name of another case",
        "Schema",
        severities(severity(name="p1")),
        (
            "spec.severities[0].name: 'p1' is not allowed; write sev0, sev1, sev2, P1, P2, P3, critical, "
            "high or medium"
        ),
    ),
    Bad(
        "severity without page",
        "Schema",
        severities(severity(page=None)),
        "spec.severities[0].page: is missing. Whether this severity wakes people up.",
    ),
    Bad(
        "page in quotes",
        "Schema",
        severities(severity(page="yes")),
        "spec.severities[0].page: must be true or false, found 'yes'",
    ),
    Bad(
        "severity without receivers",
        "Schema",
        severities(severity(receivers=[])),
        "spec.severities[0].receivers: has 0 entries, at least 1 are needed",
    ),
    Bad(
        "receiver twice in a severity",
        "Schema",
        severities(severity(receivers=["oncall", "oncall"])),
        "spec.severities[0].receivers: names 'oncall' twice",
    ),
    Bad(
        "severity under two of its names",
        "Schema",
        severities(severity(), severity(name="P1")),
        (
            "spec.severities: a severity is there twice under two of its names: sev0 is P1 and critical, "
            "sev1 is P2 and high, sev2 is P3 and medium"
        ),
    ),
    Bad(
        "severity twice",
        "Schema",
        severities(severity(), severity()),
        "spec.severities: names 'sev0' twice",
    ),
    Bad(
        "label severity that is none",
        "Schema",
        severities(severity(severity="page")),
        "spec.severities[0].severity: 'page' is not allowed; write critical, warning or info",
    ),
    Bad(
        "severity of PagerDuty that is none",
        "Schema",
        severities(severity(providerSeverity={"pagerduty": "P1"})),
        (
            "spec.severities[0].providerSeverity.pagerduty: 'P1' is not allowed; write critical, error, "
            "warning or info"
        ),
    ),
    Bad(
        "priority of Opsgenie that is none",
        "Schema",
        severities(severity(providerSeverity={"opsgenie": "critical"})),
        (
            "spec.severities[0].providerSeverity.opsgenie: 'critical' is not allowed; write P1, P2, P3, "
            "P4 or P5"
        ),
    ),
    Bad(
        "unknown receiver of a severity",
        "Checks",
        severities(severity(receivers=["boss"])),
        "spec.severities[0].receivers[0]: 'boss' is not among spec.receivers; there are: oncall, tickets",
        "UnknownReceiver",
    ),
    Bad(
        "unknown hours",
        "Checks",
        severities(severity(hours="night")),
        "spec.severities[0].hours: 'night' is not among spec.hours; there are: none",
        "UnknownHours",
    ),
    Bad(
        "outsideHours without hours",
        "Checks",
        severities(severity(outsideHours=["tickets"])),
        "spec.severities[0].outsideHours: needs hours beside it, to be outside of",
    ),
    Bad(
        "unknown receiver outside of hours",
        "Checks",
        {**hours_of(), **severities(severity(hours="business", outsideHours=["boss"]))},
        (
            "spec.severities[0].outsideHours[0]: 'boss' is not among spec.receivers; there are: oncall, "
            "tickets"
        ),
        "UnknownReceiver",
    ),
    Bad(
        "same service twice",
        "Checks",
        {
            **receivers(
                receiver("pagerduty", routingKeySecret=SECRET),
                receiver("pagerduty", "second", routingKeySecret=SECRET),
            ),
            **severities(severity(receivers=["oncall", "second"])),
        },
        (
            "spec.severities[0].receivers: oncall and second are the same service with the same key: it "
            "would take the second message for a repetition of the first; name one of them"
        ),
        "SameService",
    ),
    Bad(
        "tier with a name that is none",
        "Schema",
        {"spec.tiers": {"page-fast": "sev0"}},
        "spec.tiers: names of tiers are CamelCase words, such as PageFast or Budget50",
    ),
    Bad(
        "tier with an unknown severity",
        "Schema",
        {"spec.tiers": {"PageFast": "urgent"}},
        (
            "spec.tiers.PageFast: 'urgent' is not allowed; write sev0, sev1, sev2, P1, P2, P3, critical, "
            "high or medium"
        ),
    ),
)
