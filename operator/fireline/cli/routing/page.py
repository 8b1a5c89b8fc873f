"""Who is told, for people and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from fireline.alerting.simulate import Told
from fireline.alerting.simulate.inhibition import Inhibited
from fireline.alerting.simulate.matchers import Labels, shown
from fireline.alerting.simulate.words import alert, length, moment, path, timing


def lines(told: Sequence[Told], labels: Labels, at: datetime) -> Iterator[str]:
    """A paragraph for each receiver, in the order in which Alertmanager comes to them."""
    yield f"{alert(labels)}, first heard of at {moment(at)}"
    for number, one in enumerate(told, start=1):
        yield ""
        yield f"{number}. {click.style(one.receiver, bold=True)} {_kinds(one)}"
        yield from _verdict(one)
        yield f"   route    {path(one.path)}"
        yield f"   grouped  {_group(one)}"
        yield (
            f"   timing   wait {length(one.timing.wait)}, interval {length(one.timing.interval)}, "
            f"repeat {length(one.timing.repeat)}"
        )
    yield ""
    yield _summary(told)


def document(told: Sequence[Told], labels: Labels, at: datetime) -> dict[str, Any]:
    """The same as data. Times are RFC 3339."""
    return {
        "labels": dict(labels),
        "at": at.isoformat(),
        "told": [
            {
                "receiver": one.receiver,
                "integrations": list(one.integrations),
                "when": one.when.isoformat() if one.when else None,
                "why": one.why,
                "route": [shown(route.matchers) for route in one.path],
                "group": dict(one.group),
                "groupKey": one.group_key,
                "groupWait": length(one.timing.wait),
                "groupInterval": length(one.timing.interval),
                "repeatInterval": length(one.timing.repeat),
                "mutedBy": list(one.muted_by),
                "silencedBy": [
                    {"by": by.by, "comment": by.comment, "until": by.ends.isoformat()}
                    for by in one.silenced_by
                ],
                "inhibitedBy": [{"rule": str(by.rule), "alert": dict(by.by)} for by in one.inhibited_by],
            }
            for one in told
        ],
    }


def reached(told: Sequence[Told]) -> list[Told]:
    """Those that are told in the end."""
    return [one for one in told if one.when is not None and one.integrations]


def _kinds(one: Told) -> str:
    counts = Counter(one.integrations)
    parts = [kind if count == 1 else f"{count} × {kind}" for kind, count in counts.items()]
    return f"({', '.join(parts)})" if parts else "(notifies nobody: it has no integration)"


def _verdict(one: Told) -> Iterator[str]:
    if one.inhibited_by:
        yield from _quiet(one.inhibited_by[0])
    elif one.when is None or not one.integrations:
        yield f"   {click.style('not told', fg='red')} {timing(one)}"
    elif one.waits:
        yield f"   {click.style('waits', fg='yellow')}    {timing(one)}"
    else:
        yield f"   {click.style('told', fg='green')}     {moment(one.when)}: {timing(one)}"


def _quiet(by: Inhibited) -> Iterator[str]:
    yield f"   {click.style('quiet', fg='red')}    while {alert(by.by)} fires, by this rule:"
    yield f"            source {shown(by.rule.source)}"
    yield f"            target {shown(by.rule.target)}"
    if by.rule.equal:
        yield f"            equal {', '.join(by.rule.equal)}"


def _group(one: Told) -> str:
    named = ", ".join(f'{name}="{value}"' for name, value in one.group.items())
    return named or "with every alert of this route"


def _summary(told: Sequence[Told]) -> str:
    names = {
        "Told": [one.receiver for one in reached(told) if not one.waits],
        "Waiting": [one.receiver for one in reached(told) if one.waits],
    }
    parts = [f"{words}: {', '.join(dict.fromkeys(listed))}." for words, listed in names.items() if listed]
    return " ".join(parts) or "Nobody would be told."
