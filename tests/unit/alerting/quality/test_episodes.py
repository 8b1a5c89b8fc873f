"""From where alerts began and ended to episodes: against the samples themselves, and across restarts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.alerting.quality.history import MONDAY, an_alert, minute

from fireline.alerting.quality.episodes import alert_of, covered, episodes, holes
from fireline.alerting.quality.model import Stretch
from fireline.api.metrics import Sample

ASKED = Stretch(MONDAY, minute(240))
LABELS = {
    "alert_policy": "shop/checkout",
    "namespace": "shop",
    "alertname": "SLOErrorBudgetBurnPage",
    "slo": "checkout",
    "slo_tier": "PageFast",
    "sev": "sev0",
    "severity": "critical",
}


def samples(*minutes: float, **labels: str) -> list[Sample]:
    return [Sample(LABELS | labels, 1.0, minute(one)) for one in minutes]


def found(began=(), ended=(), before=(), away=()):
    """Start and end in minutes of every episode."""
    all_ = episodes(began, ended, before=before, asked=ASKED, holes=away)
    return [((one.start - MONDAY) / 60, None if one.end is None else (one.end - MONDAY) / 60) for one in all_]


def test_an_alert_fires_from_where_it_began_to_where_it_ended():
    assert found(samples(10, 60), samples(20, 65)) == [(10, 20), (60, 65)]


def test_one_that_did_not_end_still_fires():
    (one,) = episodes(samples(10), [], before=[], asked=ASKED)
    assert (one.end, one.until(ASKED.end), one.truncated) == (None, ASKED.end, False)


def test_the_start_of_one_that_fired_before_the_first_look_is_unknown():
    (one,) = episodes([], samples(20), before=samples(-1), asked=ASKED)
    assert (one.truncated, one.lost) == (True, False)


def test_a_single_missing_evaluation_is_no_end():
    assert found(samples(10, 22, 40), samples(20, 37, 50)) == [(10, 37), (40, 50)]


def test_a_restart_of_prometheus_does_not_end_an_alert():
    away = [Stretch(minute(20), minute(32))]
    assert found(samples(10, 33), samples(20, 50), away=away) == [(10, 50)]


def test_an_alert_that_ends_and_begins_while_prometheus_works_is_two():
    away = [Stretch(minute(100), minute(112))]
    assert found(samples(10, 33), samples(20, 50), away=away) == [(10, 20), (33, 50)]


def test_what_fires_long_after_a_restart_is_another_episode_and_when_the_first_ended_is_unknown():
    away = [Stretch(minute(20), minute(32))]
    first, second = episodes(samples(10, 60), samples(20, 70), before=[], asked=ASKED, holes=away)
    assert (first.lost, second.truncated, second.lost) == (True, False, False)


def test_what_fires_as_prometheus_comes_back_was_told_of_then():
    away = [Stretch(minute(20), minute(32))]
    (one,) = episodes(samples(32), samples(50), before=[], asked=ASKED, holes=away)
    assert (one.start, one.truncated) == (minute(32), False)


def test_what_fires_where_all_data_begin_began_at_a_time_nobody_knows():
    away = [Stretch(ASKED.start, minute(32))]
    (one,) = episodes(samples(33), samples(50), before=[], asked=ASKED, holes=away)
    assert one.truncated


def test_another_severity_is_no_end():
    began = samples(10) + samples(20, sev="sev1")
    ended = samples(20) + samples(30, sev="sev1")
    assert found(began, ended) == [(10, 30)]


def test_groups_are_alerts_of_their_own_and_named():
    one, other = (alert_of(LABELS | {"zone": zone}) for zone in ("a", "b"))
    assert one != other
    assert one.label == "checkout PageFast (zone=a)"
    assert alert_of(LABELS) == an_alert()


@given(st.sets(st.integers(0, 240)), st.booleans())
def test_edges_tell_the_same_as_looking_at_every_sample(firing, before):
    """Gaps up to two minutes are none."""
    began = samples(*(m for m in firing if (m - 1 not in firing) and not (m == 0 and before)))
    ended = samples(*(m for m in range(241) if m not in firing and (m - 1 in firing or (m == 0 and before))))
    expected: list[tuple[int, int]] = [(-1, 0)] if before else []
    for one in sorted(firing):
        if expected and one - expected[-1][1] <= 2:
            expected[-1] = (expected[-1][0], one + 1)
        else:
            expected.append((one, one + 1))
    seen = found(began, ended, samples(-1) if before else [])
    assert seen == [(max(start, 0), None if end == 241 else end) for start, end in expected]


def test_holes_are_where_prometheus_was_not_there():
    up, down = samples(30), samples(10, 200)
    assert holes(up, down, alive_before=True, asked=ASKED) == [
        Stretch(minute(10), minute(30)),
        Stretch(minute(200), ASKED.end),
    ]
    assert holes(up, [], alive_before=False, asked=ASKED) == [Stretch(ASKED.start, minute(30))]
    assert holes([], [], alive_before=False, asked=ASKED) == [ASKED]
    assert covered(ASKED, [Stretch(minute(10), minute(70))]) == 0.75


def test_an_end_that_was_not_seen_does_not_make_an_alert_fire_for_ever():
    assert found(samples(10, 60), samples(65)) == [(10, 65)]
