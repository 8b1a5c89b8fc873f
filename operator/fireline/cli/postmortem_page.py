"""A postmortem draft as Markdown. What users and servers wrote is escaped; comments say what goes where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.cli.reporting.markdown import escaped
from fireline.incident.draft import NOT_KNOWN, NOT_REACHED
from fireline.incident.review import ACTIONS, CAUSES, COLUMNS

_MEANS = {
    "timeToDetect": "start of impact, known to the minute, until detection",
    "timeToMitigate": "detection until the first mitigation was in place",
    "timeToResolve": "start of impact, known to the minute, until the end",
    "fromDetectionToEnd": "detection until the end",
}
_NAMES = {
    "timeToDetect": "time to detect",
    "timeToMitigate": "time to mitigate",
    "timeToResolve": "time to resolve",
    "fromDetectionToEnd": "open for",
}
_ROWS = 3


def page(document: Mapping[str, Any]) -> str:
    """The whole page, with a line break at its end."""
    return "\n".join(_lines(document)).rstrip() + "\n"


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    slo = one["slo"]
    yield f"# Postmortem of {one['incident']}: {escaped(one['service'])}, {_day(one)}"
    yield ""
    yield (
        "> A draft from the incident record. What stands here was measured or written down at the time; what "
        "it means is for people to say. Nobody is to blame for it."
    )
    if one["state"] == "Open":
        yield ">"
        yield "> **The incident goes on.** Make this draft again when it is over."
    yield ""
    objective = f" (objective {slo['objective']} %)" if slo["objective"] else ""
    yield from _table(
        ("", ""),
        [
            ("SLO", f"{slo['namespace']}/{slo['name']}{objective}"),
            ("Severity", f"{one['severity']}: {one['severityMeans']}"),
            ("Scope", one["scope"]),
            ("Owner", one["owner"]),
            ("First alert", f"{one['alert']['name']}, tier {one['alert']['tier']}"),
            ("State", one["state"]),
        ],
    )
    yield from _section("Summary", "Two or three sentences for somebody who was not there.")
    yield from _phases(one)
    yield from _impact(one)
    yield from _timeline(one)
    yield from _actions(one)
    yield from _evidence(one["evidence"])
    yield from _section(
        CAUSES,
        "What made it possible, what made it worse, and what made it hard to see? There is rarely one cause. "
        "What came before it in the timeline did not have to lead to it.",
    )
    yield from _section("What went well, what did not, where we were lucky", "One line each.")
    yield f"## {ACTIONS}"
    yield ""
    yield "<!-- Each with one owner and a date. fireline postmortem --check FILE names what is missing. -->"
    yield ""
    yield from _table(("#", *COLUMNS), [(str(number), "", "", "", "") for number in range(1, _ROWS + 1)])
    yield "When this page is in its place, tell the record:"
    yield ""
    yield f"    kubectl -n {slo['namespace']} annotate servicelevelobjectives.fireline.dev {slo['name']} \\"
    yield f"      {one['writtenUp']}=URL"


def _phases(one: Mapping[str, Any]) -> Iterator[str]:
    yield "## Phases"
    yield ""
    rows = [
        (name, _moment(at) if at != NOT_REACHED else at, one["reachedBy"].get(name, ""))
        for name, at in one["phases"].items()
    ]
    yield from _table(("phase", "reached (UTC)", "told by"), rows)
    lengths = [(_NAMES[name], value, _MEANS[name]) for name, value in one["durations"].items()]
    yield from _table(("", "length", "from … until"), lengths)


def _impact(one: Mapping[str, Any]) -> Iterator[str]:
    yield "## Impact"
    yield ""
    start = one["impactStart"]
    if start == NOT_KNOWN:
        yield "- Start of impact: not known. The recorded series do not show when it began."
    else:
        since = "since when the budget burned faster than it lasts"
        yield f"- Start of impact: {_moment(start)} UTC, to the minute, {since}."
    budget = one["budget"]
    begin = "atImpact" if budget["atImpact"] is not None else "atDetection"
    when = "when it began" if begin == "atImpact" else "when it was detected"
    told = [
        f"{budget[name]} % {words}"
        for name, words in ((begin, when), ("atResolution", "once it was over"))
        if budget[name] is not None
    ]
    yield f"- Error budget consumed: {', '.join(told) if told else NOT_KNOWN}."
    if budget["spent"] is not None:
        yield f"- It cost {budget['spent']} % of the whole error budget."
    elif one["state"] == "Open":
        yield "- What it cost is known once it is over."
    else:
        yield "- What it cost is not known."
    yield ""


def _timeline(one: Mapping[str, Any]) -> Iterator[str]:
    yield "## Timeline"
    yield ""
    rows = [
        (_moment(fact["eventTime"]), fact["phase"].lower(), fact["summary"], fact["actor"], fact["source"])
        for fact in one["timeline"]
    ]
    yield from _table(("time (UTC)", "phase", "what", "who", "known from"), rows)
    if one["truncated"]:
        yield "More came and went than the record keeps: some alerts and checks are left out here."
        yield ""


def _actions(one: Mapping[str, Any]) -> Iterator[str]:
    yield "## Actions taken"
    yield ""
    if not one["actions"]:
        yield "None on record. What people did by hand is not recorded: add it here."
    for fact in one["actions"]:
        plan = fact.get("data", {}).get("planHash")
        shown = f" (plan `{plan}`)" if plan else ""
        yield f"- {_moment(fact['eventTime'])} {escaped(fact['summary'])}; by {escaped(fact['actor'])}{shown}"
    yield ""


def _evidence(found: Mapping[str, Any] | None) -> Iterator[str]:
    yield "## Evidence at detection"
    yield ""
    if found is None:
        yield "None was gathered."
        yield ""
        return
    if burn := found.get("burnRates"):
        rates = ", ".join(f"{rate['value']} over {rate['window']}" for rate in burn)
        yield f"- Burn rate: {rates}."
    if groups := found.get("groups"):
        yield f"- Groups whose alerts fired: {escaped('; '.join(groups))}."
    if "rollouts" in found:
        yield from _rollouts(found["rollouts"])
    if run := found.get("failedRun"):
        step = f" at step {run['step']}" if "step" in run else ""
        why = f": {run['message']}" if "message" in run else ""
        yield escaped_item(f"Last failing check: {run['check']}{step}{why}")
    if traces := found.get("traceIds"):
        yield f"- Traces: {', '.join(f'`{trace}`' for trace in traces)}."
    for link in found.get("links", ()):
        yield f"- [{escaped(link['name'])}](<{link['url']}>)"
    for words in found.get("missing", ()):
        yield escaped_item(f"Not known: {words}")
    yield ""
    if series := found.get("topSeries"):
        yield "The series with most bad events:"
        yield ""
        rows = [
            (one["perSecond"], ", ".join(f"{name}={value}" for name, value in one["labels"].items()))
            for one in series
        ]
        yield from _table(("bad per second", "labels"), rows)


def _rollouts(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not found:
        yield "- Rollouts within the hour before: none."
    for rollout in found:
        words = f"{rollout['workload']}, new ReplicaSet {rollout['replicaSet']}"
        yield f"- Rollout before it: {_moment(rollout['at'])} UTC {escaped(words)}."


def _section(title: str, advice: str) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"<!-- {advice} -->"
    yield ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(escaped(cell) for cell in row) + " |"
    yield ""


def escaped_item(text: str) -> str:
    """An item of a list with text of users in it."""
    return f"- {escaped(text)}"


def _day(one: Mapping[str, Any]) -> str:
    at = one["phases"]["detect"]
    return NOT_KNOWN if at == NOT_REACHED else parse_timestamp(at).strftime("%Y-%m-%d")


def _moment(text: str) -> str:
    return parse_timestamp(text).strftime("%Y-%m-%d %H:%M:%S")
