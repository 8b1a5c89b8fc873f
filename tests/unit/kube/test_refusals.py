"""The API server's refusals as errors, with words a person can act on."""

from __future__ import annotations

import json

import pytest

from fireline.api.resources import PROMETHEUS_RULE, SLO
from fireline.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServerUnavailable,
    TooManyRequests,
)
from fireline.kube.problems import namespace_is_going, problem_of
from fireline.kube.refusals import refusal


def refused(code: int, *, verb: str = "apply", headers: dict[str, str] | None = None, **details: object):
    body = {"kind": "Status", "reason": "Why", "message": "the server's words", "details": details}
    return refusal(code, headers or {}, json.dumps(body).encode(), verb=verb, resource=PROMETHEUS_RULE)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, Invalid),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (422, Invalid),
        (429, TooManyRequests),
        (500, ServerUnavailable),
        (503, ServerUnavailable),
        (410, ApiError),
    ],
)
def test_each_code_becomes_its_error_and_keeps_the_servers_words(code: int, kind: type[ApiError]):
    error = refused(code)
    assert type(error) is kind
    assert "the server's words" in str(error)
    assert error.status == code


def test_a_missing_right_names_verb_and_resource_as_an_rbac_rule_would():
    assert "patch on prometheusrules.monitoring.coreos.com is forbidden" in str(refused(403))
    status = refusal(403, {}, b"{}", verb="patch_status", resource=SLO)
    assert "patch on servicelevelobjectives/status.fireline.dev is forbidden" in str(status)


def test_retry_after_is_read_from_the_header_or_the_body_or_assumed():
    assert _retry_after(refused(429, headers={"Retry-After": "7"})) == 7
    assert _retry_after(refused(429, retryAfterSeconds=3)) == 3
    assert _retry_after(refused(429)) == 1
    assert _retry_after(refused(429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})) == 1


def test_a_terminating_namespace_is_no_missing_right():
    error = refused(403, causes=[{"reason": "NamespaceTerminating"}])
    assert namespace_is_going(error)
    assert problem_of(error, PROMETHEUS_RULE) is None


def test_a_vanished_namespace_ends_the_work_too():
    error = refused(404, kind="namespaces")
    assert namespace_is_going(error)
    assert problem_of(error, PROMETHEUS_RULE) is None


def test_a_type_that_is_not_served_is_told_with_how_to_get_it():
    error = refusal(404, {}, b"404 page not found\n", verb="apply", resource=PROMETHEUS_RULE)
    problem = problem_of(error, PROMETHEUS_RULE)
    assert problem is not None
    assert problem.reason == "MissingCRD"
    assert "prometheusrules.monitoring.coreos.com" in problem.message
    assert "install prometheus-operator" in problem.message


def test_a_refused_object_is_a_permanent_problem():
    problem = problem_of(refused(422), PROMETHEUS_RULE)
    assert problem is not None
    assert problem.permanent
    assert "the server's words" in problem.message


def test_what_passes_by_itself_is_no_problem_to_tell():
    for code in (409, 429, 500, 503):
        assert problem_of(refused(code), PROMETHEUS_RULE) is None


def _retry_after(error: ApiError) -> float:
    assert isinstance(error, TooManyRequests)
    return error.retry_after
