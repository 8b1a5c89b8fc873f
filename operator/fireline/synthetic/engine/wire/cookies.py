"""The cookies of one run, from its first step to the last of its cleanup.

Where a cookie goes is decided by the standard library's jar: domain, path, `Secure` and age. Nothing is
kept after the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http.cookiejar import CookieJar


class Cookies:
    """A jar, empty at first; made when HTTP first needs it. One for each run, shared by its steps."""

    def __init__(self) -> None:
        self._jar: CookieJar | None = None

    @property
    def jar(self) -> CookieJar:
        """The jar itself."""
        if self._jar is None:
            from http.cookiejar import CookieJar  # noqa: PLC0415 - a check of a port has no use for it

            self._jar = CookieJar()
        return self._jar
