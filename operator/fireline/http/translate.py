"""From an error of the HTTP library to one of ours, with the server's address and what to look at.

Around every request of the clients of Prometheus and Alertmanager.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from fireline.access import Access, without_credentials
from fireline.errors import SecretUnusable
from fireline.http import advice
from fireline.http.errors import Errors

T = TypeVar("T")


def translated(ask: Callable[[], T], *, url: str, access: Access, name: str, errors: Errors) -> T:
    """The result of ``ask()``. Raises one of ``errors``; ``name`` is the server's in the settings."""
    place = without_credentials(url)
    try:
        return ask()
    except SecretUnusable:
        raise
    except errors.forbidden as error:
        raise errors.forbidden(f"{place}: {error}; {advice.credentials(access, name)}") from None
    except (requests.exceptions.ReadTimeout, ReadTimeoutError) as error:
        raise errors.heavy(f"{place} did not answer in time") from error
    except (ValueError, KeyError, TypeError) as error:
        article = "an" if access.product.startswith("A") else "a"
        raise errors.general(f"{place} is not {article} {access.product} API: {error}") from error
    except (requests.exceptions.RequestException, HTTPError, OSError) as error:
        if refused := advice.handshake(error, access, name):
            raise errors.forbidden(f"{place}: {refused}") from error
        raise errors.general(f"{place} cannot be reached: {advice.innermost(error)}") from error
