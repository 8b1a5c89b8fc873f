"""A policy without some of its receivers: those whose Secrets would stop the alerts of everyone.

prometheus-operator drops a whole AlertmanagerConfig for one missing Secret, or stops for all tenants;
Alertmanager refuses everyone's configuration for one empty credential. So such a receiver waits outside
until its Secret is right, and the others are told meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from fireline.alerting.model import Policy, Route
from fireline.alerting.names import NOBODY


def without(policy: Policy, receivers: Collection[str]) -> Policy:
    """The policy as it is written while these receivers are left out."""
    if not receivers:
        return policy
    top = NOBODY if policy.route.receiver in receivers else policy.route.receiver
    return replace(
        policy,
        route=replace(policy.route, receiver=top, routes=_kept(policy.route.routes, receivers)),
        receivers=tuple(one for one in policy.receivers if one.name not in receivers),
    )


def _kept(routes: Sequence[Route], left_out: Collection[str]) -> tuple[Route, ...]:
    """Siblings are told together and the last ends the walk: whoever is last now must end it."""
    kept: list[Route] = []
    together: list[Route] = []
    for route in routes:
        if route.receiver not in left_out:
            together.append(route)
        if not route.goes_on and together:
            kept += [*together[:-1], replace(together[-1], goes_on=False)]
            together = []
    return (*kept, *together)
