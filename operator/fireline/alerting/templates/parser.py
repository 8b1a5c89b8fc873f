"""Parses Go's text/template as far as notifications need it. Pure.

The grammar is that of Go (parse/parse.go); what Go accepts and no notification needs is refused, with words:
variables in parentheses, ``range`` over a variable that is there already.
"""

from __future__ import annotations

from fireline.alerting.templates.faults import TemplateFault
from fireline.alerting.templates.nodes import (
    Block,
    Call,
    Fields,
    Function,
    Jump,
    Literal,
    Name,
    Node,
    Operand,
    Parsed,
    Pipe,
    Show,
    Text,
)
from fireline.alerting.templates.strings import unquoted
from fireline.alerting.templates.tokens import Token, tokens

KEYWORDS = frozenset(
    {"if", "else", "end", "range", "with", "template", "define", "block", "break", "continue", "nil"}
)
_DEPTH = 64
"""Nested blocks and parentheses; Go allows more, people do not."""
_INT64 = 2**63


def parse(source: str) -> Parsed:
    """The parts of a template. Raises TemplateFault."""
    return _Parser(source).template()


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = [*tokens(source)]
        self._end = len(source)
        self._next = 0
        self._depth = 0
        self._ranges = 0
        self._defined: dict[str, tuple[Node, ...]] = {}

    def template(self) -> Parsed:
        nodes = self._nodes(top=True)
        if self._next < len(self._tokens):
            word = self._peek(1)
            raise TemplateFault(self._at(), f"{word} closes nothing: no if, range or with is open")
        return Parsed(nodes, self._defined)

    # Blocks

    def _nodes(self, *, top: bool = False) -> tuple[Node, ...]:
        """Everything up to an ``else`` or ``end``, or to the end of the template."""
        found: list[Node] = []
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            if token.kind == "text":
                self._next += 1
                found.append(Text(token.at, token.text))
            elif self._peek(1) in ("else", "end"):
                break
            elif self._peek(1) == "define":
                self._define(top)
            else:
                found.append(self._node())
        return tuple(found)

    def _node(self) -> Node:
        opened = self._take("open")
        self._skip()
        word = self._word()
        match word:
            case "if" | "with" | "range":
                return self._block(opened.at, word)
            case "template":
                return self._call(opened.at)
            case "block":
                return self._block_of_name(opened.at)
            case "break" | "continue":
                return self._jump(opened.at, word)
            case _:
                pipe = self._pipe("an action", variables=1)
                self._close()
                return Show(opened.at, pipe)

    def _block(self, at: int, word: str) -> Block:
        self._next += 1
        self._deeper(at)
        pipe = self._pipe(word, variables=2 if word == "range" else 1)
        if pipe.assigns:
            raise TemplateFault(pipe.at, f"{word} needs a variable of its own: write := instead of =")
        self._close()
        self._ranges += word == "range"
        then = self._nodes()
        self._ranges -= word == "range"
        otherwise = self._otherwise(at, word)
        self._depth -= 1
        return Block(at, word, pipe, then, otherwise)

    def _otherwise(self, at: int, word: str) -> tuple[Node, ...]:
        """What follows ``else``, if there is one, and the ``end``."""
        self._expect_end(at, word)
        self._take("open")
        self._skip()
        if self._word() == "end":
            self._next += 1
            self._close()
            return ()
        self._next += 1
        self._skip()
        following = self._word()
        if following == word and word != "range":
            # "else if" is an if in the else branch, and both share one end.
            return (self._block(self._at(), word),)
        if following is not None:
            raise TemplateFault(self._at(), f"else cannot be followed by {following} in {word}")
        self._close()
        nodes = self._nodes()
        self._expect_end(at, word)
        if self._peek(1) != "end":
            raise TemplateFault(self._at(), f"a second else for the same {word}")
        self._take("open")
        self._skip()
        self._next += 1
        self._close()
        return nodes

    def _expect_end(self, at: int, word: str) -> None:
        if self._next >= len(self._tokens):
            raise TemplateFault(at, f"{word} has no end; close it with {{{{ end }}}}")

    def _define(self, top: bool) -> None:
        opened = self._take("open")
        self._skip()
        self._next += 1
        if not top:
            raise TemplateFault(opened.at, "define must not stand inside of another block")
        name = self._name("define")
        self._close()
        self._body(opened.at, "define", name)

    def _block_of_name(self, at: int) -> Call:
        self._next += 1
        name = self._name("block")
        pipe = self._pipe("block", variables=0)
        self._close()
        self._body(at, "block", name)
        return Call(at, name, pipe)

    def _body(self, at: int, word: str, name: str) -> None:
        """The nodes of a named template up to its end."""
        if name in self._defined or not name:
            raise TemplateFault(at, f"a template {name!r} is there already")
        self._deeper(at)
        outer, self._ranges = self._ranges, 0
        nodes = self._nodes()
        self._ranges = outer
        self._depth -= 1
        self._expect_end(at, word)
        if self._peek(1) != "end":
            raise TemplateFault(self._at(), f"else has no meaning in {word}")
        self._take("open")
        self._skip()
        self._next += 1
        self._close()
        if name in self._defined:
            raise TemplateFault(at, f"a template {name!r} is there already")
        self._defined[name] = nodes

    def _call(self, at: int) -> Call:
        self._next += 1
        name = self._name("template")
        self._skip()
        pipe = None if self._is("close") else self._pipe("template", variables=0)
        self._close()
        return Call(at, name, pipe)

    def _jump(self, at: int, word: str) -> Jump:
        self._next += 1
        if not self._ranges:
            raise TemplateFault(at, f"{word} outside of range")
        self._close()
        return Jump(at, word)

    def _name(self, word: str) -> str:
        self._skip()
        if not self._is("string"):
            raise TemplateFault(self._at(), f'{word} needs the name of a template in quotes: {word} "name"')
        token = self._take("string")
        return unquoted(token.text, token.at)

    # Pipelines

    def _pipe(self, place: str, *, variables: int, closing: str = "}}") -> Pipe:
        """``variables``: how many may be set. Stops before what closes it."""
        self._skip()
        at = self._at()
        declares, assigns = self._declared(variables, place)
        commands: list[tuple[Operand, ...]] = []
        while True:
            commands.append(self._command(place, first=not commands))
            if not self._is("mark", "|"):
                break
            self._next += 1
            self._skip()
        if not (self._is("close") if closing == "}}" else self._is("mark", ")")):
            raise TemplateFault(self._at(), self._unexpected(place))
        return Pipe(at, tuple(commands), declares, assigns)

    def _declared(self, variables: int, place: str) -> tuple[tuple[str, ...], bool]:
        start, names = self._next, list[str]()
        while self._is("variable"):
            names.append(self._take("variable").text)
            self._skip()
            if self._is("mark", ":=") or self._is("mark", "="):
                assigns = self._take("mark").text == "="
                self._skip()
                if len(names) > variables or "$" in names:
                    raise TemplateFault(self._tokens[start].at, f"{place} cannot set {', '.join(names)}")
                return tuple(names), assigns
            if not self._is("mark", ","):
                break
            self._next += 1
            self._skip()
        self._next = start
        return (), False

    def _command(self, place: str, *, first: bool) -> tuple[Operand, ...]:
        operands: list[Operand] = []
        while True:
            self._skip()
            operand = self._operand()
            if operand is None:
                break
            operands.append(operand)
            if not self._is("space"):
                break
        if not operands:
            raise TemplateFault(self._at(), self._missing(place))
        head = operands[0]
        if not first and (isinstance(head, Literal) or (isinstance(head, Name) and head.name == ".")):
            raise TemplateFault(head.at, "only functions can stand behind |, for example | toUpper")
        return tuple(operands)

    def _operand(self) -> Operand | None:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        found = self._term(token) if token else None
        if found is None:
            return None
        names: list[str] = []
        while self._is("field"):
            names.append(self._take("field").text[1:])
        if not names:
            return found
        if isinstance(found, Literal | Function) or (isinstance(found, Name) and found.name == "."):
            raise TemplateFault(found.at, "this has no fields; put parentheses around a call: (f x).Field")
        if isinstance(found, Fields) and found.of == Name(found.at, "."):
            return Fields(found.at, found.of, (*found.names, *names))
        return Fields(found.at, found, tuple(names))

    def _term(self, token: Token) -> Operand | None:  # noqa: PLR0911 - one per kind of token
        match token.kind:
            case "string":
                self._next += 1
                return Literal(token.at, unquoted(token.text, token.at))
            case "number":
                self._next += 1
                return Literal(token.at, _number(token))
            case "char":
                self._next += 1
                return Literal(token.at, ord(token.text[1]))
            case "dot":
                self._next += 1
                return Name(token.at, ".")
            case "variable":
                self._next += 1
                return Name(token.at, token.text)
            case "field":
                self._next += 1
                return Fields(token.at, Name(token.at, "."), (token.text[1:],))
            case "word":
                return self._named(token)
            case "mark" if token.text == "(":
                return self._parenthesis(token)
            case _:
                return None

    def _named(self, token: Token) -> Operand:
        if token.text in ("true", "false"):
            self._next += 1
            return Literal(token.at, token.text == "true")
        if token.text in KEYWORDS:
            raise TemplateFault(token.at, f"{token.text} cannot stand here")
        self._next += 1
        return Function(token.at, token.text)

    def _parenthesis(self, token: Token) -> Pipe:
        self._next += 1
        self._deeper(token.at)
        pipe = self._pipe("parentheses", variables=0, closing=")")
        self._next += 1
        self._depth -= 1
        return pipe

    # Tokens

    def _at(self) -> int:
        return self._tokens[self._next].at if self._next < len(self._tokens) else self._end

    def _is(self, kind: str, text: str | None = None) -> bool:
        if self._next >= len(self._tokens):
            return False
        token = self._tokens[self._next]
        return token.kind == kind and text in (None, token.text)

    def _take(self, kind: str) -> Token:
        if not self._is(kind):
            raise TemplateFault(self._at(), self._unexpected("here"))
        self._next += 1
        return self._tokens[self._next - 1]

    def _skip(self) -> None:
        while self._is("space"):
            self._next += 1

    def _close(self) -> None:
        self._skip()
        if not self._is("close"):
            raise TemplateFault(self._at(), self._unexpected("before }}"))
        self._next += 1

    def _word(self) -> str | None:
        """The keyword here, if there is one."""
        token = self._tokens[self._next]
        return token.text if token.kind == "word" and token.text in KEYWORDS else None

    def _peek(self, ahead: int) -> str | None:
        """The word ``ahead`` tokens after an opening brace, spaces not counted."""
        position = self._next + ahead
        while position < len(self._tokens) and self._tokens[position].kind == "space":
            position += 1
        found = self._tokens[position] if position < len(self._tokens) else None
        return found.text if found and found.kind == "word" else None

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > _DEPTH:
            raise TemplateFault(at, f"more than {_DEPTH} blocks or parentheses within one another")

    def _unexpected(self, place: str) -> str:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        if token is None or token.kind == "close":
            return "a parenthesis is not closed"
        if token.text == ")":
            return "a closing parenthesis too many"
        if token.text == ",":
            return "operands are separated by spaces, not by commas"
        return f"{token.text.strip() or 'a space'} cannot stand {place if place == 'here' else 'here'}"

    def _missing(self, place: str) -> str:
        token = self._tokens[self._next] if self._next < len(self._tokens) else None
        if token and token.kind == "mark" and token.text not in "|)":
            return self._unexpected("here")
        return f"{place} needs a value, for example .CommonLabels.alertname"


def _number(token: Token) -> int | float:
    if "." in token.text:
        return float(token.text)
    if token.text.lstrip("+-")[:1] == "0" and token.text.lstrip("+-") != "0":
        raise TemplateFault(token.at, "a number must not begin with 0")
    value = int(token.text)
    if not -_INT64 <= value < _INT64:
        raise TemplateFault(token.at, "the number is too large")
    return value
