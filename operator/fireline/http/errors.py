"""Which errors a client raises: the same request fails as MetricsError or as AlertmanagerError.

Each client has one of these, and gives it to :mod:`fireline.http.session` and :mod:`fireline.http.translate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fireline.errors import FirelineError


class Refusal(Protocol):
    """Turns an answer that is of no use into an error."""

    def __call__(self, status: int, text: str, location: str = "", *, who: str) -> FirelineError:
        """``text`` is the body without secrets, ``location`` where a redirect leads, ``who`` the product."""


@dataclass(frozen=True, slots=True)
class Errors:
    """The classes of one client."""

    general: type[FirelineError]
    forbidden: type[FirelineError]
    """Credentials or a TLS handshake were refused."""
    heavy: type[FirelineError]
    """No answer in time, or one that is too large."""
    refusal: Refusal
