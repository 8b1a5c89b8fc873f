"""What people see of a change, and what they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.mitigation.secrets import fingerprint, is_secret_name, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "DB_PASSWORD",
        "dbPassword",
        "PGPASSWORD",
        "smtp.pass",
        "api-key",
        "apiKey",
        "APIKey",
        "SIGNING_KEY",
        "tls.key",
        "ssh_key",
        "secret",
        "client_secret",
        "token",
        "GITHUB_TOKEN",
        "DSN",
        "SENTRY_DSN",
        "Authorization",
        "Cookie",
        "credentials",
        "PRIVATE_KEY",
        "hmacKey",
        "tokens",
    ],
)
def test_names_of_secrets(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "key",
        "keys",
        "topologyKey",
        "labelKey",
        "configMapKey",
        "primary_key",
        "replicas",
        "passthrough",
        "bypass",
        "secretName",
        "secretRef",
        "secretKeyRef",
        "tokenPath",
        "tokenExpirationSeconds",
        "max_tokens",
        "passwordFile",
        "authors",
        "pinned",
        "image",
        "compass",
        "AWS_ACCESS_KEY_ID",
    ],
)
def test_names_that_only_sound_like_secrets(name):
    assert not is_secret_name(name)


HEX = "0123456789abcdef" * 2
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLWl0"
BASE64 = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "secret", "left"),
    [
        (PEM, PEM, ""),
        ("-----BEGIN CERTIFICATE-----\nnever ends", "never ends", ""),
        ("postgres://app:hunter2@db:5432/shop", "hunter2", "postgres://app:{}@db:5432/shop"),
        ("amqp://app:p@ss:w@mq/v", "p@ss:w", "amqp://app:{}@mq/v"),
        (f"Bearer {HEX}", HEX, "Bearer {}"),
        ("Basic dXNlcjpwYXNz", "dXNlcjpwYXNz", "Basic {}"),
        (f"see {JWT} here", JWT, "see {} here"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ", "ghp_0123456789abcdefghijABCDEFGHIJ", "{}"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE", "{}"),
        ("xoxb-1234567890-abcdef", "xoxb-1234567890-abcdef", "{}"),
        (f"x {HEX} y", HEX, "x {} y"),
        (BASE64, BASE64, "{}"),
        ("a=1\npassword=correct horse\nb=2", "correct horse", "a=1\npassword={}\nb=2"),
        ("  db.password: correct horse # x\nb: 2", "correct horse # x", "  db.password: {}\nb: 2"),
        (
            '{"user":"bob","password":"hunter2","port":1}',
            '"hunter2"',
            '{"user":"bob","password":{},"port":1}',
        ),
        (r'{"password":"a\"b"}', r'"a\"b"', '{"password":{}}'),
        ("https://x.example/?token=abc&page=2", "abc", "https://x.example/?token={}&page=2"),
        ("--api-key=abc --verbose", "abc", None),
        ("export DB_PASSWORD='a b'", "'a b'", "export DB_PASSWORD={}"),
    ],
)
def test_a_secret_in_a_text_is_told_by_its_fingerprint(text, secret, left):
    found = without_secrets(text)
    assert secret not in found
    assert "sha256:" in found
    if left:
        assert found == left.replace("{}", fingerprint(secret), 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "checkout",
        "bypass: true",
        "shop.example/checkout:1.2.3",
        "https://x.example/a?b=c",
        "registry.example/shop@sha256:" + "ab" * 32,
        "7f1f6a3e-0000-4000-8000-000000000001",
        "/usr/local/share/checkout/templates/mails/confirmation",
        "a-very-long-name-of-a-service-in-a-namespace",
        'sum(rate(http_requests_total{code=~"5.."}[5m]))',
        "2026-11-22T03:12:00Z",
        "captcha: on",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA1-",
        "com.example.shop.checkout.CheckoutServiceImpl2",
    ],
)
def test_an_ordinary_text_stays_as_it_is(text):
    assert without_secrets(text) == text


@pytest.mark.parametrize("name", ["image", "checksum/config", "revision", "pod-template-hash", "git_commit"])
def test_digests_stay_where_people_need_them(name):
    commit = "3f2a" * 10
    text = f"shop:{commit}" if name == "image" else commit
    assert without_secrets(text, name) == text
    assert without_secrets(commit, "value") == fingerprint(commit)


def test_a_fingerprint_tells_that_a_secret_changed_and_not_what_it_is():
    assert fingerprint("hunter2") == "sha256:f52fbd32…"
    assert fingerprint("hunter2") != fingerprint("hunter3")


NASTY = ["a.", "://:", "eyJ-", "ab", "a=", "password ", "password=", "\n\"'", "-----BEGIN A-----", "bearer "]
NASTY += ["Ab1/", "://a:b@", "gh", "SG.", '\\"', "token:token=", '{"', "xox"]


@pytest.mark.parametrize("piece", NASTY)
def test_no_text_takes_longer_than_its_length(piece):
    """Work is counted, not time: a pattern that goes over a text again and again would not end here."""
    text = piece * (200_000 // len(piece))
    assert len(without_secrets(text)) <= 16 * len(text)


@given(st.text(max_size=200))
def test_any_text_can_be_looked_through(text):
    assert isinstance(without_secrets(text), str)


@given(st.from_regex(r"[A-Za-z0-9]{6,30}", fullmatch=True), st.sampled_from(["password", "api_key", "TOKEN"]))
def test_whatever_is_called_a_secret_is_hidden(value, name):
    for text in (f"{name}={value}", f"x: y\n{name}: {value}\n", f'{{"{name}": "{value}"}}'):
        assert value not in without_secrets(text).replace(fingerprint(value), "")
