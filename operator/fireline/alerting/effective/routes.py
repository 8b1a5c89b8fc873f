"""Routes, matchers and inhibition of an AlertmanagerConfig as Alertmanager's.

The namespace matcher that prometheus-operator adds is in :mod:`.tenancy`.
"""

from __future__ import annotations

from typing import Any

from fireline.alerting.effective.fields import copied
from fireline.alerting.effective.origin import Origin
from fireline.api.plan import Manifest

_TIMES = {
    "groupBy": "group_by",
    "groupWait": "group_wait",
    "groupInterval": "group_interval",
    "repeatInterval": "repeat_interval",
}


def route(given: Manifest, origin: Origin) -> Manifest:
    """A route and all below it, with receivers and time intervals under their merged names."""
    return {
        "receiver": origin.prefixed(given.get("receiver")),
        **copied(given, _TIMES),
        "matchers": matchers(given.get("matchers")),
        "continue": bool(given.get("continue")),
        "routes": [route(child, origin) for child in given.get("routes") or ()],
        "mute_time_intervals": [origin.prefixed(name) for name in given.get("muteTimeIntervals") or ()],
        "active_time_intervals": [origin.prefixed(name) for name in given.get("activeTimeIntervals") or ()],
    }


def inhibit_rule(given: Manifest) -> Manifest:
    """One rule of inhibition."""
    return {
        "source_matchers": matchers(given.get("sourceMatch")),
        "target_matchers": matchers(given.get("targetMatch")),
        "equal": list(given.get("equal") or ()),
    }


def matchers(given: Any) -> list[str]:
    """Matchers as text, in the order of the object."""
    return [matcher(one) for one in given or ()]


def matcher(given: Manifest) -> str:
    """``name=~"value"``. Only the value is quoted: a name with a comma or a space is not what it seems.

    Without ``matchType`` the deprecated ``regex`` decides.
    """
    kind = given.get("matchType") or ("=~" if given.get("regex") else "=")
    return f'{given.get("name", "")}{kind}"{escaped(str(given.get("value") or ""))}"'


def escaped(value: str) -> str:
    """A value between quotes, as OpenMetrics escapes it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
