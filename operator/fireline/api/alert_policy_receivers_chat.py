"""Receivers people chat in. Part of :mod:`fireline.api.alert_policy_receivers`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api.alert_policy_receivers_parts import (
    Http,
    Plain,
    SecretKey,
    ShortTemplate,
    Template,
    Url,
    WebexHttp,
)
from fireline.api.common import ApiModel, Rule, exactly_one


class ChatField(ApiModel):
    """One field of a message: a title and a value."""

    title: ShortTemplate
    """Its title."""
    value: Template
    """Its value."""
    short: bool = False
    """Whether it may stand beside another."""


class SlackConfirm(ApiModel):
    """The question before a button works."""

    text: ShortTemplate
    """The question."""
    title: ShortTemplate | None = None
    """Its title."""
    ok_text: ShortTemplate | None = None
    """The yes."""
    dismiss_text: ShortTemplate | None = None
    """The no."""


class SlackAction(ApiModel):
    """One button under the message."""

    rules: ClassVar[tuple[Rule, ...]] = (exactly_one("url", "name"),)

    text: ShortTemplate
    """What people read."""
    url: ShortTemplate | None = None
    """Where it leads."""
    name: ShortTemplate | None = None
    """Name of an action of a Slack app."""
    value: ShortTemplate | None = None
    """What the app is sent."""
    style: Literal["default", "primary", "danger"] = "default"
    """How it looks."""
    confirm: SlackConfirm | None = None
    """The question before it works."""


class Slack(ApiModel):
    """Slack, and what understands its incoming webhooks."""

    api_url_secret: Annotated[SecretKey, Field(alias="apiURLSecret")]
    """URL of an incoming webhook."""
    channel: ShortTemplate | None = None
    """Channel or user, such as `#shop`. Default: that of the webhook."""
    username: ShortTemplate | None = None
    """Who speaks. Default: Fireline."""
    title: ShortTemplate | None = None
    """First line. Default: what happens to which service, with its severity."""
    title_link: ShortTemplate | None = None
    """Where the first line leads. Default: the runbook, else the alerts in Alertmanager."""
    pretext: ShortTemplate | None = None
    """A line above."""
    text: Template | None = None
    """The message. Default: every alert with its description, since when, and links."""
    color: ShortTemplate | None = None
    """Colour of the edge. Default: red for what pages, yellow for tickets, green when it is over."""
    icon_emoji: ShortTemplate | None = None
    """Picture of who speaks, such as `:fire:`."""
    icon_url: Annotated[ShortTemplate | None, Field(alias="iconURL")] = None
    """The same as a URL."""
    footer: ShortTemplate | None = None
    """Small print. Default: policy and receiver."""
    fields: Annotated[list[ChatField], Field(max_length=16)] | None = None
    """Fields in two columns. Default: severity, namespace, SLO."""
    actions: Annotated[list[SlackAction], Field(max_length=5)] | None = None
    """Buttons. Default: runbook, dashboard and silence."""
    link_names: bool = False
    """Whether `@name` and `#channel` in the texts become links."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""


class Discord(ApiModel):
    """Discord."""

    webhook_url_secret: Annotated[SecretKey, Field(alias="webhookURLSecret")]
    """URL of a channel's webhook."""
    title: ShortTemplate | None = None
    """First line. Default: what happens to which service, with its severity."""
    message: Template | None = None
    """The message. Default: every alert with its description and links."""
    content: ShortTemplate | None = None
    """Plain text above; a mention belongs here, such as `<@&1234>`."""
    username: Plain | None = None
    """Who speaks. Default: the webhook's name."""
    avatar_url: Annotated[Url | None, Field(alias="avatarURL")] = None
    """Picture of who speaks."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""


class MSTeamsV2(ApiModel):
    """Microsoft Teams by a workflow (Power Automate)."""

    webhook_url_secret: Annotated[SecretKey, Field(alias="webhookURLSecret")]
    """URL of the workflow."""
    title: ShortTemplate | None = None
    """First line. Default: what happens to which service, with its severity."""
    text: Template | None = None
    """The message. Default: every alert with its description and links."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""


class MSTeams(ApiModel):
    """Microsoft Teams by an Office 365 connector, which Microsoft is retiring: use msteamsv2."""

    webhook_url_secret: Annotated[SecretKey, Field(alias="webhookURLSecret")]
    """URL of the connector."""
    title: ShortTemplate | None = None
    """First line. Default: what happens to which service, with its severity."""
    summary: ShortTemplate | None = None
    """What notifications show. Default: the title."""
    text: Template | None = None
    """The message. Default: every alert with its description and links."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""


ChatID = Annotated[
    int,
    Rule(
        "self != 0 && self >= -9007199254740991 && self <= 9007199254740991",
        "must be the number of a chat, for example -1001234567890",
        lambda number: 0 < abs(number) <= 9007199254740991,
    ),
]
ThreadID = Annotated[
    int,
    Rule(
        "self > 0 && self <= 2147483647",
        "must be the number of a topic, for example 42",
        lambda number: 0 < number <= 2147483647,
    ),
]


class Telegram(ApiModel):
    """Telegram."""

    bot_token_secret: SecretKey
    """Token of the bot."""
    chat_id: Annotated[ChatID, Field(alias="chatID")]
    """Number of the chat; groups have negative ones."""
    message_thread_id: Annotated[ThreadID | None, Field(alias="messageThreadID")] = None
    """Topic of the group."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Default: `https://api.telegram.org`."""
    message: Template | None = None
    """The message. Default: every alert with its description and links."""
    parse_mode: Literal["HTML", "MarkdownV2", "Markdown"] = "HTML"
    """How a message of your own is written."""
    disable_notifications: bool = False
    """Whether it comes without a sound."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""


class Webex(ApiModel):
    """Cisco Webex."""

    token_secret: SecretKey
    """Token of the bot."""
    room_id: Annotated[ShortTemplate, Field(alias="roomID")]
    """The room."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Default: `https://webexapis.com/v1/messages`."""
    message: Template | None = None
    """The message (Markdown). Default: every alert with its description and links."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: WebexHttp | None = None
    """How it is reached."""


class RocketChat(ApiModel):
    """Rocket.Chat. prometheus-operator up to 0.85 loses all but the tokens: delivered by Secret then."""

    token_secret: SecretKey
    """Token of the sender."""
    token_id_secret: Annotated[SecretKey, Field(alias="tokenIDSecret")]
    """Its id."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Address of your server. Default: `https://open.rocket.chat/`."""
    channel: ShortTemplate | None = None
    """Channel or user, such as `#shop`."""
    title: ShortTemplate | None = None
    """First line. Default: what happens to which service, with its severity."""
    title_link: ShortTemplate | None = None
    """Where the first line leads. Default: the runbook, else the alerts in Alertmanager."""
    text: Template | None = None
    """The message. Default: every alert with its description and links."""
    color: ShortTemplate | None = None
    """Colour of the edge. Default: red, orange, or green when it is over."""
    emoji: ShortTemplate | None = None
    """Picture of who speaks, such as `:fire:`."""
    fields: Annotated[list[ChatField], Field(min_length=1, max_length=16)] | None = None
    """Fields in two columns. Default: severity, namespace, SLO."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""


class WeChat(ApiModel):
    """WeChat Work."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "has(self.toUser) || has(self.toParty) || has(self.toTag)",
            "someone must be told: set toUser, toParty or toTag",
            lambda wechat: bool(wechat.to_user or wechat.to_party or wechat.to_tag),
        ),
    )

    api_secret: SecretKey
    """Secret of the application."""
    corp_id: Annotated[ShortTemplate, Field(alias="corpID")]
    """Id of the company."""
    agent_id: Annotated[ShortTemplate, Field(alias="agentID")]
    """Id of the application."""
    to_user: ShortTemplate | None = None
    """Users, separated by `|`; `@all` for everyone."""
    to_party: ShortTemplate | None = None
    """Departments, separated by `|`."""
    to_tag: ShortTemplate | None = None
    """Tags, separated by `|`."""
    api_url: Annotated[Url | None, Field(alias="apiURL")] = None
    """Default: `https://qyapi.weixin.qq.com/cgi-bin/`."""
    message: Template | None = None
    """The message. Default: every alert with its description and links."""
    message_type: Literal["text", "markdown"] = "text"
    """How a message of your own is written."""
    send_resolved: bool = True
    """Whether people hear that it is over."""
    http: Http | None = None
    """How it is reached."""
