"""What is wrong with the queries of a Mitigation. Part of ``checks``.

A query is a question with three answers: a sample that is not 0 is yes, 0 is no, and no sample is unknown.
One that has no sample while all is well can never say no: it would be made and never be taken back.
"""

from __future__ import annotations

from collections.abc import Iterator

from fireline.api.issues import Issue, Location
from fireline.api.mitigation import Spec
from fireline.errors import PromQLError
from fireline.promql.parse import parse_moment
from fireline.promql.shape import filters, set_operator_on_truths

Found = Iterator[Issue]


def queries_are_sound(spec: Spec) -> Found:
    """They parse, are about one moment, and can say no."""
    if spec.trigger is not None and spec.trigger.query is not None:
        yield from _sound(("spec", "trigger", "query"), spec.trigger.query)
    if spec.verify.query is not None:
        yield from _sound(("spec", "verify", "query"), spec.verify.query)


def _sound(at: Location, query: str) -> Found:
    try:
        parse_moment(query)
    except PromQLError as error:
        yield Issue("InvalidQuery", at, str(error))
        return
    if filters(query):
        words = (
            "has no sample while what it asks for is not so, and no sample is unknown, never false: compare "
            "with bool, as in sum(rate(http_errors_total[5m])) > bool 5, or end it with: or vector(0)"
        )
        yield Issue("NeverFalse", at, words)
    if operator := set_operator_on_truths(query):
        words = (
            f"{operator} looks at labels, not at values, so that of two comparisons with bool the right "
            "one does not count; for both write (a > bool 1) * (b > bool 2), for either + instead of *"
        )
        yield Issue("SetOperator", at, words)
