"""What is wrong with a template, and where. Pure."""

from __future__ import annotations


class TemplateFault(Exception):
    """A template that Alertmanager could not parse, or not expand. ``at``: index of the character."""

    def __init__(self, at: int, words: str) -> None:
        super().__init__(words)
        self.at = at


def placed(text: str, fault: TemplateFault) -> str:
    """The fault with line and column, counted from 1, as people find it in an editor."""
    before = text[: fault.at]
    line = before.count("\n") + 1
    column = fault.at - (before.rfind("\n") + 1) + 1
    return f"line {line}, column {column}: {fault}"
