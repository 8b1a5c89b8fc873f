"""Slack, Discord, Teams, Telegram, Webex, Rocket.Chat and WeChat as parts. Pure."""

from __future__ import annotations

from fireline.alerting.receivers import texts
from fireline.alerting.receivers.http import http_part
from fireline.alerting.receivers.parts import Group, Part
from fireline.api.alert_policy_receivers_chat import (
    ChatField,
    Discord,
    MSTeams,
    MSTeamsV2,
    RocketChat,
    Slack,
    SlackAction,
    SlackConfirm,
    Telegram,
    Webex,
    WeChat,
)

_FIELDS = [
    ChatField(title="Severity", value=texts.SEV, short=True),
    ChatField(title="Namespace", value='{{ or .CommonLabels.namespace "several" }}', short=True),
    ChatField(
        title="{{ if .CommonLabels.slo }}SLO{{ else }}Alert{{ end }}",
        value='{{ or .CommonLabels.slo .CommonLabels.alertname "several" }}',
        short=True,
    ),
    ChatField(title="Service", value='{{ or .CommonLabels.service "not known" }}', short=True),
]
_BUTTONS = [
    SlackAction(text="Alerts", url=texts.ALERTS_URL),
    SlackAction(text="Silence (acknowledge)", url=texts.SILENCE_URL),
]


def _color(page: str, ticket: str, over: str) -> str:
    return (
        f'{{{{ if ne .Status "firing" }}}}{over}{{{{ else if eq .CommonLabels.severity "critical" }}}}{page}'
        f"{{{{ else }}}}{ticket}{{{{ end }}}}"
    )


def slack(config: Slack) -> tuple[Part, ...]:
    """Slack: what happens in the title, the rest in the text, buttons to alerts and silence."""
    fields = _FIELDS if config.fields is None else config.fields
    actions = _BUTTONS if config.actions is None else config.actions
    return (
        Part("apiURL", "api_url_file", config.api_url_secret),
        Part("channel", "channel", config.channel),
        Part("username", "username", config.username or "Fireline"),
        Part("color", "color", config.color or _color("danger", "warning", "good")),
        Part("title", "title", config.title or texts.SLACK_TITLE),
        Part("titleLink", "title_link", config.title_link or texts.RUNBOOK_OR_ALERTS),
        Part("pretext", "pretext", config.pretext),
        Part("text", "text", config.text or texts.SLACK_MESSAGE),
        # What phones and watches show.
        Part("fallback", "fallback", config.title or texts.SLACK_TITLE),
        Part("mrkdwnIn", "mrkdwn_in", ["text", "pretext", "fields"]),
        Part("footer", "footer", config.footer or texts.SENDER),
        Part("iconEmoji", "icon_emoji", config.icon_emoji),
        Part("iconURL", "icon_url", config.icon_url),
        Part("fields", "fields", [_field(field) for field in fields]),
        Part("actions", "actions", [_button(action) for action in actions]),
        Part("linkNames", "link_names", config.link_names or None),
        http_part(config.http),
    )


def _field(field: ChatField) -> Group:
    return Group(
        (
            Part("title", "title", field.title),
            Part("value", "value", field.value),
            Part("short", "short", field.short or None),
        )
    )


def _button(action: SlackAction) -> Group:
    style = None if action.style == "default" else action.style
    return Group(
        (
            Part("type", "type", "button"),
            Part("text", "text", action.text),
            Part("url", "url", action.url),
            Part("name", "name", action.name),
            Part("value", "value", action.value),
            Part("style", "style", style),
            Part("confirm", "confirm", _confirm(action.confirm) if action.confirm else None),
        )
    )


def _confirm(confirm: SlackConfirm) -> Group:
    return Group(
        (
            Part("text", "text", confirm.text),
            Part("title", "title", confirm.title),
            Part("okText", "ok_text", confirm.ok_text),
            Part("dismissText", "dismiss_text", confirm.dismiss_text),
        )
    )


def discord(config: Discord) -> tuple[Part, ...]:
    """Discord."""
    return (
        Part("apiURL", "webhook_url_file", config.webhook_url_secret),
        Part("title", "title", config.title or texts.TITLE),
        Part("message", "message", config.message or texts.MARKDOWN_MESSAGE),
        Part("content", "content", config.content),
        Part("username", "username", config.username),
        Part("avatarURL", "avatar_url", config.avatar_url),
        http_part(config.http),
    )


def msteamsv2(config: MSTeamsV2) -> tuple[Part, ...]:
    """Microsoft Teams by a workflow."""
    return (
        Part("webhookURL", "webhook_url_file", config.webhook_url_secret),
        Part("title", "title", config.title or texts.TITLE),
        Part("text", "text", config.text or texts.MARKDOWN_MESSAGE),
        http_part(config.http),
    )


def msteams(config: MSTeams) -> tuple[Part, ...]:
    """Microsoft Teams by a connector."""
    return (
        Part("webhookUrl", "webhook_url_file", config.webhook_url_secret),
        Part("title", "title", config.title or texts.TITLE),
        Part("summary", "summary", config.summary or config.title or texts.TITLE),
        Part("text", "text", config.text or texts.MARKDOWN_MESSAGE),
        http_part(config.http),
    )


def telegram(config: Telegram) -> tuple[Part, ...]:
    """Telegram; prometheus-operator up to 0.85 loses ``disableNotifications``."""
    return (
        Part("botToken", "bot_token_file", config.bot_token_secret),
        Part("apiURL", "api_url", config.api_url),
        Part("chatID", "chat_id", config.chat_id),
        Part("messageThreadID", "message_thread_id", config.message_thread_id),
        Part("message", "message", config.message or texts.TELEGRAM_MESSAGE),
        Part("parseMode", "parse_mode", config.parse_mode),
        Part("disableNotifications", "disable_notifications", config.disable_notifications or None),
        http_part(config.http),
    )


def webex(config: Webex) -> tuple[Part, ...]:
    """Webex; without a token Alertmanager refuses the configuration of everyone."""
    return (
        Part("apiURL", "api_url", config.api_url),
        Part("roomID", "room_id", config.room_id),
        Part("message", "message", config.message or texts.TITLED_MARKDOWN),
        http_part(config.http, bearer=config.token_secret),
    )


def rocketchat(config: RocketChat) -> tuple[Part, ...]:
    """Rocket.Chat; prometheus-operator up to 0.85 loses all but the tokens."""
    fields = _FIELDS if config.fields is None else config.fields
    return (
        Part("token", "token_file", config.token_secret),
        Part("tokenID", "token_id_file", config.token_id_secret),
        Part("apiURL", "api_url", config.api_url),
        Part("channel", "channel", config.channel),
        Part("color", "color", config.color or _color("red", "orange", "green")),
        Part("title", "title", config.title or texts.TITLE),
        Part("titleLink", "title_link", config.title_link or texts.RUNBOOK_OR_ALERTS),
        Part("text", "text", config.text or texts.MARKDOWN_MESSAGE),
        Part("emoji", "emoji", config.emoji),
        Part("fields", "fields", [_field(field) for field in fields]),
        http_part(config.http),
    )


def wechat(config: WeChat) -> tuple[Part, ...]:
    """WeChat Work; Alertmanager 0.28 takes its secret from no file."""
    return (
        Part("apiSecret", None, config.api_secret),
        Part("apiURL", "api_url", config.api_url),
        Part("corpID", "corp_id", config.corp_id),
        Part("agentID", "agent_id", config.agent_id),
        Part("toUser", "to_user", config.to_user),
        Part("toParty", "to_party", config.to_party),
        Part("toTag", "to_tag", config.to_tag),
        Part("message", "message", config.message or texts.TITLED_MESSAGE),
        Part("messageType", "message_type", config.message_type),
        http_part(config.http),
    )
