"""The body of an answer as text and as JSON, read once however many assertions look at it."""

from __future__ import annotations

import json
from typing import Any

from fireline.errors import FirelineError
from fireline.synthetic.engine.answer import Answer

_CHARSETS = frozenset({"utf-8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})


class NoJson(FirelineError):
    """The body is no JSON document."""


class TooLarge(FirelineError):
    """An assertion needs the whole body, and only its beginning was read."""


class Content:
    """The body of one answer."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._text: str | None = None
        self._json: list[Any] = []

    @property
    def beginning(self) -> str:
        """As much of the body as was read, as text."""
        if self._text is None:
            self._text = self._answer.body.decode(_charset(self._answer), errors="replace")
        return self._text

    @property
    def whole(self) -> str:
        """All of the body as text. Raises TooLarge."""
        self._need_all()
        return self.beginning

    @property
    def json(self) -> Any:
        """The body as JSON. Raises TooLarge and NoJson."""
        self._need_all()
        if not self._json:
            try:
                self._json.append(json.loads(self._answer.body))
            except (ValueError, RecursionError) as error:
                raise NoJson(f"expected JSON, found a body that is none: {error}") from None
        return self._json[0]

    def _need_all(self) -> None:
        if self._answer.truncated:
            size = len(self._answer.body)
            raise TooLarge(f"the body is larger than the {size} bytes that are read, and all of it is needed")


def _charset(answer: Answer) -> str:
    """What the target says, when it is one of the usual ones: Python also knows codecs that are none."""
    _, _, said = answer.headers.get("content-type", "").lower().partition("charset=")
    charset = said.split(";")[0].strip(" \"'")
    return charset if charset in _CHARSETS else "utf-8"
