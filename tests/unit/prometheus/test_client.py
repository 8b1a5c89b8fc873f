"""The HTTP client against a server that misbehaves in the ways real ones do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fireline.errors import MetricsError, MetricsTooHeavy
from fireline.http.session import BoundedSession
from fireline.prometheus.client import Replica
from fireline.prometheus.http import METRICS
from fireline.prometheus.replicas import Replicas
from fireline.settings import Source

EMPTY = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}}).encode()


@contextmanager
def server(status=200, body=EMPTY, headers=None) -> Iterator[tuple[str, list[BaseHTTPRequestHandler]]]:
    """A URL that always answers the same, and the requests it got."""
    got: list[BaseHTTPRequestHandler] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            got.append(self)
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}", got
        finally:
            running.shutdown()
            thread.join()


def ask(url, query="up", **source):
    replica = Replica(url, Source(urls=(url,), **source))
    try:
        return asyncio.run(replica.instant(query))
    finally:
        replica.close()


@pytest.mark.parametrize(
    "content", [b"sec\nret", b"sec ret", b"\xff\xfesecret", "s€cret".encode(), b"", b"\n"]
)
def test_a_file_that_holds_no_token_is_refused_without_quoting_it(tmp_path, content):
    token = tmp_path / "token"
    token.write_bytes(content)
    with server() as (url, got), pytest.raises(MetricsError, match="does not hold one line") as refused:
        ask(url, bearer_token_file=token)
    assert got == []
    assert "ret" not in str(refused.value)


def test_credentials_of_a_redirect_are_not_told():
    with (
        server(status=302, headers={"Location": "https://user:SECRET@login/here?state=SECRET"}) as (url, _),
        pytest.raises(MetricsError, match=r"redirected to https://login/here;") as refused,
    ):
        ask(url)
    assert "SECRET" not in str(refused.value)


def test_the_bearer_token_is_read_anew_for_every_request(tmp_path):
    token = tmp_path / "token"
    with server() as (url, got):
        for text in ("one", "two"):
            token.write_text(f"{text}\n")
            ask(url, bearer_token_file=token)
    assert [request.headers["Authorization"] for request in got] == ["Bearer one", "Bearer two"]


def test_a_missing_token_file_is_an_error_that_names_it(tmp_path):
    with server() as (url, _), pytest.raises(MetricsError, match="no-token"):
        ask(url, bearer_token_file=tmp_path / "no-token")


def test_nobody_listening_is_told_in_plain_words():
    with server() as (url, _):
        pass
    with pytest.raises(MetricsError, match=r"cannot be reached: .*refused"):
        ask(url)


def test_credentials_in_the_url_are_never_told():
    with server() as (url, _):
        pass
    with pytest.raises(MetricsError) as caught:
        ask(url.replace("//", "//admin:secret@"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"{}", b'{"data": 3}'])
def test_something_else_than_prometheus_is_told(body):
    with server(body=body) as (url, _), pytest.raises(MetricsError, match="Prometheus"):
        ask(url)


def test_a_redirect_to_a_login_page_is_not_followed():
    with server(302, b"", {"Location": "https://login.example"}) as (url, got):
        with pytest.raises(MetricsError, match=r"login\.example"):
            ask(url)
        assert len(got) == 1


def test_an_answer_larger_than_the_bound_is_not_read_to_its_end():
    with (
        server(body=b"x" * 5000) as (url, _),
        BoundedSession(Source(), METRICS, max_bytes=1000) as session,
        pytest.raises(MetricsTooHeavy, match="larger"),
    ):
        session.get(url)


def test_refusals_carry_the_servers_own_words():
    body = json.dumps({"errorType": "execution", "error": "many-to-many matching not allowed"}).encode()
    with server(422, body) as (url, _), pytest.raises(MetricsError, match="many-to-many"):
        ask(url)


def test_each_request_is_reported_with_its_outcome():
    told = []
    with server() as (url, _):
        source = Replicas.of(Source(urls=(url,)), on_query=lambda *what: told.append(what[:2]))
        asyncio.run(source.instant("up"))
    with pytest.raises(MetricsError):
        asyncio.run(source.instant("up"))
    assert told == [("query", "ok"), ("query", "error")]


def test_thanos_is_told_to_answer_whole_and_from_raw_data():
    """By default it leaves out stores that are away, and says so in a warning only."""
    with server() as (url, got):
        ask(url, kind="Thanos")
        ask(url)
    thanos, prometheus = (request.path for request in got)
    assert "partial_response=false" in thanos
    assert "max_source_resolution=0s" in thanos
    assert "partial_response" not in prometheus
