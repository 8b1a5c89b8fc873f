"""All actions by name. The planner, ``fireline rbac`` and the documentation look here and nowhere else.

A new action is a file beside this one with a class that has the shape of
:class:`fireline.mitigation.model.Action`, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.api.mitigation import Spec
from fireline.mitigation.actions.config_map_key import CONFIG_MAP_KEY
from fireline.mitigation.actions.feature_flag import FEATURE_FLAG
from fireline.mitigation.actions.patch import PATCH
from fireline.mitigation.actions.rate_limit import RATE_LIMIT
from fireline.mitigation.actions.restart import RESTART
from fireline.mitigation.actions.rollout_undo import ROLLOUT_UNDO
from fireline.mitigation.actions.route_weights import ROUTE_WEIGHTS
from fireline.mitigation.actions.scale import SCALE
from fireline.mitigation.actions.suspend_cron_job import SUSPEND_CRON_JOB
from fireline.mitigation.actions.webhook import WEBHOOK
from fireline.mitigation.model import Action, Permission

ACTIONS: Mapping[str, Action] = {
    "rolloutUndo": ROLLOUT_UNDO,
    "restart": RESTART,
    "scale": SCALE,
    "featureFlag": FEATURE_FLAG,
    "configMapKey": CONFIG_MAP_KEY,
    "rateLimit": RATE_LIMIT,
    "routeWeights": ROUTE_WEIGHTS,
    "suspendCronJob": SUSPEND_CRON_JOB,
    "patch": PATCH,
    "webhook": WEBHOOK,
}
"""Name, as it is written in the spec → the action. Actions keep nothing: one instance serves all."""


def action_of(spec: Spec) -> Action:
    """The action of a Mitigation."""
    return ACTIONS[spec.action.name]


def permissions_of(spec: Spec) -> tuple[Permission, ...]:
    """What the ServiceAccount needs: for the action, and for a trigger that reads the target."""
    found = tuple(action_of(spec).permissions(spec))
    if spec.trigger is None or spec.trigger.rollout_failed is None or spec.target is None:
        return found
    look = (
        Permission("apps", "deployments", ("get",), (spec.target.name,)),
        Permission("apps", "replicasets", ("list",)),
    )
    return (*found, *(one for one in look if not any(_covers(other, one) for other in found)))


def _covers(wide: Permission, narrow: Permission) -> bool:
    """Whether whoever has the one has the other."""
    same = (wide.group, wide.resource) == (narrow.group, narrow.resource)
    names = not wide.names or (bool(narrow.names) and set(narrow.names) <= set(wide.names))
    return same and names and set(narrow.verbs) <= set(wide.verbs)
