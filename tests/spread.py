"""How `make test` spreads the tests over its workers; the root conftest calls this.

A file stays on one worker, so that its fixtures are made once. So do all files that share one of the
expensive servers. A plain `pytest PATH` has no workers and keeps the order of the files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = ("live", "bed")
"""Session fixtures whose start costs more than the tests that use them; other servers take seconds."""

LONG = (
    "live",
    "tests/cluster/test_main_path.py",
    "tests/rules/test_tiers.py",
    "tests/truth/test_recorded.py",
    "tests/faults/test_refused.py",
    "tests/faults/test_kill.py",
    "tests/faults/test_server.py",
    "tests/rules/test_generated_specs.py",
    "bed",
    "tests/cluster/test_lease.py",
    "tests/cluster/test_at_once.py",
    "tests/cluster/test_calls.py",
)
"""Groups to start with, the longest first: one that starts last is waited for by idle workers."""


def into_groups(items: list[pytest.Item], root: Path) -> None:
    """Names the group of each test for pytest-xdist and puts the long groups first.

    Raises pytest.UsageError when ``LONG`` names a file that is not there.
    """
    if gone := [name for name in LONG if name not in SHARED and not (root / name).is_file()]:
        raise pytest.UsageError(f"tests/spread.py: LONG names {', '.join(gone)}, which is not there")
    groups = {item: _group_of(item, root) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    places = {group: place for place, group in enumerate(LONG)}
    items.sort(key=lambda item: places.get(groups[item], len(LONG)))


def without_group(nodeid: str) -> str:
    """The id that pytest takes on its command line: xdist appends the group to it."""
    test, _, group = nodeid.rpartition("@")
    return test if test and "]" not in group else nodeid


def _group_of(item: pytest.Item, root: Path) -> str:
    used = getattr(item, "fixturenames", ())
    shared = next((name for name in SHARED if name in used), None)
    return shared or item.path.relative_to(root).as_posix()
