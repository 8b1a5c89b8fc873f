"""docs/reference/promises.md names tests that exist, and leaves no promise without one."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "promises.md"
_ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<shown>[^|]+) \|$", re.MULTILINE)
_ID = re.compile(r"`(?P<file>tests/[\w/]+\.py)(?:::(?P<test>\w+(?:::\w+)?))?`|`(?P<target>make [\w-]+)`")


def rows() -> list[tuple[str, str]]:
    """(promise, the cell that names its tests), without the heads of tables."""
    found = [(row["promise"].strip(), row["shown"]) for row in _ROW.finditer(PAGE.read_text())]
    return [row for row in found if row[0] != "promise" and set(row[0]) != {"-"}]


@lru_cache
def names_in(file: Path) -> frozenset[str]:
    """Names of the test functions of a file, of its classes, and ``CLASS::FUNCTION``, as pytest has them."""
    found = set[str]()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.ClassDef):
            own = (one.name for one in node.body if isinstance(one, ast.FunctionDef))
            found |= {node.name, *(f"{node.name}::{name}" for name in own)}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return frozenset(found)


def wrong_with(found: re.Match[str]) -> str | None:
    """What is wrong with one id: a file, a test or a make target that is not there."""
    if found["target"]:
        name = found["target"].removeprefix("make ")
        there = re.search(rf"^{re.escape(name)}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return None if there else found["target"]
    file = ROOT / found["file"]
    if not file.is_file():
        return found["file"]
    test = found["test"]
    if test is not None and not (test.lower().startswith("test") and test in names_in(file)):
        return f"{found['file']}::{test}"
    return None


def missing_in(shown: str) -> list[str]:
    """Ids in a cell that do not exist; a cell without any lacks one."""
    ids = list(_ID.finditer(shown))
    return [wrong for found in ids if (wrong := wrong_with(found))] if ids else ["a test"]


def test_every_promise_is_shown_by_a_test_that_exists():
    assert {promise: wrong for promise, shown in rows() if (wrong := missing_in(shown))} == {}


def test_an_id_that_does_not_exist_is_found():
    gone = _ID.fullmatch("`tests/docs/test_promises.py::test_that_is_not_there`")
    assert gone is not None
    assert wrong_with(gone) == "tests/docs/test_promises.py::test_that_is_not_there"


def test_there_are_promises():
    assert len(rows()) > 60
