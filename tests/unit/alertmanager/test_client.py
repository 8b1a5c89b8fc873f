"""The HTTP client against servers that answer as Alertmanager does, and as other things do."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from fireline.alertmanager.client import Replica, replicas_of
from fireline.alertmanager.replica import Status
from fireline.errors import AlertmanagerError, AlertmanagerForbidden, SecretUnusable
from fireline.settings import Alertmanager

STATUS = {"versionInfo": {"version": "0.28.1"}, "config": {"original": "receivers: [{name: a}]"}}


@contextmanager
def server(status=200, body: object = STATUS, headers=None) -> Iterator[tuple[str, list]]:
    """A URL that always answers the same, and the requests it got with their bodies."""
    got: list = []
    text = body if isinstance(body, bytes) else json.dumps(body).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            got.append((self, self.rfile.read(int(self.headers.get("Content-Length", "0")))))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self):
            self.do_GET()

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


@contextmanager
def replica(url: str, **given) -> Iterator[Replica]:
    (found,) = replicas_of(Alertmanager(urls=(url,), **given), name="main")
    yield found
    found.close()


def refused(url: str, **given) -> str:
    with replica(url, **given) as one, pytest.raises(AlertmanagerError) as error:
        asyncio.run(one.status())
    return str(error.value)


def test_status_is_version_and_configuration():
    with server() as (url, _), replica(url) as one:
        assert asyncio.run(one.status()) == Status("0.28.1", "receivers: [{name: a}]")


def test_filters_are_sent_one_by_one_below_the_path_of_the_url():
    with server(body=[]) as (url, got), replica(f"{url}/prefix/") as one:
        assert asyncio.run(one.groups(['a="b&c"', 'd=~"e"'])) == []
        ((request, _),) = got
    parts = urlsplit(request.path)
    assert parts.path == "/prefix/api/v2/alerts/groups"
    assert parse_qs(parts.query) == {"filter": ['a="b&c"', 'd=~"e"']}


def test_alerts_are_posted_as_a_json_list_with_our_credentials(tmp_path):
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    with server() as (url, got), replica(url, bearer_token_file=token, tenant="team-a") as one:
        asyncio.run(one.post([{"labels": {"alertname": "X"}}]))
        ((request, body),) = got
    assert (request.command, request.path) == ("POST", "/api/v2/alerts")
    assert json.loads(body) == [{"labels": {"alertname": "X"}}]
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.headers["X-Scope-OrgID"] == "team-a"


@pytest.mark.parametrize("code", [401, 403, 407])
def test_refused_credentials_name_the_setting_to_look_at(code):
    with server(code, "no") as (url, _), replica(url) as one, pytest.raises(AlertmanagerForbidden) as error:
        asyncio.run(one.status())
    assert f"{url}: Alertmanager answered {code}: no; no credentials are set" in str(error.value)
    assert "look at alertmanagers.main.bearer_token_file" in str(error.value)


def test_a_token_file_that_is_missing_is_an_error_of_alertmanager_too():
    with replica("http://127.0.0.1:1", bearer_token_file="/nowhere") as one, pytest.raises(SecretUnusable):
        asyncio.run(one.status())
    assert issubclass(SecretUnusable, AlertmanagerForbidden)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, "bad matcher", "Alertmanager answered 400: bad matcher"),
        (500, b"oops", "Alertmanager answered 500: oops"),
        (503, b"", "Alertmanager answered 503: no text"),
        (200, b"<html>", "is not an Alertmanager API"),
        (200, {}, "has a shape we do not know"),
        (200, [], "has a shape we do not know"),
    ],
)
def test_answers_of_no_use_are_told_apart(status, body, words):
    with server(status, body) as (url, _):
        assert words in refused(url)


def test_a_login_page_is_not_followed():
    with server(302, b"", {"Location": "https://login.example/?state=s3cret"}) as (url, _):
        said = refused(url)
    assert "redirected to https://login.example/; name the final URL in the settings" in said
    assert "s3cret" not in said


def test_a_server_that_is_not_there_is_named_without_its_password():
    said = refused("http://user:s3cret@127.0.0.1:1")
    assert said.startswith("http://127.0.0.1:1 cannot be reached: ")
    assert "s3cret" not in said


def test_a_list_that_is_none_is_refused():
    with server(body={"alerts": []}) as (url, _), replica(url) as one, pytest.raises(AlertmanagerError):
        asyncio.run(one.alerts())
