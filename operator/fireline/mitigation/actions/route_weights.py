"""``routeWeights``: shifts traffic between backends of a Gateway API HTTPRoute.

Facts: ``backendRefs`` is a list, so a weight is addressed by its position; that it is still the same backend,
in the same rule, is tested together with the change. A missing weight is 1. When the sum is 0, every request
of the rule is answered with 500.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import BackendWeight, RouteWeights
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, entries, given, listed
from fireline.mitigation.actions.owners import deliverer
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, Refusal, Test
from fireline.mitigation.pointer import join

_Backends = Sequence[Mapping[str, Any]]


class _RouteWeights(SimpleAction):
    name = "routeWeights"
    targets = (("gateway.networking.k8s.io", "HTTPRoute"),)

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - the target is enough
        wish = given(spec.action.route_weights)
        owner = deliverer(target)
        if owner is not None:
            words = (
                f"{called(target)} is steered by {owner.tool} ({owner.evidence}), which would set the "
                f"weights again; abort or promote its rollout instead"
            )
            return Refusal("OwnedByDelivery", words)
        rules = entries(target, "spec", "rules")
        if wish.rule >= len(rules):
            words = f"{called(target)} has no rule {wish.rule}: it has {len(rules)}, and the first is 0"
            return Refusal("RuleNotFound", words)
        backends = entries(rules[wish.rule], "backendRefs")
        return _unfit(target, wish, backends) or _shifted(target, wish, rules[wish.rule], backends)


def _unfit(target: Manifest, wish: RouteWeights, backends: _Backends) -> Refusal | None:
    where = f"rule {wish.rule} of {called(target)}"
    names = [str(one.get("name")) for one in backends]
    for one in wish.weights:
        if one.backend not in names:
            words = f"{where} has no backend {one.backend!r}; it has: {listed(names)}"
            return Refusal("BackendNotFound", words)
        if names.count(one.backend) > 1:
            words = f"{where} has backend {one.backend!r} more than once: which one is meant?"
            return Refusal("AmbiguousBackend", words)
    if not sum(_weights(wish, backends).values()):
        words = f"all weights of {where} would be 0, and every request would be answered with 500; leave one"
        return Refusal("NoBackendLeft", words)
    return None


def _shifted(
    target: Manifest, wish: RouteWeights, rule: Mapping[str, Any], backends: _Backends
) -> Change | Refusal:
    at = ("spec", "rules", wish.rule)
    places = {str(one.get("name")): number for number, one in enumerate(backends)}
    wanted = [(join(*at, "backendRefs", places[one.backend], "weight"), one.weight) for one in wish.weights]
    still = [Test(join(*at, "backendRefs", places[one.backend], "name"), one.backend) for one in wish.weights]
    return change(
        target,
        wanted,
        tests=(*_same_rule(at, rule), *still),
        summary=f"shifts traffic of rule {wish.rule} of {called(target)}: {_spoken(wish.weights)}",
        notes=(_shares(wish, backends),),
    )


def _same_rule(at: tuple[str | int, ...], rule: Mapping[str, Any]) -> tuple[Test, ...]:
    """What tells a rule from one that was put before it: its name, or else what it matches."""
    for name in ("name", "matches"):
        if name in rule:
            return (Test(join(*at, name), rule[name]),)
    return ()


def _weights(wish: RouteWeights, backends: _Backends) -> dict[str, int]:
    """Of each backend of the rule, as it would be."""
    now = {str(one.get("name")): _weight(one) for one in backends}
    return now | {one.backend: one.weight for one in wish.weights}


def _weight(backend: Mapping[str, Any]) -> int:
    found = backend.get("weight")
    return 1 if found is None else int(found)


def _shares(wish: RouteWeights, backends: _Backends) -> str:
    weights = _weights(wish, backends)
    total = sum(weights.values())
    shares = ", ".join(f"{name} {100 * weight / total:.3g} %" for name, weight in weights.items())
    return f"shares after that: {shares}. Make sure that what gets more can carry it"


def _spoken(weights: Sequence[BackendWeight]) -> str:
    return ", ".join(f"{one.backend} to {one.weight}" for one in weights)


ROUTE_WEIGHTS = _RouteWeights()
