"""Variables in texts: replaced once, never evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.synthetic.template import UndefinedVariable, names_in, replaced, replaced_in

VALUES = {"base": "https://api.example", "session": "s1", "run.id": "r-1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("${base}/login", "https://api.example/login"),
        ("${session}${session}", "s1s1"),
        ("event of ${run.id}", "event of r-1"),
        ("$${base}", "${base}"),
        ("$${", "${"),
        ("$$${session}", "$${session}"),
        ("$5 and {braces} and $name", "$5 and {braces} and $name"),
        ("query($id: ID!) { event(id: $id) { id } }", "query($id: ID!) { event(id: $id) { id } }"),
    ],
)
def test_names_give_way_to_values(text, expected):
    assert replaced(text, VALUES) == expected


@pytest.mark.parametrize("text", ["${", "${}", "${base", "${base }", "${1}", "${a-b}", "${__import__('os')}"])
def test_a_name_without_an_end_is_refused(text):
    with pytest.raises(UndefinedVariable, match=r"write \$\{name\}, or \$\$\{ for the text"):
        replaced(text, VALUES)


def test_a_name_without_a_value_is_told():
    with pytest.raises(UndefinedVariable, match=r"^\$\{order\} has no value$"):
        replaced("${base}/orders/${order}", VALUES)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(), min_size=3))
def test_a_value_is_never_replaced_again(values):
    assert replaced("${a}|${b}|${c}", values) == "|".join(values[name] for name in "abc")


@settings(deadline=None)
@given(st.text())
def test_text_that_is_escaped_comes_back(text):
    assert replaced(text.replace("${", "$${"), {}) == text


def test_texts_inside_json_are_replaced_and_keys_are_not():
    value = {"${base}": ["${session}", 1, None, True, {"deep": "a${run.id}"}]}
    assert replaced_in(value, VALUES) == {"${base}": ["s1", 1, None, True, {"deep": "ar-1"}]}
    assert list(names_in(value)) == ["session", "run.id"]
