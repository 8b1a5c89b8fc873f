"""Redirects: never unasked, never to where a check may not go, and without credentials of another origin."""

from __future__ import annotations

import pytest
from tests.unit.synthetic.wire.servers import answer, failure, fetch, resolving, run, server_side
from tests.unit.synthetic.wire.shop import moved, site

from fireline.synthetic.engine.wire.cookies import Cookies
from fireline.synthetic.engine.wire.guard import Guard
from fireline.synthetic.engine.wire.requests import BasicAuth, JsonBody, TlsOptions

METADATA = Guard.of(["169.254.0.0/16", "fd00:ec2::254/128"])


def going_to(where, status=302, **headers):
    """A shop whose `/` redirects, and which answers everything else."""
    return lambda asked: moved(where, status, **headers) if asked.target == "/" else answer(200, "there")


async def followed(answering, *, path="/", guard=METADATA, **request):
    async with site(answering) as shop:
        got = await fetch(shop.url(path), guard=guard, follow_redirects=True, **request)
        return got, shop


def test_a_redirect_is_an_answer_like_any_other():
    async def scenario():
        async with site(going_to("/there")) as shop:
            return await fetch(shop.url()), len(shop.asked)

    got, count = run(scenario())
    assert (got.status, got.body, got.redirects, count) == (302, b"moved", (), 1)
    assert got.headers["location"] == "/there"


def test_a_redirect_is_followed_when_the_step_says_so():
    got, shop = run(followed(going_to("/there?token=1#part")))

    assert (got.status, got.body) == (200, b"there")
    assert got.redirects == (shop.url("/there"),)
    assert [asked.target for asked in shop.asked] == ["/", "/there?token=1"]


@pytest.mark.parametrize(
    ("status", "method", "becomes", "body"),
    [
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "POST", "GET", b""),
        (303, "PUT", "GET", b""),
        (303, "HEAD", "HEAD", b""),
        (301, "PUT", "PUT", b"[1]"),
        (307, "POST", "POST", b"[1]"),
        (308, "PATCH", "PATCH", b"[1]"),
    ],
)
def test_method_and_body_change_as_browsers_do_it(status, method, becomes, body):
    sent = None if method == "HEAD" else JsonBody([1])
    _, shop = run(followed(going_to("/there", status), method=method, body=sent))

    again = shop.asked[1]
    assert (again.method, again.body) == (becomes, body)
    assert ("content-type" in again.headers) == bool(body)


@pytest.mark.parametrize("status", [300, 304, 200, 201])
def test_a_location_alone_is_no_redirect(status):
    got, shop = run(
        followed(lambda _: f"HTTP/1.1 {status} X\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n".encode())
    )

    assert (got.status, len(shop.asked)) == (status, 1)


def test_a_redirect_without_a_location_is_the_answer():
    got, _ = run(followed(lambda _: answer(302)))

    assert got.status == 302


def test_ten_redirects_are_followed_and_no_more():
    def answering(asked):
        count = int(asked.target.strip("/"))
        return moved(f"/{count - 1}") if count else answer()

    got, _ = run(followed(answering, path="/10"))
    assert len(got.redirects) == 10

    error = run(failure(followed(answering, path="/11")))
    assert error.reason == "TooManyRedirects"


def test_a_circle_of_redirects_ends():
    error = run(failure(followed(lambda asked: moved("/b" if asked.target == "/a" else "/a"), path="/a")))

    assert error.reason == "TooManyRedirects"
    assert "more than 10" in str(error)


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9.0376.43518/",
        "http://0xA9FEA9FE/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[::a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://[fd00:ec2::254]/",
        "//169.254.169.254/",
        "http://user@169.254.169.254/",
    ],
)
def test_a_redirect_to_a_refused_address_is_refused_however_it_is_spelled(where):
    error = run(failure(followed(going_to(where))))

    assert error.reason == "AddressRefused"


def test_a_redirect_to_a_name_of_a_refused_address_is_refused():
    guard = Guard.of(["169.254.0.0/16"], resolver=resolving(metadata_example="169.254.169.254"))

    error = run(failure(followed(going_to("http://metadata.example/"), guard=guard)))

    assert error.reason == "AddressRefused"
    assert "metadata.example is 169.254.169.254, which is in 169.254.0.0/16" in str(error)


@pytest.mark.parametrize(
    "where",
    ["file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "unix:/x", "http://0251.0376.0251.0376/"],
)
def test_a_redirect_to_what_is_no_http_is_refused(where):
    assert run(failure(followed(going_to(where)))).reason == "RedirectRefused"


def test_a_redirect_from_https_to_http_is_refused(good, ca):
    async def scenario():
        async with site() as plain, site(going_to(plain.url()), tls=server_side(good)) as secure:
            got = failure(fetch(secure.url("/", "https"), follow_redirects=True, tls=TlsOptions(ca=ca)))
            return await got, plain.asked

    error, asked = run(scenario())
    assert error.reason == "RedirectRefused"
    assert "from https to http" in str(error)
    assert asked == []


SECRETS = {
    "Authorization": "Bearer s3cret",
    "Cookie": "id=s3cret",
    "X-Api-Key": "s3cret",
    "Accept": "text/html",
}


@pytest.mark.parametrize("auth", [{}, {"basic_auth": BasicAuth("u", "s3cret")}])
def test_another_origin_gets_no_credential(auth):
    async def scenario():
        async with site() as other, site(going_to(other.url("/x"), 302)) as shop:
            await fetch(shop.url(), follow_redirects=True, headers=SECRETS, **auth)
            return shop.asked, other.asked

    (mine,), (abroad,) = run(scenario())
    assert mine.headers["x-api-key"] == "s3cret"
    assert "s3cret" not in str(abroad.headers)
    assert abroad.headers["accept"] == "text/html"
    assert {"host", "accept", "accept-encoding", "user-agent"} == set(abroad.headers)


def test_the_same_origin_gets_them_again():
    _, shop = run(followed(going_to("/there"), headers=SECRETS))

    assert shop.asked[1].headers["authorization"] == "Bearer s3cret"
    assert shop.asked[1].headers["x-api-key"] == "s3cret"
    assert shop.asked[1].headers["cookie"] == "id=s3cret"


def test_credentials_in_a_location_are_not_used():
    async def scenario():
        async with site() as other, site(going_to(f"http://a:b@127.0.0.1:{other.port}/x")) as shop:
            got = await fetch(shop.url(), follow_redirects=True)
            return got.redirects, other.asked

    redirects, (abroad,) = run(scenario())
    assert "authorization" not in abroad.headers
    assert "a:b" not in str(redirects)


def test_a_body_does_not_go_to_another_origin():
    async def scenario():
        async with site() as other, site(going_to(other.url("/x"), 307)) as shop:
            call = fetch(shop.url(), follow_redirects=True, method="POST", body=JsonBody({"pass": "word"}))
            return await failure(call), other.asked

    error, asked = run(scenario())
    assert error.reason == "RedirectRefused"
    assert "make it the step's url" in str(error)
    assert asked == []


def test_cookies_set_on_the_way_are_sent_on_and_kept():
    cookies = Cookies()
    got, shop = run(followed(going_to("/there", set_cookie="seen=1; Path=/"), cookies=cookies))

    assert shop.asked[1].headers["cookie"] == "seen=1"
    assert got.set_cookies == {"seen": "1"}
    assert [cookie.name for cookie in cookies.jar] == ["seen"]


def test_an_error_after_a_redirect_names_where_it_led():
    error = run(failure(followed(going_to("http://127.0.0.1:1/gone?secret=1"))))

    assert error.reason == "Connect"
    assert str(error).startswith("GET http://127.0.0.1:1/gone: no connection to 127.0.0.1:1")
