"""What is wrong with the steps of a SyntheticCheck. Part of :mod:`fireline.synthetic.checks`.

Everything that can be known before a run is refused here: what a pod finds out at 3 a.m. nobody mends
before it pages. Here is what one step has to do with the others; ``checks_requests`` and ``checks_answers``
look at a step alone.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from fireline.api.issues import INVALID_SPEC, Issue, Location, dotted
from fireline.api.synthetic_check import Spec
from fireline.api.synthetic_step import ACTIONS, Step, SweepStep
from fireline.synthetic.checks_answers import check_answer, path_is_readable
from fireline.synthetic.checks_requests import check_request
from fireline.synthetic.template import BUILTIN, names, names_in

Found = Iterator[Issue]
_PARTS = ("sweep", "steps", "cleanup")
"""In the order in which they run."""


def steps_of(spec: Spec) -> Iterator[tuple[Location, Step]]:
    """Every step with its place, in the order in which they run."""
    for part in _PARTS:
        for number, step in enumerate(getattr(spec, part) or ()):
            yield ("spec", part, number), step


def check_steps(spec: Spec) -> Found:
    """Issues of all steps, in order."""
    yield from _names_are_unique(spec)
    given = {one.name for one in spec.variables or ()}
    later = {one.variable: at for at, step in steps_of(spec) for one in step.capture or ()}
    known: set[str] = set()
    swept: list[str] = []
    for at, step in steps_of(spec):
        if at[1:] == ("steps", 0):
            known = set()  # What the sweep captures is about other runs.
        own: set[str] = set()
        if isinstance(step, SweepStep) and step.for_each is not None:
            yield from _for_each(at, step, swept, given)
            own = {step.for_each.variable}
        if at[1] == "sweep":
            swept.append(step.name)
        yield from _variables(at, step, given | known | own, later)
        yield from check_request(at, step)
        yield from check_answer(at, step, spec)
        yield from _captures(at, step, given)
        known |= {one.variable for one in step.capture or ()}


def _names_are_unique(spec: Spec) -> Found:
    """A step has one name, wherever it stands: status, series and evidence know it by that."""
    first: dict[str, Location] = {}
    for at, step in steps_of(spec):
        before = first.setdefault(step.name, at)
        if before != at:
            words = f"{step.name!r} is the name of {dotted(before)} as well; every step needs its own"
            yield Issue(INVALID_SPEC, (*at, "name"), words)


def _for_each(at: Location, step: SweepStep, earlier: Collection[str], given: Collection[str]) -> Found:
    """It repeats for values of a step that was done before, under a name of their own."""
    if step.for_each is None:
        return
    if step.for_each.from_ not in earlier:
        words = f"{step.for_each.from_!r} is no step of the sweep before this one"
        listed = f"; there are: {', '.join(earlier)}" if earlier else "; it is the first"
        yield Issue(INVALID_SPEC, (*at, "forEach", "from"), words + listed)
    yield from path_is_readable((*at, "forEach", "jsonPath"), step.for_each.json_path)
    if step.for_each.variable in given:
        words = f"{step.for_each.variable!r} is one of spec.variables; choose another name, such as left"
        yield Issue(INVALID_SPEC, (*at, "forEach", "variable"), words)


def _captures(at: Location, step: Step, given: Collection[str]) -> Found:
    for number, capture in enumerate(step.capture or ()):
        if capture.variable in given:
            words = f"{capture.variable!r} is one of spec.variables; choose another name, such as session"
            yield Issue(INVALID_SPEC, (*at, "capture", number, "variable"), words)


def _variables(at: Location, step: Step, known: Collection[str], later: Mapping[str, Location]) -> Found:
    """Every ``${name}`` has a value by then."""
    allowed = {*known, *BUILTIN}
    for where, text in _texts(step):
        for name in names(text):
            if name not in allowed:
                yield Issue("UnknownVariable", (*at, *where), _unknown(name, allowed, at, later))


def _unknown(name: str, allowed: Collection[str], at: Location, later: Mapping[str, Location]) -> str:
    if not name:
        return "${ begins a variable that does not end; write ${name}, or $${ for the text ${"
    if name in later:
        place = dotted(later[name])
        if later[name] == at:
            return f"${{{name}}} is captured from the answer of this very step; it has no value yet"
        if later[name][1] == "sweep":
            return f"${{{name}}} is captured in the sweep ({place}), whose variables are its own"
        return f"${{{name}}} is captured by {place}, which comes later"
    close = difflib.get_close_matches(name, allowed, n=1)
    if close:
        return f"${{{name}}} has no value here; did you mean ${{{close[0]}}}?"
    listed = ", ".join(sorted(allowed))
    return (
        f"${{{name}}} has no value here: it is neither in spec.variables nor captured before; there are: "
        f"{listed}"
    )


def _texts(step: Step) -> Iterator[tuple[Location, str]]:
    """Every text in which variables are replaced, with its place. Regular expressions are none."""
    plain = step.model_dump(by_alias=True, exclude_none=True)
    for action in ACTIONS:
        if action in plain:
            told = {key: value for key, value in plain[action].items() if key != "expect"}
            yield from _leaves(told, (action,))
    for number, entry in enumerate(plain.get("assert", ())):
        at: Location = ("assert", number)
        for name in ("equals", "contains"):
            yield from _leaves(entry.get(name), (*at, name))
            for part in ("header", "body", "answers"):
                yield from _leaves(entry.get(part, {}).get(name), (*at, part, name))


def _leaves(node: Any, at: Location) -> Iterator[tuple[Location, str]]:
    if isinstance(node, str):
        if any(True for _ in names_in(node)):
            yield at, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*at, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _leaves(value, (*at, number))
