"""What the prober keeps for the operator: everything for a while, and never more than there is room for."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from fireline.synthetic.engine.prober_results import Results


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def results(**bounds) -> tuple[Results, Clock]:
    clock = Clock()
    return Results(clock, **bounds), clock


def page(kept: Results, after: int = 0, boot: str | None = None) -> dict:
    return json.loads(kept.page(boot=kept.boot if boot is None else boot, after=after, about={"running": []}))


def test_runs_come_after_the_number_asked_with():
    kept, _ = results()
    for number in range(3):
        kept.add(f'{{"n":{number}}}')
    assert page(kept)["runs"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert page(kept, 2) == {
        "v": 1,
        "boot": kept.boot,
        "last": 3,
        "more": False,
        "running": [],
        "runs": [{"n": 2}],
    }
    assert page(kept, 3)["runs"] == []


def test_a_number_of_another_process_begins_anew():
    kept, _ = results()
    kept.add("1")
    assert page(kept, 1, boot="another")["runs"] == [1]
    assert kept.read == 0


def test_a_number_that_never_was_is_taken_for_the_last():
    kept, _ = results()
    kept.add("1")
    assert page(kept, 99)["last"] == 1
    assert kept.read == 1


def test_asking_with_a_number_says_that_all_before_was_read():
    kept, _ = results()
    for _ in range(3):
        kept.add("1")
    page(kept, 0)
    assert kept.read == 0
    page(kept, 2)
    page(kept, 1)
    assert kept.read == 2


def test_runs_are_kept_for_their_time():
    kept, clock = results(kept_seconds=60)
    kept.add("1")
    clock.now = 60
    kept.add("2")
    assert page(kept)["runs"] == [1, 2]
    clock.now = 61
    kept.add("3")
    assert page(kept)["runs"] == [2, 3]


def test_the_oldest_go_when_there_is_no_more_room():
    kept, _ = results(most_bytes=10)
    for number in range(20, 40):
        kept.add(str(number))
    assert page(kept)["runs"] == [35, 36, 37, 38, 39]
    assert page(kept)["last"] == 20


def test_five_hundred_a_minute_that_all_fail_with_a_page_of_evidence_are_kept_for_twenty_minutes():
    kept, clock = results()
    for number in range(500 * 20):
        clock.now = number * 60 / 500
        kept.add(json.dumps({"n": number, "result": "x" * 3500}))
    assert page(kept)["runs"][0]["n"] == 0


@given(
    sizes=st.lists(st.integers(1, 60), max_size=60),
    bytes_of_page=st.integers(1, 200),
    most_bytes=st.integers(50, 4000),
)
def test_page_by_page_all_that_is_kept_comes_once_and_in_order(sizes, bytes_of_page, most_bytes):
    kept, _ = results(page_bytes=bytes_of_page, most_bytes=most_bytes)
    texts = [json.dumps("x" * size + str(number)) for number, size in enumerate(sizes)]
    for text in texts:
        kept.add(text)
    came, after = [], 0
    for _ in range(len(sizes) + 1):
        found = page(kept, after)
        came += found["runs"]
        after = found["last"]
        if not found["more"]:
            break
    assert after == len(sizes)
    assert came == [json.loads(text) for text in texts[len(texts) - len(came) :]]
    if len(came) < len(texts):  # only what there was no room for is missing
        assert sum(map(len, texts[len(texts) - len(came) - 1 :])) > most_bytes
