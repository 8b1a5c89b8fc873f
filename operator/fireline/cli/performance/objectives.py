"""Limits → ServiceLevelObjectives: pN below L means that N % of the requests take at most L. Pure.

The objects are what people would write by hand: they pass ``fireline validate`` and may be committed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fireline.api.issues import INVALID_SPEC, Issue, Location
from fireline.api.plan import Manifest
from fireline.api.resources import SLO
from fireline.cli.performance.checks import object_name
from fireline.cli.performance.percentiles import canonical, percent
from fireline.cli.performance.schema import Endpoint, Notify, Table
from fireline.cli.performance.tiers import burn_rates, default_notify
from fireline.errors import PromQLError
from fireline.promql.durations import Duration
from fireline.promql.expr import number
from fireline.promql.selectors import Selector, parse_selector


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the table: N percent of an endpoint's requests take at most so long."""

    endpoint: Endpoint
    index: int
    """Of the endpoint in the table."""
    key: str
    """The percentile as it was written."""

    @property
    def percentile(self) -> str:
        """Canonical, such as ``p99.9``."""
        return canonical(self.key)

    @property
    def below(self) -> Duration:
        """The limit itself."""
        return Duration.parse(self.endpoint.limits[self.key])

    @property
    def at(self) -> Location:
        """Where the table has it."""
        return ("endpoints", self.index, "limits", self.key)

    @property
    def name(self) -> str:
        """Name of its ServiceLevelObjective, such as ``create-event-p95``."""
        return f"{object_name(self.endpoint.name)}-{self.percentile}"


def limits(table: Table) -> Iterator[Limit]:
    """Every limit of the endpoints, percentiles ascending."""
    for index, endpoint in enumerate(table.endpoints):
        for key in sorted(endpoint.limits, key=percent):
            yield Limit(endpoint, index, key)


def histogram(table: Table, endpoint: Endpoint) -> Selector:
    """The histogram of an endpoint's requests.

    Raises PromQLError when neither the table nor the endpoint names one, or it is no plain selector.
    """
    text = endpoint.histogram or table.histogram
    if text is None:
        raise PromQLError("no histogram: set it at the top of the table or at the endpoint")
    selector = parse_selector(text)
    match = endpoint.match
    if match is None and endpoint.histogram is None and table.endpoint_label:
        match = {table.endpoint_label: endpoint.name}
    for label, value in (match or {}).items():
        selector = selector.matching(label, "=", value)
    return selector


def histogram_at(table: Table, index: int) -> Location:
    """Where the table has the histogram of an endpoint."""
    own = table.endpoints[index].histogram is not None or table.histogram is None
    return ("endpoints", index, "histogram") if own else ("histogram",)


def missing(table: Table) -> list[Issue]:
    """What the gate's other sources do without and an SLO needs: a service, and requests told apart."""
    issues: list[Issue] = []
    first: dict[Selector, str] = {}
    for index, endpoint in enumerate(table.endpoints):
        at: Location = ("endpoints", index)
        if endpoint.service is None and table.service is None:
            issues.append(Issue(INVALID_SPEC, (*at, "service"), "is missing: set service at the top or here"))
        try:
            selector = histogram(table, endpoint)
        except PromQLError as error:
            issues.append(Issue("InvalidPromQL", histogram_at(table, index), str(error)))
            continue
        other = first.setdefault(selector, endpoint.name)
        if other != endpoint.name:
            issues.append(
                Issue(
                    "SameSeries",
                    at,
                    f"{endpoint.name} and {other} are the same requests, {selector}; tell them apart by "
                    "match, for example match: {handler: /api/events, method: POST}",
                )
            )
    return issues


def notified(table: Table, limit: Limit) -> Notify:
    """Whom a limit tells: what the endpoint says, else the table, else the default."""
    for given in (limit.endpoint.notify, table.notify):
        for key, value in (given or {}).items():
            if canonical(key) == limit.percentile:
                return value
    return default_notify(limit.percentile, [canonical(key) for key in limit.endpoint.limits])


def objective(table: Table, limit: Limit) -> Decimal:
    """The objective of a limit in percent: that of its percentile unless the table says otherwise."""
    for key, value in (table.objectives or {}).items():
        if canonical(key) == limit.percentile:
            return Decimal(value)
    return percent(limit.percentile)


def manifest(table: Table, limit: Limit, *, namespace: str | None) -> Manifest:
    """The ServiceLevelObjective of one limit. ``namespace`` wins over the table's.

    Raises PromQLError when the endpoint has no sound histogram; see :func:`missing`.
    """
    percentage, endpoint = objective(table, limit), limit.endpoint
    where = namespace or table.namespace
    return {
        "apiVersion": SLO.api_version,
        "kind": SLO.kind,
        "metadata": {
            "name": limit.name,
            **({"namespace": where} if where else {}),
            "labels": {**table.labels, "endpoint": endpoint.name, "percentile": limit.percentile},
        },
        "spec": {
            "service": endpoint.service or table.service,
            "description": _description(limit, percentage),
            "objective": number(percentage),
            "window": {"rolling": table.window},
            "indicator": {
                "latency": {
                    "histogram": str(histogram(table, endpoint)),
                    **({"type": "Native"} if table.type == "Native" else {}),
                    "below": str(limit.below),
                }
            },
            "alerting": _alerting(table, limit, percentage),
            **({"prometheus": table.prometheus} if table.prometheus != "default" else {}),
        },
    }


def _description(limit: Limit, percentage: Decimal) -> str:
    sentence = f"{number(percentage)} % of {limit.endpoint.name} requests take at most {limit.below}"
    more = limit.endpoint.description
    return f"{sentence}: {more}" if more else sentence


def _alerting(table: Table, limit: Limit, percentage: Decimal) -> dict[str, Any]:
    """Only the paging limit of an endpoint watches for missing data: once is enough.

    There is no alert at half the budget: a percentile normally lives near its limit, so half of a
    rolling budget is always spent.
    """
    notify = notified(table, limit)
    if notify == "Nobody":
        return {"disabled": True}
    return {
        "burnRates": burn_rates(notify, objective=percentage, window=Duration.parse(table.window)),
        "budget": [{"consumed": "100"}],
        **({} if notify == "Page" else {"noData": {"action": "Ignore"}}),
        **({"minBadEvents": table.min_slow} if table.min_slow.strip("0") else {}),
        **({"runbookURL": table.runbook_url} if table.runbook_url else {}),
        "labels": {
            **(table.alert_labels or {}),
            "endpoint": limit.endpoint.name,
            "percentile": limit.percentile,
        },
    }
