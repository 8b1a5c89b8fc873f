"""Mail, webhooks and Amazon SNS as parts. Pure."""

from __future__ import annotations

from fireline.alerting.receivers import texts
from fireline.alerting.receivers.http import http_part, tls_part
from fireline.alerting.receivers.parts import Group, Pairs, Part
from fireline.api.alert_policy_receivers_other import SNS, Email, Webhook


def email(config: Email) -> tuple[Part, ...]:
    """Mail: as HTML and as text."""
    headers = config.headers or {}
    subject = {} if any(name.lower() == "subject" for name in headers) else {"Subject": texts.TITLE}
    return (
        Part("to", "to", config.to),
        Part("from", "from", config.from_),
        Part("smarthost", "smarthost", config.smarthost),
        Part("hello", "hello", config.hello),
        Part("authUsername", "auth_username", config.auth_username),
        Part("authPassword", "auth_password_file", config.auth_password_secret),
        Part("authIdentity", "auth_identity", config.auth_identity),
        Part("requireTLS", "require_tls", config.require_tls),
        tls_part(config.tls),
        Part("headers", "headers", Pairs(subject | headers)),
        Part("html", "html", config.html or texts.MAIL_HTML),
        Part("text", "text", config.text or texts.MAIL_TEXT),
    )


def webhook(config: Webhook) -> tuple[Part, ...]:
    """A webhook gets Alertmanager's JSON, whatever the policy says."""
    return (
        Part("url", "url", config.url),
        Part("urlSecret", "url_file", config.url_secret),
        Part("maxAlerts", "max_alerts", config.max_alerts),
        Part("timeout", "timeout", config.timeout),
        http_part(config.http),
    )


def sns(config: SNS) -> tuple[Part, ...]:
    """Amazon SNS; Alertmanager 0.28 takes its keys from no file."""
    sigv4 = Group(
        (
            Part("region", "region", config.region),
            Part("accessKey", None, config.access_key_secret),
            Part("secretKey", None, config.secret_key_secret),
            Part("profile", "profile", config.profile),
            Part("roleArn", "role_arn", config.role_arn),
        )
    )
    return (
        Part("topicARN", "topic_arn", config.topic_arn),
        Part("phoneNumber", "phone_number", config.phone_number),
        Part("targetARN", "target_arn", config.target_arn),
        Part("apiURL", "api_url", config.api_url),
        Part("sigv4", "sigv4", sigv4),
        Part("subject", "subject", config.subject or texts.TITLE),
        Part("message", "message", config.message or texts.PLAIN_MESSAGE),
        # The one map AlertmanagerConfig writes as a map.
        Part("attributes", "attributes", dict(config.attributes) if config.attributes else None),
        http_part(config.http),
    )
