"""Fixtures of stories that take minutes: they begin with the session, and their tests come last.

conftest.py takes them in. So a test that only waits costs no time of its own: while it would wait, the
other tests run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.world import World
from tests.bed.toolchain import Tools
from tests.e2e.absence import Absence
from tests.e2e.asking import EVERY_MINUTE, Checks, own_image
from tests.e2e.hindered import Hindered

STORIES = ("absence", "hindered", "failing")
"""Fixtures that begin with the session, where a test that was chosen asks for them."""

FAILING = "failing"


def early_stories(request: pytest.FixtureRequest) -> None:
    """Begin the stories of the tests that were chosen."""
    wanted = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    for name in STORIES:
        if name in wanted:
            with contextlib.suppress(pytest.skip.Exception):  # their own tests say why
                request.getfixturevalue(name)


def late_tests(items: list[pytest.Item]) -> None:
    """Put the tests of the stories behind all others."""
    items.sort(key=lambda item: not set(STORIES).isdisjoint(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session")
def absence(pod_bed: PodBed, tools: Tools) -> Iterator[Absence]:
    """Five minutes without the operator in a second cluster, begun."""
    assert pod_bed.node.ready()
    story = Absence(tools)
    yield story
    story.end()


@pytest.fixture(scope="session")
def hindered(pods: World, new_namespace: Callable[[], str]) -> Hindered:
    """Checks that do not start, begun."""
    return Hindered(pods, new_namespace)


@pytest.fixture(scope="session")
def failing(pods: World, new_namespace: Callable[[], str]) -> Checks:
    """A check that fails every minute, and is told after the first time."""
    checks = Checks(pods, new_namespace())
    spec = own_image("sh", "-c", "exit 1", timeout="10s", schedule=EVERY_MINUTE)
    checks.apply(FAILING, {**spec, "alert": {"consecutiveFailures": 1}})
    return checks


@pytest.fixture(scope="session")
def make_checks(pods: World, new_namespace: Callable[[], str]) -> Callable[[], Checks]:
    """Makes a place for checks: a fresh namespace."""
    return lambda: Checks(pods, new_namespace())
