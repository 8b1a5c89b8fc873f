"""When two values are the same to the API server, and how it writes them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.api.wire import wire_json
from fireline.mitigation.model import ABSENT, Kept
from fireline.mitigation.values import Unresolved, canonical, digest, plain, provable, real, same

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # Go's encoding/json escapes what HTML could stumble over, and only that.
        ("a<b>&c", r'"a\u003cb\u003e\u0026c"'),
        ("\u2028\u2029", r'"\u2028\u2029"'),
        ("é😀\x7f", '"é😀\x7f"'),
        ('\x00\x1f\n\r\t"\\', r'"\u0000\u001f\n\r\t\"\\"'),
        # Numbers: whole ones without fraction, others in their shortest form, exponents from 1e-7 and 1e21.
        (1.0, "1"),
        (0.1, "0.1"),
        (-2.50, "-2.5"),
        (0.00001, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e21, "1e+21"),
        (1.25e22, "1.25e+22"),
        (2**63 - 1, "9223372036854775807"),
        (2**64, "18446744073709552000"),
        (-0.0, "0"),
        # Maps by key, in the order of their bytes.
        ({"b": 1, "a": {"é": None, "z": []}}, '{"a":{"z":[],"é":null},"b":1}'),
        ([True, False, None, {}], "[true,false,null,{}]"),
    ],
)
def test_json_is_written_as_the_server_writes_it(value, text):
    assert wire_json(value) == text


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), ABSENT, {1: 2}, {"a": {None: 1}}, b"x", {1, 2}]
)
def test_what_is_not_json_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        wire_json(value)


@given(JSON)
def test_what_is_written_reads_as_the_same_value(value):
    assert same(json.loads(canonical(value)), value)


EMPTY = [ABSENT, None, "", 0, False, [], {}]


@pytest.mark.parametrize("one", EMPTY)
@pytest.mark.parametrize("other", EMPTY)
def test_nothing_empty_is_the_same_as_another_emptiness(one, other):
    assert same(one, other) is (one is other)


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": None}, {}, False),
        ([1, 2], [2, 1], False),
        ([], {}, False),
        ({"a": [1.0]}, {"a": [1]}, True),
        (2**63, float(2**63), True),
    ],
)
def test_values_are_the_same_when_the_server_writes_the_same(one, other, are):
    assert same(one, other) is are
    assert (digest(one) == digest(other)) is are


def test_a_hash_is_that_of_the_servers_text():
    # printf '{"image":"a\\u003cb"}' | sha256sum
    assert digest({"image": "a<b"}) == (
        "sha256:9c317e8029678b2e155213d17734862b87db766034012558fd0e0ad599621e99"
    )


def test_a_value_that_is_kept_elsewhere_is_known_by_its_hash():
    kept = Kept(digest({"a": 1}), "ReplicaSet checkout-1")
    assert same(kept, {"a": 1.0})
    assert same({"a": 1}, kept)
    assert same(kept, Kept(kept.hash, "another place"))
    assert not same(kept, {"a": 2})
    assert not same(kept, ABSENT)
    assert not same(kept, None)


def test_a_value_that_is_kept_elsewhere_is_found_and_checked():
    kept = Kept(digest("v1"), "ReplicaSet checkout-1")
    assert real(kept, lambda _: "v1") == "v1"
    with pytest.raises(Unresolved, match="ReplicaSet checkout-1 is not what it was"):
        real(kept, lambda _: "v2")
    with pytest.raises(Unresolved, match="ReplicaSet checkout-1 is not there any more"):
        real(kept, lambda _: ABSENT)
    with pytest.raises(Unresolved):
        real(kept)


@pytest.mark.parametrize("value", [ABSENT, None])
def test_the_servers_test_cannot_tell_null_from_absent(value):
    assert plain(value)
    assert not provable(value)


@pytest.mark.parametrize("value", [[None], {"a": [1, [None]]}, "a\bc", ["\f"]])
def test_the_servers_test_is_not_trusted_with_some_values(value):
    assert not plain(value)
    assert not provable(value)


@pytest.mark.parametrize("value", ["", 0, False, [], {}, {"a": None}, "a<b", [{"a": None}]])
def test_the_servers_test_is_trusted_with_all_others(value):
    assert plain(value)
    assert provable(value)
