"""The parts a template consists of, as :mod:`fireline.alerting.templates.parser` finds them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number or truth value as it stands there."""

    at: int
    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Name:
    """``.`` or a variable (``$`` is one)."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of something, one after the other: ``.CommonLabels.sev`` are two of ``.``."""

    at: int
    of: Operand
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each with its operands, the value of one being the last operand of the next.

    ``declares`` names the variables it sets; ``assigns`` tells ``=`` from ``:=``.
    """

    at: int
    commands: tuple[tuple[Operand, ...], ...]
    declares: tuple[str, ...] = ()
    assigns: bool = False


Operand = Literal | Name | Function | Fields | Pipe


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is sent as it is."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """An action that shows a value, or sets a variable."""

    at: int
    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``with`` or ``range`` with what follows and what stands in for it."""

    at: int
    word: str
    pipe: Pipe
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``template``: another template, with ``pipe`` as its dot, or with nothing."""

    at: int
    name: str
    pipe: Pipe | None


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    at: int
    word: str


Node = Text | Show | Block | Call | Jump


@dataclass(frozen=True, slots=True)
class Parsed:
    """A template and those it defines."""

    nodes: tuple[Node, ...]
    defined: Mapping[str, tuple[Node, ...]]
