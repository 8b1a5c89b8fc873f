"""Whether an answer is what a step asserts, and if not, why: a list of what does not hold, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from fireline.errors import FirelineError
from fireline.synthetic.engine import times
from fireline.synthetic.engine.answer import Answer
from fireline.synthetic.engine.assertions import (
    Answers,
    Assertion,
    Certificate,
    InBody,
    InHeader,
    InJson,
    Latency,
    Status,
)
from fireline.synthetic.engine.comparison import NOTHING, Comparison, Tell
from fireline.synthetic.engine.content import Content, NoJson, TooLarge
from fireline.synthetic.engine.journey import Step
from fireline.synthetic.engine.paths import JsonPath, NotSearchable
from fireline.synthetic.template import replaced

_MANY = 5


@dataclass(frozen=True, slots=True)
class Broken:
    """One thing that does not hold; ``degraded`` when the answer is right all the same, but slow."""

    reason: str
    message: str
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """Everything an assertion may look at; ``tell`` writes values into sentences, without secrets."""

    answer: Answer
    content: Content
    values: Mapping[str, str]
    now: datetime
    tell: Tell


def judge(step: Step, view: View) -> list[Broken]:
    """What does not hold of an answer: what the target itself says first, then in the order written.

    Raises UndefinedVariable for a variable without a value in what is expected.
    """
    denial = view.answer.denial
    broken = [Broken(denial.reason, denial.message)] if denial else []
    if step.kind in {"http", "graphql"} and not any(isinstance(one, Status) for one in step.assertions):
        broken += _no_success(view.answer)
    if step.kind == "graphql" and step.action.get("noErrors", True):
        broken += _errors(view)
    for assertion in step.assertions:
        broken += _judged(assertion, view)
    return broken


def _judged(assertion: Assertion, view: View) -> Iterator[Broken]:
    answer, values = view.answer, view.values
    match assertion:
        case Status(codes):
            if answer.status not in codes:
                wanted = " or ".join(map(str, codes))
                yield Broken("StatusMismatch", f"expected status {wanted}, found {_status(answer)}")
        case Latency(below, degraded):
            if answer.seconds >= below:
                told = f"expected an answer within {times.told(below)}, it took {times.told(answer.seconds)}"
                yield Broken("TooSlow", told, degraded)
        case InJson():
            yield from _in_json(assertion.path, assertion.comparison.replaced(values), view)
        case InHeader(name, comparison):
            wanted_header, found = comparison.replaced(values), answer.headers.get(name, NOTHING)
            if not wanted_header.holds(found):
                yield Broken("HeaderMismatch", wanted_header.broken(f"header {name}", found, view.tell))
        case InBody():
            yield from _in_body(assertion.comparison.replaced(values), view)
        case Certificate(valid_for):
            yield from _certificate(valid_for, answer, view.now)
        case Answers(contains, at_least):
            yield from _answers(replaced(contains, values), at_least, answer)


def _no_success(answer: Answer) -> Iterator[Broken]:
    if answer.status is None or not 200 <= answer.status < 300:
        yield Broken("StatusMismatch", f"expected status 2xx, found {_status(answer)}")


def _status(answer: Answer) -> str:
    return "none" if answer.status is None else str(answer.status)


def _errors(view: View) -> Iterator[Broken]:
    """GraphQL tells errors with status 200."""
    try:
        document = view.content.json
    except (NoJson, TooLarge) as error:
        yield _unreadable(error)
        return
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(document, dict):
        yield Broken("NotGraphQL", f"expected an object with data, found {view.tell(document)}")
    elif errors:
        first = errors[0] if isinstance(errors, list) else errors
        told = first.get("message", first) if isinstance(first, dict) else first
        yield Broken("GraphQLErrors", f"expected no errors, found {view.tell(told)}")


def _in_json(path: JsonPath, wanted: Comparison, view: View) -> Iterator[Broken]:
    try:
        found = path.value(view.content.json)
    except (NoJson, TooLarge, NotSearchable) as error:
        yield _unreadable(error)
        return
    if not wanted.holds(found):
        yield Broken("JsonPathMismatch", wanted.broken(path.text, found, view.tell))


def _in_body(wanted: Comparison, view: View) -> Iterator[Broken]:
    """What must be contained may be in the part that was read; the rest is about the whole."""
    if wanted.operator == "contains" and wanted.holds(view.content.beginning):
        return
    try:
        if not wanted.holds(view.content.whole):
            yield Broken("BodyMismatch", wanted.broken("the body", view.content.whole, view.tell))
    except TooLarge as error:
        yield _unreadable(error)


def _unreadable(error: FirelineError) -> Broken:
    reason = {NoJson: "NotJson", TooLarge: "TooLarge", NotSearchable: "NotSearchable"}[type(error)]
    return Broken(reason, str(error))


def _certificate(valid_for: float, answer: Answer, now: datetime) -> Iterator[Broken]:
    wanted = f"expected a certificate that is valid for {times.told(valid_for)}"
    if answer.certificate is None:
        yield Broken("NoCertificate", f"{wanted}, the connection was without TLS")
        return
    left = (answer.certificate.not_after - now).total_seconds()
    if left < valid_for:
        end = answer.certificate.not_after.strftime("%Y-%m-%d %H:%M UTC")
        yield Broken("CertificateExpires", f"{wanted}, it {'expired' if left < 0 else 'expires'} on {end}")


def _answers(contains: str, at_least: int, answer: Answer) -> Iterator[Broken]:
    found = ", ".join(answer.records[:_MANY]) + (", …" if len(answer.records) > _MANY else "")
    if len(answer.records) < at_least:
        seen = f"{len(answer.records)}: {found}" if found else "none"
        yield Broken("AnswersMismatch", f"expected at least {at_least} answers, found {seen}")
    elif contains and not any(_is_among(contains, record) for record in answer.records):
        yield Broken("AnswersMismatch", f"expected {contains} among the answers, found {found}")


def _is_among(wanted: str, record: str) -> bool:
    """The whole record, or one of its fields (``10 mail.example.``); in texts any part.

    Not any part of an address: ``10.0.0.1`` is not answered by ``10.0.0.10``.
    """
    if record.startswith('"'):
        return wanted in record
    name = _name(wanted)
    return name == _name(record) or name in map(_name, record.split())


def _name(text: str) -> str:
    return text.lower().rstrip(".")
