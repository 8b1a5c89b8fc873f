"""JSONPath (RFC 9535) in answers. Only journeys that use one import the library."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

from fireline.errors import FirelineError
from fireline.synthetic import fields
from fireline.synthetic.engine.comparison import NOTHING
from fireline.synthetic.fields import Malformed
from fireline.synthetic.text import readable

MOST = 600_000
"""Places a path may lead to: more than an answer of a mebibyte has. But ``$..*..*`` finds them again and
again, and without an end to it a small answer would take all memory of a probe."""


class NotSearchable(FirelineError):
    """The document is nested too deeply, or the path leads to too many places in it."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled path; ``text`` is what the user wrote."""

    text: str
    compiled: Any = field(compare=False, repr=False)

    @classmethod
    def of(cls, path: str, text: Any) -> JsonPath:
        """The path at a place of a journey. Raises Malformed."""
        import jsonpath  # noqa: PLC0415 - see above

        written = fields.string(path, text)
        try:
            return cls(written, _language().compile(written))
        except jsonpath.JSONPathError as error:
            raise Malformed(
                f"{path}: found {fields.shown(written)}; {readable(str(error), limit=200)}"
            ) from None

    def values(self, document: Any) -> list[Any]:
        """Every value the path leads to. Raises NotSearchable."""
        import jsonpath  # noqa: PLC0415 - see above

        try:
            found = [one.value for one in islice(self.compiled.finditer(document), MOST + 1)]
        except (jsonpath.JSONPathError, RecursionError) as error:
            raise NotSearchable(f"cannot look for {self.text}: {_first_line(error)}") from None
        if len(found) > MOST:
            raise NotSearchable(f"cannot look for {self.text}: it leads to more than {MOST} places")
        return found

    def value(self, document: Any) -> Any:
        """The value there, or NOTHING; a path that may lead to many gives the list of them."""
        found = self.values(document)
        if not found:
            return NOTHING
        return found[0] if self.compiled.singular_query() else found


def _first_line(error: Exception) -> str:
    """Without the drawing of the place that follows."""
    return readable(str(error).partition("\n")[0], limit=200)


@cache
def _language() -> Any:
    """Only what RFC 9535 has, so that a path means the same to every other tool."""
    import jsonpath  # noqa: PLC0415 - see above

    return jsonpath.JSONPathEnvironment(strict=True)
