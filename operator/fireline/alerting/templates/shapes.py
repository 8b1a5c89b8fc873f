"""What Alertmanager hands to a template: fields and methods of notifications, alerts, labels and times. Pure.

Source: template/template.go of Alertmanager 0.28 (Data, Alert, KV, Pairs) and Go's package time. A shape is
a name; a value that may be one of several has a set of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Shape = str
Shapes = frozenset[Shape]

WORDS: Mapping[Shape, str] = {
    "data": "the notification",
    "alerts": "the alerts",
    "list": "a list of alerts",
    "alert": "an alert",
    "kv": "labels or annotations",
    "pairs": "a list of names and values",
    "pair": "a name and its value",
    "strings": "a list of texts",
    "string": "text",
    "html": "HTML",
    "int": "a whole number",
    "int64": "a whole number",
    "float": "a number",
    "bool": "a truth value",
    "time": "a time",
    "duration": "a duration",
    "month": "a month",
    "weekday": "a weekday",
    "nil": "nothing",
}
"""Shape → what people call it."""


@dataclass(frozen=True, slots=True)
class Method:
    """What a field or method takes and gives."""

    gives: Shape
    takes: tuple[Shape, ...] = ()


def _plain(**shapes: Shape) -> dict[str, Method]:
    return {name: Method(shape) for name, shape in shapes.items()}


MEMBERS: Mapping[Shape, Mapping[str, Method]] = {
    "data": _plain(
        Receiver="string",
        Status="string",
        Alerts="alerts",
        GroupLabels="kv",
        CommonLabels="kv",
        CommonAnnotations="kv",
        ExternalURL="string",
    ),
    "alerts": _plain(Firing="list", Resolved="list"),
    "alert": _plain(
        Status="string",
        Labels="kv",
        Annotations="kv",
        StartsAt="time",
        EndsAt="time",
        GeneratorURL="string",
        Fingerprint="string",
    ),
    "kv": _plain(SortedPairs="pairs", Names="strings", Values="strings", String="string")
    | {"Remove": Method("kv", ("strings",))},
    "pairs": _plain(Names="strings", Values="strings", String="string"),
    "pair": _plain(Name="string", Value="string"),
    "time": _plain(
        UTC="time",
        Local="time",
        Unix="int64",
        UnixMilli="int64",
        Year="int",
        Month="month",
        Day="int",
        Hour="int",
        Minute="int",
        Second="int",
        YearDay="int",
        Weekday="weekday",
        IsZero="bool",
        String="string",
    )
    | {
        "Format": Method("string", ("string",)),
        "Sub": Method("duration", ("time",)),
        "Before": Method("bool", ("time",)),
        "After": Method("bool", ("time",)),
        "Equal": Method("bool", ("time",)),
        "Add": Method("time", ("duration",)),
    },
    "duration": _plain(Hours="float", Minutes="float", Seconds="float", Milliseconds="int64", String="string")
    | {"Round": Method("duration", ("duration",)), "Truncate": Method("duration", ("duration",))},
    "month": _plain(String="string"),
    "weekday": _plain(String="string"),
}
"""Fields and methods. Labels and annotations have a field for every name besides."""

ELEMENTS: Mapping[Shape, tuple[Shape, Shape]] = {
    "alerts": ("int", "alert"),
    "list": ("int", "alert"),
    "pairs": ("int", "pair"),
    "strings": ("int", "string"),
    "kv": ("string", "string"),
}
"""What range goes over: the shapes of index and element."""

_LISTS = ("__text_alert_list", "__text_alert_list_markdown", "pagerduty.default.instances")
_OF_DATA = (
    *("__alertmanager", "__alertmanagerURL", "__subject", "__description"),
    *(f"slack.default.{part}" for part in ("title", "username", "fallback", "callbackid", "pretext")),
    *(f"slack.default.{part}" for part in ("titlelink", "iconemoji", "iconurl", "text", "footer")),
    *(f"pagerduty.default.{part}" for part in ("description", "client", "clientURL")),
    *(f"opsgenie.default.{part}" for part in ("message", "description", "source")),
    *(f"wechat.default.{part}" for part in ("message", "to_user", "to_party", "to_tag", "agent_id")),
    *(f"victorops.default.{part}" for part in ("state_message", "entity_display_name", "monitoring_tool")),
    *(f"pushover.default.{part}" for part in ("title", "message", "url")),
    *("sns.default.subject", "sns.default.message", "telegram.default.message", "webex.default.message"),
    *(f"discord.default.{part}" for part in ("content", "title", "message")),
    *(f"msteams.default.{part}" for part in ("summary", "title", "text")),
    *("msteamsv2.default.title", "msteamsv2.default.text"),
    *(f"jira.default.{part}" for part in ("summary", "description", "priority")),
    *(f"rocketchat.default.{part}" for part in ("title", "alias", "titlelink", "emoji", "iconurl", "text")),
    *("email.default.subject", "email.default.html"),
)
TEMPLATES: Mapping[str, Shapes] = {name: frozenset({"data"}) for name in _OF_DATA} | {
    name: frozenset({"alerts", "list"}) for name in _LISTS
}
"""Templates Alertmanager 0.28 brings along (default.tmpl, email.tmpl), and what may be their dot."""
