"""What is wrong with a SyntheticCheck that its schema cannot say.

:func:`read` is the door for the planner and the CLI: schema first, then the checks below. Each is a
small function that yields issues; ``_CHECKS`` is the specification, and its order the contract: the
first issue found is the reason users see.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from fireline.api.issues import INVALID_SPEC, Issue, explain, source_is_known
from fireline.api.synthetic_check import Spec, SyntheticCheck
from fireline.settings import CheckSettings
from fireline.synthetic.checks_pod import (
    container_variables_exist,
    image_is_known,
    journey_fits,
    prober_is_allowed,
    resources_are_possible,
    tolerations_are_possible,
)
from fireline.synthetic.checks_requests import ADVICE, is_secret_name
from fireline.synthetic.checks_steps import check_steps
from fireline.synthetic.checks_time import maintenance_is_sound, runs_end_in_time, schedule_is_possible
from fireline.synthetic.journey import env_name

Found = Iterator[Issue]


def read(
    manifest: Mapping[str, Any], *, settings: CheckSettings, sources: Collection[str] | None = None
) -> tuple[SyntheticCheck | None, list[Issue]]:
    """The typed object, or None, and everything there is to say about it.

    The object is None exactly when some issue is more than a note. ``sources``: those of the operator's
    settings; None when they are not known.
    """
    try:
        given = SyntheticCheck.of(manifest)
    except ValidationError as error:
        from fireline.api.crd import check_schema  # noqa: PLC0415 - only wrong objects need the schema

        return None, explain(error, check_schema())
    issues = [*source_is_known(given.spec.prometheus, sources), *check(given, settings=settings)]
    return (None if any(not issue.note for issue in issues) else given), issues


def check(given: SyntheticCheck, *, settings: CheckSettings) -> list[Issue]:
    """Issues of an object that satisfies its schema, the most telling first; empty when all is well."""
    spec = given.spec
    issues = list(schedule_is_possible(given))
    issues += [issue for function in _CHECKS for issue in function(spec)]
    issues += runs_end_in_time(given)
    if all(issue.note for issue in issues):
        issues += journey_fits(given, settings)
        issues += image_is_known(spec, settings)
        issues += prober_is_allowed(spec, settings)
    return sorted(issues, key=lambda issue: issue.note)


def _variables_have_their_own_place(spec: Spec) -> Found:
    """No two secrets share an environment variable of the pod."""
    seen: dict[str, str] = {}
    for number, one in enumerate(spec.variables or ()):
        before = seen.setdefault(env_name(one.name), one.name)
        if before != one.name:
            at = ("spec", "variables", number, "name")
            yield Issue(INVALID_SPEC, at, f"{one.name!r} and {before!r} differ only in case; rename one")


def _secrets_are_in_secrets(spec: Spec) -> Found:
    """A value in the spec is for everyone to read."""
    for number, one in enumerate(spec.variables or ()):
        if one.value is not None and is_secret_name(one.name):
            at = ("spec", "variables", number, "value")
            words = f"{one.name!r} holds a credential; {ADVICE}. If it is none, call it otherwise"
            yield Issue("InlineSecret", at, words)


_CHECKS: tuple[Callable[[Spec], Found], ...] = (
    _variables_have_their_own_place,
    _secrets_are_in_secrets,
    container_variables_exist,
    check_steps,
    resources_are_possible,
    tolerations_are_possible,
    maintenance_is_sound,
)
