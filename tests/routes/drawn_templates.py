"""Templates drawn from the grammar: functions and fields put together without regard for what fits.

Mutants of good templates mostly break the grammar; these are well formed and mostly wrong in meaning.
"""

from __future__ import annotations

import random

from fireline.alerting.templates.functions import FUNCTIONS
from fireline.alerting.templates.shapes import MEMBERS, TEMPLATES

_FUNCTIONS = sorted(FUNCTIONS)
_NAMES = [*sorted({name for members in MEMBERS.values() for name in members}), "alertname", "Foo", "slo"]
_TEMPLATES = [*sorted(TEMPLATES), "mine"]
_LITERALS = (
    *('"x"', '"15:04"', "`a.b`", '"Europe/Berlin"', '"alertname"', '"1.5"', '"%s %d"', '""'),
    *("0", "1", "-3", "0.5", "+2", "3600000000000", "'c'", "true", "false", ".", "$", "$x", "$i", "$a"),
)
_BASES = ("", "", "$", "$a", "(index .Alerts 0)", "$x")
_RANGED = (".Alerts", ".Alerts.Firing", ".CommonLabels", "$.GroupLabels.SortedPairs", ".Labels")
_DEEP = 3


def template(source: random.Random, depth: int = 0) -> str:
    """One or two actions, with others within them."""
    text = "".join(_action(source, depth) for _ in range(source.randint(1, 2)))
    if depth == 0 and source.random() < 0.1:
        return f'{{{{ define "mine" }}}}{template(source, 1)}{{{{ end }}}}{text}'
    return text


def _action(source: random.Random, depth: int) -> str:
    kind = source.random()
    if kind < 0.5 or depth >= _DEEP:
        return f"{{{{ {_expression(source)} }}}}"
    if kind < 0.65:
        return f"{{{{ $x {source.choice((':=', '='))} {_expression(source)} }}}}"
    if kind < 0.93:
        word = source.choice(("range", "if", "with"))
        variables = source.choice(("", "", "$a := ", "$i, $a := ") if word == "range" else ("", "", "$x := "))
        ranged = source.choice((*_RANGED, _expression(source))) if word == "range" else _expression(source)
        otherwise = source.choice(("", f"{{{{ else }}}}{template(source, depth + 1)}"))
        return f"{{{{ {word} {variables}{ranged} }}}}{template(source, depth + 1)}{otherwise}{{{{ end }}}}"
    return f'{{{{ template "{source.choice(_TEMPLATES)}" {_expression(source)} }}}}'


def _expression(source: random.Random, depth: int = 0) -> str:
    if source.random() < 0.45:
        text = _operand(source, depth)
    else:
        operands = [_operand(source, depth) for _ in range(source.choice((0, 1, 1, 2, 2, 3)))]
        text = " ".join([source.choice(_FUNCTIONS), *operands])
    while source.random() < 0.3:
        operands = [_operand(source, depth) for _ in range(source.choice((0, 0, 1, 2)))]
        text = f"{text} | {' '.join([source.choice(_FUNCTIONS), *operands])}"
    return text


def _operand(source: random.Random, depth: int) -> str:
    kind = source.random()
    if kind < 0.4:
        return source.choice(_LITERALS)
    if kind < 0.55 and depth < _DEEP:
        return f"({_expression(source, depth + 1)})"
    names = (source.choice(_NAMES) for _ in range(source.randint(1, 3)))
    return source.choice(_BASES) + "".join(f".{name}" for name in names)
