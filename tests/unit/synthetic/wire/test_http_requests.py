"""What an HTTP or GraphQL step sends, and what of the answer it gives back."""

from __future__ import annotations

import json

import pytest
from tests.unit.synthetic.wire.servers import OPEN, answer, failure, fetch, run, soon
from tests.unit.synthetic.wire.shop import Asked, site

from fireline.synthetic.engine.wire import http as wire_http
from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.requests import (
    BasicAuth,
    FormBody,
    GraphqlRequest,
    HttpRequest,
    JsonBody,
    TextBody,
)


def sent(path="/", **request) -> Asked:
    """The one request a step makes."""

    async def scenario():
        async with site() as shop:
            await fetch(shop.url(path), **request)
            (asked,) = shop.asked
            return asked

    return run(scenario())


def test_a_get_says_who_asks():
    asked = sent("/health?a=1")

    assert (asked.method, asked.target, asked.body) == ("GET", "/health?a=1", b"")
    assert asked.headers["accept"] == "*/*"
    assert asked.headers["accept-encoding"] == "gzip, deflate"
    assert asked.headers["user-agent"].startswith("fireline/")
    assert "authorization" not in asked.headers
    assert "content-type" not in asked.headers


@pytest.mark.parametrize(
    ("body", "kind", "content"),
    [
        (
            JsonBody({"name": "Zoë", "n": [1, None]}),
            "application/json",
            '{"name":"Zoë","n":[1,null]}'.encode(),
        ),
        (JsonBody(None), "application/json", b"null"),
        (TextBody("Grüße"), None, "Grüße".encode()),
        (TextBody(""), None, b""),
        (FormBody({"a b": "1&2", "ü": "x"}), "application/x-www-form-urlencoded", b"a+b=1%262&%C3%BC=x"),
    ],
)
def test_a_body_is_sent_in_its_form(body, kind, content):
    asked = sent(method="POST", body=body)

    assert (asked.headers.get("content-type"), asked.body) == (kind, content)
    assert asked.headers["content-length"] == str(len(content))


def test_a_header_of_the_step_goes_before_ours():
    headers = {"content-type": "application/ld+json", "User-Agent": "me", "Host": "shop.example"}
    asked = sent(method="PUT", body=JsonBody({}), headers=headers)

    assert asked.headers["content-type"] == "application/ld+json"
    assert asked.headers["user-agent"] == "me"
    assert asked.headers["host"] == "shop.example"


def test_a_header_may_hold_what_is_not_ascii():
    assert sent(headers={"X-Name": "Zoë"}).headers["x-name"].encode("latin-1").decode() == "Zoë"


def test_how_a_message_travels_is_not_for_a_step_to_say():
    asked = sent(
        method="POST",
        body=TextBody("whole"),
        headers={"Content-Length": "2", "Transfer-Encoding": "chunked", "Connection": "upgrade"},
    )

    assert asked.body == b"whole"
    assert "transfer-encoding" not in asked.headers
    assert "connection" not in asked.headers


def test_a_query_is_added_to_that_of_the_url():
    assert sent("/search?page=2", query={"q": "a b&c"}).target == "/search?page=2&q=a+b%26c"


def test_a_fragment_is_not_sent():
    assert sent("/a?b=c#d").target == "/a?b=c"


@pytest.mark.parametrize(
    ("userinfo", "request_", "header"),
    [
        ("", {"basic_auth": BasicAuth("user", "p:wörd")}, "Basic dXNlcjpwOnfDtnJk"),
        ("user:p%3Aw%C3%B6rd@", {}, "Basic dXNlcjpwOnfDtnJk"),
        ("other:one@", {"basic_auth": BasicAuth("user", "p:wörd")}, "Basic dXNlcjpwOnfDtnJk"),
        ("user:one@", {"headers": {"authorization": "Bearer abc"}}, "Bearer abc"),
    ],
)
def test_credentials_are_sent_as_a_header(userinfo, request_, header):
    async def scenario():
        async with site() as shop:
            await fetch(f"http://{userinfo}127.0.0.1:{shop.port}/", **request_)
            return shop.asked

    (asked,) = run(scenario())
    assert asked.headers["authorization"] == header
    assert asked.headers["host"].startswith("127.0.0.1:")


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert sent("/direct").target == "/direct"


def test_an_answer_tells_everything_a_step_asserts():
    async def scenario():
        async with site(lambda _: answer(201, "made", x_one="1", X_Two="2", x_ONE="3")) as shop:
            return await fetch(shop.url()), shop.port

    got, port = run(scenario())

    assert (got.status, got.body, got.truncated) == (201, b"made", False)
    assert {name: got.headers[name] for name in ("x-one", "x-two")} == {"x-one": "1, 3", "x-two": "2"}
    assert got.address == f"127.0.0.1:{port}"
    assert got.certificate is None
    assert got.seconds > 0
    assert got.denial is None


@pytest.mark.parametrize("status", [204, 304, 404, 500, 503, 599])
def test_no_status_is_an_error(status):
    async def scenario():
        async with site(lambda _: f"HTTP/1.1 {status} X\r\n\r\n".encode()) as shop:
            return await fetch(shop.url())

    assert run(scenario()).status == status


def test_a_head_has_no_body():
    async def scenario():
        async with site(lambda _: b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n") as shop:
            return await fetch(shop.url(), method="HEAD")

    assert run(scenario()).body == b""


def test_cookies_are_kept_from_step_to_step():
    def answering(asked):
        if asked.target == "/login":
            return answer(200, set_cookie="session=abc; Path=/; HttpOnly", Set_Cookie="theme=dark; Path=/x")
        return answer(200, set_cookie="session=; Max-Age=0; Path=/") if asked.target == "/out" else answer()

    async def scenario():
        cookies = Cookies()
        async with site(answering) as shop:
            login = await fetch(shop.url("/login"), cookies=cookies)
            for path in ("/a", "/x/b", "/out", "/c"):
                await fetch(shop.url(path), cookies=cookies)
            await fetch(shop.url("/other-run"))
            return login, [asked.headers.get("cookie") for asked in shop.asked]

    login, carried = run(scenario())
    assert login.set_cookies == {"session": "abc", "theme": "dark"}
    assert carried == [None, "session=abc", "theme=dark; session=abc", "session=abc", None, None]


def test_a_cookie_for_another_host_is_not_kept():
    async def scenario():
        cookies = Cookies()
        async with site(lambda _: answer(200, set_cookie="a=b; Domain=example.com")) as shop:
            got = await fetch(shop.url(), cookies=cookies)
            return got.set_cookies, list(cookies.jar)

    assert run(scenario()) == ({}, [])


def test_a_graphql_step_posts_its_operation():
    request = {"variables": {"id": 1}, "operation_name": "One", "headers": {"X-Trace": "1"}}

    async def scenario():
        async with site(lambda _: answer(200, '{"data":{}}')) as shop:
            asked = GraphqlRequest(shop.url("/graphql"), "query One { a }", **request)
            got = await wire_http.graphql(asked, guard=OPEN, deadline=soon(), cookies=Cookies())
            return got, shop.asked

    got, (asked,) = run(scenario())
    assert got.body == b'{"data":{}}'
    assert (asked.method, asked.target) == ("POST", "/graphql")
    assert json.loads(asked.body) == {
        "query": "query One { a }",
        "variables": {"id": 1},
        "operationName": "One",
    }
    assert asked.headers["content-type"] == "application/json"
    assert "application/graphql-response+json" in asked.headers["accept"]
    assert asked.headers["x-trace"] == "1"


def test_a_graphql_step_leaves_out_what_it_does_not_say():
    async def scenario():
        async with site() as shop:
            asked = GraphqlRequest(shop.url(), "{ a }")
            await wire_http.graphql(asked, guard=OPEN, deadline=soon(), cookies=Cookies())
            return shop.asked

    (asked,) = run(scenario())
    assert json.loads(asked.body) == {"query": "{ a }"}


CANARY = "c4n4ry"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (HttpRequest(f"ftp://u:{CANARY}@host/"), "the url is not of the form http://host/path"),
        (HttpRequest(f"http://u:{CANARY}:x@/"), "the url is not of the form"),
        (HttpRequest(f"http://host:{CANARY}/"), "the url is not of the form"),
        (HttpRequest("http://host:99999/"), "the url is not of the form"),
        (HttpRequest(""), "the url is not of the form"),
        (HttpRequest("http://"), "the url is not of the form"),
        (HttpRequest("/path"), "the url is not of the form"),
        (HttpRequest("http://host/\n"), None),
        (HttpRequest("http://h", method="GET /\r\nX: y"), "is no method for a request"),
        (HttpRequest("http://h", method="CONNECT"), "'CONNECT' is no method for a request"),
        (
            HttpRequest("http://h", headers={"X-A": f"{CANARY}\r\nX-B: c"}),
            "the value of header X-A holds",
        ),
        (HttpRequest("http://h", headers={"X-A": f"{CANARY}\0"}), "the value of header X-A holds"),
        (HttpRequest("http://h", headers={"X A": CANARY}), "'X A' is no name for a header"),
        (HttpRequest("http://h", headers={"": CANARY}), "'' is no name for a header"),
        (
            HttpRequest("http://h", body=JsonBody({CANARY: float("nan")})),
            "json holds a value",
        ),
        (HttpRequest("http://h", body=JsonBody({CANARY})), "json holds a value"),
    ],
)
def test_what_makes_no_request_is_refused_in_words_without_its_values(request_, told):
    async def scenario():
        call = wire_http.http(request_, guard=OPEN, deadline=soon(0.2), cookies=Cookies())
        return await failure(call)

    error = run(scenario())
    if told is not None:
        assert error.reason == "InvalidRequest"
        assert told in str(error)
    assert CANARY not in str(error)


def test_an_error_names_no_credential_and_no_query():
    url = f"http://user:{CANARY}@127.0.0.1:1/path?token={CANARY}#{CANARY}"

    error = run(failure(fetch(url, headers={"X-Token": CANARY}, basic_auth=BasicAuth("u", CANARY))))

    assert error.reason == "Connect"
    assert str(error) == ("GET http://127.0.0.1:1/path: no connection to 127.0.0.1:1: connection refused")
    assert CANARY not in repr(BasicAuth("u", CANARY))
