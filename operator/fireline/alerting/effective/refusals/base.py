"""What prometheus-operator refuses about the Alertmanager's own configuration, which it merges into."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.alerting.effective.layout import CONFIGURATION
from fireline.api.plan import Manifest

_NOT_AT_THE_ROOT = (
    "continue",
    "matchers",
    "match",
    "match_re",
    "mute_time_intervals",
    "active_time_intervals",
)


def refused_base(base: Manifest) -> list[str]:
    """Why prometheus-operator 0.85 cannot merge into an alertmanager.yaml; empty when it can.

    With a reason it merges nothing for anybody, as soon as the Alertmanager selects AlertmanagerConfigs at
    all. A field it does not know is one, even if Alertmanager does.
    """
    return list(_reasons(base))


def _reasons(base: Manifest) -> Iterator[str]:
    for at in CONFIGURATION.unknown(base, ""):
        yield f"{at}: is a field that prometheus-operator 0.85 does not know"
    root = base.get("route")
    if not isinstance(root, dict) or not root.get("receiver"):
        yield "route.receiver: is missing"
        return
    for field in _NOT_AT_THE_ROOT:
        if root.get(field):
            yield f"route.{field}: is not allowed in the root route, where every alert must end"
    names = {one.get("name") for one in base.get("receivers") or () if isinstance(one, dict)}
    if root["receiver"] not in names:
        yield f"route.receiver: {root['receiver']!r} is not defined in receivers"
