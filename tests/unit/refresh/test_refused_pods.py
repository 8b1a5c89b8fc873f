"""Events are read only for Jobs that wait without a pod, seldom, and only news is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from fireline.api.plan import Key
from fireline.errors import ApiError, Forbidden, ServerUnavailable
from fireline.refresh.refused_pods import READ_EVERY, RefusedPods, newest

KEY = Key("SyntheticCheck", "shop", "login")


def an_event(note: str, *, at: str = "2026-11-22T10:00:00Z") -> dict[str, object]:
    return {"note": note, "deprecatedLastTimestamp": at, "eventTime": None}


@dataclass
class Story:
    """A clock, the events of each Job, and what was asked and told."""

    now: float = 0.0
    events: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    error: ApiError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    told: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refused = RefusedPods(self.read, enqueue=self.told.extend, clock=lambda: self.now)

    async def read(self, namespace: str, uid: str) -> list[dict[str, object]]:
        self.asked.append((namespace, uid))
        if self.error is not None:
            raise self.error
        return self.events.get(uid, [])

    def look(self, after: float = 0.0) -> None:
        """One round of the loop, so many seconds later."""
        self.now += after
        asyncio.run(self.refused.look())


def test_what_is_not_asked_for_is_not_read():
    story = Story()
    story.look()
    assert story.asked == []


def test_what_was_read_is_told_once():
    story = Story(events={"job": [an_event("exceeded quota")]})
    assert story.refused.of(KEY, "job") == ""
    story.look()
    assert story.refused.of(KEY, "job") == "exceeded quota"
    story.look(1)
    story.look(READ_EVERY)
    assert story.asked == [("shop", "job")] * 2
    assert story.told == [KEY]


def test_a_job_that_nobody_asks_for_any_more_is_forgotten():
    story = Story()
    story.refused.of(KEY, "job")
    story.look(100)
    assert story.asked == []


@pytest.mark.parametrize("error", [ServerUnavailable("down", status=503)])
def test_after_an_error_it_is_tried_again(error: ApiError):
    story = Story(events={"job": [an_event("exceeded quota")]}, error=error)
    story.refused.of(KEY, "job")
    story.look()
    story.error = None
    story.look(READ_EVERY)
    assert story.refused.of(KEY, "job") == "exceeded quota"


def test_without_the_right_nothing_is_asked_for_ten_minutes():
    story = Story(error=Forbidden("no", status=403))
    for uid in ("one", "two"):
        story.refused.of(KEY, uid)
    story.look()
    assert len(story.asked) == 1
    for _ in range(10):
        story.refused.of(KEY, "one")
        story.look(50)
    assert len(story.asked) == 1
    story.refused.of(KEY, "one")
    story.look(101)
    story.refused.of(KEY, "one")
    story.look()
    assert len(story.asked) == 2


def test_of_several_events_the_last_counts():
    assert newest([]) == ""
    one = an_event("first", at="2026-11-22T10:00:09Z")
    other = {"note": "second", "series": {"lastObservedTime": "2026-11-22T10:00:10Z"}}
    assert newest([one, other]) == newest([other, one]) == "second"
    assert newest([{"note": None}]) == ""
