"""How a source is reached: settings that contradict each other are refused, and no secret is ever shown."""

from __future__ import annotations

import pytest

from fireline.errors import SettingsInvalid
from fireline.settings import Source, load_settings


def source(**given) -> Source:
    return load_settings({"sources": {"team-a": given}}).sources["team-a"]


def refused(**given) -> str:
    with pytest.raises(SettingsInvalid) as error:
        source(**given)
    return str(error.value)


BASIC = {"username": "fireline", "password_file": "/p"}
TOKEN = {"bearer_token_file": "/t"}
USER_IN_URL = {"urls": ["http://user:SECRET@prometheus:9090"]}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (BASIC | TOKEN, "bearer_token_file and username and password_file exclude each other"),
        (TOKEN | USER_IN_URL, "bearer_token_file and a user in urls exclude each other"),
        (BASIC | USER_IN_URL, "username and password_file and a user in urls exclude each other"),
        (
            TOKEN | {"header_files": {"authorization": "/h"}},
            "bearer_token_file and a header Authorization exclude each other",
        ),
        ({"username": "fireline"}, "username needs password_file beside it"),
        ({"password_file": "/p"}, "password_file needs username beside it"),
        ({"client_certificate_file": "/c"}, "client_certificate_file needs client_key_file beside it"),
        ({"client_key_file": "/k"}, "client_key_file needs client_certificate_file beside it"),
        (BASIC | {"username": "a:b"}, "username must be one line without a colon"),
        ({"tenant_header": "THANOS-TENANT"}, "tenant_header needs tenant beside it"),
        (
            {"tenant": "a", "headers": {"x-scope-orgid": "b"}},
            "header x-scope-orgid is given more than once in tenant, headers and header_files",
        ),
        (
            {"headers": {"X-Key": "SECRET"}, "header_files": {"x-key": "/h"}},
            "header x-key is given more than once",
        ),
    ],
)
def test_settings_that_cannot_go_together_say_which_to_change(given, words):
    said = refused(**given)
    assert said.startswith("sources.team-a: ")
    assert words in said
    assert "SECRET" not in said


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"kind": "VictoriaMetrics"}, "sources.team-a.kind: "),
        ({"headers": {"Content-Length": "1"}}, "sources.team-a.headers.Content-Length.[key]: "),
        ({"headers": {"X Key": "1"}}, "sources.team-a.headers.X Key.[key]: "),
        ({"headers": {"X-Key": "SECRET\r\nHost: other"}}, "sources.team-a.headers.X-Key: "),
        ({"headers": {"X-Key": "SÉCRET"}}, "sources.team-a.headers.X-Key: "),
        ({"tenant": ""}, "sources.team-a.tenant: "),
        ({"tenant": "a", "tenant_header": "Host"}, "sources.team-a.tenant_header: "),
    ],
)
def test_a_value_that_no_header_can_carry_is_refused_without_quoting_it(given, path):
    said = refused(**given)
    assert said.startswith(path)
    assert "CRET" not in said


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({}, {}),
        ({"tenant": "team-a"}, {"X-Scope-OrgID": "team-a"}),
        ({"tenant": "team-a", "kind": "Mimir"}, {"X-Scope-OrgID": "team-a"}),
        ({"tenant": "team-a", "kind": "Thanos"}, {"THANOS-TENANT": "team-a"}),
        ({"tenant": "team-a", "kind": "Thanos", "tenant_header": "X-Org"}, {"X-Org": "team-a"}),
    ],
)
def test_the_tenant_travels_in_the_header_its_server_knows(given, sent):
    assert source(**given).tenant_headers == sent


def test_every_way_in_may_be_joined_with_a_certificate_a_tenant_and_headers():
    joined = source(
        **BASIC,
        client_certificate_file="/c",
        client_key_file="/k",
        tenant="a",
        headers={"X-One": "1"},
        header_files={"X-Two": "/h"},
    )
    assert joined.username == "fireline"


def test_the_text_form_of_settings_shows_no_secret():
    shown = load_settings(
        {"sources": {"team-a": USER_IN_URL | {"headers": {"X-Key": "SECRET"}, "header_files": {"X-F": "/h"}}}}
    )
    for text in (repr(shown), str(shown), repr(shown.sources["team-a"]), f"{shown.sources}"):
        assert "SECRET" not in text
        assert "/h" in text
