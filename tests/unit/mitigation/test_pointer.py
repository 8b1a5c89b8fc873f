"""JSON pointers, as RFC 6901 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.mitigation.model import ABSENT
from fireline.mitigation.pointer import covers, escape, get, join, parents, parse

# The document of RFC 6901, section 5.
RFC: dict[str, object] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", RFC),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_rfc_are_read(pointer, found):
    assert get(RFC, pointer) == found


@pytest.mark.parametrize("pointer", ["spec", "spec/x", "/a~", "/a~2b", "a/", "/a~~1", "/x\n~"])
def test_what_is_no_pointer_is_refused_with_an_example(pointer):
    with pytest.raises(ValueError, match=r"is not a JSON pointer, such as /spec/replicas"):
        parse(pointer)


def test_tildes_are_undone_in_the_order_of_the_rfc():
    assert parse("/~01") == ("~1",)
    assert parse("/~10") == ("/0",)


@pytest.mark.parametrize(
    "pointer",
    [
        "/spec/x",
        "/spec/null/x",
        "/spec/null/x/y",
        "/spec/text/0",
        "/spec/number/x",
        "/status",
        "/spec/list/2",
        "/spec/list/-",
        "/spec/list/-1",
        "/spec/list/01",
        "/spec/list/+1",
        "/spec/list/x",
    ],
)
def test_what_is_below_nothing_is_absent(pointer):
    document = {"spec": {"null": None, "text": "abc", "number": 1, "list": ["a", "b"]}}
    assert get(document, pointer) is ABSENT


@pytest.mark.parametrize("value", [None, "", 0, False, [], {}])
def test_what_is_empty_is_not_absent(value):
    assert get({"spec": {"x": value}}, "/spec/x") == value
    assert get({"spec": [value]}, "/spec/0") is not ABSENT


def test_the_places_around_one_are_told_from_the_outside():
    assert parents("/metadata/annotations/a~1b") == ["/metadata", "/metadata/annotations"]
    assert parents("/spec") == []
    assert parents("") == []


@pytest.mark.parametrize(
    ("outer", "inner", "does"),
    [
        ("/spec", "/spec", True),
        ("/spec", "/spec/x", True),
        ("", "/spec", True),
        ("/spec/x", "/spec", False),
        ("/spec", "/specs", False),
        ("/spec/a", "/spec/a~1b", False),
    ],
)
def test_a_place_covers_itself_and_what_is_inside(outer, inner, does):
    assert covers(outer, inner) is does


@given(st.lists(st.text(), max_size=5))
def test_names_come_back_from_a_pointer(names):
    assert parse(join(*names)) == tuple(names)


@given(st.text())
def test_any_name_can_be_read(name):
    assert get({"spec": {name: 1}}, f"/spec/{escape(name)}") == 1
