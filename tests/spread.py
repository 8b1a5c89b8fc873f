"""How `make test` spreads the tests over its workers; the root conftest calls this.

A file stays on one worker, so that its fixtures are made once. So do all files that share one of the
expensive servers. A plain `pytest PATH` has no workers and keeps the order of the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

SHARED: Mapping[str, tuple[str, ...]] = {
    "live": ("tests/truth/test_status*.py",),
    "bed": (
        "tests/cluster/test_bed.py",
        "tests/delivery/test_policy.py",
        "tests/faults/test_prometheus.py",
        "tests/sources/test_condition.py",
    ),
    "merging": (
        "tests/routes/test_base.py",
        "tests/routes/test_breaking.py",
        "tests/routes/test_merged.py",
        "tests/routes/test_receivers_delivery.py",
        "tests/routes/test_rejected.py",
    ),
    "policies": ("tests/policies/test_*.py",),
    "pods": ("tests/e2e/test_*.py",),
}
"""Fixtures of many files whose start costs more than their tests, and patterns of those files. Other
servers take seconds: each worker has its own."""

LONG = (
    "pods",
    "tests/faults/test_rounds_killed.py",
    "tests/cluster/test_incidents.py",
    "tests/rules/test_anomaly.py",
    "tests/cluster/test_mitigation_workloads.py",
    "tests/cluster/test_mitigation_needs_human.py",
    "tests/mitigations/test_examples.py",
    "tests/mitigations/test_crash.py",
    "tests/mitigations/test_signals_decide.py",
    "tests/scale/test_policies.py",
    "live",
    "tests/cluster/test_main_path.py",
    "tests/rules/test_import_equivalence.py",
    "tests/rules/test_tiers.py",
    "tests/faults/test_refused.py",
    "tests/faults/test_kill.py",
    "tests/faults/test_policies_killed.py",
    "tests/faults/test_server.py",
    "bed",
    "merging",
    "policies",
    "tests/delivery/test_causes.py",
    "tests/library/test_replay.py",
    "tests/rules/test_alert_library.py",
    "tests/routing/test_drawn.py",
    "tests/routing/test_escalation.py",
    "tests/rules/test_generated_specs.py",
    "tests/rules/test_library.py",
    "tests/rules/test_counts.py",
    "tests/cluster/test_at_once.py",
    "tests/cluster/test_calls.py",
    "tests/truth/test_backtest.py",
    "tests/cluster/test_lease.py",
)
"""Files and shared fixtures to start with, the longest first: what starts last is waited for by idle
workers."""


class ByGroup(LoadFileScheduling):
    """``--dist loadfile``, with the files of a shared fixture taken as one."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def group_of(file: str) -> str:
    """What stays on one worker: the file itself, or all files of a shared fixture."""
    shared = (name for name, files in SHARED.items() if any(fnmatch(file, pattern) for pattern in files))
    return next(shared, file)


def file_of(item: pytest.Item, root: Path) -> str:
    """The test's file as the tables above name it."""
    return item.path.relative_to(root).as_posix()


def long_ones_first(items: list[pytest.Item], root: Path) -> None:
    """Sorts the tests, all other groups in the order in which they are found."""
    places = {group: place for place, group in enumerate(LONG)}
    items.sort(key=lambda item: places.get(group_of(file_of(item, root)), len(LONG)))
