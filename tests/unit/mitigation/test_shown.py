"""A change as the status shows it to people."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.unit.mitigation.test_values import JSON

from fireline.api.mitigation_status import ShownPath
from fireline.mitigation.model import ABSENT, Kept, PathChange
from fireline.mitigation.secrets import fingerprint
from fireline.mitigation.shown import cut, redacted, shown, shown_path

POD = {
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "app",
                        "env": [
                            {"name": "DB_PASSWORD", "value": "hunter2"},
                            {"name": "COLOUR", "value": "red"},
                            {
                                "name": "API_TOKEN",
                                "valueFrom": {"secretKeyRef": {"name": "shop", "key": "token"}},
                            },
                        ],
                    }
                ],
                "volumes": [{"name": "certs", "secret": {"secretName": "shop-tls", "optional": True}}],
                "automountServiceAccountToken": False,
            }
        }
    }
}


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("/spec/replicas", 3, "3"),
        ("/spec/paused", ABSENT, "(absent)"),
        ("/spec/paused", None, "null"),
        ("/data/greeting", "", '""'),
        ("/data/greeting", "grüezi", '"grüezi"'),
        ("/spec/x", {"b": [1], "a": False}, '{"a": false, "b": [1]}'),
        ("/data/db.password", "hunter2", '"sha256:f52fbd32…"'),
        ("/data/password", 1234, f'"{fingerprint("1234")}"'),
        ("/spec/auth/password/0", "hunter2", '"sha256:f52fbd32…"'),
        ("/data/url", "postgres://a:hunter2@db/x", '"postgres://a:sha256:f52fbd32…@db/x"'),
        (
            "/spec/template",
            Kept("sha256:0123456789abcdef", "ReplicaSet a"),
            "(sha256:01234567…, kept in ReplicaSet a)",
        ),
    ],
)
def test_a_value_is_shown_as_json_without_secrets(path, value, text):
    assert shown(path, value) == text


def test_the_name_of_an_environment_variable_tells_that_its_value_is_secret():
    change = PathChange("/spec/template/spec/containers/0/env/0/value", "hunter2", ABSENT)
    assert shown_path(change, POD) == {
        "path": "/spec/template/spec/containers/0/env/0/value",
        "before": '"sha256:f52fbd32…"',
        "after": "(absent)",
    }
    colour = PathChange("/spec/template/spec/containers/0/env/1/value", "red", "blue")
    assert shown_path(colour, POD)["after"] == '"blue"'


def test_where_a_secret_is_kept_is_no_secret():
    found = redacted(POD)["spec"]["template"]["spec"]
    assert found["containers"][0]["env"] == [
        {"name": "DB_PASSWORD", "value": "sha256:f52fbd32…"},
        {"name": "COLOUR", "value": "red"},
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "shop", "key": "token"}}},
    ]
    assert found["volumes"] == [{"name": "certs", "secret": {"secretName": "shop-tls", "optional": True}}]
    assert found["automountServiceAccountToken"] is False


def test_a_long_value_is_cut_with_its_length():
    text = shown("/data/page", "lorem ipsum " * 1000)
    assert len(text) == 2048
    assert text.endswith("… (12002 characters)")
    assert cut("short") == "short"


@given(JSON)
def test_any_value_fits_the_schema(value):
    found = shown_path(PathChange("/spec/x", value, ABSENT))
    ShownPath.model_validate(found)


@given(JSON)
def test_the_shape_of_a_value_stays_as_it_is(value):
    assert _shape(redacted(value)) == _shape(value)


def _shape(value):
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return "leaf"


def test_what_would_hide_or_turn_a_value_on_the_screen_shows_as_an_escape() -> None:
    assert shown("/data/a", "a\u202eb\x9b2J\x1b") == r'"a\u202eb\u009b2J\u001b"'
