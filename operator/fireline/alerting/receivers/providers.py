"""PagerDuty, Opsgenie, Splunk On-Call and Pushover as parts. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from fireline.alerting.receivers import texts
from fireline.alerting.receivers.http import http_part
from fireline.alerting.receivers.parts import Group, Pairs, Part
from fireline.api.alert_policy_receivers_providers import (
    Opsgenie,
    OpsgenieResponder,
    PagerDuty,
    PagerDutyImage,
    PagerDutyLink,
    Pushover,
    VictorOps,
)
from fireline.api.alert_policy_severities import SEVS, ProviderSeverity, Sev

Severities = Mapping[Sev, ProviderSeverity]
PAGERDUTY: Mapping[Sev, str] = {"sev0": "critical", "sev1": "error", "sev2": "warning"}
OPSGENIE: Mapping[Sev, str] = {"sev0": "P1", "sev1": "P2", "sev2": "P3"}
_DETAILS = {
    "namespace": "{{ .CommonLabels.namespace }}",
    "slo": "{{ .CommonLabels.slo }}",
    "service": "{{ .CommonLabels.service }}",
    "severity": texts.SEV,
    "runbook": "{{ .CommonAnnotations.runbook_url }}",
    "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
    "silence": texts.SILENCE_URL,
}
_PUSHOVER_PRIORITY = '{{ if and (eq .Status "firing") (eq .CommonLabels.sev "sev0") }}2{{ else }}0{{ end }}'
_VICTOROPS_TYPE = (
    '{{ if eq .CommonLabels.severity "critical" "warning" "info" }}'
    "{{ .CommonLabels.severity | toUpper }}{{ else }}CRITICAL{{ end }}"
)


def pagerduty(config: PagerDuty, severities: Severities) -> tuple[Part, ...]:
    """PagerDuty; runbook and dashboard are links of the incident."""
    severity = by_severity(
        {sev: (given and given.pagerduty) or PAGERDUTY[sev] for sev, given in _each(severities)}
    )
    details = _DETAILS | {"firing": texts.PLAIN_MESSAGE} | (config.details or {})
    links = [
        _link("Runbook", "{{ .CommonAnnotations.runbook_url }}"),
        _link("Dashboard", "{{ .CommonAnnotations.dashboard_url }}"),
        *(_given_link(link) for link in config.links or ()),
    ]
    return (
        Part("routingKey", "routing_key_file", config.routing_key_secret),
        Part("serviceKey", "service_key_file", config.service_key_secret),
        Part("url", "url", config.url),
        Part("severity", "severity", severity),
        Part("description", "description", config.description or texts.TITLE),
        Part("client", "client", config.client or texts.SENDER),
        Part("clientURL", "client_url", config.client_url or texts.ALERTS_URL),
        Part("source", "source", config.source or texts.WHAT),
        Part("class", "class", config.class_ or "{{ .CommonLabels.alertname }}"),
        Part("component", "component", config.component or "{{ .CommonLabels.slo }}"),
        Part("group", "group", config.group or "{{ .CommonLabels.service }}"),
        Part("details", "details", Pairs(details)),
        Part("pagerDutyLinkConfigs", "links", links),
        Part("pagerDutyImageConfigs", "images", [_image(image) for image in config.images or ()]),
        http_part(config.http),
    )


def by_severity(names: Mapping[Sev, str]) -> str:
    """A template that says the provider's name of the alert's severity; that of sev2 for any other."""
    return (
        f'{{{{ if eq .CommonLabels.sev "sev0" }}}}{names["sev0"]}'
        f'{{{{ else if eq .CommonLabels.sev "sev1" }}}}{names["sev1"]}'
        f"{{{{ else }}}}{names['sev2']}{{{{ end }}}}"
    )


def opsgenie(config: Opsgenie, severities: Severities) -> tuple[Part, ...]:
    """Opsgenie."""
    priority = by_severity(
        {sev: (given and given.opsgenie) or OPSGENIE[sev] for sev, given in _each(severities)}
    )
    return (
        Part("apiKey", "api_key_file", config.api_key_secret),
        Part("apiURL", "api_url", config.api_url),
        Part("priority", "priority", priority),
        Part("message", "message", config.message or texts.TITLE),
        Part("description", "description", config.description or texts.PLAIN_MESSAGE),
        Part("source", "source", config.source or texts.ALERTS_URL),
        Part("entity", "entity", config.entity or texts.WHAT),
        Part("responders", "responders", [_responder(entry) for entry in config.responders or ()]),
        Part("tags", "tags", config.tags),
        Part("note", "note", config.note),
        Part("actions", "actions", config.actions),
        Part("details", "details", Pairs(_DETAILS | (config.details or {}))),
        Part("updateAlerts", "update_alerts", config.update_alerts or None),
        http_part(config.http),
    )


def victorops(config: VictorOps) -> tuple[Part, ...]:
    """Splunk On-Call; the kind of message follows the label ``severity``."""
    return (
        Part("apiKey", "api_key_file", config.api_key_secret),
        Part("apiUrl", "api_url", config.api_url),
        Part("routingKey", "routing_key", config.routing_key),
        Part("messageType", "message_type", config.message_type or _VICTOROPS_TYPE),
        Part("entityDisplayName", "entity_display_name", config.entity_display_name or texts.TITLE),
        Part("stateMessage", "state_message", config.state_message or texts.PLAIN_MESSAGE),
        Part("monitoringTool", "monitoring_tool", texts.SENDER),
        Part("customFields", "custom_fields", Pairs(_DETAILS | (config.custom_fields or {}))),
        http_part(config.http),
    )


def pushover(config: Pushover) -> tuple[Part, ...]:
    """Pushover; prometheus-operator up to 0.85 loses ``sound``."""
    title = None if config.url else "Runbook"
    return (
        Part("userKey", "user_key_file", config.user_key_secret),
        Part("token", "token_file", config.token_secret),
        Part("title", "title", config.title or texts.TITLE),
        Part("message", "message", config.message or texts.PLAIN_MESSAGE),
        Part("url", "url", config.url or texts.RUNBOOK_OR_ALERTS),
        Part("urlTitle", "url_title", config.url_title or title),
        Part("device", "device", config.device),
        Part("sound", "sound", config.sound),
        Part("priority", "priority", config.priority or _PUSHOVER_PRIORITY),
        Part("retry", "retry", config.retry),
        Part("expire", "expire", config.expire),
        http_part(config.http),
    )


def _each(severities: Severities) -> list[tuple[Sev, ProviderSeverity | None]]:
    return [(sev, severities.get(sev)) for sev in SEVS]


def _link(text: str, href: str) -> Group:
    return Group((Part("href", "href", href), Part("alt", "text", text)))


def _given_link(link: PagerDutyLink) -> Group:
    return _link(link.text, link.href)


def _image(image: PagerDutyImage) -> Group:
    return Group(
        (Part("src", "src", image.src), Part("href", "href", image.href), Part("alt", "alt", image.alt))
    )


def _responder(entry: OpsgenieResponder) -> Group:
    return Group(
        (
            Part("type", "type", entry.type),
            Part("id", "id", entry.id),
            Part("name", "name", entry.name),
            Part("username", "username", entry.username),
        )
    )
