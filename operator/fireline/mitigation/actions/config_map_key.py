"""``configMapKey``: sets one key of a ConfigMap, whether it was there or not."""

from __future__ import annotations

from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, given, mapping, shown
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import ABSENT, Around, Change, Refusal
from fireline.mitigation.pointer import get, join

_SLOW = (
    "pods that mount it as files see the change when the kubelet has synced, usually within two minutes; "
    "pods that read it into environment variables or by subPath see it only when they start anew. Trust "
    "`verify`, not the object"
)


class _ConfigMapKey(SimpleAction):
    name = "configMapKey"
    targets = (("", "ConfigMap"),)

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - the target is enough
        wish = given(spec.action.config_map_key)
        if target.get("immutable") is True:
            words = f"{called(target)} is immutable, and nobody can change it; point the pods to another one"
            return Refusal("Immutable", words)
        if wish.key in mapping(target, "binaryData"):
            words = (
                f"{called(target)} has {wish.key!r} under binaryData, and a key is text or binary, not both; "
                f"use action patch with /binaryData/{wish.key}"
            )
            return Refusal("BinaryKey", words)
        path = join("data", wish.key)
        added = ("the key is not there now; taking it back removes it",)
        return change(
            target,
            [(path, wish.value)],
            summary=f"sets {wish.key} of {called(target)} to {shown(wish.value, path)}",
            notes=(*(added if get(target, path) is ABSENT else ()), _SLOW),
        )


CONFIG_MAP_KEY = _ConfigMapKey()
