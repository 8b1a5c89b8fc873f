"""From an API error met while carrying a plan out to words for the object's status.

Only what a person can act on becomes a :class:`Problem`. Transient errors are not told: they are
retried, and nothing is marked failed.
"""

from __future__ import annotations

from fireline.api.plan import Key, Manifest, Problem
from fireline.api.resources import Resource
from fireline.errors import ApiError, Forbidden, Invalid, NotFound
from fireline.kube.refusals import NAMESPACE_MISSING, NAMESPACE_TERMINATING, RESOURCE_MISSING

SLOW_RETRY = 60.0
"""Seconds until a problem that someone else must solve is looked at again."""


def problem_of(error: ApiError, child: Resource) -> Problem | None:
    """The problem to tell, or None for an error that is retried in silence."""
    if isinstance(error, Forbidden) and error.cause != NAMESPACE_TERMINATING:
        return Problem("Forbidden", f"The operator lacks a right: {error}")
    if isinstance(error, Invalid):
        return Problem("Rejected", f"The API server refuses the {child.kind}: {error}", permanent=True)
    if isinstance(error, NotFound) and error.cause == RESOURCE_MISSING:
        return missing_crd(child)
    return None


def missing_crd(child: Resource) -> Problem:
    """The type of a wanted child is not served."""
    return Problem(
        "MissingCRD",
        f"The cluster does not serve {child.crd_name} ({child.api_version}); "
        f"{how_to_get(child.group)}. "
        "Fireline notices within a minute.",
    )


def name_conflict(child: Resource, wanted: Manifest, owner: Key) -> Problem:
    """An object of the wanted name exists and is not ours."""
    metadata = wanted["metadata"]
    return Problem(
        "NameConflict",
        f"{child.kind} {metadata['namespace']}/{metadata['name']} exists and was not made for {owner}; "
        "it is left alone. Rename or delete it, or rename this object.",
    )


def namespace_is_going(error: ApiError) -> bool:
    """The namespace is being deleted or gone: there is nothing left to do and nothing to tell."""
    return error.cause in {NAMESPACE_TERMINATING, NAMESPACE_MISSING}


def how_to_get(group: str) -> str:
    """What to do about kinds of an API group that the cluster does not serve."""
    return _HOW_TO_GET.get(group, "install its CustomResourceDefinition")


_HOW_TO_GET = {
    "monitoring.coreos.com": "install prometheus-operator (or only its CRDs, "
    "https://github.com/prometheus-operator/prometheus-operator)",
    "fireline.dev": "apply the files in Fireline's crds/ folder",
}
