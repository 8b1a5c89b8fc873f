r"""Finds regular expressions that our parser takes and Prometheus does not.

The parser behind :mod:`fireline.promql.parse` checks them as Rust does; Prometheus compiles them with
Go's RE2, and one it refuses costs the whole rule file. Both agree on nearly everything; what differs
(``\u0041``, ``(?x)``, ``a**``, ``[a--b]``, ``\p{Emoji}``, more than 1000 repetitions) is refused here.
"""

from __future__ import annotations

import re

from fireline.errors import PromQLError

_MOST = 1000
"""Repetitions Go allows, nested ones multiplied."""
_UNICODE = re.compile(
    "L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfo]?|"
    "Arabic|Armenian|Bengali|Cyrillic|Devanagari|Georgian|Greek|Han|Hangul|Hebrew|Hiragana|Katakana|Latin|"
    "Tamil|Thai"
)
"""General categories, and the scripts people ask for, under the names Go knows."""
_SHORTHANDS = "dDsSwW"
_ESCAPE = re.compile(
    rf"\\(?:[pP](?P<letter>[A-Z])|[pP]\{{\^?(?P<name>[^}}]*)\}}|x\{{[0-9a-fA-F]+\}}|x[0-9a-fA-F]{{2}}"
    rf"|(?P<shorthand>[{_SHORTHANDS}])|[aftnrvAbBz]|(?P<literal>[^a-zA-Z0-9\u0080-\U0010ffff]))"
)
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|[imsU]*(?:-[imsU]+)?(?P<end>[:)])))?")
_REPEAT = re.compile(r"(?:[*+?]|\{(?P<least>\d+)(?:,(?P<most>\d*))?\})\??")


def check_regex(pattern: str) -> None:
    """Raises PromQLError, naming the place, when Go would not compile what Rust did."""
    depth: list[int] = [1]
    atom, repeated, at = 1, False, 0
    while at < len(pattern):
        repeat = _REPEAT.match(pattern, at)
        if repeat:
            if repeated:
                raise _refused(repeat.group(), "repeats a repetition; put it in a group")
            atom *= max(int(repeat["most"] or repeat["least"] or 1), 1)
            if atom > _MOST:
                raise _refused(repeat.group(), f"repeats more than {_MOST} times")
            at, repeated = repeat.end(), True
            depth[-1] = max(depth[-1], atom)
            continue
        repeated, atom = False, 1
        match pattern[at]:
            case "\\":
                at = _escape(pattern, at).end()
            case "[":
                at = _class(pattern, at)
            case "(":
                at = _group(pattern, at, depth)
            case ")":
                if len(depth) == 1:
                    raise _refused(pattern[: at + 1], "closes a group that was not opened")
                atom, at = depth.pop(), at + 1
                depth[-1] = max(depth[-1], atom)
            case _:
                at += 1
    if len(depth) > 1:
        raise _refused(pattern, "opens a group that is not closed")


def _group(pattern: str, at: int, depth: list[int]) -> int:
    group = _GROUP.match(pattern, at)
    if group is None or (group.group() == "(" and pattern[at + 1 : at + 2] == "?"):
        raise _refused(
            pattern[at : at + 3], "is no group Prometheus knows; write (…), (?:…), (?P<name>…), (?i)"
        )
    if group["end"] != ")":
        depth.append(1)
    return group.end()


def _escape(pattern: str, at: int) -> re.Match[str]:
    found = _ESCAPE.match(pattern, at)
    if found is None:
        raise _refused(
            pattern[at : at + 2], r"is no escape Prometheus knows; a character is written as \x{41}"
        )
    name = found["name"] or found["letter"]
    if name and not _UNICODE.fullmatch(name):
        raise _refused(found.group(), r"is no class Prometheus knows; write \p{L} or \p{Greek}")
    return found


def _class(pattern: str, start: int) -> int:
    """Reads ``[…]`` as Go does, where ``--`` is a range like any other; returns where it ends."""
    at = start + (2 if pattern.startswith("[^", start) else 1)
    first = True
    while at < len(pattern) and (first or pattern[at] != "]"):
        first = False
        posix = re.compile(r"\[:\^?[a-z]+:\]").match(pattern, at)
        if posix:
            at = posix.end()
            continue
        low, at = _member(pattern, at)
        if low is not None and pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in {"]", ""}:
            high, end = _member(pattern, at + 1)
            if high is None or high < low:
                raise _refused(pattern[start:end], "has a range that ends before it begins")
            at = end
    if at >= len(pattern):
        raise _refused(pattern[start:], "opens a class that is not closed")
    return at + 1


def _member(pattern: str, at: int) -> tuple[str | None, int]:
    """One character of a class and where the next begins; None for a shorthand such as ``\\d``."""
    if pattern[at] != "\\":
        return pattern[at], at + 1
    found = _escape(pattern, at)
    whole = found.group()
    if found["shorthand"] or found["name"] or found["letter"]:
        return None, found.end()
    if whole[1] == "x":
        return chr(int(whole[2:].strip("{}"), 16)), found.end()
    return found["literal"] or {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}.get(
        whole[1]
    ), found.end()


def _refused(what: str, why: str) -> PromQLError:
    return PromQLError(f"has a regular expression that Prometheus refuses: {what} {why}")
