"""``featureFlag``: disables a flag of an OpenFeature FeatureFlag object, or gives everyone one variant.

Shape of the object: group core.openfeature.dev, version v1beta1, ``spec.flagSpec.flags.<flag>`` with
``state``, ``variants``, ``defaultVariant`` and ``targeting``, which flagd reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import FeatureFlag
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, given, listed, mapping, shown
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import ABSENT, Around, Change, Refusal, Value
from fireline.mitigation.pointer import join

_FLAGS = ("spec", "flagSpec", "flags")
_SLOW = (
    "programs see it when their flag daemon has read the object again: usually seconds, but a provider that "
    "lost its connection can take minutes. Trust `verify`, not the object"
)
_CODE_DEFAULT = (
    "a disabled flag has no value: programs use the default in their own code, which may be on. Make sure "
    "that it is off there, or use `set: Variant`"
)


class _FeatureFlag(SimpleAction):
    name = "featureFlag"
    targets = (("core.openfeature.dev", "FeatureFlag"),)

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:  # noqa: ARG002 - the target is enough
        wish = given(spec.action.feature_flag)
        flags = mapping(target, *_FLAGS)
        flag = flags.get(wish.name)
        if not isinstance(flag, Mapping):
            words = f"{called(target)} has no flag {wish.name!r}; it has: {listed(flags)}"
            return Refusal("FlagNotFound", words)
        if wish.set == "Disabled":
            return _disabled(target, wish)
        return _variant(target, wish, flag)


def _disabled(target: Manifest, wish: FeatureFlag) -> Change | Refusal:
    return change(
        target,
        [(join(*_FLAGS, wish.name, "state"), "DISABLED")],
        summary=f"disables flag {wish.name} of {called(target)}",
        notes=(_CODE_DEFAULT, _SLOW),
    )


def _variant(target: Manifest, wish: FeatureFlag, flag: Mapping[str, Any]) -> Change | Refusal:
    variants, variant = mapping(flag, "variants"), str(wish.variant)
    if variant not in variants:
        words = f"flag {wish.name} of {called(target)} has no variant {variant!r}; it has: {listed(variants)}"
        return Refusal("VariantNotFound", words)
    at = (*_FLAGS, wish.name)
    notes = [f"variant {variant} is {shown(variants[variant])}"]
    # A disabled flag serves no variant at all.
    wanted: list[tuple[str, Value]] = [(join(*at, "state"), "ENABLED")]
    if flag.get("state") != "ENABLED":
        notes.append("the flag is disabled now: it is enabled, so that the variant is served")
    wanted.append((join(*at, "defaultVariant"), variant))
    # Targeting has the last word over the default. An empty one decides nothing and stays.
    if flag.get("targeting"):
        wanted.append((join(*at, "targeting"), ABSENT))
        notes.append("its targeting is taken out meanwhile, so that this holds for everyone")
    return change(
        target,
        wanted,
        summary=f"gives everyone variant {variant} of flag {wish.name} of {called(target)}",
        notes=(*notes, _SLOW),
    )


FEATURE_FLAG = _FeatureFlag()
