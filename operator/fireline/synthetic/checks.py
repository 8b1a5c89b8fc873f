"""What is wrong with a SyntheticCheck that its schema cannot say.

:func:`read` is the door for the planner and the CLI: schema first, then the checks below. Each is a
small function that yields issues; ``_CHECKS`` is the specification, and its order the contract: the
first issue found is the reason users see.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from fireline.api.issues import INVALID_SPEC, Issue, explain
from fireline.api.strings import zero_or_seconds
from fireline.api.synthetic_check import Spec, SyntheticCheck
from fireline.errors import SpecError
from fireline.settings import CheckSettings
from fireline.synthetic.checks_steps import check_steps, steps_of
from fireline.synthetic.compile import compile_check, timing_of
from fireline.synthetic.journey import MAX_BYTES, env_name, journey
from fireline.synthetic.schedule import Timing

Found = Iterator[Issue]
_TEN_MINUTES = 600


def read(
    manifest: Mapping[str, Any], *, settings: CheckSettings
) -> tuple[SyntheticCheck | None, list[Issue]]:
    """The typed object, or None, and everything there is to say about it.

    The object is None exactly when some issue is more than a note.
    """
    try:
        given = SyntheticCheck.of(manifest)
    except ValidationError as error:
        from fireline.api.crd import check_schema  # noqa: PLC0415 - only wrong objects need the schema

        return None, explain(error, check_schema())
    issues = check(given, settings=settings)
    return (None if any(not issue.note for issue in issues) else given), issues


def check(given: SyntheticCheck, *, settings: CheckSettings) -> list[Issue]:
    """Issues of an object that satisfies its schema, the most telling first; empty when all is well."""
    spec = given.spec
    issues = list(_schedule_is_possible(given))
    issues += [issue for function in _CHECKS for issue in function(spec)]
    if not issues:
        issues += _runs_fit(given)
        issues += _fits_into_a_pod(given, settings)
        issues += _has_an_image(spec, settings)
    return sorted(issues, key=lambda issue: issue.note)


def _schedule_is_possible(given: SyntheticCheck) -> Found:
    """Cron can say it, or the prober can keep it."""
    try:
        timing_of(given.spec, namespace=given.metadata.namespace, name=given.metadata.name)
    except SpecError as error:
        path, _, words = str(error).partition(": ")
        at = path.split(".") if path.startswith("spec.") else ["spec", "schedule"]
        yield Issue("InvalidSchedule", tuple(at), words or str(error))


def _names_are_unique(spec: Spec) -> Found:
    """A step has one name, wherever it stands: status, series and evidence know it by that."""
    for name, times in Counter(step.name for _, step in steps_of(spec)).items():
        if times > 1:
            yield Issue(
                INVALID_SPEC,
                ("spec", "steps"),
                f"{name!r} names {times} steps; steps, cleanup and sweep share names",
            )


def _variables_have_their_own_place(spec: Spec) -> Found:
    """No two secrets share an environment variable, and nothing takes the place of what every run has."""
    seen: dict[str, str] = {}
    for number, one in enumerate(spec.variables or ()):
        at = ("spec", "variables", number, "name")
        before = seen.setdefault(env_name(one.name), one.name)
        if before != one.name:
            yield Issue(INVALID_SPEC, at, f"{one.name!r} and {before!r} differ only in case; rename one")


def _container_variables_exist(spec: Spec) -> Found:
    """Every variable an image of your own gets is one of ``spec.variables``."""
    known = {one.name for one in spec.variables or ()}
    for number, entry in enumerate(spec.container.env or () if spec.container else ()):
        if entry.variable not in known:
            listed = ", ".join(sorted(known)) or "none"
            at = ("spec", "container", "env", number, "variable")
            yield Issue(
                "UnknownVariable", at, f"{entry.variable!r} is not among spec.variables; there are: {listed}"
            )


def _maintenance_is_sound(spec: Spec) -> Found:
    """Times of maintenance are in a known zone, and end after they begin."""
    for number, entry in enumerate(spec.maintenance or ()):
        at = ("spec", "maintenance", number)
        if entry.from_ is not None and entry.to is not None and entry.to <= entry.from_:
            yield Issue(INVALID_SPEC, (*at, "to"), f"{entry.to} is not after {entry.from_}")
        if entry.time_zone is not None:
            try:
                ZoneInfo(entry.time_zone)
            except (KeyError, ValueError, OSError):
                words = f"{entry.time_zone!r} is no time zone; write one like Europe/Berlin"
                yield Issue(INVALID_SPEC, (*at, "timeZone"), words)


def _runs_fit(given: SyntheticCheck) -> Found:
    """A run ends before the next begins; otherwise that one is skipped."""
    compiled = compile_check(given)
    timing: Timing = compiled.timing
    longest = compiled.timeout + compiled.cleanup_timeout
    if compiled.timeout > _TEN_MINUTES:
        yield Issue(INVALID_SPEC, ("spec", "timeout"), f"{given.spec.timeout} is too long; at most 10m")
    elif longest > timing.interval:
        words = (
            f"steps ({given.spec.timeout}) and cleanup ({compiled.cleanup_timeout}s) may take longer than "
            f"the {timing.interval} s between two runs; lower them, or run less often"
        )
        yield Issue(INVALID_SPEC, ("spec", "timeout"), words)
    for number, step in enumerate(given.spec.steps or ()):
        if step.timeout is not None and zero_or_seconds(step.timeout) > compiled.timeout:
            at = ("spec", "steps", number, "timeout")
            words = f"{step.timeout} is longer than the {given.spec.timeout} that all steps have"
            yield Issue(INVALID_SPEC, at, words)


def _fits_into_a_pod(given: SyntheticCheck, settings: CheckSettings) -> Found:
    """The journey travels as an environment variable."""
    if given.spec.steps is None:
        return
    told = journey(
        given.spec, namespace=given.metadata.namespace, name=given.metadata.name, refuse=settings.refuse
    )
    size = len(json.dumps(told).encode())
    if size > MAX_BYTES:
        words = (
            f"the steps take {size} bytes as JSON, at most {MAX_BYTES} fit; shorten texts, or make two checks"
        )
        yield Issue(INVALID_SPEC, ("spec", "steps"), words)


def _has_an_image(spec: Spec, settings: CheckSettings) -> Found:
    """Something can run the steps."""
    if spec.steps is not None and settings.image is None:
        words = (
            "the operator was not told which image runs the steps: set checks.image in its settings "
            "(FIRELINE_CHECKS__IMAGE), as a rule to its own image"
        )
        yield Issue("NoImage", ("spec", "steps"), words)


_CHECKS: tuple[Callable[[Spec], Found], ...] = (
    _names_are_unique,
    _variables_have_their_own_place,
    _container_variables_exist,
    check_steps,
    _maintenance_is_sound,
)
