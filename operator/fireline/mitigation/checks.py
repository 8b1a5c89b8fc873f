"""What is wrong with a Mitigation that its schema cannot say.

:func:`read` is the door for the planner and the CLI: schema first, then the checks below. Each is a small
function that yields issues; ``_CHECKS`` is the specification, and its order the contract: the first issue
found is the reason users see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from fireline.api.issues import INVALID_SPEC, Issue, explain, source_is_known
from fireline.api.mitigation import Mitigation, Spec
from fireline.mitigation.checks_action import (
    merge_is_a_change,
    patch_says_each_field_once,
    patch_values_are_given,
    revert_has_something_to_revert,
    webhook_has_an_address,
    webhook_is_careful,
    webhook_is_reachable,
)
from fireline.mitigation.checks_queries import queries_are_sound
from fireline.mitigation.checks_target import (
    fields_may_be_changed,
    pause_has_an_object,
    target_fits_action,
    target_may_be_changed,
)
from fireline.mitigation.checks_time import times_fit, times_have_an_end, webhook_answers_in_time
from fireline.settings import MitigationSettings

Found = Iterator[Issue]


def read(
    manifest: Mapping[str, Any], *, settings: MitigationSettings, sources: Collection[str] | None = None
) -> tuple[Mitigation | None, list[Issue]]:
    """The typed object, or None, and everything there is to say about it.

    The object is None exactly when some issue is more than a note. ``sources``: those of the operator's
    settings; None when they are not known.
    """
    try:
        given = Mitigation.of(manifest)
    except ValidationError as error:
        from fireline.api.crd import mitigation_schema  # noqa: PLC0415 - only wrong objects need the schema

        return None, explain(error, mitigation_schema())
    issues = check(given, settings=settings, sources=sources)
    return (None if any(not issue.note for issue in issues) else given), issues


def check(
    given: Mitigation, *, settings: MitigationSettings, sources: Collection[str] | None = None
) -> list[Issue]:
    """Issues of an object that satisfies its schema, the most telling first; empty when all is well."""
    spec = given.spec
    issues = list(source_is_known(spec.prometheus, sources))
    issues += [issue for function in _CHECKS for issue in function(spec)]
    issues += webhook_is_reachable(spec, settings)
    issues += _mode_is_allowed(given, settings)
    return sorted(issues, key=lambda issue: issue.note)


def _traffic_is_some(spec: Spec) -> Found:
    """A limit of 0 or less lets nights without requests speak."""
    least = spec.trigger.min_traffic if spec.trigger else None
    if least is not None and float(least) <= 0:
        at = ("spec", "trigger", "minTraffic")
        yield Issue(
            INVALID_SPEC, at, f'must be above zero, found {least}; write it like "0.5", or leave it out'
        )


def _account_is_its_own(spec: Spec) -> Found:
    """Only a note: rights that are given to ``default`` are given to nearly every pod."""
    if spec.service_account_name == "default":
        words = (
            "every pod of the namespace that names no other one runs as default, and would get the rights of "
            "this mitigation, too; make one of its own, such as checkout-mitigator"
        )
        yield Issue("SharedAccount", ("spec", "serviceAccountName"), words, note=True)


def _mode_is_allowed(given: Mitigation, settings: MitigationSettings) -> Found:
    """Only a note: it works, with a person who approves."""
    allowed, namespace = settings.auto_namespaces, given.metadata.namespace
    if given.spec.mode == "Auto" and "*" not in allowed and namespace not in allowed:
        words = (
            f"namespace {namespace} is not among mitigations.auto_namespaces of the operator's settings: it "
            "will be proposed, and a person approves it"
        )
        yield Issue("AutoNotAllowed", ("spec", "mode"), words, note=True)


_CHECKS: tuple[Callable[[Spec], Found], ...] = (
    target_may_be_changed,
    target_fits_action,
    fields_may_be_changed,
    pause_has_an_object,
    queries_are_sound,
    merge_is_a_change,
    patch_values_are_given,
    patch_says_each_field_once,
    webhook_has_an_address,
    webhook_is_careful,
    webhook_answers_in_time,
    times_have_an_end,
    times_fit,
    _traffic_is_some,
    _account_is_its_own,
    revert_has_something_to_revert,
)
