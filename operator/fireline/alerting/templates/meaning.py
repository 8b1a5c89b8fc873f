"""Follows the values through a template and finds what Alertmanager could not expand. Pure.

Go checks only when a message is sent, with the alerts of that message. This checks every branch, with what is
known of every value: a field that is not there, a function that gets the wrong thing, a list used as text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fireline.alerting.templates.faults import TemplateFault
from fireline.alerting.templates.functions import (
    FUNCTIONS,
    LATER,
    Argument,
    Arguments,
    Misuse,
    fits,
    words,
)
from fireline.alerting.templates.nodes import (
    Block,
    Call,
    Fields,
    Function,
    Literal,
    Name,
    Node,
    Operand,
    Parsed,
    Pipe,
    Show,
)
from fireline.alerting.templates.shapes import ELEMENTS, MEMBERS, TEMPLATES, WORDS, Method, Shapes

_LITERALS: Mapping[type, Shapes] = {
    str: frozenset({"string"}),
    bool: frozenset({"bool"}),
    int: frozenset({"int"}),
    float: frozenset({"float"}),
}
_DATA: Shapes = frozenset({"data"})
_NIL: Shapes = frozenset({"nil"})


def check(parsed: Parsed) -> None:
    """Raises TemplateFault for what could not be expanded."""
    for name in parsed.defined:
        if name in TEMPLATES:
            raise TemplateFault(0, f"a template {name!r} is there already: Alertmanager brings it along")
    called: set[tuple[str, Shapes]] = set()
    _Walk(parsed.defined, called, (), _DATA, {"$": _DATA}).nodes(parsed.nodes)
    used = {name for name, _ in called}
    for name, nodes in parsed.defined.items():
        if name not in used:
            # Go looks up the names in it all the same, so nothing unchecked may remain.
            at = nodes[0].at if nodes else 0
            raise TemplateFault(
                at, f'the template {name!r} is never used; write {{{{ template "{name}" . }}}}'
            )


def _no_template(node: Call, defined: Mapping[str, tuple[Node, ...]]) -> TemplateFault:
    close = difflib.get_close_matches(node.name, [*defined, *TEMPLATES], n=1)
    hint = f"; did you mean {close[0]}?" if close else '; define it, or use one such as "slack.default.title"'
    return TemplateFault(node.at, f"there is no template {node.name!r}{hint}")


@dataclass(frozen=True, slots=True)
class _Walk:
    """One run through nodes: ``dot``, the variables in sight, and the templates being expanded."""

    defined: Mapping[str, tuple[Node, ...]]
    called: set[tuple[str, Shapes]]
    inside: tuple[str, ...]
    dot: Shapes
    variables: dict[str, Shapes] = field(default_factory=dict)
    guarded: bool = False

    def nodes(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            match node:
                case Show():
                    self._show(node)
                case Block():
                    self._block(node)
                case Call():
                    self._call(node)
                case _:
                    pass

    def _show(self, node: Show) -> None:
        found = self.pipe(node.pipe).shapes
        for name in node.pipe.declares:
            if node.pipe.assigns:
                held = self._variable(name, node.at)
                if held != found:
                    raise TemplateFault(
                        node.at, f"{name} holds {words(held)} and cannot be set to {words(found)}"
                    )
            else:
                self.variables[name] = found

    def _block(self, node: Block) -> None:
        found = self.pipe(node.pipe).shapes
        inner = replace(self, variables=dict(self.variables), guarded=True)
        if node.word == "range":
            inner = self._ranged(node, found, inner)
        else:
            inner.variables.update(dict.fromkeys(node.pipe.declares, found))
            if node.word == "with":
                inner = replace(inner, dot=found)
        otherwise = replace(self, variables=dict(self.variables), guarded=True)
        if node.word != "range":
            otherwise.variables.update(dict.fromkeys(node.pipe.declares, found))
        inner.nodes(node.then)
        otherwise.nodes(node.otherwise)

    def _ranged(self, node: Block, found: Shapes, inner: _Walk) -> _Walk:
        if not found <= ELEMENTS.keys():
            raise TemplateFault(
                node.pipe.at, f"range goes over alerts, labels and lists, not over {words(found)}"
            )
        index = frozenset(ELEMENTS[shape][0] for shape in found)
        element = frozenset(ELEMENTS[shape][1] for shape in found)
        names = node.pipe.declares
        inner.variables.update(dict(zip(names[-1:], [element], strict=False)))
        if len(names) == 2:
            inner.variables[names[0]] = index
        return replace(inner, dot=element)

    def _call(self, node: Call) -> None:
        dot = self.pipe(node.pipe).shapes if node.pipe else _NIL
        if node.name in TEMPLATES:
            if not dot <= TEMPLATES[node.name]:
                wanted = ".Alerts.Firing" if "list" in TEMPLATES[node.name] else "."
                raise TemplateFault(
                    node.at, f'{node.name!r} needs another value: {{{{ template "{node.name}" {wanted} }}}}'
                )
            return
        if node.name not in self.defined:
            raise _no_template(node, self.defined)
        if node.name in self.inside:
            raise TemplateFault(node.at, f"the template {node.name!r} expands itself without end")
        if (node.name, dot) not in self.called:
            self.called.add((node.name, dot))
            inside = (*self.inside, node.name)
            _Walk(self.defined, self.called, inside, dot, {"$": dot}).nodes(self.defined[node.name])

    # Values

    def pipe(self, pipe: Pipe) -> Argument:
        """What a pipeline results in."""
        result = self._command(pipe.commands[0], None)
        for operands in pipe.commands[1:]:
            result = self._command(operands, result)
        return result

    def _command(self, operands: tuple[Operand, ...], piped: Argument | None) -> Argument:
        head, rest = operands[0], operands[1:]
        handed = (replace(piped, written=False),) if piped else ()
        if isinstance(head, Function):
            return self._function(head, (*(self._operand(operand) for operand in rest), *handed))
        if isinstance(head, Fields):
            return Argument(self._fields(head, (*map(self._operand, rest), *handed)), guarded=self.guarded)
        if rest or handed:
            at = rest[0].at if rest else head.at
            raise TemplateFault(at, "two values beside one another: only functions take operands")
        return self._operand(head)

    def _operand(self, operand: Operand) -> Argument:
        match operand:
            case Literal():
                return Argument(_LITERALS[type(operand.value)], operand.value)
            case Name():
                return Argument(self._variable(operand.name, operand.at), guarded=self.guarded)
            case Function():
                return self._function(operand, ())
            case Fields():
                return Argument(self._fields(operand, ()), guarded=self.guarded)
            case Pipe():
                # A literal in parentheses is still one, but Go passes it as a finished value.
                return replace(self.pipe(operand), written=False)

    def _variable(self, name: str, at: int) -> Shapes:
        if name == ".":
            return self.dot
        if name not in self.variables:
            raise TemplateFault(at, f"there is no variable {name} here; set it first: {{{{ {name} := … }}}}")
        return self.variables[name]

    def _function(self, head: Function, arguments: Arguments) -> Argument:
        func = FUNCTIONS.get(head.name)
        if func is None:
            raise TemplateFault(head.at, _no_function(head.name))
        if len(arguments) < func.least or (func.most is not None and len(arguments) > func.most):
            needs = str(func.least) if func.most == func.least else f"at least {func.least}"
            raise TemplateFault(
                head.at, f"{head.name} takes {needs} operands, found {len(arguments)}; write {func.example}"
            )
        try:
            found = func.gives(arguments)
        except Misuse as error:
            raise TemplateFault(head.at, f"{head.name} {error}; for example {func.example}") from error
        return Argument(found, written=False, guarded=self.guarded)

    def _fields(self, operand: Fields, arguments: Arguments) -> Shapes:
        found = self._operand(operand.of).shapes
        last = len(operand.names) - 1
        for position, name in enumerate(operand.names):
            given = arguments if position == last else ()
            found = frozenset(_member(shape, name, given, operand.at) for shape in found)
        return found


def _member(shape: str, name: str, arguments: Arguments, at: int) -> str:
    members = MEMBERS.get(shape, {})
    method = members.get(name) or (Method("string") if shape == "kv" else None)
    if method is None:
        close = difflib.get_close_matches(name, members, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        listed = f" (there are {', '.join(sorted(members))})" if members else ""
        raise TemplateFault(at, f"{WORDS[shape]} has no field {name}{hint}{listed}")
    if len(arguments) != len(method.takes):
        raise TemplateFault(at, f"{name} takes {len(method.takes)} operands, found {len(arguments)}")
    for argument, wanted in zip(arguments, method.takes, strict=True):
        if not fits(argument, wanted):
            raise TemplateFault(at, f"{name} needs {WORDS[wanted]}, found {words(argument.shapes)}")
    return method.gives


def _no_function(name: str) -> str:
    if name in LATER:
        return f"the function {name} needs Alertmanager {LATER[name]}, and 0.28 must understand this too"
    close = difflib.get_close_matches(name, FUNCTIONS, n=1)
    hint = f"; did you mean {close[0]}?" if close else f" (there are {', '.join(sorted(FUNCTIONS))})"
    return f"there is no function {name}{hint}"
