"""A checked spec → :class:`Check`. Pure; called by ``plan`` and the CLI once :mod:`checks` found it sound."""

from __future__ import annotations

from collections.abc import Sequence

from fireline.api.belonging import Owner
from fireline.api.strings import zero_or_seconds
from fireline.api.synthetic_check import Spec, SyntheticCheck
from fireline.synthetic.model import Check
from fireline.synthetic.schedule import Timing, timing


def compile_check(given: SyntheticCheck, *, policy: Owner | None = None, notes: Sequence[str] = ()) -> Check:
    """The check with every default filled in. ``policy``: who is told of its alerts."""
    spec, meta = given.spec, given.metadata
    return Check(
        namespace=meta.namespace,
        name=meta.name,
        spec=spec,
        timing=timing_of(spec, namespace=meta.namespace, name=meta.name),
        timeout=seconds(spec.timeout),
        cleanup_timeout=seconds(spec.cleanup_timeout) if spec.cleanup or spec.sweep else 0,
        policy=policy,
        notes=tuple(notes),
    )


def timing_of(spec: Spec, *, namespace: str, name: str) -> Timing:
    """The schedule of a spec. Raises SpecError: path, found and allowed."""
    return timing(
        every=spec.schedule.every,
        cron=spec.schedule.cron,
        runner=spec.runner,
        namespace=namespace,
        name=name,
    )


def seconds(duration: str) -> int:
    """Whole seconds of a duration, at least one."""
    return max(1, zero_or_seconds(duration))
