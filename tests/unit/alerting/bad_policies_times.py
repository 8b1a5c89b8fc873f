"""Wrong AlertPolicies: hours and grouping."""

from __future__ import annotations

from tests.unit.alerting.bad_policy import Bad, hours_of

TIMES = (
    Bad(
        "hours without quotes",
        "Schema",
        hours_of(from_=540),
        'spec.hours[0].from: must be text, found the number 540; put it in quotes: "540"',
    ),
    Bad(
        "hours that are none",
        "Schema",
        hours_of(from_="9:00"),
        "spec.hours[0].from: '9:00' is not a time of day in quotes; write it like \"09:00\"",
    ),
    Bad(
        "hours of no length",
        "Schema",
        hours_of(from_="17:00"),
        'spec.hours[0]: from and to are the same time; for whole days write "00:00" and "24:00"',
    ),
    Bad(
        "hours that begin at midnight's end",
        "Schema",
        hours_of(from_="24:00"),
        'spec.hours[0]: from cannot be "24:00"; a day begins at "00:00"',
    ),
    Bad(
        "weekday in short",
        "Schema",
        hours_of(weekdays=["Mon"]),
        (
            "spec.hours[0].weekdays[0]: 'Mon' is not allowed; write Monday, Tuesday, Wednesday, Thursday,"
            " Friday, Saturday or Sunday"
        ),
    ),
    Bad(
        "weekday twice",
        "Schema",
        hours_of(weekdays=["Monday", "Monday"]),
        "spec.hours[0].weekdays: names 'Monday' twice",
    ),
    Bad(
        "holiday of another order",
        "Schema",
        hours_of(holidays=["25.12.2026"]),
        "spec.hours[0].holidays[0]: '25.12.2026' is not a date in quotes; write it like \"2026-12-25\"",
    ),
    Bad(
        "holiday that does not exist",
        "Checks",
        hours_of(holidays=["2026-02-30"]),
        (
            "spec.hours[0].holidays[0]: there is no 2026-02-30; write the date of a day that exists, such"
            " as 2026-12-25"
        ),
    ),
    Bad(
        "time zone that does not exist",
        "Checks",
        hours_of(timeZone="Europe/Bonn"),
        "spec.hours[0].timeZone: 'Europe/Bonn' is no IANA time zone; write it like Europe/Berlin or UTC",
        "UnknownTimeZone",
    ),
    Bad(
        "time zone in words",
        "Schema",
        hours_of(timeZone="Central European Time"),
        (
            "spec.hours[0].timeZone: 'Central European Time' is not an IANA time zone, such as "
            "Europe/Berlin or UTC"
        ),
    ),
    Bad(
        "hours twice",
        "Schema",
        {
            "spec.hours": [
                {"name": "a", "from": "09:00", "to": "17:00"},
                {"name": "a", "from": "10:00", "to": "17:00"},
            ]
        },
        "spec.hours: names 'a' twice",
    ),
    Bad(
        "hours named as the outside of others",
        "Checks",
        {
            "spec.hours": [
                {"name": "a", "from": "09:00", "to": "17:00"},
                {"name": "a-outside", "from": "10:00", "to": "17:00"},
            ]
        },
        "spec.hours[1].name: 'a-outside' is taken for the outside of other hours",
    ),
    Bad(
        "wait of no length",
        "Schema",
        {"spec.grouping": {"wait": "0s"}},
        "spec.grouping.wait: must be longer than zero",
    ),
    Bad(
        "interval in words",
        "Schema",
        {"spec.grouping": {"interval": "5 minutes"}},
        "spec.grouping.interval: '5 minutes' is not a Prometheus duration; write it like 30d, 5m or 1h30m",
    ),
    Bad(
        "grouping by all and more",
        "Schema",
        {"spec.grouping": {"by": ["...", "slo"]}},
        "spec.grouping.by: ... means all labels, so nothing can stand beside it",
    ),
    Bad(
        "grouping by no label",
        "Schema",
        {"spec.grouping": {"by": ["the slo"]}},
        "spec.grouping.by[0]: 'the slo' is not a label name such as alertname, or ... for all",
    ),
    Bad(
        "reminders more often than messages",
        "Checks",
        {"spec.grouping": {"interval": "10m", "repeat": {"sev0": "5m"}}},
        (
            "spec.grouping.repeat.sev0: 5m is shorter than grouping.interval 10m: reminders come with the"
            " interval at the soonest"
        ),
    ),
)
