"""From an error of the HTTP library to one of ours, with the server's address and what to look at.

Around every request of :mod:`fireline.prometheus.client` and :mod:`fireline.prometheus.ruler`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from fireline.errors import MetricsError, MetricsForbidden, MetricsTooHeavy, SecretUnusable
from fireline.prometheus import advice
from fireline.prometheus.http import without_credentials
from fireline.settings import Source

T = TypeVar("T")


def translated(ask: Callable[[], T], *, url: str, source: Source, name: str) -> T:
    """The result of ``ask()``. Raises MetricsError or one of its kinds; ``name`` is the source's."""
    place = without_credentials(url)
    try:
        return ask()
    except SecretUnusable:
        raise
    except MetricsForbidden as error:
        raise MetricsForbidden(f"{place}: {error}; {advice.credentials(source, name)}") from None
    except (requests.exceptions.ReadTimeout, ReadTimeoutError) as error:
        raise MetricsTooHeavy(f"{place} did not answer in time") from error
    except (ValueError, KeyError, TypeError) as error:
        raise MetricsError(f"{place} is not a {source.kind} API: {error}") from error
    except (requests.exceptions.RequestException, HTTPError, OSError) as error:
        if refused := advice.handshake(error, source, name):
            raise MetricsForbidden(f"{place}: {refused}") from error
        raise MetricsError(f"{place} cannot be reached: {advice.innermost(error)}") from error
