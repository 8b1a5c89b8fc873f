"""When people are at work, as users write it. Part of :mod:`fireline.api.alert_policy`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from fireline.api import strings
from fireline.api.common import ApiModel, ListKind, Rule, Text

Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
Clock = Annotated[
    str, Text(r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", 5, 'a time of day in quotes; write it like "09:00"')
]
Date = Annotated[
    str,
    Text(
        r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        10,
        'a date in quotes; write it like "2026-12-25"',
    ),
]


class Hours(ApiModel):
    """A weekly timetable in a time zone, without holidays."""

    rules: ClassVar[tuple[Rule, ...]] = (
        Rule(
            "self.from != self.to",
            'from and to are the same time; for whole days write "00:00" and "24:00"',
            lambda hours: hours.from_ != hours.to,
        ),
        Rule(
            "self.from != '24:00'",
            'from cannot be "24:00"; a day begins at "00:00"',
            lambda hours: hours.from_ != "24:00",
        ),
    )

    name: strings.DNSLabel
    """What severities call these hours, such as `business`."""
    time_zone: strings.TimeZone = "UTC"
    """IANA time zone of the times and dates, such as `Europe/Berlin`. Changes to and from daylight-saving
    time are followed to the minute."""
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7), ListKind()] = [  # noqa: RUF012 - pydantic copies it
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
    ]
    """Days on which the hours begin. Default: Monday to Friday."""
    from_: Annotated[Clock, Field(alias="from")]
    """When they begin, such as `"09:00"`."""
    to: Clock
    """When they end, such as `"17:00"`; a time before `from` is on the next day."""
    holidays: Annotated[list[Date], Field(max_length=128), ListKind()] | None = None
    """Dates, from midnight to midnight, that are outside of the hours, such as `"2026-12-25"`."""
