"""The configuration API of Mimir's ruler: rule groups listed, written and deleted.

Used by ``fireline render --as mimir --upload``, and imported only then. The API is that of
https://grafana.com/docs/mimir/latest/references/http-api/#ruler: a group is written as YAML, an answer
of 202 means stored, and a namespace without groups is 404.
"""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import quote, urlsplit

import requests
import yaml

from fireline.api.plan import Manifest
from fireline.errors import MetricsError, RulesRefused
from fireline.http.session import BoundedSession
from fireline.http.translate import translated
from fireline.prometheus.http import METRICS
from fireline.settings import Source

_DONE = frozenset({200, 202, 204})
_MISSING = 404
_REFUSED = frozenset({400, 413, 422})
_NOTHING_THERE = ("no rule groups found", "does not exist", "not found in")
"""What Mimir says when a namespace or a group is missing; any other 404 means the path is wrong."""


class Ruler:
    """One tenant's rules at ``source.urls[0]``; an address without a path means Mimir's ``/prometheus``."""

    def __init__(self, source: Source, *, name: str) -> None:
        self._source, self._name = source, name
        address = source.urls[0].rstrip("/")
        self.url = address if urlsplit(address).path else f"{address}/prometheus"
        self._session = BoundedSession(source, METRICS, accepted=_DONE | _REFUSED | {_MISSING})

    def groups(self, namespace: str) -> list[Manifest]:
        """The groups of a namespace as the ruler prints them; empty when there is no such namespace.

        Raises MetricsError when the ruler cannot be asked.
        """
        response = self._ask("GET", namespace)
        if response.status_code == _MISSING:
            return []
        return translated(lambda: _groups(response, namespace), **self._asked)

    def write(self, namespace: str, group: Manifest) -> None:
        """Creates or replaces a group. Raises RulesRefused when the ruler does not take its content."""
        # Without line breaks of the dumper's own: the ruler keeps an expression as it was sent.
        text = yaml.dump(group, Dumper=yaml.CSafeDumper, sort_keys=False, width=2**20, allow_unicode=True)
        response = self._ask("POST", namespace, body=text)
        if response.status_code in _REFUSED:
            raise RulesRefused(f"{namespace}/{group['name']}: {self._words(response)}")

    def delete(self, namespace: str, group: str) -> None:
        """Deletes a group; one that is gone already is fine."""
        response = self._ask("DELETE", namespace, group)
        if response.status_code in _REFUSED:
            raise RulesRefused(f"{namespace}/{group}: {self._words(response)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def _asked(self) -> dict[str, Any]:
        return {"url": self.url, "access": self._source, "name": self._name, "errors": METRICS}

    def _ask(self, method: str, *path: str, body: str | None = None) -> requests.Response:
        # Names may hold anything, a slash too.
        place = "/".join(quote(part, safe="") for part in path)
        response = translated(
            lambda: self._session.request(
                method,
                f"{self.url}/config/v1/rules/{place}",
                data=body.encode() if body else None,
                headers={"Content-Type": "application/yaml"} if body else None,
                timeout=self._source.timeout_seconds,
            ),
            **self._asked,
        )
        if response.status_code == _MISSING and not any(
            words in response.text.lower() for words in _NOTHING_THERE
        ):
            raise MetricsError(
                f"{self.url} has no ruler API ({self._words(response)}): is the path right, and is the ruler "
                f"run with -ruler.enable-api?"
            )
        return response

    def _words(self, response: requests.Response) -> str:
        text = self._session.credentials.hidden(response.text, response.request).strip()
        return f"{self._source.kind} answered {response.status_code}: {text[:500] or 'no text'}"


def _groups(response: requests.Response, namespace: str) -> list[Manifest]:
    try:
        document = yaml.load(response.content, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        raise ValueError("the list of rule groups is no YAML") from None
    groups = document.get(namespace, []) if isinstance(document, dict) else None
    if not isinstance(groups, list) or not all(isinstance(one, dict) and "name" in one for one in groups):
        raise ValueError("the list of rule groups has another shape")
    return groups
