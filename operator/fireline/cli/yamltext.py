"""Writes plain data as YAML, as PyYAML would, several times faster: rules of thousands of SLOs are megabytes.

Only the layout (blocks, lists, expressions over several lines) is done here. Whether a text needs
quotes is asked of PyYAML's own resolver, and whatever is unusual is written by PyYAML itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

_RESOLVERS: Mapping[str, list[tuple[str, re.Pattern[str]]]] = yaml.SafeDumper.yaml_implicit_resolvers
_PLAIN = re.compile(r"""[^\s\-?:,\[\]{}#&*!|>'"%@`](?:[^:#\s]|:(?=\S)|(?<=\S)\#|[ ](?=[^\s#]))*""")
"""What needs no quotes in a block: no indicator in front, no ``: ``, no `` #``, no space at its end."""


def to_yaml(*documents: Any) -> str:
    """Documents as one YAML stream, in the order of their keys. They are made of what JSON has."""
    marked = len(documents) > 1
    return "".join(("---\n" if marked else "") + _document(one) for one in documents)


def _document(document: Any) -> str:
    if not (isinstance(document, dict | list) and document):
        return f"{_scalar(document, '')}\n"
    lines: list[str] = []
    _add(lines, document, "")
    return "\n".join([*lines, ""])


def _add(lines: list[str], node: Any, indent: str) -> None:
    """Append the lines of a mapping or a list that is not empty. One list for all: this is the hot path."""
    if isinstance(node, dict):
        for key, value in node.items():
            head = f"{indent}{_text(str(key))}:"
            if isinstance(value, str) and "\n" not in value:
                lines.append(f"{head} {_text(value)}")
            elif isinstance(value, dict) and value:
                lines.append(head)
                _add(lines, value, f"{indent}  ")
            elif isinstance(value, list | tuple) and value:
                lines.append(head)
                _add(lines, value, indent)
            else:
                lines.append(f"{head} {_scalar(value, indent)}")
        return
    deeper = f"{indent}  "
    for value in node:
        if isinstance(value, dict | list | tuple) and value:
            first = len(lines)
            _add(lines, value, deeper)
            lines[first] = f"{indent}- {lines[first][len(deeper) :]}"
        else:
            lines.append(f"{indent}- {_scalar(value, indent)}")


def _scalar(value: Any, indent: str) -> str:
    """A value that has no lines of its own; a text of several lines follows as a block."""
    if isinstance(value, str):
        return _block(value, indent) if "\n" in value else _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, Sequence):
        return "[]"
    return _by_pyyaml(value)


def _block(value: str, indent: str) -> str:
    """Several lines as they are; the sign says whether the last one ends with a line break."""
    sign, lines = ("|", value[:-1].split("\n")) if value.endswith("\n") else ("|-", value.split("\n"))
    odd = any(not line.isprintable() or line.endswith(" ") for line in lines)
    if odd or not lines[0] or lines[0].startswith(" ") or not lines[-1]:
        return _quoted(value)
    return "\n".join([sign, *(f"{indent}  {line}" if line else "" for line in lines)])


@lru_cache(maxsize=65_536)
def _text(value: str) -> str:
    """A text of one line, with quotes where it needs them."""
    if not value.isprintable() or not value:
        return _quoted(value)
    if _PLAIN.fullmatch(value) and not _means_something_else(value):
        return value
    return "'" + value.replace("'", "''") + "'"


def _means_something_else(value: str) -> bool:
    """Whether it would be read as a number, a time, a truth value or nothing."""
    return any(regexp.match(value) for _, regexp in _RESOLVERS.get(value[0], ()))


def _quoted(value: str) -> str:
    return _by_pyyaml(value, style='"')


def _by_pyyaml(value: Any, style: str | None = None) -> str:
    text: str = yaml.safe_dump(value, default_style=style, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")
