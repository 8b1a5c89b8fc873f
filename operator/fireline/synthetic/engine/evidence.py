"""What somebody wants to see at 3 a.m. of a step that failed: what was asked, what was expected, what came.

At most a kilobyte, redacted, the most telling first, so that what is cut is the end of a body::

    POST https://api.example/login
    expected status 200, found 503
    answered 503 after 120ms by 192.0.2.10:443
    content-type: text/html
    retry-after: 30

    <html><h1>Service Unavailable</h1>…
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fireline.synthetic.engine import times
from fireline.synthetic.engine.answer import Answer, TargetError
from fireline.synthetic.engine.content import Content
from fireline.synthetic.engine.masking import SECRET_HEADERS, is_secret_name
from fireline.synthetic.engine.redaction import MARK, Redactor
from fireline.synthetic.result import EVIDENCE_BYTES

_HEADERS = (
    "content-type",
    "content-length",
    "location",
    "retry-after",
    "server",
    "via",
    "www-authenticate",
    "x-cache",
    "x-request-id",
    "x-correlation-id",
    "traceparent",
    "cf-ray",
    "x-amzn-trace-id",
    "x-envoy-upstream-service-time",
)
"""Which server, proxy or cache spoke, and by what it can be found in their logs."""
_BODY_BYTES = 600
_HEADER_BYTES = 120
_LINE_BYTES = 300


def of_answer(
    asked: str, expected: Iterable[str], answer: Answer, content: Content, redactor: Redactor
) -> str:
    """Evidence of an answer that does not hold; ``expected`` are the sentences that say what does not."""
    lines = [_line(asked, redactor), *(_line(sentence, redactor) for sentence in expected)]
    lines += [_line(f"redirected to {url}", redactor) for url in answer.redirects]
    lines += [_answered(answer), *_headers(answer, redactor)]
    if answer.records:
        lines.append(_line("records: " + ", ".join(answer.records), redactor))
    body = redactor.beginning(content.beginning.strip(), _BODY_BYTES)
    return _fit("\n".join([*lines, "", body] if body else lines), redactor)


def of_error(asked: str, error: TargetError, redactor: Redactor) -> str:
    """Evidence of a target that gave no answer."""
    lines = [_line(asked, redactor), _line(str(error), redactor)]
    if error.address:
        lines.append(f"connected to {error.address}")
    if error.certificate:
        shown = error.certificate
        lines.append(_line(f"certificate of {shown.subject}, issued by {shown.issuer}", redactor))
        lines.append(f"valid until {shown.not_after:%Y-%m-%d %H:%M} UTC")
    return _fit("\n".join(lines), redactor)


def _answered(answer: Answer) -> str:
    status = "" if answer.status is None else f" {answer.status}"
    by = f" by {answer.address}" if answer.address else ""
    return f"answered{status} after {times.told(answer.seconds)}{by}"


def _headers(answer: Answer, redactor: Redactor) -> Iterator[str]:
    for name in _HEADERS:
        if name in answer.headers:
            value = answer.headers[name]
            shown = MARK if is_secret(name) else redactor.beginning(value, _HEADER_BYTES)
            yield f"{name}: {shown}"


def is_secret(header: str) -> bool:
    """Whether a header's value is never shown."""
    return header in SECRET_HEADERS or is_secret_name(header)


def _line(text: str, redactor: Redactor) -> str:
    return redactor.beginning(text.replace("\n", " "), _LINE_BYTES)


def _fit(text: str, redactor: Redactor) -> str:
    return redactor.beginning(text, EVIDENCE_BYTES)
