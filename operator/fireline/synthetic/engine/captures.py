"""Takes parts of an answer along as variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from fireline.synthetic import fields
from fireline.synthetic.engine.answer import Answer
from fireline.synthetic.engine.comparison import NOTHING, regex, text_of
from fireline.synthetic.engine.content import Content
from fireline.synthetic.engine.paths import JsonPath
from fireline.synthetic.fields import Malformed

Source = Literal["jsonPath", "header", "body", "cookie"]

LONGEST = 16_384
"""Characters of a value; a longer one is surely not what was meant, and would be sent with every request."""

_SOURCES = ("jsonPath", "header", "body", "cookie")


@dataclass(frozen=True, slots=True)
class Capture:
    """One entry of ``capture``: where the value is, and what it is called."""

    variable: str
    source: Source
    where: str
    compiled: Any = field(default=None, compare=False, repr=False)
    sensitive: bool = False
    optional: bool = False

    @classmethod
    def of(cls, path: str, entry: Mapping[str, Any]) -> Capture:
        """The capture at a place of a journey. Raises Malformed."""
        given = [source for source in _SOURCES if entry.get(source) is not None]
        if len(given) != 1:
            found = ", ".join(given) or "none"
            raise Malformed(f"{path}: found {found}; allowed: exactly one of {', '.join(_SOURCES)}")
        source, place = cast("Source", given[0]), f"{path}.{given[0]}"
        where = fields.string(place, entry[source])
        return cls(
            variable=fields.string(f"{path}.variable", entry.get("variable")),
            source=source,
            where=where,
            compiled=_compiled(place, source, where),
            sensitive=fields.flag(f"{path}.sensitive", entry.get("sensitive")),
            optional=fields.flag(f"{path}.optional", entry.get("optional")),
        )

    def value(self, answer: Answer, content: Content) -> str | None:
        """The value in an answer as text, None where there is none.

        A text without characters, JSON's null, and a value too long are none: a cleanup that deletes
        ``/events/${id}`` must not delete ``/events/``. Of many values the first is taken. Raises TooLarge,
        NoJson and NotSearchable.
        """
        found = self._found(answer, content)
        text = "" if found is None or found is NOTHING else text_of(found)
        return text if 0 < len(text) <= LONGEST else None

    def _found(self, answer: Answer, content: Content) -> Any:
        if self.source == "header":
            return answer.headers.get(self.where.lower())
        if self.source == "cookie":
            return answer.set_cookies.get(self.where)
        if self.source == "body":
            match = self.compiled.search(content.whole.encode(errors="replace"))
            group = match.group(1) if match else None
            return None if group is None else group.decode(errors="replace")
        values = self.compiled.values(content.json)
        return values[0] if values else NOTHING


def _compiled(path: str, source: Source, where: str) -> Any:
    if source == "jsonPath":
        return JsonPath.of(path, where)
    if source != "body":
        return None
    pattern = regex(path, where)
    if pattern.groups != 1:
        found = f"{pattern.groups} groups"
        raise Malformed(f"{path}: found {found}; allowed: one group in parentheses, like id=([0-9]+)")
    return pattern
