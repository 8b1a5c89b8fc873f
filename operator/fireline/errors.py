"""Every error Fireline raises on purpose, as one tree.

    FirelineError
    ├── SettingsInvalid       the operator's settings cannot be used: the process ends
    ├── Unavailable           the process cannot start: a port in use, no way to an API server
    ├── SpecError             what the user wrote cannot be carried out (permanent: ``Stalled``)
    ├── PromQLError           an expression does not parse or does something we refuse
    ├── ApiError              the Kubernetes API server said no
    │   ├── NotFound          404
    │   ├── Conflict          409: re-read and plan again at once
    │   ├── Forbidden         403: a right is missing; retried slowly
    │   ├── Invalid           422: our own object is refused; permanent
    │   ├── TooManyRequests   429: carries ``retry_after``
    │   └── ServerUnavailable 5xx, time-out, reset: retried with backoff
    ├── MetricsError          Prometheus could not answer
    │   ├── MetricsTooHeavy   the query exceeded a limit of the server or ran out of time
    │   └── MetricsForbidden  the server does not take our credentials
    │       └── SecretUnusable  a file with credentials cannot be read, or holds none
    ├── AlertmanagerError     Alertmanager could not answer
    │   └── AlertmanagerForbidden  the server does not take our credentials
    │       └── SecretUnusable  the same
    ├── EventsError           the sink for events could not be told
    │   ├── EventsForbidden   it does not take our credentials
    │   │   └── SecretUnusable  the same
    │   └── EventsRefused     it does not take this event, and would not the next time
    ├── RulesRefused          a ruler does not take a rule group
    ├── TargetError           a check's target cannot be reached (``fireline.synthetic.engine.answer``)
    └── LeaseLost             another replica leads now: the process ends

Callers catch the narrowest class they can act on; nothing catches ``Exception`` except the
queue worker, which confines a bug to the object that met it.
"""

from __future__ import annotations


class FirelineError(Exception):
    """Root of all errors raised on purpose."""


class SettingsInvalid(FirelineError):
    """The operator's settings cannot be read or used."""


class Unavailable(FirelineError):
    """What the process needs in order to start is not there."""


class SpecError(FirelineError):
    """What the user wrote cannot be carried out."""


class PromQLError(FirelineError):
    """An expression does not parse, or does something Fireline refuses."""


class ApiError(FirelineError):
    """The Kubernetes API server refused a request.

    ``status`` is the HTTP code (0 when there was no answer), ``reason`` the API server's own
    CamelCase word, ``cause`` the first machine-readable cause (``NamespaceTerminating``, …).
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "", cause: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.cause = cause


class NotFound(ApiError):
    """HTTP 404."""


class Conflict(ApiError):
    """HTTP 409: the object changed, or a field belongs to someone else."""


class Forbidden(ApiError):
    """HTTP 403: a right is missing."""


class Invalid(ApiError):
    """HTTP 400 or 422: the object itself is refused."""


class TooManyRequests(ApiError):
    """HTTP 429; ``retry_after`` in seconds is what the server asked for."""

    def __init__(self, message: str, *, retry_after: float, reason: str = "", cause: str = "") -> None:
        super().__init__(message, status=429, reason=reason, cause=cause)
        self.retry_after = retry_after


class ServerUnavailable(ApiError):
    """5xx, a time-out, a reset connection or a garbled answer."""


class MetricsError(FirelineError):
    """Prometheus could not answer."""


class MetricsTooHeavy(MetricsError):
    """The query exceeded a sample limit of the server or ran out of time."""


class MetricsForbidden(MetricsError):
    """HTTP 401, 403 or 407, or a TLS handshake that one side refused."""


class AlertmanagerError(FirelineError):
    """Alertmanager could not answer, or does not take what it was sent."""


class AlertmanagerForbidden(AlertmanagerError):
    """HTTP 401, 403 or 407, or a TLS handshake that one side refused."""


class EventsError(FirelineError):
    """The sink for events could not be told; it is tried again."""


class EventsForbidden(EventsError):
    """The sink does not take our credentials."""


class EventsRefused(EventsError):
    """The sink says that this very event is wrong."""


class SecretUnusable(MetricsForbidden, AlertmanagerForbidden, EventsForbidden):
    """A file of a server's settings cannot be read, or does not hold what it should; nothing was sent."""


class RulesRefused(FirelineError):
    """A ruler that was asked to store a rule group says that it is not valid, or beyond a limit."""


class LeaseLost(FirelineError):
    """Another replica leads now, or the API server could not be reached in time."""
