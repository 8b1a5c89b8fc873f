"""Wrong times are refused with the words their authors need, and odd ones are remarked on."""

from __future__ import annotations

import pytest
from tests.unit.api.objects import an_slo

from fireline.api.slo import ServiceLevelObjective
from fireline.api.zones import zones
from fireline.slo.checks import read
from fireline.slo.checks_time import CHECKS

LIKE = "write it like 0 3 * * SUN"


def issues(**fields):
    spec = ServiceLevelObjective.of(an_slo({f"spec.{name}": value for name, value in fields.items()})).spec
    return [issue for check in CHECKS for issue in check(spec)]


def maintenance(**entry):
    return issues(maintenance=[{key.removesuffix("_"): value for key, value in entry.items()}])


@pytest.mark.parametrize(
    ("zone", "advice"),
    [
        ("Europe/Berlln", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("Kolkata", "Asia/Kolkata"),
        ("localtime", "Europe/Berlin"),
        ("posix/UTC", "UTC"),
    ],
)
def test_a_time_zone_that_nobody_knows_is_refused_with_a_name_that_is_meant(zone, advice):
    (found,) = issues(window={"calendar": "Month", "timeZone": zone})
    assert (found.reason, found.path) == ("UnknownTimeZone", "spec.window.timeZone")
    assert found.message == f"{zone!r} is no IANA time zone; write it like {advice}"


@pytest.mark.parametrize("zone", ["CEST", "Europe", "a/b"])
def test_where_no_name_is_alike_there_is_an_example(zone):
    (found,) = issues(window={"calendar": "Month", "timeZone": zone})
    assert found.message.split()[-1] in zones()


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Argentina/Ushuaia", "Etc/GMT+5"]
)
def test_a_known_time_zone_is_fine(zone):
    assert issues(window={"calendar": "Month", "timeZone": zone}) == []
    assert maintenance(cron="0 3 * * SUN", duration="2h", timeZone=zone) == []


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        (
            {"cron": "0 3 * * SUN", "duration": "2h", "timeZone": "Berlin"},
            "spec.maintenance[0].timeZone",
            "'Berlin' is no IANA time zone; write it like Europe/Berlin",
        ),
        (
            {"from_": "2026-12-24T06:00:00Z", "to": "2026-12-24T00:00:00Z"},
            "spec.maintenance[0].to",
            "2026-12-24T00:00:00Z is not after from, 2026-12-24T06:00:00Z",
        ),
        (
            {"from_": "2026-12-24T01:00:00+01:00", "to": "2026-12-24T00:00:00Z"},
            "spec.maintenance[0].to",
            "2026-12-24T00:00:00Z is not after from, 2026-12-24T01:00:00+01:00",
        ),
        (
            {"from_": "2026-02-30T00:00:00Z", "to": "2026-03-01T00:00:00Z"},
            "spec.maintenance[0].from",
            "'2026-02-30T00:00:00Z' does not exist; write it like 2026-12-24T00:00:00Z",
        ),
        (
            {"cron": "0 25 * * *", "duration": "2h"},
            "spec.maintenance[0].cron",
            "'0 25 * * *' is no cron expression (Bad hour); write it like 0 3 * * SUN",
        ),
        (
            {"cron": "0 3 * * NEVER", "duration": "2h"},
            "spec.maintenance[0].cron",
            "'0 3 * * NEVER' is no cron expression (Bad day-of-week); write it like 0 3 * * SUN",
        ),
        (
            {"cron": "0 3 30 2 *", "duration": "2h"},
            "spec.maintenance[0].cron",
            "'0 3 30 2 *' is no cron expression (Bad day-of-month); write it like 0 3 * * SUN",
        ),
        (
            {"cron": "0 3 */30 * MON#2", "duration": "2h"},
            "spec.maintenance[0].cron",
            "'0 3 */30 * MON#2' never comes; write it like 0 3 * * SUN",
        ),
        (
            {"cron": "0 3 * * SUN", "duration": "8d"},
            "spec.maintenance[0].duration",
            "'8d' is not between 1m and 7d; write it like 2h",
        ),
        (
            {"cron": "0 3 * * SUN", "duration": "30s"},
            "spec.maintenance[0].duration",
            "'30s' is not between 1m and 7d; write it like 2h",
        ),
        (
            {"cron": "*/5 * * * *", "duration": "5m"},
            "spec.maintenance[0].cron",
            f"'*/5 * * * *' starts again before 5m are over, so that maintenance never ends; {LIKE}",
        ),
    ],
)
def test_maintenance_that_cannot_be_meant_is_refused(entry, path, said):
    found = maintenance(**entry)[0]
    assert (found.path, found.message, found.note) == (path, said, False)


@pytest.mark.parametrize(
    "entry",
    [
        {"from_": "2026-12-24T00:00:00Z", "to": "2026-12-24T00:01:00Z"},
        {"from_": "2026-12-24T00:00:00+01:00", "to": "2026-12-24T00:00:00Z"},
        {"cron": "30 2 * * *", "duration": "1m", "timeZone": "Europe/Berlin"},
        {"cron": "0 0 29 2 *", "duration": "1d"},
        {"cron": "0 0 * * MON", "duration": "1d"},
        {"cron": "45 * * * *", "duration": "14m"},
        {"cron": "0 22 * * 5L", "duration": "2h"},
    ],
)
def test_maintenance_that_can_be_meant_is_not_bothered(entry):
    assert maintenance(**entry) == []


@pytest.mark.parametrize(
    ("entry", "path", "about"),
    [
        (
            {"from_": "2026-12-24T00:00:00Z", "to": "2027-12-24T00:00:00Z"},
            "spec.maintenance[0].to",
            "is 365 days after from",
        ),
        ({"cron": "* 3 * * SUN", "duration": "2h"}, "spec.maintenance[0].cron", "write it like 0 3 * * *"),
    ],
)
def test_what_is_probably_a_mistake_is_a_note(entry, path, about):
    (found,) = maintenance(**entry)
    assert found.note
    assert found.path == path
    assert about in found.message


@pytest.mark.parametrize(
    ("field", "value", "at"),
    [
        ("window", {"calendar": "Month", "timeZone": "Berlin"}, "spec.window.timeZone"),
        ("maintenance", [{"cron": "61 3 * * *", "duration": "2h"}], "spec.maintenance[0].cron"),
        ("maintenance", [{"cron": "0 3 * * *", "duration": "9d"}], "spec.maintenance[0].duration"),
        ("maintenance", [{"cron": "* * * * *", "duration": "1m"}], "spec.maintenance[0].cron"),
        (
            "maintenance",
            [{"from": "2026-12-25T00:00:00Z", "to": "2026-12-24T00:00:00Z"}],
            "spec.maintenance[0].to",
        ),
    ],
)
def test_the_door_for_planner_and_cli_asks_each_of_them(field, value, at):
    slo, found = read(an_slo({f"spec.{field}": value}), sources=("default",))
    assert slo is None
    assert found[0].path == at


def test_every_entry_is_looked_at():
    wrong = {"cron": "0 3 * * *", "duration": "9d"}
    found = issues(maintenance=[{"cron": "0 3 * * *", "duration": "2h"}, wrong])
    assert {issue.path.split(".")[1] for issue in found} == {"maintenance[1]"}
