"""Reads Lighthouse reports (JSON), also as PageSpeed Insights wraps them. Pure.

Several reports of one page are taken together by their median: single runs differ by tens of percent.
"""

from __future__ import annotations

import difflib
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from fireline.cli.gating.checks import Missing
from fireline.cli.performance.sizes import parse_size
from fireline.errors import SpecError

Kind = Literal["millisecond", "byte", "unitless"]
_URLS = ("requestedUrl", "finalDisplayedUrl", "finalUrl", "mainDocumentUrl")
_SIZES = ("B", "kB", "MB", "KiB", "MiB")


@dataclass(frozen=True, slots=True)
class Limit:
    """The most an audit's value may be, in the unit Lighthouse uses."""

    value: float
    kind: Kind

    @classmethod
    def parse(cls, text: str) -> Limit:
        """``2.5s``, ``2500ms``, ``1MiB`` or a bare number: what the schema lets through."""
        if text.endswith("ms"):
            return cls(float(text[:-2]), "millisecond")
        if text.endswith(_SIZES):
            return cls(parse_size(text), "byte")
        if text.endswith("s"):
            return cls(float(Decimal(text[:-1]) * 1000), "millisecond")
        return cls(float(text), "unitless")


@dataclass(frozen=True, slots=True)
class Report:
    """One run on one page."""

    document: dict[str, Any]

    @classmethod
    def of(cls, document: Any) -> Report:
        """The report in a JSON document. Raises SpecError when there is none."""
        if isinstance(document, dict) and isinstance(document.get("lighthouseResult"), dict):
            document = document["lighthouseResult"]
        if not isinstance(document, dict) or not isinstance(document.get("audits"), dict):
            raise SpecError("is no Lighthouse report: it has no audits")
        return cls(document)

    def is_about(self, url: str) -> bool:
        """Whether this URL was asked for or arrived at; a slash at the end does not matter."""
        return url.rstrip("/") in {str(self.document.get(name, "")).rstrip("/") for name in _URLS}

    @property
    def url(self) -> str:
        """The URL that was asked for."""
        return next((str(self.document[name]) for name in _URLS if self.document.get(name)), "no URL")

    def audit(self, name: str, kind: Kind) -> float | Missing:
        """The value of an audit that is measured in a unit of this kind."""
        failure = self._failure()
        if failure:
            return Missing(failure)
        audits = self.document["audits"]
        found = audits.get(name)
        if not isinstance(found, dict):
            return Missing(f"the report has no audit {name}{_similar(name, audits)}")
        value = _number(found.get("numericValue"))
        if value is None:
            return Missing(found.get("errorMessage") or f"audit {name} has no value ({_mode(found)})")
        unit = found.get("numericUnit")
        if unit is not None and _kind(str(unit)) != kind:
            return Missing(f"audit {name} is measured in {unit}, the limit is in another unit")
        return value

    def score(self, category: str) -> float | Missing:
        """The score of a category in percent."""
        failure = self._failure()
        if failure:
            return Missing(failure)
        categories = self.document.get("categories")
        categories = categories if isinstance(categories, dict) else {}
        found = categories.get(category)
        score = _number(found.get("score")) if isinstance(found, dict) else None
        if score is None:
            why = (
                "has no score"
                if found is not None
                else f"is not in the report{_similar(category, categories)}"
            )
            return Missing(f"category {category} {why}")
        return float(Decimal(str(score)) * 100)

    def _failure(self) -> str | None:
        """A run that failed as a whole still has audits, of an error page for instance."""
        error = self.document.get("runtimeError")
        if not isinstance(error, dict) or error.get("code") in {None, "NO_ERROR"}:
            return None
        return f"Lighthouse failed: {error.get('message') or error['code']}"


def median(values: Iterable[float | Missing]) -> float | Missing:
    """The median of those runs that measured; the first reason when none did."""
    found = list(values)
    numbers = [value for value in found if not isinstance(value, Missing)]
    if numbers:
        return statistics.median(numbers)
    return next((value for value in found if isinstance(value, Missing)), Missing("there is no report"))


def reports_of(url: str | None, reports: Sequence[Report]) -> list[Report]:
    """The reports about a page; all of them when the page has no URL."""
    return [report for report in reports if url is None or report.is_about(url)]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _kind(unit: str) -> Kind:
    return "millisecond" if unit == "millisecond" else "byte" if unit == "byte" else "unitless"


def _mode(audit: dict[str, Any]) -> str:
    return str(audit.get("scoreDisplayMode") or "no reason given")


def _similar(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]}?" if close else ""
