"""When an alert is told: waits, hours, inheritance and repetition, on small configurations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fireline.alerting.simulate import Matcher, Silence, Simulation, Told
from fireline.errors import SpecError

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
"""A Sunday."""
DOWN = {"alertname": "Down", "team": "shop"}
HOURS = {
    "name": "hours",
    "time_intervals": [
        {"weekdays": ["monday:friday"], "times": [{"start_time": "09:00", "end_time": "17:00"}]}
    ],
}


def configuration(*routes: dict[str, Any], **root: Any) -> dict[str, Any]:
    below = [child for route in routes for child in route.get("routes", ())]
    names = ["root", *(route["receiver"] for route in (*routes, *below))]
    return {
        "route": {"receiver": "root", **root, "routes": list(routes)},
        "receivers": [{"name": name, "webhook_configs": [{}]} for name in names],
        "time_intervals": [HOURS],
    }


def told(*routes: dict[str, Any], at: datetime = AT, **given: Any) -> tuple[Told, ...]:
    return Simulation.of(configuration(*routes)).told(DOWN, at=at, **given)


def test_defaults_are_alertmanagers_own() -> None:
    (one,) = told()

    assert one.when == AT + timedelta(seconds=30)
    assert (one.timing.interval, one.timing.repeat) == (timedelta(minutes=5), timedelta(hours=4))
    assert one.group == {}


def test_a_level_that_waits_longer_is_told_later() -> None:
    first, second = told(
        {"receiver": "now", "matchers": ["team=shop"], "continue": True, "group_wait": "0s"},
        {"receiver": "later", "matchers": ["team=shop"], "group_wait": "15m"},
    )

    assert (first.receiver, first.when) == ("now", AT)
    assert (second.receiver, second.when) == ("later", AT + timedelta(minutes=15))


def test_an_alert_that_is_older_than_the_wait_is_told_at_once() -> None:
    (one,) = told(
        {"receiver": "later", "matchers": ["team=shop"], "group_wait": "15m"}, started=AT - timedelta(hours=1)
    )

    assert one.when == AT


def test_of_a_wait_only_the_rest_counts() -> None:
    (one,) = told(
        {"receiver": "later", "matchers": ["team=shop"], "group_wait": "15m"},
        started=AT - timedelta(minutes=10),
    )

    assert one.when == AT + timedelta(minutes=5)


def test_outside_of_active_hours_it_waits_for_the_first_look_within() -> None:
    (one,) = told({"receiver": "desk", "matchers": ["team=shop"], "active_time_intervals": ["hours"]})

    # Alertmanager looks every five minutes, 30 s after the minute.
    assert one.when == datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)
    assert (one.outside_hours, one.muted_by) == (True, ("hours",))
    assert "Not before Mon 2026-11-23 09:00:30 UTC, if it still fires then" in one.why


def test_the_last_minute_of_hours_is_not_part_of_them() -> None:
    route = {
        "receiver": "desk",
        "matchers": ["team=shop"],
        "active_time_intervals": ["hours"],
        "group_wait": "0s",
    }
    friday = datetime(2026, 11, 20, 16, 59, 59, tzinfo=UTC)

    assert told(route, at=friday)[0].when == friday
    assert told(route, at=friday + timedelta(seconds=1))[0].when == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_muted_and_active_hours_are_not_inherited() -> None:
    child = {"receiver": "child", "matchers": ["alertname=Down"]}
    (one,) = told(
        {"receiver": "desk", "matchers": ["team=shop"], "active_time_intervals": ["hours"], "routes": [child]}
    )

    assert (one.receiver, one.muted_by) == ("child", ())


def test_hours_that_never_come_are_said_to_be_so() -> None:
    given = configuration({"receiver": "x", "matchers": ["team=shop"], "active_time_intervals": ["past"]})
    given["time_intervals"] = [{"name": "past", "time_intervals": [{"years": ["2020"]}]}]

    (one,) = Simulation.of(given).told(DOWN, at=AT)

    assert one.when is None
    assert one.why.endswith("Never: outside of the active hours past, and that does not end within a year.")


def test_an_interval_holds_by_its_own_clock_through_a_change_of_the_clock() -> None:
    berlin = {
        "weekdays": ["sunday"],
        "times": [{"start_time": "02:00", "end_time": "03:00"}],
        "location": "Europe/Berlin",
    }
    given = configuration(
        {"receiver": "x", "matchers": ["team=shop"], "mute_time_intervals": ["night"], "group_wait": "0s"}
    )
    given["time_intervals"] = [{"name": "night", "time_intervals": [berlin]}]
    simulation = Simulation.of(given)

    def minutes(day: datetime) -> int:
        instants = (day + timedelta(minutes=minute) for minute in range(24 * 60))
        return sum(bool(simulation.told(DOWN, at=at)[0].muted_by) for at in instants)

    assert minutes(datetime(2026, 3, 29, tzinfo=UTC)) == 0  # 02:00 does not exist
    assert minutes(datetime(2026, 10, 25, tzinfo=UTC)) == 120  # and here it comes twice
    assert minutes(datetime(2026, 11, 22, tzinfo=UTC)) == 60


@pytest.mark.parametrize(
    ("parent", "child", "group"),
    [
        (["team"], [], {"team": "shop"}),
        (["team"], ["alertname"], {"alertname": "Down"}),
        (["..."], [], DOWN),
        (["..."], ["team"], {"team": "shop"}),
        (["team"], ["..."], DOWN),
        ([], [], {}),
        (["missing"], [], {}),
    ],
)
def test_groups_are_inherited_as_alertmanager_does(
    parent: list[str], child: list[str], group: dict[str, str]
) -> None:
    given = configuration({"receiver": "x", "matchers": ["team=shop"], "group_by": child}, group_by=parent)

    (one,) = Simulation.of(given).told(DOWN, at=AT)

    assert one.group == group


def test_the_same_receiver_and_group_twice_counts_as_sent() -> None:
    same = {"receiver": "x", "matchers": ["team=shop"], "continue": True}

    first, second = told(same, same)

    assert (first.repeats, second.repeats, second.when) == (False, True, None)


def test_levels_with_matchers_of_their_own_do_not_repeat_one_another() -> None:
    level = {"receiver": "x", "matchers": ["team=shop"], "continue": True}

    first, second = told(level, level | {"matchers": ["team=shop", "level_2!=off"]})

    assert (first.repeats, second.repeats) == (False, False)


def test_the_group_key_is_the_one_of_alertmanager() -> None:
    (one,) = told({"receiver": "x", "matchers": ['team="shop"', 'a!="b"'], "group_by": ["alertname"]})

    assert one.group_key == '{}/{a!="b",team="shop"}:{alertname="Down"}'


def test_a_page_that_fires_keeps_its_ticket_quiet_and_not_itself() -> None:
    given = configuration()
    given["inhibit_rules"] = [
        {"source_matchers": ["team=shop"], "target_matchers": ["alertname=~Down|Slow"], "equal": ["slo"]}
    ]
    simulation = Simulation.of(given)
    page = {"alertname": "Page", "team": "shop", "slo": "a"}

    (quiet,) = simulation.told({"alertname": "Slow", "slo": "a"}, at=AT, firing=[page])
    (other,) = simulation.told({"alertname": "Slow", "slo": "b"}, at=AT, firing=[page])
    (both,) = simulation.told(DOWN | {"slo": "a"}, at=AT, firing=[DOWN | {"slo": "a"}])

    assert (quiet.when, quiet.inhibited_by[0].by) == (None, page)
    assert other.when is not None
    assert both.when is not None  # it fits both sides, and nothing that does inhibits it


def test_a_silence_puts_off_until_the_first_look_after_its_end() -> None:
    silence = Silence(
        (Matcher("team", "=", "shop"),), AT - timedelta(hours=1), AT + timedelta(minutes=12), "ada"
    )

    (one,) = told(silences=[silence])
    (other,) = Simulation.of(configuration()).told({"team": "infra"}, at=AT, silences=[silence])

    assert (one.when, one.silenced_by) == (AT + timedelta(minutes=15, seconds=30), (silence,))
    assert "silenced by ada until Sun 2026-11-22 10:12:00 UTC" in one.why
    assert (other.when, other.silenced_by) == (AT + timedelta(seconds=30), ())


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"route": {}},
        {"route": {"receiver": "x", "routes": [{"matchers": ["a=~("]}]}},
        {"route": {"receiver": "x", "routes": [{"matchers": ["no matcher"]}]}},
        {"route": {"receiver": "x", "group_wait": "soon"}},
        {
            "route": {"receiver": "x"},
            "time_intervals": [{"name": "i", "time_intervals": [{"months": ["x"]}]}],
        },
        {
            "route": {"receiver": "x"},
            "time_intervals": [{"name": "i", "time_intervals": [{"location": "x"}]}],
        },
        {"route": {"receiver": "x"}, "inhibit_rules": [{"source_match_re": {"a": "["}}]},
        {"route": {"receiver": "x"}, "receivers": [{"name": "y"}]},
        {
            "route": {"receiver": "x", "routes": [{"active_time_intervals": ["i"]}]},
            "receivers": [{"name": "x"}],
        },
    ],
)
def test_what_alertmanager_would_not_load_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        Simulation.of(wrong)


def test_an_expression_cannot_make_it_run_for_ever() -> None:
    given = configuration({"receiver": "x", "matchers": ['team=~"(a+)+$"']})

    (one,) = Simulation.of(given).told({"team": "a" * 100_000 + "!"}, at=AT)

    assert one.receiver == "root"
