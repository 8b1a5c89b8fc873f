"""OpenSLO's metrics as Fireline's indicators: ratios of counters, ready-made ratios, thresholds.

OpenSLO does not say what a query may look like. What is understood: a counter (or a sum of one), and
PromQL with ranges, fixed or as a template, in whose place Fireline puts its own windows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import promql_parser as promql

from fireline.cli.importing import promql as query
from fireline.cli.importing.indicators import Found, NoIndicator, free_ratio, ratio
from fireline.cli.importing.openslo_book import Book
from fireline.cli.importing.probe import refusal
from fireline.cli.importing.source import Field, LeftOut
from fireline.errors import PromQLError
from fireline.promql.expr import WINDOW, number

_TEMPLATE = re.compile(r"\[\s*(?:\{\{[^}]*\}\}|\$\{?\w+\}?)\s*\]")
_OPERATORS = {"lt": "LessThan", "lte": "LessOrEqual", "gt": "GreaterThan", "gte": "GreaterOrEqual"}
_COUNTERS = ("_total", "_count", "_sum", "_bucket")
_LANGUAGES = {"promql", "query", "prometheus", ""}


@dataclass(frozen=True, slots=True)
class Measured:
    """An indicator with its groups, and the data source it names (None: the default)."""

    found: Found
    source: str | None


@dataclass(frozen=True, slots=True)
class _Query:
    field: Field
    text: str
    source: str | None


def measured(sli: Field, objective: Field, book: Book) -> Measured:
    """The indicator of an SLI (its ``spec``) for one objective. Raises LeftOut."""
    counts = sli.get("ratioMetric")
    counts = objective.get("ratioMetrics") if objective.get("ratioMetrics").present else counts
    if counts.present:
        return _ratio(counts, book)
    if sli.get("thresholdMetric").present:
        return _threshold(sli.get("thresholdMetric"), objective, book)
    raise LeftOut(sli, "has neither ratioMetric nor thresholdMetric", "add one of them")


def _ratio(field: Field, book: Book) -> Measured:
    counter = field.get("counter") if field.get("counter").present else field.get("incremental")
    if field.get("raw").present:
        counter.drop("has no meaning together with raw", "")
        return _raw(field, book)
    part = "bad" if field.get("bad").present else "good"
    queries = {name: _query(field.get(name), book) for name in (part, "total")}
    if queries[part].source != queries["total"].source:
        raise LeftOut(field, "reads two data sources at once", "read both from one Prometheus")
    counts = counter.flag(default=_looks_counted(queries["total"].text)) if counter.present else None
    if counts is None:
        counts = _looks_counted(queries["total"].text)
        field.get("total").note(f"counter is not given: taken as {str(counts).lower()}, by the name", "")
    texts = {name: _events(each, counts) for name, each in queries.items()}
    if not counts and counter.present and all("avg_over_time" not in text for text in texts.values()):
        counter.changed("has no effect: the queries read ranges themselves", "")
    try:
        found = ratio(texts[part], texts["total"], part=part)
    except NoIndicator as error:
        raise LeftOut(queries.get(error.which, queries["total"]).field, error.why, error.advice) from error
    for why, advice in found.changes:
        queries[part].field.changed(why, advice)
    return Measured(found, queries["total"].source)


def _raw(field: Field, book: Book) -> Measured:
    each = _query(field.get("raw"), book)
    kind = field.get("rawType")
    if kind.value not in ("success", "failure"):
        raise LeftOut(kind, "is neither success nor failure", "say which of the two raw is")
    kind.take()
    text = _averaged(each)
    try:
        found = free_ratio(text if kind.value == "failure" else f"1 - ({text})")
    except NoIndicator as error:
        raise LeftOut(each.field, error.why, error.advice) from error
    if "errorRatio" in found.indicator:
        each.field.changed("is weighted by time: only a ratio is known", "write good or bad, and total")
    return Measured(found, each.source)


def _threshold(field: Field, objective: Field, book: Book) -> Measured:
    each = _query(field, book)
    operator = _OPERATORS.get(str(objective.get("op").value))
    value = objective.get("value").number()
    if operator is None or value is None:
        raise LeftOut(objective.get("op"), "a threshold needs op (lt, lte, gt, gte) and value", "add them")
    objective.get("op").take()
    text = _TEMPLATE.sub("[5m]", each.text)
    if text != each.text:
        each.field.changed(
            "its window became 5m: a threshold is looked at moment by moment", "choose the range"
        )
    indicator = {"threshold": {"query": text, "operator": operator, "value": number(value)}}
    why = refusal(indicator=indicator)
    if why:
        raise LeftOut(each.field, why, "write the threshold by hand")
    return Measured(Found(indicator), each.source)


def _query(metric: Field, book: Book) -> _Query:
    """The PromQL of a metric source of either version. Raises LeftOut for any other language."""
    if not metric.present:
        raise LeftOut(metric, "is missing", "name the events that are good or bad, and all events")
    source = metric.get("metricSource")
    if not source.present:
        return _query_of_alpha(metric)
    reference = source.get("metricSourceRef").text()
    name = book.expect_prometheus(source.get("type"), reference, source.get("metricSourceRef"))
    spec = source.get("spec")
    names = [name for name in ("query", "promql", "expr") if spec.get(name).present]
    if not names:
        raise LeftOut(spec, "has no query", "write the PromQL as query")
    return _Query(spec.get(names[0]), (spec.get(names[0]).text() or "").strip(), name)


def _query_of_alpha(metric: Field) -> _Query:
    source, language = metric.get("source"), metric.get("queryType")
    if str(source.value or "").lower() != "prometheus":
        raise LeftOut(
            source, "is no Prometheus, and Fireline reads nothing else", "measure it with Prometheus"
        )
    source.take()
    if str(language.value or "").lower() not in _LANGUAGES:
        raise LeftOut(language, "is not PromQL", "write the query in PromQL")
    language.take()
    return _Query(metric.get("query"), (metric.get("query").text() or "").strip(), None)


def _looks_counted(text: str) -> bool:
    return any(f"{ending}{after}" in f"{text} " for ending in _COUNTERS for after in "{[) ")


def _events(each: _Query, counter: bool) -> str:
    """Events per second over ``[$window]``. Raises LeftOut when nobody can say."""
    plain = _plain(each, "rate" if counter else "avg_over_time", "sum")
    if plain is not None:
        if not counter:
            each.field.changed(
                "is no counter: its mean over each window counts as the number of events",
                "count events with a counter to have them weighted by their number",
            )
        return plain
    return _ranged(each)


def _averaged(each: _Query) -> str:
    plain = _plain(each, "avg_over_time", "avg")
    return plain if plain is not None else _ranged(each)


def _ranged(each: _Query) -> str:
    """The query with Fireline's windows in place of its ranges."""
    text, fixed = query.with_window(_TEMPLATE.sub(f"[{WINDOW}]", each.text))
    if WINDOW not in text:
        raise LeftOut(
            each.field, "reads no range and is no plain counter", "write it as sum(rate(…[$window]))"
        )
    if fixed:
        each.field.changed(
            f"reads Fireline's windows now instead of [{'], ['.join(sorted(fixed))}]",
            "check that the range was no more than a choice",
        )
    return text


def _plain(each: _Query, function: str, operation: str) -> str | None:
    """A selector, or the sum or mean of one, read over ``[$window]``; None for anything more.

    ``operation`` adds up the series of a selector that says nothing about it.
    """
    try:
        expr = query.bare(query.parse(each.text))
    except PromQLError:
        return None
    by = ""
    if isinstance(expr, promql.AggregateExpr):
        operation = str(expr.op)
        labels = query.series_labels(expr)
        if operation not in {"sum", "avg"} or labels is None:
            return None
        by, expr = (f" by ({', '.join(labels)})" if labels else ""), query.bare(expr.expr)
    selector = query.plain_selector(expr)
    return f"{operation}{by}({function}({selector}[{WINDOW}]))" if selector else None
