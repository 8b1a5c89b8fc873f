"""The autoscaler part of ``scale``: who scales a workload, and the change of its bounds.

A number of replicas that is set beside an autoscaler is overwritten within seconds, and 0 switches a
HorizontalPodAutoscaler off without a word. So where there is one, its bounds are changed and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fireline.api.mitigation_action import Scale
from fireline.api.plan import Call, Manifest
from fireline.mitigation.actions.fields import called, change, entries, group_of, mapping
from fireline.mitigation.actions.looked_up import items, listing
from fireline.mitigation.model import Around, Change, Refusal, Test

HPA = "HorizontalPodAutoscaler"
SCALED_OBJECT = "ScaledObject"
_KEDA = "keda.sh/v1alpha1"
_PAUSED = "autoscaling.keda.sh/paused"
"""And ``-replicas``, ``-scale-in``, ``-scale-out``, ``-scale-down``."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What the fields are called, and what they are when they are not there."""

    low: str
    high: str
    low_default: int
    high_default: int


_FIELDS = {
    HPA: _Bounds("minReplicas", "maxReplicas", 1, 1),  # max is required
    SCALED_OBJECT: _Bounds("minReplicaCount", "maxReplicaCount", 0, 100),
}


def hpas(namespace: str, user: str) -> Call:
    """Lists the HorizontalPodAutoscalers."""
    return listing("scale:hpas", "autoscaling/v2", HPA, namespace=namespace, user=user)


def scaled_objects(namespace: str, user: str) -> Call:
    """Lists KEDA's ScaledObjects."""
    return listing("scale:scaledobjects", _KEDA, SCALED_OBJECT, namespace=namespace, user=user)


def autoscaler_of(workload: Manifest, around: Around) -> Manifest | Refusal | None:
    """Who scales a Deployment or StatefulSet; None when nobody does."""
    namespace = workload["metadata"].get("namespace", "")
    why = "whoever scales a workload must be known before its replicas are changed"
    found: list[Manifest] = []
    for call in (scaled_objects(namespace, ""), hpas(namespace, "")):
        listed = items(around, call, why=why)
        if isinstance(listed, Refusal):
            return listed
        found += [one for one in listed if _targets(one, workload)]
    # KEDA makes a HorizontalPodAutoscaler of its own, and writes over what others do to it.
    theirs = {one["metadata"].get("uid") for one in found if one["kind"] == SCALED_OBJECT}
    found = [one for one in found if _owner(one) is None or _owner(one) not in theirs]
    if len(found) > 1:
        named = " and ".join(called(one) for one in found)
        words = f"{called(workload)} is scaled by {named}, which fight each other: leave one of them"
        return Refusal("SeveralAutoscalers", words)
    return found[0] if found else None


def bounds_change(wish: Scale, autoscaler: Manifest) -> Change | Refusal:
    """The change of an autoscaler's bounds, both in one write."""
    refusal = next(_refusals(wish, autoscaler), None)
    if refusal is not None:
        return refusal
    names, spec = _FIELDS[autoscaler["kind"]], mapping(autoscaler, "spec")
    wanted = [(names.low, "min", wish.min), (names.high, "max", wish.max)]
    given = [(field, word, number) for field, word, number in wanted if number is not None]
    untouched = [field for field, _, number in wanted if number is None and field in spec]
    parts = [f"{word} from {spec.get(field, 'nothing')} to {number}" for field, word, number in given]
    return change(
        autoscaler,
        [(f"/spec/{field}", number) for field, _, number in given],
        summary=f"sets {' and '.join(parts)} of {called(autoscaler)}",
        # What the bound means depends on the other one. Taking it back does not.
        tests=tuple(Test(f"/spec/{field}", spec[field], revert=False) for field in untouched),
        notes=tuple(_notes(wish, autoscaler)),
    )


def _refusals(wish: Scale, autoscaler: Manifest) -> Iterator[Refusal]:
    """Why its bounds are not changed, what matters most first."""
    name, kind = called(autoscaler), autoscaler["kind"]
    names, spec = _FIELDS[kind], mapping(autoscaler, "spec")
    if wish.replicas is not None:
        why = "would be switched off by" if wish.replicas == 0 else "would overwrite, within seconds,"
        words = f"{name} {why} action.scale.replicas: {wish.replicas}; set action.scale.min or max instead"
        yield Refusal("Autoscaled", words)
    if kind == HPA and (owner := _controller(autoscaler)) is not None:
        words = f"{name} is made by {owner}, which writes over what others do to it; make that the target"
        yield Refusal("AutoscalerOwned", words)
    yield from _switched_off(autoscaler)
    if wish.max == 0 or (wish.min == 0 and kind == HPA):
        bound = "max" if wish.max == 0 else "min"
        words = f"found action.scale.{bound}: 0; the smallest bound of a {kind} is 1, for example {bound}: 2"
        yield Refusal("ZeroReplicas", words, lasting=True)
    low = wish.min if wish.min is not None else spec.get(names.low, names.low_default)
    high = wish.max if wish.max is not None else spec.get(names.high, names.high_default)
    if low > high:
        bound, other = ("min", "max") if wish.max is None else ("max", "min")
        words = f"{bound} {wish.min if wish.max is None else wish.max} would cross {other}, which is "
        words += f"{high if wish.max is None else low} in {name}; set action.scale.{other} as well"
        yield Refusal("BoundsCross", words)
    idle = spec.get("idleReplicaCount")
    if idle is not None and wish.min is not None and wish.min <= idle:
        words = f"min {wish.min} must be above idleReplicaCount of {name}, which is {idle}"
        yield Refusal("BoundsCross", words)


def _switched_off(autoscaler: Manifest) -> Iterator[Refusal]:
    name = called(autoscaler)
    for annotation, value in sorted(mapping(autoscaler, "metadata", "annotations").items()):
        number = annotation == f"{_PAUSED}-replicas"  # pauses at any number, 0 included
        if annotation.startswith(_PAUSED) and (number or str(value).lower() not in {"false", "f", "0"}):
            words = f"{name} is paused ({annotation}: {value}), so its bounds have no effect"
            yield Refusal("AutoscalerPaused", f"{words}; remove the annotation first")
    for condition in entries(autoscaler, "status", "conditions"):
        if condition.get("type") == "ScalingActive" and condition.get("reason") == "ScalingDisabled":
            words = f"{name} is switched off: its workload has 0 replicas; set them to 1 first"
            yield Refusal("AutoscalerDisabled", words)


def _notes(wish: Scale, autoscaler: Manifest) -> Iterator[str]:
    names, spec = _FIELDS[autoscaler["kind"]], mapping(autoscaler, "spec")
    low, high = spec.get(names.low, names.low_default), spec.get(names.high, names.high_default)
    if wish.min is not None and wish.min > low:
        yield f"taking it back lets it go down to {low} again, by when load may need more"
    if wish.max is not None and wish.max > high:
        yield f"taking it back cuts it to {high} replicas at most, by when load may need more"
    if wish.max is not None and wish.max < high:
        yield f"it cannot go above {wish.max} while this is active, however high the load is"
    if autoscaler["kind"] == SCALED_OBJECT:
        yield "KEDA passes the bounds on to its HorizontalPodAutoscaler: trust `verify`, not the object"


def _targets(autoscaler: Manifest, workload: Manifest) -> bool:
    # A ScaledObject says apiVersion and kind only when it is no Deployment.
    ref = mapping(autoscaler, "spec", "scaleTargetRef")
    of = (group_of(ref.get("apiVersion") or "apps/v1"), ref.get("kind") or "Deployment", ref.get("name"))
    return of == (group_of(workload["apiVersion"]), workload["kind"], workload["metadata"]["name"])


def _owner(autoscaler: Manifest) -> str | None:
    refs = entries(autoscaler, "metadata", "ownerReferences")
    return next((ref.get("uid") for ref in refs if ref.get("kind") == SCALED_OBJECT), None)


def _controller(autoscaler: Manifest) -> str | None:
    for ref in entries(autoscaler, "metadata", "ownerReferences"):
        if ref.get("kind") == SCALED_OBJECT:
            return f"{SCALED_OBJECT} {ref.get('name')}"
    return None
