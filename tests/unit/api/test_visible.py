"""What others wrote is read as they wrote it, and does nothing to the screen it is read on."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.api.visible import make_visible, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[H", r"\u001b[2J\u001b[H"),
        ("\x9b31m", r"\u009b31m"),
        ("paid\rfree", r"paid\rfree"),
        ("user\u202egnp.exe", r"user\u202egnp.exe"),
        ("a\u2066b\u200bc\ufeff", r"a\u2066b\u200bc\ufeff"),
        ("\U000e0041", r"\udb40\udc41"),
        ("one\u2028two\x85three", r"one\u2028two\u0085three"),
    ],
)
def test_what_moves_a_cursor_hides_or_turns_text_shows_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["", "line\n\tand line", "Größe → 3 °C, 日本語 👩\u200d💻", 'a "b" \\n', "مرحبا שלום"]
)
def test_text_of_people_stays_what_it_is(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_no_control_character_is_left_but_tabs_and_line_feeds(text: str) -> None:
    assert not [one for one in visible(text) if unicodedata.category(one) == "Cc" and one not in "\t\n"]


@given(st.dictionaries(st.text(), st.text()))
def test_json_in_a_text_means_the_same_afterwards(given: dict[str, str]) -> None:
    assert json.loads(visible(json.dumps(given, ensure_ascii=False))) == given


def test_all_texts_of_an_object_are_made_visible_its_names_among_them() -> None:
    found = {"a\x1b": ["\x1b", {"b": "\x07"}], "c": 3, "d": None}
    make_visible(found)
    assert found == {r"a\u001b": [r"\u001b", {"b": r"\u0007"}], "c": 3, "d": None}
