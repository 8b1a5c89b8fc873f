"""A journey is read from plain JSON, and what is wrong with it is told with its place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.engine.recorded import a_journey, a_step

from fireline.api.synthetic_check import SyntheticCheck
from fireline.api.synthetic_step import ACTIONS
from fireline.settings import CheckSettings, MitigationSettings
from fireline.synthetic.engine.asking import first_line, request_of
from fireline.synthetic.engine.assertions import InJson, Latency, Status
from fireline.synthetic.engine.journey import KINDS, REFUSED, Journey, Retries, Variable, environment_name
from fireline.synthetic.engine.wire.requests import (
    BasicAuth,
    DnsRequest,
    FormBody,
    GraphqlRequest,
    GrpcHealthRequest,
    HttpRequest,
    JsonBody,
    TcpRequest,
    TextBody,
    TlsOptions,
    TlsRequest,
)
from fireline.synthetic.fields import Malformed
from fireline.synthetic.journey import journey

EXAMPLES = sorted((Path(__file__).parents[4] / "examples").rglob("*.yaml"))


def test_out_of_reach_is_the_same_for_the_settings_and_for_a_journey_that_does_not_say():
    assert CheckSettings().refuse == MitigationSettings().webhook_refuse == REFUSED


def test_what_is_not_said_has_defaults():
    journey = Journey.of({"steps": [{"name": "a", "http": {"url": "http://a"}}]})
    assert (journey.timeout, journey.cleanup_timeout, journey.refuse) == (20.0, 10.0, REFUSED)
    assert (journey.variables, journey.cleanup, journey.sweep) == ((), (), ())
    assert journey.steps[0].retries == Retries(0, 1.0)
    assert journey.steps[0].timeout is None


def test_everything_that_can_be_said_is_read():
    journey = Journey.of(
        {
            "check": "shop",
            "namespace": "team-a",
            "location": "eu-1",
            "timeout": "1m",
            "cleanupTimeout": "5s",
            "refuse": ["10.0.0.0/8"],
            "retries": {"count": 1, "backoff": "2s"},
            "variables": [
                {"name": "base", "value": "http://a"},
                {"name": "apiToken", "secretKeyRef": {"name": "probe", "key": "token"}},
                {"name": "key", "env": "FIRELINE_VAR_OTHER"},
            ],
            "steps": [
                {
                    "name": "a",
                    "timeout": "800ms",
                    "retries": {"count": 3},
                    "http": {"url": "${base}"},
                    "assert": [
                        {"status": [200, 201]},
                        {"latency": {"below": "1s500ms", "otherwise": "Degraded"}},
                        {"jsonPath": "$.a", "exists": True},
                    ],
                    "capture": [{"variable": "v", "header": "X-A", "sensitive": True, "optional": True}],
                },
                {"name": "b", "tcp": {"address": "a:1"}},
            ],
        }
    )
    first, second = journey.steps
    assert (journey.check, journey.namespace, journey.location) == ("shop", "team-a", "eu-1")
    assert (journey.timeout, journey.cleanup_timeout, journey.refuse) == (60, 5, ("10.0.0.0/8",))
    assert journey.variables == (
        Variable("base", "FIRELINE_VAR_BASE", "http://a"),
        Variable("apiToken", "FIRELINE_VAR_APITOKEN"),
        Variable("key", "FIRELINE_VAR_OTHER"),
    )
    assert (first.timeout, first.retries) == (0.8, Retries(3, 1.0))
    assert first.assertions[:2] == (Status((200, 201)), Latency(1.5, degraded=True))
    assert isinstance(first.assertions[2], InJson)
    assert (first.captures[0].sensitive, first.captures[0].optional) == (True, True)
    assert second.retries == Retries(1, 2.0)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([], "steps: found none; allowed: at least one step"),
        ("no", "steps: found no; allowed: a list"),
        ([1], "steps[0]: found 1; allowed: an object"),
        ([{"http": {"url": "x"}}], "steps[0].name: missing; allowed: a step's name, like login"),
        ([{"name": "a"}], "steps[0]: found none; allowed: exactly one of http, graphql, tcp, dns"),
        (
            [{"name": "a", "http": {"url": "x"}, "tcp": {"address": "y:1"}}],
            "steps[0]: found http, tcp; allowed",
        ),
        ([{"name": "a", "http": {}}], "steps[0].http.url: found nothing; allowed: a text"),
        ([{"name": "a", "graphql": {"url": "x"}}], "steps[0].graphql.query: found nothing; allowed: a text"),
        ([a_step(timeout="soon")], "steps[0].timeout: found soon; allowed: a duration like 5s or 800ms"),
        ([a_step(retries={"count": -1})], "steps[0].retries.count: found -1; allowed: a whole number"),
        (
            [a_step(**{"assert": [{}]})],
            "steps[0].assert[0]: found none; allowed: exactly one of status, latency",
        ),
        (
            [a_step(**{"assert": [{"status": 200}]})],
            "steps[0].assert[0].status: found 200; allowed: a list of codes, like [200, 201]",
        ),
        (
            [a_step(**{"assert": [{"jsonPath": "$.a"}]})],
            "steps[0].assert[0]: found none; allowed: exactly one of exists, equals, matches, contains",
        ),
        (
            [a_step(**{"assert": [{"jsonPath": "$.[", "exists": True}]})],
            "steps[0].assert[0].jsonPath: found $.[; ",
        ),
        (
            [a_step(**{"assert": [{"body": {"matches": "("}}]})],
            "steps[0].assert[0].body.matches: found (; missing ): (",
        ),
        (
            [a_step(**{"assert": [{"body": {"matches": "(?=a)"}}]})],
            "steps[0].assert[0].body.matches: found (?=a); invalid perl operator: (?=",
        ),
        (
            [a_step(capture=[{"variable": "a"}])],
            "steps[0].capture[0]: found none; allowed: exactly one of jsonPath, header, body, cookie",
        ),
        (
            [a_step(capture=[{"variable": "a", "body": "id"}])],
            "steps[0].capture[0].body: found 0 groups; allowed: one group in parentheses, like id=([0-9]+)",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(steps, said):
    with pytest.raises(Malformed) as refused:
        Journey.of({"steps": steps})
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("refuse", ["all", ["nowhere"], [1.5], 7])
def test_a_network_that_is_none_is_refused(refuse):
    with pytest.raises(Malformed, match=r"refuse: found .*; allowed: a list of networks"):
        Journey.of({"steps": [a_step()], "refuse": refuse})


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "name",
                        "http",
                        "url",
                        "assert",
                        "capture",
                        "status",
                        "jsonPath",
                        "body",
                        "retries",
                        "tls",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_whatever_the_document_is_reading_it_raises_nothing_else(anything):
    for said in ({"steps": anything}, {"steps": [anything]}, {"steps": [a_step()], "variables": anything}):
        try:
            Journey.of(said)
        except Malformed:
            continue


@pytest.mark.parametrize(
    ("variable", "name"),
    [("token", "FIRELINE_VAR_TOKEN"), ("apiToken", "FIRELINE_VAR_APITOKEN"), ("a_b", "FIRELINE_VAR_A_B")],
)
def test_secrets_are_in_the_environment_by_name(variable, name):
    assert environment_name(variable) == name


VALUES = {"base": "http://a", "v": "1", "pw": "s3cr3t"}


@pytest.mark.parametrize(
    ("action", "request_", "line"),
    [
        (
            {
                "http": {
                    "method": "POST",
                    "url": "${base}/x",
                    "headers": {"X-${v}": "${v}"},
                    "query": {"q": "a ${v}"},
                    "json": {"k": ["${v}", 2, None]},
                    "basicAuth": {"username": "u${v}", "password": "${pw}"},
                    "followRedirects": True,
                    "tls": {"serverName": "a.${v}", "insecureSkipVerify": True, "ca": "${pw}"},
                    "ipFamily": "IPv6",
                }
            },
            HttpRequest(
                url="http://a/x",
                method="POST",
                headers={"X-${v}": "1"},
                query={"q": "a 1"},
                body=JsonBody({"k": ["1", 2, None]}),
                basic_auth=BasicAuth("u1", "s3cr3t"),
                follow_redirects=True,
                tls=TlsOptions("a.1", insecure_skip_verify=True, ca="s3cr3t"),
                ip_family="IPv6",
            ),
            "POST http://a/x?q=a+1",
        ),
        ({"http": {"url": "http://a?x=1", "query": {"q": "2"}}}, None, "GET http://a?x=1&q=2"),
        (
            {"http": {"url": "http://a", "body": "$${v} ${v}"}},
            HttpRequest("http://a", body=TextBody("${v} 1")),
            "GET http://a",
        ),
        (
            {"http": {"url": "http://a", "form": {"f": "${v}"}}},
            HttpRequest("http://a", body=FormBody({"f": "1"})),
            "GET http://a",
        ),
        (
            {
                "graphql": {
                    "url": "${base}/g",
                    "query": "query Me($id: ID!) { me }",
                    "variables": {"id": "${v}"},
                    "operationName": "Me",
                }
            },
            GraphqlRequest("http://a/g", "query Me($id: ID!) { me }", {"id": "1"}, "Me"),
            "POST http://a/g (operation Me)",
        ),
        (
            {"tcp": {"address": "db:${v}", "send": "PING ${v}", "expect": "^PO${v}$"}},
            TcpRequest("db:1", "PING 1", "^PO${v}$"),
            "TCP db:1",
        ),
        (
            {"dns": {"name": "a.${v}", "type": "MX", "server": "10.0.0.${v}:53"}},
            DnsRequest("a.1", "MX", "10.0.0.1:53"),
            "DNS MX a.1 @10.0.0.1:53",
        ),
        ({"grpcHealth": {"address": "a:1"}}, GrpcHealthRequest("a:1"), "gRPC health at a:1"),
        (
            {"grpcHealth": {"address": "a:1", "service": "s.${v}", "tls": {}}},
            GrpcHealthRequest("a:1", "s.1", TlsOptions()),
            "gRPC health of s.1 at a:1",
        ),
        (
            {
                "tls": {
                    "address": "a:443",
                    "serverName": "b",
                    "insecureSkipVerify": True,
                    "ca": "${pw}",
                    "ipFamily": "IPv4",
                }
            },
            TlsRequest("a:443", TlsOptions("b", insecure_skip_verify=True, ca="s3cr3t"), "IPv4"),
            "TLS a:443 as b",
        ),
    ],
)
def test_a_step_becomes_a_request(action, request_, line):
    step = a_journey({"name": "a", **action}).steps[0]
    request = request_of(step, VALUES)
    assert request_ is None or request == request_
    assert first_line(request) == line


def test_a_password_is_not_in_what_is_printed_of_a_request():
    step = a_journey(
        a_step(http={"url": "http://a", "basicAuth": {"username": "u", "password": "${pw}"}})
    ).steps[0]
    assert "s3cr3t" not in repr(request_of(step, VALUES))


def test_the_engine_knows_every_kind_of_step_that_the_schema_knows():
    assert KINDS == ACTIONS


def asked(step):
    """Everything of a step, its request with names for values."""
    request = request_of(step, {name: name for name in step.names()})
    return request, replace(step, action={})


@pytest.mark.parametrize("refuse", [[], ["10.0.0.0/8"]])
def test_the_operator_hands_on_every_example_as_it_is_written(refuse):
    """Null included, and that nothing is refused."""
    found = [
        manifest
        for path in EXAMPLES
        for manifest in yaml.safe_load_all(path.read_text())
        if manifest and manifest.get("kind") == "SyntheticCheck" and "steps" in manifest["spec"]
    ]
    assert found
    for manifest in found:
        spec, name = manifest["spec"], manifest["metadata"]["name"]
        handed = journey(SyntheticCheck.of(manifest).spec, namespace="shop", name=name, refuse=refuse)
        given = Journey.of({**spec, "check": name, "namespace": "shop", "refuse": refuse})
        read = Journey.of(json.loads(json.dumps(handed)))
        for part in ("steps", "cleanup", "sweep"):
            assert [asked(one) for one in getattr(read, part)] == [asked(one) for one in getattr(given, part)]
        assert (read.refuse, read.check, read.location) == (tuple(refuse), name, given.location)
        assert (read.timeout, read.cleanup_timeout) == (given.timeout, given.cleanup_timeout)
        assert [one.name for one in read.variables] == [one.name for one in given.variables]
