"""One attempt of a step: variables in, ask, take along, judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fireline.synthetic.engine import evidence
from fireline.synthetic.engine.answer import Answer, TargetError
from fireline.synthetic.engine.asking import Request, first_line, request_of
from fireline.synthetic.engine.captures import Capture
from fireline.synthetic.engine.clock import Clock
from fireline.synthetic.engine.content import Content, NoJson, TooLarge
from fireline.synthetic.engine.journey import Step
from fireline.synthetic.engine.judging import Broken, View, judge
from fireline.synthetic.engine.paths import NotSearchable
from fireline.synthetic.engine.redaction import MARK, Redactor
from fireline.synthetic.engine.variables import Scope
from fireline.synthetic.engine.wire.requests import GraphqlRequest, HttpRequest
from fireline.synthetic.engine.wiring import Wire
from fireline.synthetic.result import StepOutcome
from fireline.synthetic.template import UndefinedVariable

HOPELESS = frozenset({"UndefinedVariable", "InvalidRequest", "AddressRefused", "RedirectRefused"})
"""Reasons that another attempt does not change."""

_SHOWN_BYTES = 80
_NOT_THE_ANSWER = frozenset({"StatusMismatch"})


@dataclass(frozen=True, slots=True)
class Session:
    """What the attempts of one phase share."""

    wire: Wire
    clock: Clock
    scope: Scope
    redactor: Redactor


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt ended. Texts are redacted."""

    outcome: StepOutcome
    reason: str = ""
    message: str = ""
    evidence: str = ""
    degraded: bool = False
    content: Content | None = None
    certificate: datetime | None = None
    captured: tuple[tuple[str, str], ...] = ()
    """Names of variables and their values as they may be shown."""

    @property
    def hopeless(self) -> bool:
        """Whether another attempt would end in the same way."""
        return self.reason in HOPELESS


async def attempt(step: Step, session: Session, *, deadline: float, again: bool) -> Attempt:
    """Carry a step out once. Raises nothing but cancellation and faults of our own."""
    redactor = session.redactor
    try:
        request = request_of(step, session.scope.values)
        _learn(request, redactor)
        answer = await session.wire.ask(request, deadline=deadline)
    except UndefinedVariable as error:
        return _undefined(error, session.scope)
    except TargetError as error:
        return Attempt(
            "error",
            error.reason,
            redactor.redact(str(error)),
            evidence.of_error(first_line(request), error, redactor),
            certificate=error.certificate.not_after if error.certificate else None,
        )
    redactor.add_cookies(answer.set_cookies.values())
    return _looked_at(step, request, answer, session, again=again)


def _undefined(error: UndefinedVariable, scope: Scope) -> Attempt:
    """What an earlier answer did not have is the target's failure; a name nobody knows is the spec's."""
    if error.name in scope.capturable:
        return Attempt("failure", "UndefinedVariable", f"{error}: it was in no answer so far")
    return Attempt("infra", "UndefinedVariable", str(error))


def _learn(request: Request, redactor: Redactor) -> None:
    """Credentials that nobody declared."""
    if isinstance(request, (HttpRequest, GraphqlRequest)):
        redactor.add_url(request.url)
    if isinstance(request, HttpRequest) and request.basic_auth:
        redactor.add(request.basic_auth.password)


def _looked_at(step: Step, request: Request, answer: Answer, session: Session, *, again: bool) -> Attempt:
    content, redactor = Content(answer), session.redactor
    captured = {capture: _captured(capture, answer, content) for capture in step.captures}
    for capture, value in captured.items():
        if capture.sensitive and isinstance(value, str):
            redactor.add_captured(value)
    try:
        view = View(answer, content, session.scope.values, session.clock.now(), redactor.shown)
        broken = judge(step, view)
    except UndefinedVariable as error:
        return _undefined(error, session.scope)
    if answer.denial is None and not any(one.reason in _NOT_THE_ANSWER for one in broken):
        taken = {capture.variable: value for capture, value in captured.items() if isinstance(value, str)}
        session.scope.capture(taken, again=again)
    broken += [one for value in captured.values() for one in _missing(value)]
    ended = _ended(broken, request, answer, content, redactor)
    return replace(ended, captured=tuple(_shown(captured, redactor)))


def _shown(captured: Mapping[Capture, str | Broken | None], redactor: Redactor) -> Iterator[tuple[str, str]]:
    for capture, value in captured.items():
        if isinstance(value, str):
            line = " ".join(value.splitlines())
            shown = MARK if capture.sensitive else redactor.beginning(line, _SHOWN_BYTES)
            yield capture.variable, shown


def _captured(capture: Capture, answer: Answer, content: Content) -> str | Broken | None:
    """The value; or why there is none, unless that is allowed."""
    try:
        value = capture.value(answer, content)
    except (NoJson, TooLarge, NotSearchable) as error:
        why = str(error)
    else:
        why = "found nothing"
        if value is not None:
            return value
    if capture.optional:
        return None
    wanted = f"expected {capture.source} {capture.where} to capture as {capture.variable}"
    return Broken("CaptureNotFound", f"{wanted}, {why}")


def _missing(value: str | Broken | None) -> Iterator[Broken]:
    if isinstance(value, Broken):
        yield value


def _ended(
    broken: list[Broken], request: Request, answer: Answer, content: Content, redactor: Redactor
) -> Attempt:
    """The first thing that does not hold decides; what is only slow decides when nothing else does."""
    certificate = answer.certificate.not_after if answer.certificate else None
    if not broken:
        return Attempt("success", content=content, certificate=certificate)
    worst = next((one for one in broken if not one.degraded), broken[0])
    told = dict.fromkeys(one.message for one in (worst, *broken))
    return Attempt(
        "success" if worst.degraded else "failure",
        worst.reason,
        redactor.redact(worst.message),
        evidence.of_answer(first_line(request), told, answer, content, redactor),
        degraded=worst.degraded,
        content=content,
        certificate=certificate,
    )
