"""``scale``: more or fewer replicas; where an autoscaler rules, other bounds of it (see ``autoscaled``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import Scale
from fireline.api.plan import Call, Manifest
from fireline.mitigation.actions.autoscaled import (
    HPA,
    SCALED_OBJECT,
    autoscaler_of,
    bounds_change,
    hpas,
    scaled_objects,
)
from fireline.mitigation.actions.fields import called, change, given, mapping
from fireline.mitigation.actions.rights import read_and_patch
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, Permission, Refusal

_AUTOSCALERS = (HPA, SCALED_OBJECT)


class _Scale(SimpleAction):
    name = "scale"
    targets = (
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("autoscaling", HPA),
        ("keda.sh", SCALED_OBJECT),
    )

    def reads(self, spec: Spec, target: Manifest, *, user: str) -> Sequence[Call]:  # noqa: ARG002 - whatever it wants
        """Who else scales the workload."""
        if target["kind"] in _AUTOSCALERS:
            return ()
        namespace = target["metadata"].get("namespace", "")
        return (hpas(namespace, user), scaled_objects(namespace, user))

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:
        """The change of the workload, or of its autoscaler, which is another object than the target then."""
        wish = given(spec.action.scale)
        if target["kind"] in _AUTOSCALERS:
            return bounds_change(wish, target)
        autoscaler = autoscaler_of(target, around)
        if isinstance(autoscaler, Refusal):
            return autoscaler
        return _replicas_change(wish, target) if autoscaler is None else bounds_change(wish, autoscaler)

    def permissions(self, spec: Spec) -> Sequence[Permission]:
        """To patch the target, to see who scales it, and with bounds to patch an autoscaler of its name."""
        target = spec.target
        own = super().permissions(spec)
        if target is None or target.kind in _AUTOSCALERS:
            return own
        look = (
            Permission("autoscaling", "horizontalpodautoscalers", ("list",)),
            Permission("keda.sh", "scaledobjects", ("list",)),
        )
        if given(spec.action.scale).replicas is not None:
            return (*own, *look)
        # What the autoscaler is called is not known here; the workload's name is the custom. One of another
        # name is better named as the target itself.
        named = (
            read_and_patch("autoscaling", HPA, target.name),
            read_and_patch("keda.sh", SCALED_OBJECT, target.name),
        )
        read_only = Permission(own[0].group, own[0].resource, ("get",), own[0].names)
        return (read_only, *look, *named)


def _replicas_change(wish: Scale, workload: Manifest) -> Change | Refusal:
    if wish.replicas is None:
        words = f"no autoscaler scales {called(workload)}, so it has no min and max"
        return Refusal("NoAutoscaler", f"{words}; set action.scale.replicas instead")
    now = mapping(workload, "spec").get("replicas", 1)
    return change(
        workload,
        [("/spec/replicas", wish.replicas)],
        summary=f"sets replicas of {called(workload)} from {now} to {wish.replicas}",
        notes=tuple(_notes(now, wish.replicas)),
    )


def _notes(now: int, wanted: int) -> Iterator[str]:
    if wanted == 0:
        yield "no pod is left: an outage for everyone who uses it"
    if wanted > now:
        yield f"taking it back stops {wanted - now} pods at once, by when load may need them"
    if wanted < now:
        yield f"{now - wanted} pods are stopped at once; make sure that the others carry the load"


SCALE = _Scale()
