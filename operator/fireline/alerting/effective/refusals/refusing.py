"""Whether prometheus-operator leaves an AlertmanagerConfig out, and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from fireline.alerting.effective.refusals import http, intervals, routing, walk
from fireline.alerting.effective.refusals.receivers import CHECKS, SINCE
from fireline.alerting.effective.refusals.secrets import incomplete
from fireline.alerting.effective.refusals.structure import malformed
from fireline.api.plan import Manifest

OLDEST = "0.28.0"
"""The oldest Alertmanager that Fireline supports."""


def refused(config: Manifest, *, version: str = OLDEST) -> list[str]:
    """Why prometheus-operator 0.85 rejects an AlertmanagerConfig for an Alertmanager of a version.

    Each reason begins with the path of the field. Empty: it takes the object, provided that every Secret
    that is referred to exists and has the key, and that URLs in Secrets are URLs.
    """
    found = list(malformed(config))
    return found or list(_semantic(config, version))


def _semantic(config: Manifest, version: str) -> Iterator[str]:
    names = Counter(str(one.get("name")) for _, one in walk.receivers(config))
    for name in sorted(name for name, count in names.items() if count > 1):
        yield f"spec.receivers: {name!r} is defined twice"
    for at, field, one in walk.integrations(config):
        if field in CHECKS:
            yield from CHECKS[field](one, at)
        needed = SINCE.get(field)
        if needed and _numbers(version) < needed:
            yield f"{at}: needs Alertmanager {needed[0]}.{needed[1]}.0, this is {version}"
        given = one.get("httpConfig")
        if field in http.UNCHECKED:
            yield from http.always(given, f"{at}.httpConfig") if isinstance(given, dict) else ()
        else:
            yield from http.refusals(given, f"{at}.httpConfig")
        yield from http.tls(one.get("tlsConfig"), f"{at}.tlsConfig")
    yield from incomplete(config)
    yield from intervals.refusals(config)
    yield from routing.refusals(config)


def _numbers(version: str) -> tuple[int, int]:
    match = re.match(r"v?(\d+)\.(\d+)", version)
    # An unknown version is taken for the oldest one.
    return (int(match[1]), int(match[2])) if match else (0, 28)
