"""How often series are really scraped, against the shortest window that is read from them."""

from __future__ import annotations

from fireline.api.issues import Issue
from fireline.cli.probing.catalog import Catalog
from fireline.cli.probing.parts import SHORTEST, Part
from fireline.promql.durations import Duration

_SCRAPES = 4
"""A window of fewer scrapes is noise: one that is late or lost halves it or leaves nothing."""
_WATCHED = Duration.of(minutes=10)


async def pace(part: Part, catalog: Catalog) -> list[Issue]:
    """A field whose series have fewer than four samples in the shortest window.

    Judged by the densest series that has been there all the time: a young one says nothing about the pace.
    """
    for selector in dict.fromkeys(part.selectors):
        old = f"{selector} offset {_WATCHED}"
        samples = await catalog.value(f"max(count_over_time({selector}[{_WATCHED}]) and {old})")
        if samples is None:
            continue
        interval = _WATCHED.seconds / samples
        if interval * _SCRAPES > SHORTEST.seconds:
            most = Duration.of(seconds=SHORTEST.seconds / _SCRAPES)
            return [
                Issue(
                    "ScrapedTooRarely",
                    part.at,
                    f"{selector.metric} has a sample every {Duration.of(seconds=round(interval))}, and the "
                    f"shortest window, {SHORTEST}, needs {_SCRAPES}: scrape it every {most} or more often",
                )
            ]
    return []
