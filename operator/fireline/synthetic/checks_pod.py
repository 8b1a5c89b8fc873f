"""What is wrong with the pod that a SyntheticCheck would run in. Part of ``checks``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from fireline.api.issues import INVALID_SPEC, Issue
from fireline.api.synthetic_check import Spec, SyntheticCheck
from fireline.settings import CheckSettings
from fireline.synthetic.journey import MAX_BYTES, journey
from fireline.synthetic.render import limits_of, requests_of

Found = Iterator[Issue]
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(1000),
    "M": Decimal(1000**2),
    "G": Decimal(1000**3),
    "Ki": Decimal(1024),
    "Mi": Decimal(1024**2),
    "Gi": Decimal(1024**3),
}


def resources_are_possible(spec: Spec) -> Found:
    """What the API server would refuse in the pod: other resources, or a limit below what is requested."""
    resources = spec.resources
    for field, given in (("requests", resources.requests), ("limits", resources.limits)):
        for name in given or {}:
            if name not in _RESOURCES and "/" not in name:
                words = f"is no resource of a pod; write {', '.join(_RESOURCES)}"
                yield Issue(INVALID_SPEC, ("spec", "resources", field, name), words)
    limits = limits_of(resources)
    for name, requested in requests_of(resources).items():
        if name in limits and _amount(requested) > _amount(limits[name]):
            field = "requests" if name in (resources.requests or {}) else "limits"
            words = f"{requested} is requested, and the limit is {limits[name]}; "
            words += (
                f"set spec.resources.limits.{name} to {requested} or more"
                if field == "requests"
                else f"set spec.resources.requests.{name} to {limits[name]} or less"
            )
            yield Issue(INVALID_SPEC, ("spec", "resources", field, name), words)


def tolerations_are_possible(spec: Spec) -> Found:
    """What the API server would refuse in the pod."""
    for number, one in enumerate(spec.placement.tolerations or ()):
        at = ("spec", "placement", "tolerations", number)
        if one.operator == "Exists" and one.value:
            yield Issue(INVALID_SPEC, (*at, "value"), "operator Exists compares no value; leave it out")
        if one.operator == "Equal" and not one.key:
            yield Issue(INVALID_SPEC, (*at, "operator"), "Equal needs a key; for every taint write Exists")


def container_variables_exist(spec: Spec) -> Found:
    """Every variable an image of your own gets is one of ``spec.variables``."""
    known = {one.name for one in spec.variables or ()}
    for number, entry in enumerate(spec.container.env or () if spec.container else ()):
        if entry.variable not in known:
            listed = ", ".join(sorted(known)) or "none"
            at = ("spec", "container", "env", number, "variable")
            words = f"{entry.variable!r} is not among spec.variables; there are: {listed}"
            yield Issue("UnknownVariable", at, words)


def journey_fits(given: SyntheticCheck, settings: CheckSettings) -> Found:
    """The journey travels as an environment variable."""
    if given.spec.steps is None:
        return
    told = journey(
        given.spec, namespace=given.metadata.namespace, name=given.metadata.name, refuse=settings.refuse
    )
    size = len(json.dumps(told, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        words = (
            f"the steps take {size} bytes as JSON, at most {MAX_BYTES} fit; shorten texts, or make two checks"
        )
        yield Issue(INVALID_SPEC, ("spec", "steps"), words)


def image_is_known(spec: Spec, settings: CheckSettings) -> Found:
    """Something can run the steps."""
    if spec.steps is not None and settings.image is None:
        words = (
            "the operator was not told which image runs the steps: set checks.image in its settings "
            "(FIRELINE_CHECKS__IMAGE), as a rule to its own image"
        )
        yield Issue("NoImage", ("spec", "steps"), words)


def _amount(text: str) -> Decimal:
    number = text.rstrip("kKMGim")
    return Decimal(number) * _UNITS[text[len(number) :]]


def prober_is_allowed(spec: Spec, settings: CheckSettings) -> Found:
    """The operator may make probers."""
    if spec.runner == "Prober" and not settings.probers:
        words = "the operator's settings say checks.probers: false; use runner: Job, or have it set to true"
        yield Issue("NoProber", ("spec", "runner"), words)
