"""The HTTP side of the sink for events: credentials and trust of the settings, errors in words.

Imported late, since it imports ``requests``.
"""

from __future__ import annotations

from fireline.api.plan import Manifest
from fireline.errors import EventsError, EventsForbidden, EventsRefused, FirelineError
from fireline.http.errors import Errors
from fireline.http.session import BoundedSession
from fireline.http.threads import in_daemon_thread
from fireline.http.translate import translated
from fireline.incident.cloudevents import CONTENT_TYPE
from fireline.refresh.events_sink import encoded
from fireline.settings import EventSink

_TAKEN = frozenset({200, 201, 202, 204})
_WRONG = frozenset({400, 413, 415, 422})
"""The same again would get the same answer."""
_LARGEST = 65_536


def refusal(status: int, text: str, location: str = "", *, who: str) -> FirelineError:
    """The error behind an answer that is no yes."""
    words = f"{who} answered HTTP {status}: {' '.join(text.split())[:200] or location or 'without words'}"
    if status in {401, 403, 407}:
        return EventsForbidden(words)
    return (EventsRefused if status in _WRONG else EventsError)(words)


SINK = Errors(general=EventsError, forbidden=EventsForbidden, heavy=EventsError, refusal=refusal)


class SinkClient:
    """Posts CloudEvents to the URL of the settings, which must have one."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._session = BoundedSession(sink, SINK, max_bytes=_LARGEST, accepted=_TAKEN)

    async def post(self, told: Manifest) -> None:
        """Sends one event in structured mode. Raises EventsError."""
        url = self._sink.urls[0]

        def send() -> None:
            self._session.post(
                url,
                data=encoded(told),
                headers={"Content-Type": f"{CONTENT_TYPE}; charset=utf-8"},
                timeout=self._sink.timeout_seconds,
            )

        await in_daemon_thread(
            lambda: translated(send, url=url, access=self._sink, name="events", errors=SINK)
        )
