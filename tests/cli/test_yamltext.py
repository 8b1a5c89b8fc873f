"""YAML as the command line writes it: what is read back is what was written, and it looks like PyYAML's."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from fireline.cli.main import main
from fireline.cli.yamltext import to_yaml

EXAMPLES = Path(__file__).parents[2] / "examples"

TEXT = st.text(max_size=40) | st.text(string.printable + "äß→😀\x85\u2028\x7f", max_size=40)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@example({"a": {"b": [{}, [], [[1]], {"c": "x"}]}})
@example(
    ["yes", "no", "null", "~", "1e3", "0x1f", "1_000", "12:30", "2026-01-01", ".5", "=", "<<", "y", "- a"]
)
@example({"key: with": "a: b", "#": "a #b", "?": "!", "": " ", "*": "&a", "%": "@", "`": "|", ">": "'"})
@example("one\ntwo")
@example({"a": "one\ntwo\n", "b": "\n", "c": " one\ntwo", "d": "one\n\n two\n\n", "e": "one \ntwo"})
@example('sum(rate(http_requests_total{code=~"5.."}[5m])) / 0.001 > 14.4')
def test_what_is_read_back_is_what_was_written(value: Any) -> None:
    # libyaml reads what the API server's YAML reader reads; PyYAML's own reader is another opinion.
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        assert yaml.load(to_yaml(value), Loader=loader) == value


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_a_stream_holds_its_documents(documents: list[Any]) -> None:
    assert list(yaml.safe_load_all(to_yaml(*documents))) == documents


@pytest.mark.parametrize("form", ["rules", "prometheusrule"])
def test_rules_look_as_pyyaml_writes_them(form: str) -> None:
    """So that a review sees the same file as before."""
    text = CliRunner().invoke(main, ["render", "--as", form, str(EXAMPLES / "quickstart")]).stdout

    class Dumper(yaml.SafeDumper):
        """Expressions over several lines as blocks, and no anchors."""

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    def block(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, block)
    documents = list(yaml.safe_load_all(text))
    assert text == yaml.dump_all(
        documents, Dumper=Dumper, sort_keys=False, width=2**20, explicit_start=len(documents) > 1
    )
