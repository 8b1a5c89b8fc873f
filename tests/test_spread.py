"""The tables of :mod:`tests.spread` fit the tests there are."""

from __future__ import annotations

import pytest

from tests.spread import LONG, SHARED, file_of, group_of


def test_every_file_and_fixture_that_is_named_is_there(pytestconfig: pytest.Config):
    named = [name for name in LONG if name not in SHARED] + [
        file for group in SHARED.values() for file in group
    ]
    assert [pattern for pattern in named if not list(pytestconfig.rootpath.glob(pattern))] == []


def test_tests_that_share_an_expensive_server_stay_on_one_worker(request: pytest.FixtureRequest):
    """Looks at the tests of this run: at all of them in `make test`."""
    root = request.config.rootpath
    apart = {
        f"{file_of(item, root)} uses {fixture}"
        for item in request.session.items
        for fixture in SHARED
        if fixture in getattr(item, "fixturenames", ()) and group_of(file_of(item, root)) != fixture
    }
    assert apart == set()
