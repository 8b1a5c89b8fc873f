"""A Kubernetes label selector as users write it, and whether it matches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from fireline.api.common import ApiModel, Rule, Text

LabelKey = Annotated[
    str,
    Text(
        r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
        317,
        "a label name, such as team or app.kubernetes.io/name",
    ),
]
LabelValue = Annotated[str, Field(max_length=63)]


class Requirement(ApiModel):
    """One condition on a label."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "(self.operator in ['In', 'NotIn']) == has(self.values)",
            "values belong to the operators In and NotIn",
            lambda one: (one.operator in {"In", "NotIn"}) == (one.values is not None),
        ),
    )

    key: LabelKey
    """The label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How it is compared."""
    values: Annotated[list[LabelValue], Field(min_length=1, max_length=64)] | None = None
    """With In and NotIn: what the label's value may or may not be."""


class LabelSelector(ApiModel):
    """Chooses objects by their labels; an empty one chooses all."""

    match_labels: Annotated[dict[str, LabelValue], Field(max_length=16)] | None = None
    """Labels an object must have, with these values."""
    match_expressions: Annotated[list[Requirement], Field(max_length=16)] | None = None
    """Further conditions; all must hold."""


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector, as JSON, chooses an object with these labels. All conditions must hold."""
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return all(labels.get(name) == value for name, value in wanted.items()) and all(
        _holds(one, labels) for one in expressions
    )


def _holds(one: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = one["key"], one.get("values") or ()
    match one["operator"]:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case _:
            return key not in labels
