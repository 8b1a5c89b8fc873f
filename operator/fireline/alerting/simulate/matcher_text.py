"""Reads the text of matchers as Alertmanager does, with both of its parsers.

Since 0.27 Alertmanager parses UTF-8 matchers, and falls back on its older parser for text that the new
one refuses or reads differently. Used by :mod:`.matchers`; both give (name, operator, value).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.errors import SpecError

Triple = tuple[str, str, str]
_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[{},])|(?P<operator>!=|!~|=~|=)|(?P<quoted>"(?:\\.|[^"\\])*")|(?P<bare>[^\s{}!=~,\\"\'`]+))',
    re.DOTALL,
)
_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
_GO_ESCAPE = re.compile(
    r"\\(?:(?P<letter>[abfnrtv\\\"])|x(?P<x>[0-9a-fA-F]{2})|(?P<o>[0-7]{3})"
    r"|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8}))"
)
_LETTERS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


def triples(text: str) -> list[Triple]:
    """The matchers of one text. Raises SpecError when neither parser can read it."""
    classic: list[Triple] | None
    try:
        classic = list(_classic(text))
    except SpecError as error:
        classic, refusal = None, error
    try:
        modern = _modern(text)
    except SpecError:
        if classic is None:
            raise refusal from None
        return classic
    return modern if classic is None else classic


def _modern(text: str) -> list[Triple]:
    tokens = [*_tokens(text), ("end", "")]
    if not tokens[:-1]:
        return []
    opened = tokens[0] == ("mark", "{")
    if opened:
        del tokens[0]
    found: list[Triple] = []
    while tokens[0][0] in {"bare", "quoted"}:
        if tokens[1][0] != "operator" or tokens[2][0] not in {"bare", "quoted"}:
            raise SpecError(f'{text!r} is no matcher; write it like severity="critical"')
        name, operator, value = _text(tokens[0]), tokens[1][1], _text(tokens[2])
        found.append((name, operator, value))
        del tokens[:3]
        if tokens[0] != ("mark", ","):
            break
        del tokens[0]
    if opened and tokens[0] == ("mark", "}"):
        del tokens[0]
        opened = False
    if opened or len(tokens) > 1:
        raise SpecError(f'{text!r} is no matcher; write it like severity="critical"')
    return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise SpecError(f"{text!r} holds {text[at:].strip()[0]!r} outside of quotes")
        kind = token.lastgroup or ""
        yield kind, token[kind]
        at = token.end()


def _text(token: tuple[str, str]) -> str:
    kind, text = token
    return _unquoted(text) if kind == "quoted" else text


def _unquoted(text: str) -> str:
    """A quoted text as Go reads it. Raises SpecError for what Go refuses."""
    inside, at = text[1:-1], 0
    done = bytearray()
    while at < len(inside):
        if inside[at] == "\n":
            raise SpecError(f"{text} holds a line break; write \\n")
        if inside[at] != "\\":
            done += inside[at].encode()
            at += 1
            continue
        escape = _GO_ESCAPE.match(inside, at)
        if escape is None:
            raise SpecError(f"{text} holds an escape that does not exist: {inside[at : at + 2]}")
        done += _bytes(escape)
        at = escape.end()
    try:
        return done.decode()
    except UnicodeDecodeError:
        raise SpecError(f"{text} is no UTF-8") from None


def _bytes(escape: re.Match[str]) -> bytes:
    if escape["letter"]:
        return bytes([_LETTERS[escape["letter"]]])
    if escape["x"]:
        return bytes([int(escape["x"], 16)])
    number = int(escape["o"], 8) if escape["o"] else int(escape["u"] or escape["U"], 16)
    if escape["o"] and number < 256:
        return bytes([number])
    if escape["o"] or number > 0x10FFFF or 0xD800 <= number < 0xE000:
        raise SpecError(f"{escape.group()} is no character")
    return chr(number).encode()


def _classic(text: str) -> Iterator[Triple]:
    """Matchers between commas outside of quotes, values with or without quotes."""
    for part in _parts(text.removeprefix("{").removesuffix("}")):
        match = _CLASSIC.fullmatch(part)
        if match is None:
            raise SpecError(f'{part!r} is no matcher; write it like severity="critical"')
        yield match[1], match[2], _classic_value(match[3])


def _parts(text: str) -> Iterator[str]:
    part, quoted, escaped = "", False, False
    for letter in text:
        if letter == "," and not quoted:
            yield part
            part = ""
            continue
        if letter == '"':
            quoted, escaped = (quoted, False) if escaped else (not quoted, escaped)
        else:
            escaped = not escaped if letter == "\\" else False
        part += letter
    if part.strip():
        yield part.strip()


def _classic_value(raw: str) -> str:
    quoted = raw.startswith('"')
    raw = raw.removeprefix('"')
    done, escaped, closed = "", False, not quoted
    for at, letter in enumerate(raw):
        last = at == len(raw) - 1
        if escaped:
            escaped = False
            done += {"n": "\n", '"': '"', "\\": "\\"}.get(letter, "\\" + letter)
        elif letter == "\\" and not last:
            escaped = True
        elif letter == '"':
            if not quoted or not last:
                raise SpecError(f"{raw!r} holds a quote without a backslash before it")
            closed = True
        else:
            done += letter
    if not closed:
        raise SpecError(f"{raw!r} lacks the quote at its end")
    return done
