"""What a SyntheticCheck does, how its runs went, and what was answered last. Pure.

Figures are those of the status; a figure that is missing there is Unknown here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fireline.api.conditions import parse_timestamp
from fireline.cli.explaining.alarms import Alarm
from fireline.cli.explaining.arithmetic import UNKNOWN, Line
from fireline.cli.words import age, rough
from fireline.synthetic.alert_rules import alert_rules
from fireline.synthetic.alerts import CheckAlerts
from fireline.synthetic.coverage import first_day, over
from fireline.synthetic.model import Check

Status = Mapping[str, Any]
_SIGNS = {"success": "✓", "failure": "✗", "error": "!", "infra": "?", "skipped": "-"}
_SHOWN = 20
_MEASURED = frozenset({"success", "failure", "error"})


def does(check: Check) -> Iterator[Line]:
    """What it does, from where, how often, and whom it asks to know secrets."""
    spec, timing = check.spec, check.timing
    every = f"every {rough(timing.interval)}"
    if timing.longest > timing.interval:
        every = f"every {rough(timing.interval)} to {rough(timing.longest)}"
    text = f"{timing.text} in UTC" if timing.cron else "by the prober"
    yield Line("Schedule", "suspended" if spec.suspend else every, (text,))
    if spec.container is not None:
        yield Line("Image", spec.container.image)
    for part in ("sweep", "steps", "cleanup"):
        steps = getattr(spec, part)
        if steps:
            yield Line(part.capitalize(), ", ".join(step.name for step in steps))
    secrets = [
        f"{one.name}: Secret {one.secret_key_ref.name}, key {one.secret_key_ref.key}"
        for one in spec.variables or ()
        if one.secret_key_ref is not None
    ]
    if secrets:
        yield Line("Secrets", str(len(secrets)), tuple(secrets))
    if spec.location:
        yield Line("Location", spec.location)


def runs(status: Status, now: datetime) -> Iterator[Line]:
    """The last run step by step, and what all of the window came to."""
    last = status.get("lastRun")
    if last is not None:
        yield _last(last, now)
    if (signs := _signs(status)) is not None:
        yield signs
    failures = status.get("consecutiveFailures", 0)
    if failures:
        words = ("runs that measured nothing do not interrupt it",)
        yield Line("In a row", f"{failures} failed", words)
    succeeded = status.get("lastSuccess")
    figure = f"{_ago(succeeded, now)} ago" if succeeded else UNKNOWN
    yield Line("Last success", figure, (succeeded,) if succeeded else ("none was seen",))
    yield from _shares(status, now)
    yield from _certificates(last or {}, now)
    yield from _waiting(status, now)


def answered(status: Status) -> Iterator[Line]:
    """Evidence of the last run that did not succeed."""
    candidates = [status.get("lastRun", {}), *status.get("history", ())]
    run = next((one for one in candidates if one.get("evidence")), None)
    if run is not None:
        where = f"{run.get('step') or run['outcome']}, {run.get('startedAt', '')}".rstrip(", ")
        yield Line("Evidence", where, tuple(run["evidence"].splitlines()))


def alarms_of(alerts: CheckAlerts) -> list[Alarm]:
    """The alerts as they are written. Whether one fires is Prometheus' to say."""
    return [
        Alarm(
            tier=rule["alert"].removeprefix("SyntheticCheck"),
            alert=rule["alert"],
            severity=rule["labels"]["severity"],
            sev=rule["labels"]["sev"],
            state="",
            since=None,
            words=(rule["annotations"]["summary"],),
        )
        for rule in alert_rules(alerts)
    ]


def _last(run: Mapping[str, Any], now: datetime) -> Line:
    outcome = run["outcome"]
    figure = f"{outcome} at {run['step']}" if run.get("step") and outcome != "success" else outcome
    if run.get("degraded"):
        figure += f", slow at {run.get('step', '?')}"
    if run.get("flaky"):
        figure += ", flaky"
    when = run.get("endedAt") or run.get("slot")
    took = f", took {run['durationMs']} ms" if "durationMs" in run and outcome in _MEASURED else ""
    by = "on demand" if run.get("trigger") == "Manual" else "by its schedule"
    words = [f"{_ago(when, now)} ago{took}, {by}" if when else by]
    if run.get("job"):
        words[0] += f", Job {run['job']}"
    if run.get("message"):
        words.append(f"{run.get('reason', '')}: {run['message']}".removeprefix(": "))
    words += [_step(one) for one in run.get("steps", ())]
    words += [
        f"cleanup: {_step(one)}"
        for one in run.get("cleanup", ())
        if one["outcome"] not in {"success", "skipped"}
    ]
    return Line("Last run", figure, tuple(words))


def _step(one: Mapping[str, Any]) -> str:
    tries = f", {one['attempts']} attempts" if one.get("attempts", 1) > 1 else ""
    said = f": {one['message']}" if one.get("message") else ""
    return f"{_SIGNS.get(one['outcome'], '?')} {one['name']} {one.get('ms', 0)} ms{tries}{said}"


def _signs(status: Status) -> Line | None:
    history = [run for run in status.get("history", ()) if run.get("trigger") == "Schedule"]
    if not history:
        return None
    signs = "".join(
        ("~" if run.get("degraded") and run["outcome"] == "success" else _SIGNS[run["outcome"]])
        * min(run.get("runs", 1), _SHOWN)
        for run in reversed(history)
    )
    return Line(
        "Runs", signs[-_SHOWN:], ("the newest last: ✓ success, ~ slow, ✗ failure, ! error, ? not measured",)
    )


def _shares(status: Status, now: datetime) -> Iterator[Line]:
    """Availability and coverage, with the counts they follow from."""
    told = status.get("availability", {})
    window = told.get("window", "30d")
    days = {day["day"]: {k: v for k, v in day.items() if k != "day"} for day in status.get("days", ())}
    counts = over(days, first_day(now, int(window.removesuffix("d"))))
    good, bad = counts.get("success", 0), counts.get("failure", 0) + counts.get("error", 0)
    value, target = told.get("value"), told.get("target")
    words = [f"nothing was measured in {window}"]
    if good + bad:
        words = [f"{good} of {good + bad} measured runs succeeded in {window} (UTC days, today included)"]
    if target is not None:
        kept = {True: "kept", False: "not kept"}.get(told.get("met"), "unknown")
        words.append(f"{target} % is promised: {kept}")
    yield Line("Availability", f"{value} %" if value is not None else UNKNOWN, tuple(words))
    coverage, expected = status.get("coverage"), counts.get("expected", 0)
    words = ["no run was expected"]
    if expected:
        words = [f"{good + bad} of {expected} expected runs measured something"]
    lost = counts.get("infra", 0)
    if lost:
        words.append(f"{lost} did not; that says nothing of the target, and spends no error budget")
    yield Line("Coverage", f"{coverage} %" if coverage is not None else UNKNOWN, tuple(words))


def _certificates(run: Mapping[str, Any], now: datetime) -> Iterator[Line]:
    for one in run.get("certificates", ()):
        left = (parse_timestamp(one["notAfter"]) - now).total_seconds()
        figure = f"ends in {rough(left)}" if left > 0 else f"ended {rough(left)} ago"
        yield Line("Certificate", figure, (f"of step {one['step']}, {one['notAfter']}",))


def _waiting(status: Status, now: datetime) -> Iterator[Line]:
    waiting = status.get("waiting")
    if waiting is not None:
        since = f" for {_ago(waiting['since'], now)}" if waiting.get("since") else ""
        yield Line("Waiting", f"{waiting['reason']}{since}", (f"Job {waiting['job']}",))


def _ago(when: str, now: datetime) -> str:
    return age((now - parse_timestamp(when)).total_seconds())
