"""Which alerts an AlertmanagerConfig may see: the namespace matcher, by the Alertmanager's strategy.

Called while merging. ``OnNamespace`` is what an Alertmanager has that says nothing.
"""

from __future__ import annotations

from typing import Literal

from fireline.alerting.effective.origin import Origin
from fireline.alerting.effective.routes import escaped
from fireline.api.plan import Manifest

Strategy = Literal["OnNamespace", "OnNamespaceExceptForAlertmanagerNamespace", "None"]
STRATEGIES: tuple[Strategy, ...] = ("OnNamespace", "OnNamespaceExceptForAlertmanagerNamespace", "None")


def confined(origin: Origin, strategy: Strategy, alertmanager_namespace: str) -> bool:
    """Whether a configuration of that origin sees only the alerts of its own namespace."""
    if strategy == "OnNamespaceExceptForAlertmanagerNamespace":
        return origin.namespace != alertmanager_namespace
    return strategy == "OnNamespace"


def confine_route(route: Manifest, origin: Origin) -> None:
    """Adds the matcher to a top route, even where one like it stands already."""
    route["matchers"] = [*route["matchers"], _own(origin)]


def confine_inhibition(rule: Manifest, origin: Origin) -> None:
    """Adds the matcher to source and target of a rule, unless it is there."""
    for side in ("source_matchers", "target_matchers"):
        if _own(origin) not in {one.replace(" ", "") for one in rule[side]}:
            rule[side] = [*rule[side], _own(origin)]


def _own(origin: Origin) -> str:
    return f'namespace="{escaped(origin.namespace)}"'
