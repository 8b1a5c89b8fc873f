"""The functions of a notification template: what they take and give. Pure.

Those of Go's text/template and of Alertmanager 0.28 (DefaultFuncs in template/template.go). Where a function
fails on some values only when the message is sent (a bad pattern, an unknown time zone), the value must
stand in the template, so that it can be checked.
"""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import re2

from fireline.alerting.templates.shapes import WORDS, Shape, Shapes
from fireline.errors import PromQLError
from fireline.promql.regex import check_regex

LATER = {
    "urlUnescape": "newer than 0.28",
    "safeUrl": "newer than 0.28",
    "toJson": "0.30",
    "list": "0.32",
    "append": "0.32",
    "dict": "0.32",
    "now": "0.33",
}
"""Functions newer than the oldest Alertmanager supported, which is 0.28."""
_COUNTED = frozenset({"string", "html", "kv", "pairs", "strings", "alerts", "list"})
_KINDS = {
    **dict.fromkeys(("string", "html"), "text"),
    **dict.fromkeys(("int", "int64", "duration", "month", "weekday"), "a whole number"),
    "float": "a number",
    "bool": "a truth value",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One operand: its shapes, and its value where it is a literal of the template.

    ``written``: it stands as an operand and does not come through ``|``. ``guarded``: within an if.
    """

    shapes: Shapes
    value: str | int | float | bool | None = None
    written: bool = True
    guarded: bool = False


Arguments = tuple[Argument, ...]


class Misuse(Exception):
    """A function called with what it cannot work on; the words go on after its name."""


@dataclass(frozen=True, slots=True)
class Func:
    """``gives`` the shapes of the result or raises Misuse; ``example`` shows how to call it."""

    least: int
    most: int | None
    gives: Callable[[Arguments], Shapes]
    example: str


def fits(argument: Argument, wanted: Shape) -> bool:
    """Whether Go would pass it as ``wanted``: literals of numbers fit every kind of number."""
    if argument.written and isinstance(argument.value, int) and not isinstance(argument.value, bool):
        return wanted in ("int", "int64", "float", "duration")
    return argument.shapes == {wanted}


def _typed(*takes: Shape, gives: Shape, rest: Shape | None = None) -> Callable[[Arguments], Shapes]:
    def result(arguments: Arguments) -> Shapes:
        for position, argument in enumerate(arguments):
            wanted = takes[position] if position < len(takes) else rest or takes[-1]
            if not fits(argument, wanted):
                raise Misuse(f"needs {WORDS[wanted]}, found {words(argument.shapes)}")
        return frozenset({gives})

    return result


def words(shapes: Shapes) -> str:
    """Shapes as people call them."""
    return " or ".join(sorted({WORDS[shape] for shape in shapes}))


def _anything(gives: Shape) -> Callable[[Arguments], Shapes]:
    def result(arguments: Arguments) -> Shapes:
        if any("nil" in argument.shapes for argument in arguments):
            raise Misuse("has nothing to work on: the template was called without a value")
        return frozenset({gives})

    return result


def _either(arguments: Arguments) -> Shapes:
    _anything("bool")(arguments)
    return frozenset().union(*(argument.shapes for argument in arguments))


def _length(arguments: Arguments) -> Shapes:
    if not arguments[0].shapes <= _COUNTED:
        raise Misuse(f"counts lists, labels and text, not {words(arguments[0].shapes)}")
    return frozenset({"int"})


def _same(arguments: Arguments) -> Shapes:
    kinds = {_KINDS.get(shape) for argument in arguments for shape in argument.shapes}
    if None in kinds or len(kinds) > 1:
        found = " and ".join(words(argument.shapes) for argument in arguments)
        raise Misuse(f"compares two texts or two numbers of a kind, found {found}")
    return frozenset({"bool"})


def _ordered(arguments: Arguments) -> Shapes:
    if any("bool" in argument.shapes for argument in arguments):
        raise Misuse("compares texts or numbers, not truth values")
    return _same(arguments)


def _index(arguments: Arguments) -> Shapes:
    item, position = arguments
    if item.shapes == {"kv"}:
        if not fits(position, "string"):
            raise Misuse(
                f'needs the name of a label in quotes: index .Labels "name", found {words(position.shapes)}'
            )
        return frozenset({"string"})
    if not item.shapes <= {"alerts", "list"}:
        raise Misuse("picks from alerts (index .Alerts 0) or labels; go over other lists with range")
    if position.value != 0 or isinstance(position.value, bool) or not fits(position, "int"):
        raise Misuse("fails when there are fewer alerts than that; go over them with range")
    if item.shapes != {"alerts"} and not item.guarded:
        raise Misuse("fails when no alert fires any more; put it into {{ if .Alerts.Firing }} … {{ end }}")
    return frozenset({"alert"})


def _slice(_: Arguments) -> Shapes:
    raise Misuse('fails when the value is shorter; cut text with printf "%.100s"')


def _call(_: Arguments) -> Shapes:
    raise Misuse("has no function to call: notifications hold none")


def _pattern(*takes: Shape, gives: Shape) -> Callable[[Arguments], Shapes]:
    typed = _typed(*takes, gives=gives)

    def result(arguments: Arguments) -> Shapes:
        found = typed(arguments)
        pattern = arguments[0].value
        if not isinstance(pattern, str):
            raise Misuse("needs its pattern in quotes, since a bad one fails only when the message is sent")
        if trouble := _bad_pattern(pattern):
            raise Misuse(trouble)
        return found

    return result


@cache
def _bad_pattern(pattern: str) -> str | None:
    options = re2.Options()
    options.log_errors = False
    try:
        check_regex(pattern)
        re2.compile(pattern, options)
    except (PromQLError, re2.error) as error:
        return f"has a bad pattern: {error}"
    return None


def _zone(arguments: Arguments) -> Shapes:
    found = _typed("string", "time", gives="time")(arguments)
    name = arguments[0].value
    if not isinstance(name, str) or name not in zoneinfo.available_timezones():
        raise Misuse('needs an IANA time zone in quotes, for example tz "Europe/Berlin" .StartsAt')
    return found


def _humanized(arguments: Arguments) -> Shapes:
    argument = arguments[0]
    numeric = isinstance(argument.value, str) and _is_number(argument.value)
    if not numeric and not argument.shapes <= {"int", "int64", "float", "duration"}:
        raise Misuse(f"needs a duration or a number of seconds, found {words(argument.shapes)}")
    return frozenset({"string"})


def _is_number(text: str) -> bool:
    return text.isascii() and text.strip() == text and "_" not in text and _parsed(text)


def _parsed(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _printed(arguments: Arguments) -> Shapes:
    if not fits(arguments[0], "string"):
        raise Misuse("needs a format in quotes first")
    return _anything("string")(arguments)


_COMPARED = "{{ if gt (len .Alerts) 1 }}"
FUNCTIONS: Mapping[str, Func] = {
    "and": Func(1, None, _either, "{{ if and .CommonLabels.slo .CommonLabels.sev }}"),
    "or": Func(1, None, _either, '{{ or .CommonLabels.slo "none" }}'),
    "not": Func(1, 1, _anything("bool"), "{{ if not .CommonLabels.slo }}"),
    "len": Func(1, 1, _length, "{{ len .Alerts }}"),
    "index": Func(2, 2, _index, '{{ index .CommonLabels "sev" }}'),
    "slice": Func(0, None, _slice, '{{ printf "%.100s" .CommonAnnotations.description }}'),
    "call": Func(0, None, _call, "{{ .CommonLabels.sev }}"),
    "print": Func(0, None, _anything("string"), "{{ print .Status }}"),
    "println": Func(0, None, _anything("string"), "{{ println .Status }}"),
    "printf": Func(1, None, _printed, '{{ printf "%d alerts" (len .Alerts) }}'),
    "html": Func(1, None, _anything("string"), "{{ .CommonAnnotations.summary | html }}"),
    "js": Func(1, None, _anything("string"), "{{ .CommonAnnotations.summary | js }}"),
    "urlquery": Func(1, None, _anything("string"), "{{ .Receiver | urlquery }}"),
    "eq": Func(2, None, _same, '{{ if eq .Status "firing" }}'),
    "ne": Func(2, 2, _same, '{{ if ne .Status "firing" }}'),
    "lt": Func(2, 2, _ordered, _COMPARED),
    "le": Func(2, 2, _ordered, _COMPARED),
    "gt": Func(2, 2, _ordered, _COMPARED),
    "ge": Func(2, 2, _ordered, _COMPARED),
    "toUpper": Func(1, 1, _typed("string", gives="string"), "{{ .Status | toUpper }}"),
    "toLower": Func(1, 1, _typed("string", gives="string"), "{{ .Status | toLower }}"),
    "title": Func(1, 1, _typed("string", gives="string"), "{{ .Status | title }}"),
    "trimSpace": Func(1, 1, _typed("string", gives="string"), "{{ .CommonAnnotations.summary | trimSpace }}"),
    "join": Func(2, 2, _typed("string", "strings", gives="string"), '{{ .CommonLabels.Values | join ", " }}'),
    "match": Func(
        2, 2, _pattern("string", "string", gives="bool"), '{{ if match "^prod" .CommonLabels.namespace }}'
    ),
    "reReplaceAll": Func(
        3,
        3,
        _pattern("string", "string", "string", gives="string"),
        '{{ .CommonAnnotations.summary | reReplaceAll "[<>]" "" }}',
    ),
    "safeHtml": Func(1, 1, _typed("string", gives="html"), "{{ .CommonAnnotations.summary | safeHtml }}"),
    "stringSlice": Func(
        0, None, _typed("string", gives="strings"), '{{ .Labels.Remove (stringSlice "slo" "sev") }}'
    ),
    "date": Func(2, 2, _typed("string", "time", gives="string"), '{{ date "15:04" .StartsAt }}'),
    "tz": Func(2, 2, _zone, '{{ .StartsAt | tz "Europe/Berlin" | date "15:04" }}'),
    "since": Func(1, 1, _typed("time", gives="duration"), "{{ since .StartsAt | humanizeDuration }}"),
    "humanizeDuration": Func(1, 1, _humanized, "{{ since .StartsAt | humanizeDuration }}"),
}
