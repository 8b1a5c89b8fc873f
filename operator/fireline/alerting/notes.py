"""What a valid AlertPolicy may not mean: notes that hold nothing up. Called by ``checks``."""

from __future__ import annotations

from collections.abc import Iterator

from fireline.alerting.inhibition import muting
from fireline.alerting.receivers import integration, is_chat
from fireline.api.alert_policy import Spec
from fireline.api.alert_policy_severities import SEVS, canonical
from fireline.api.issues import Issue
from fireline.api.strings import zero_or_seconds
from fireline.promql.durations import Duration

Found = Iterator[Issue]


def levels_follow_the_first_message(spec: Spec) -> Found:
    """A level that comes while the first message still waits for its group tells the lead before on-call."""
    wait = Duration.parse(spec.grouping.wait)
    for number, level in enumerate(spec.escalation.levels if spec.escalation else ()):
        seconds = zero_or_seconds(level.after)
        if seconds and seconds <= wait.seconds:
            yield Issue(
                "LevelBeforeFirst",
                ("spec", "escalation", "levels", number, "after"),
                f"{level.after} is not later than grouping.wait {wait}, so this level is told no later than "
                f"those who are told at once; shorten grouping.wait, or escalate later",
                note=True,
            )


def everybody_is_told(spec: Spec) -> Found:
    """A severity nobody is told of is mostly one that somebody forgot."""
    known = {canonical(one.name) for one in spec.severities}
    missing = [sev for sev in SEVS if sev not in known]
    if missing and spec.fallback is None:
        yield Issue(
            "ToldToNobody",
            ("spec", "fallback"),
            f"is missing, and spec.severities lacks {' and '.join(missing)}, whose alerts are told to "
            f"nobody; for example {{receivers: [{spec.receivers[0].name}]}}",
            note=True,
        )


def tickets_that_stay_open(spec: Spec) -> Found:
    """``Always`` mutes where nobody says that it is over."""
    providers = [one.name for one in spec.receivers if not is_chat(one) and integration(one) != "email"]
    if spec.inhibition.page_inhibits_ticket == "Always" and providers and muting(spec):
        yield Issue(
            "ResolvedMayBeLost",
            ("spec", "inhibition", "pageInhibitsTicket"),
            f"a ticket that resolves while a page mutes it stays open at {', '.join(providers)}",
            note=True,
        )
