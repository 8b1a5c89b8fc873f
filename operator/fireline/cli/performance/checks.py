"""What is wrong with a table of performance budgets that its schema cannot say. Pure.

``_CHECKS`` is the specification, one small function per sentence, as in :mod:`fireline.slo.checks`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import PurePosixPath

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.cli.performance.percentiles import canonical, is_percentile, percent
from fireline.cli.performance.schema import Table
from fireline.promql.durations import Duration

Found = Iterator[Issue]
_DOTS = re.compile(r"-*\.[-.]*")
"""Around a dot in a Kubernetes name stand letters or digits."""


def check(table: Table) -> list[Issue]:
    """Issues of a table that satisfies its schema, in the order of the document; empty when all is well."""
    return [issue for function in _CHECKS for issue in function(table)]


def _something_is_limited(table: Table) -> Found:
    """A table without a single limit would pass everything."""
    if not any((table.endpoints, table.payloads, table.bundles, table.pages)):
        yield Issue(INVALID_SPEC, (), "limits nothing; list endpoints, payloads, bundles or pages")
    for index, endpoint in enumerate(table.endpoints):
        if not endpoint.limits:
            yield Issue(
                INVALID_SPEC,
                ("endpoints", index, "limits"),
                "limits nothing; write it like {p50: 200ms, p95: 500ms, p99: 1s}",
            )


def _percentiles_are_percentiles(table: Table) -> Found:
    """Keys of limits, objectives and notify are percentiles, each in one spelling."""
    for at, keys in _keyed(table):
        seen: set[str] = set()
        for key in keys:
            if not is_percentile(key):
                yield Issue(
                    INVALID_SPEC, (*at, key), f"{key!r} is no percentile; write it like p50, p95 or p99.9"
                )
            elif canonical(key) in seen:
                yield Issue(INVALID_SPEC, (*at, key), f"{canonical(key)} stands here twice; keep one")
            else:
                seen.add(canonical(key))


def _higher_percentiles_may_take_longer(table: Table) -> Found:
    """Whatever 95 % of the requests stay below, 50 % do too: a p95 below the p50 contradicts it."""
    for index, endpoint in enumerate(table.endpoints):
        ordered = sorted((key for key in endpoint.limits if is_percentile(key)), key=percent)
        for lower, higher in pairwise(ordered):
            if Duration.parse(endpoint.limits[higher]) < Duration.parse(endpoint.limits[lower]):
                yield Issue(
                    INVALID_SPEC,
                    ("endpoints", index, "limits", higher),
                    f"{endpoint.limits[higher]} is below the limit of {lower} ({endpoint.limits[lower]}), "
                    f"which makes {lower} meaningless; raise it or lower {lower}",
                )


def _names_differ(table: Table) -> Found:
    """A name stands for one thing; names that differ only in spelling would become one SLO."""
    parts: Mapping[str, Iterable[str]] = {
        "endpoints": [endpoint.name for endpoint in table.endpoints],
        "payloads": [payload.name for payload in table.payloads],
        "bundles": [bundle.name for bundle in table.bundles],
        "pages": [page.name for page in table.pages],
    }
    for part, names in parts.items():
        first: dict[str, str] = {}
        for index, name in enumerate(names):
            other = first.setdefault(object_name(name), name)
            if index != list(names).index(other):
                yield Issue(
                    INVALID_SPEC,
                    (part, index, "name"),
                    f"{name!r} and {other!r} are the same name; rename one of them",
                )


def _pages_can_be_told_apart(table: Table) -> Found:
    """A report is matched with its page by URL."""
    if len(table.pages) > 1:
        for index, page in enumerate(table.pages):
            if page.url is None:
                yield Issue(
                    INVALID_SPEC,
                    ("pages", index, "url"),
                    "is missing: with several pages a report is found by its URL",
                )


def _notified_percentiles_are_limited(table: Table) -> Found:
    """A misspelt percentile would silently keep its default."""
    limited = {canonical(key) for one in table.endpoints for key in one.limits if is_percentile(key)}
    for at, keys in _keyed(table):
        for key in keys:
            if at[-1] != "limits" and is_percentile(key) and canonical(key) not in limited:
                yield Issue(INVALID_SPEC, (*at, key), f"no endpoint has a limit for {key}; remove it")


def _globs_stay_inside(table: Table) -> Found:
    """A bundle is weighed in the folder the command names, and nowhere else."""
    for index, bundle in enumerate(table.bundles):
        globs: list[tuple[Location, str]] = [(("files",), bundle.files)]
        globs += [(("exclude", number), glob) for number, glob in enumerate(bundle.exclude)]
        for at, glob in globs:
            if not glob or PurePosixPath(glob).is_absolute() or ".." in PurePosixPath(glob).parts:
                yield Issue(
                    INVALID_SPEC,
                    ("bundles", index, *at),
                    f"{glob!r} is no glob within the bundle folder; write it like assets/main-*.js",
                )


def _own_labels_are_free(table: Table) -> Found:
    """`endpoint` and `percentile` tell the SLOs of a table apart."""
    for part, given in (("labels", table.labels), ("alertLabels", table.alert_labels or {})):
        for name in sorted({"endpoint", "percentile"} & given.keys()):
            yield Issue(INVALID_SPEC, (part, name), "is set for each limit and cannot be used; rename it")


_CHECKS: tuple[Callable[[Table], Found], ...] = (
    _something_is_limited,
    _percentiles_are_percentiles,
    _higher_percentiles_may_take_longer,
    _names_differ,
    _pages_can_be_told_apart,
    _notified_percentiles_are_limited,
    _globs_stay_inside,
    _own_labels_are_free,
)


def object_name(name: str) -> str:
    """An endpoint's name as part of a Kubernetes name: ``createEvent`` → ``create-event``."""
    text = ""
    for index, char in enumerate(name):
        after = name[index + 1 : index + 2]
        begins = char.isupper() and text and text[-1] not in "-." and (not name[index - 1].isupper())
        ends = char.isupper() and after.islower() and text and text[-1] not in "-."
        text += "-" if begins or ends else ""
        text += "-" if char == "_" else char.lower()
    return _DOTS.sub(".", text)


def _keyed(table: Table) -> Iterator[tuple[Location, list[str]]]:
    """Every mapping whose keys are percentiles."""
    yield ("objectives",), list(table.objectives or {})
    yield ("notify",), list(table.notify or {})
    for index, endpoint in enumerate(table.endpoints):
        yield ("endpoints", index, "limits"), list(endpoint.limits)
        yield ("endpoints", index, "notify"), list(endpoint.notify or {})
