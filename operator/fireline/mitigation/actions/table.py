"""All actions by name. The planner, ``fireline rbac`` and the documentation look here and nowhere else.

A new action is a file beside this one with a class that has the shape of
:class:`fireline.mitigation.model.Action`, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from fireline.api.mitigation import Spec
from fireline.mitigation.model import Action

ACTIONS: Mapping[str, Action] = {}
"""Name, as it is written in the spec → the action. Actions keep nothing: one instance serves all."""


def action_of(spec: Spec) -> Action:
    """The action of a Mitigation."""
    return ACTIONS[spec.action.name]
