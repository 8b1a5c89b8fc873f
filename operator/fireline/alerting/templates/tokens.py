"""Cuts a Go template into text and the tokens of its actions. Pure.

Follows the lexical rules of Go's text/template (parse/lex.go) for everything notifications need, and is
stricter where Go is generous: identifiers are ASCII, numbers are decimal, and characters are not escaped.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Literal

from fireline.alerting.templates.faults import TemplateFault

Kind = Literal[
    "text", "open", "close", "space", "field", "variable", "dot", "word", "string", "number", "char", "mark"
]
_SPACE = " \t\r\n"
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<field>\.[A-Za-z_][A-Za-z0-9_]*)
  | (?P<variable>\$[A-Za-z0-9_]*)
  | (?P<number>[+-]?[0-9]+(\.[0-9]+)?)
  | (?P<dot>\.)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<string>"([^"\\\n]|\\[^\n])*"|`[^`]*`)
  | (?P<char>'[^'\\\n]')
  | (?P<mark>:=|=|\||\(|\)|,)
    """,
    re.VERBOSE,
)
_MAY_FOLLOW = frozenset(("", *_SPACE, *".,|:)("))
"""What may stand right behind a name."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token; ``at`` is where it begins in the template."""

    kind: Kind
    text: str
    at: int


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a template, comments left out. Raises TemplateFault."""
    at = 0
    while True:
        start = source.find("{{", at)
        if start < 0:
            if at < len(source):
                yield Token("text", source[at:], at)
            return
        if start > at:
            yield Token("text", source[at:start], at)
        inside = start + 2
        if _trims(source, inside):
            inside += 1
            after_comment = inside + 1
        else:
            after_comment = inside
        if source.startswith("/*", after_comment):
            at = _end_of_comment(source, start, after_comment)
            continue
        yield Token("open", "{{", start)
        at = yield from _action(source, start, inside)


def _trims(source: str, at: int) -> bool:
    """Whether ``{{`` is followed by a trim marker: a minus and a space."""
    return source[at : at + 1] == "-" and source[at + 1 : at + 2] in tuple(_SPACE)


def _end_of_comment(source: str, start: int, at: int) -> int:
    end = source.find("*/", at)
    if end < 0:
        raise TemplateFault(start, "the comment has no end; write {{/* … */}}")
    end += 2
    if source[end : end + 1] in tuple(_SPACE) and source[end + 1 : end + 2] == "-":
        end += 2
    if not source.startswith("}}", end):
        raise TemplateFault(start, "a comment must fill its braces: {{/* … */}}, with nothing around it")
    return end + 2


def _action(source: str, start: int, at: int) -> Generator[Token, None, int]:
    """The tokens up to and including ``}}``; returns where the text goes on."""
    while True:
        closing = _closing(source, at)
        if closing:
            yield Token("close", "}}", at)
            return at + closing
        if at >= len(source):
            raise TemplateFault(start, "the action has no end; write {{ … }}")
        token = _next(source, at)
        at += len(token.text)
        yield token


def _closing(source: str, at: int) -> int:
    """Length of a closing delimiter here, trim marker included; 0 for none."""
    if source.startswith("}}", at):
        return 2
    if source[at : at + 1] in tuple(_SPACE) and source.startswith("-}}", at + 1):
        return 4
    return 0


def _next(source: str, at: int) -> Token:
    found = _TOKEN.match(source, at)
    if found is None:
        raise TemplateFault(at, _unknown(source, at))
    text = found.group()
    kind: Kind = found.lastgroup  # type: ignore[assignment]  # the groups are named after the kinds
    if kind == "space" and _closing(source, at + len(text) - 1):
        text = text[:-1]  # the last space belongs to the trim marker
    following = source[at + len(text) : at + len(text) + 1]
    named = kind in ("field", "variable", "dot", "word")
    if named and following not in _MAY_FOLLOW and not source.startswith("}}", at + len(text)):
        raise TemplateFault(
            at + len(text), f"{following!r} cannot stand right behind {text!r}{_advice(following)}"
        )
    if kind == "number" and re.match(r"[A-Za-z0-9_.+-]", following):
        raise TemplateFault(at, "numbers are decimal: 10 or 0.5")
    return Token(kind, text, at)


def _advice(character: str) -> str:
    if character == "-":
        return '; write (index .CommonLabels "name-with-dash") for a name with other characters'
    return "; put a space between them" if character in "\"'`$" else ""


def _unknown(source: str, at: int) -> str:
    character = source[at]
    if character == '"':
        return 'the text in quotes has no end on its line; write "…", with \\" for a quote in it'
    if character == "`":
        return "the text in backquotes has no end; write `…`"
    if character == "'":
        return 'text stands in double quotes, not in single ones: "firing"'
    if character == "/":
        return "there is no division, and a comment must fill its braces: {{/* … */}}"
    return f"{character!r} has no meaning in an action"
