"""Which receivers failed, and why, from Alertmanager's own log lines. Pure.

Alertmanager's counters only tell ``clientError`` from ``serverError`` from the rest; its log tells all. A
first try that failed is logged with ``receiver``, ``integration`` and ``aggrGroup`` (notify/notify.go), a
notification that was given up with ``err="RECEIVER/INTEGRATION[i]: notify retry canceled …"``
(dispatch/dispatch.go; with ``aggrGroup`` from 0.30).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fireline.alertmanager.causes import Cause, cause

_FIELD = re.compile(r'([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)')
_TRIED = "Notify attempt failed, will retry later"
_SUCCEEDED = "Notify success"
_GIVEN_UP = "Notify for alerts failed"
_INTEGRATION = re.compile(r"(\w+)\[(\d+)\]")
_ENDED = (
    r"{receiver}/(\w+)\[(\d+)\]: notify retry canceled (?:due to unrecoverable error )?after \d+ attempts: "
)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """New log lines of all replicas together. ``missing`` says in words why there are none, or not all."""

    lines: tuple[str, ...] = ()
    missing: str = ""


class AlertmanagerLogs(Protocol):
    """Reads what Alertmanager logs."""

    async def read(self) -> Excerpt:
        """The last minutes of every replica's log. Raises nothing: what cannot be read is ``missing``."""


@dataclass(frozen=True, slots=True)
class LoggedFailure:
    """One integration of one receiver that failed."""

    receiver: str
    integration: str
    index: int
    cause: Cause
    code: int | None
    final: bool
    """Whether Alertmanager gave up; it goes on trying otherwise."""
    ours: bool
    """Whether the line names our alert. Lines of 0.28 about given-up notifications name only the receiver."""

    @property
    def words(self) -> str:
        """The cause, as a clause about the receiver."""
        return self.cause.words(self.code)


def failures(lines: Iterable[str], *, receivers: Iterable[str], mark: str) -> list[LoggedFailure]:
    """The failures of these receivers (names in Alertmanager), oldest first.

    ``mark``: a value only our alert's labels have. Lines that name another alert's group are left out, and so
    are failures that a later try made good.
    """
    names = frozenset(receivers)
    found: list[LoggedFailure] = []
    for said in map(fields, lines):
        if mark not in said.get("aggrGroup", mark):
            continue
        if said.get("msg") == _SUCCEEDED and "aggrGroup" in said:
            better = said.get("receiver"), said.get("integration")
            found = [one for one in found if (one.receiver, f"{one.integration}[{one.index}]") != better]
        found.extend(_of_line(said, names))
    return found


def fields(line: str) -> dict[str, str]:
    """The fields of a line in logfmt or JSON, Alertmanager's two formats."""
    if line.lstrip().startswith("{"):
        try:
            document = json.loads(line)
        except ValueError:
            return {}
        return {str(key): str(value) for key, value in document.items()}
    return {found[1]: _unquoted(found[2]) for found in _FIELD.finditer(line)}


def _of_line(said: dict[str, str], receivers: frozenset[str]) -> Iterator[LoggedFailure]:
    ours, error = "aggrGroup" in said, said.get("err", "")
    if said.get("msg") == _TRIED:
        receiver, found = said.get("receiver", ""), _INTEGRATION.fullmatch(said.get("integration", ""))
        if receiver in receivers and found:
            why, code = cause(error)
            yield LoggedFailure(receiver, found[1], int(found[2]), why, code, final=False, ours=ours)
    elif said.get("msg") == _GIVEN_UP:
        # At the beginning, where Alertmanager writes the name: further on is text of whoever answered.
        receiver = next((one for one in receivers if re.match(_ended(one), error)), "")
        for name, index, text in _pieces(error, receiver) if receiver else ():
            why, code = cause(text)
            yield LoggedFailure(receiver, name, index, why, code, final=True, ours=ours)


def _pieces(error: str, receiver: str) -> Iterator[tuple[str, int, str]]:
    """One notification may fail at several integrations of its receiver; the errors are joined by ``; ``."""
    heads = list(re.finditer(f"(?:^|; ){_ended(receiver)}", error))
    for number, head in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(error)
        yield head[1], int(head[2]), error[head.end() : end]


def _ended(receiver: str) -> str:
    return _ENDED.format(receiver=re.escape(receiver))


def _unquoted(text: str) -> str:
    """A value as Go quotes it. Escapes JSON does not know are left as they are: we only look for words."""
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1].replace('\\"', '"')
