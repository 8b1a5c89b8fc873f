"""One Mitigation on the screen: what is proposed or in place, why, and what to type next.

What a person reads here is what they approve: the diff is the API server's own answer to a dry run, as the
operator wrote it into the status, and the hash below it is that of this very plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fireline.api.conditions import found, parse_timestamp
from fireline.cli.mitigating.sentences import helps
from fireline.cli.mitigating.standing import IN_PLACE, Manifest, MitigationStanding
from fireline.cli.words import age, rough
from fireline.mitigation.shown import shown_path
from fireline.mitigation.stored import change_from

_NAME = 11
_RECORDS = 6
_BEGINS = {"Applying": "begins: ", "Reverting": "is taken back: "}
"""What the operator begins its words with, which the phase says already."""
_UNVERIFIED = frozenset({"Proposed", "Approved", "Applying", "Verifying"})
"""Phases in which nobody knows yet whether it helps."""
_STICKY = {
    "Reversible": "",
    "Sticky": "never by itself: that would bring the bad version back",
    "Irreversible": "never: it cannot be taken back",
}


def page(manifest: Manifest, now: datetime) -> RenderableType:
    """Everything a person needs to decide, the most important first."""
    one, status = MitigationStanding.of(manifest, now), manifest.get("status") or {}
    parts: list[RenderableType] = [_head(one, now)]
    if one.human:
        parts.append(Text(f"needs you: {one.human}: {one.message}", style="bold red"))
    elif one.message and not one.message.startswith(one.does):  # the rows below say that
        parts.append(Text(one.message))
    parts.append(Text(""))
    parts += [_row(name, words) for name, words in _facts(manifest, one, now)]
    if one.phase in {"Proposed", "Approved"}:
        parts += _diff(status.get("plan") or {})
        parts += [
            Text(f"note: {note}", style="yellow") for note in (status.get("plan") or {}).get("notes", ())
        ]
    elif status.get("intent") and one.phase in IN_PLACE:
        parts += _made(status["intent"])
    parts += _history(status, now)
    parts += [Text(""), *(_command(line) for line in next_steps(manifest, now))]
    return Group(*parts)


def _command(line: str) -> Text:
    """Never broken by us: whoever copies a command must get all of it."""
    return Text(line, style="bold", no_wrap=True, overflow="ignore")


def next_steps(manifest: Manifest, now: datetime) -> list[str]:
    """The commands that make sense now, ready to be copied."""
    one = MitigationStanding.of(manifest, now)
    where = f"{one.name} -n {one.namespace}"
    found = _of_its_phase(one, manifest, where)
    return [*found, f"you have seen it: fireline mitigations seen {where}"] if one.human else found


def _of_its_phase(one: MitigationStanding, manifest: Manifest, where: str) -> list[str]:
    if one.phase == "Proposed":
        return [
            f"approve: fireline mitigations approve {where} --plan {one.plan_hash}",
            f"reject:  fireline mitigations reject {where}",
        ]
    if one.phase in {"Verifying", "Active"} and reversible(manifest):
        return [f"take it back: fireline mitigations revert {where}"]
    if one.phase in {"Idle", "Ended"}:
        return [f"propose it now: fireline mitigations propose {where}"]
    return [f"follow it: fireline mitigations watch {where}"]


def reversible(manifest: Manifest) -> bool:
    """Whether what is in place can be taken back."""
    intent = (manifest.get("status") or {}).get("intent") or {}
    return bool(intent.get("reversible") == "Reversible")


def document(manifest: Manifest, now: datetime) -> dict[str, Any]:
    """The same for JSON and YAML: the status's own words, and the commands."""
    status = manifest.get("status") or {}
    one = MitigationStanding.of(manifest, now)
    return {
        "namespace": one.namespace,
        "name": one.name,
        "phase": one.phase,
        "result": one.result,
        "message": one.message or None,
        "needsHuman": status.get("needsHuman"),
        "planHash": one.plan_hash,
        "plan": status.get("plan"),
        "inPlace": _shown(status.get("intent") or {}) if one.phase in IN_PLACE else None,
        "approvedBy": status.get("approvedBy"),
        "expiresAt": status.get("expiresAt"),
        "history": list(status.get("history") or ()),
        "next": next_steps(manifest, now),
    }


def _head(one: MitigationStanding, now: datetime) -> Text:
    since = f" for {age((now - one.since).total_seconds())}" if one.since else ""
    result = f" ({one.result})" if one.result else ""
    return Text.assemble((f"{one.namespace}/{one.name}", "bold"), f": {one.phase}{result}{since}")


def _facts(manifest: Manifest, one: MitigationStanding, now: datetime) -> Iterator[tuple[str, str]]:
    status, spec = manifest.get("status") or {}, manifest.get("spec") or {}
    plan, intent = status.get("plan") or {}, status.get("intent") or {}
    shown = intent if one.phase in IN_PLACE else plan
    yield "does", one.does
    if spec.get("description"):
        yield "about", spec["description"]
    if status.get("episode"):
        yield "because", status["episode"]["trigger"]
    elif one.trigger:
        yield "trigger", f"{one.signal}: {one.trigger}" if one.signal else one.trigger
    if target := shown.get("target"):
        yield "target", f"{target['kind']} {target['name']} ({target['apiVersion']})"
    yield "rights", f"of ServiceAccount {shown.get('serviceAccount') or spec.get('serviceAccountName', '?')}"
    if plan.get("owner") and one.phase == "Proposed":
        yield "in Git", plan["owner"]
    if one.phase in _UNVERIFIED:
        yield "helps when", _helps(spec, intent if one.phase in IN_PLACE else {})
    yield from _end(one, shown, plan, now)
    if status.get("approvedBy") and one.phase not in {"Idle", "Proposed"}:
        yield "approved by", status["approvedBy"]
    permitted = found(status, "Permitted")
    if permitted and permitted["status"] != "True":
        yield "permitted", f"{permitted['status']}, {permitted['reason']}: {permitted['message']}"


def _helps(spec: Mapping[str, Any], intent: Mapping[str, Any]) -> str:
    """What is asked to tell whether it helped, and until when; in place, as it was approved."""
    try:
        approved = json.loads(intent.get("spec") or "null")
    except ValueError:
        approved = None
    rules = approved if isinstance(approved, dict) else spec
    within = (rules.get("verify") or {}).get("within")
    if intent.get("verifyBy"):
        return f"{helps(rules)}; until {parse_timestamp(intent['verifyBy']):%H:%M:%S} UTC"
    return f"{helps(rules)}; within {within}" if within else helps(rules)


def _end(
    one: MitigationStanding, shown: Mapping[str, Any], plan: Mapping[str, Any], now: datetime
) -> Iterator[tuple[str, str]]:
    sticky = _STICKY.get(shown.get("reversible", ""), "")
    if sticky or plan.get("revert"):
        yield "taken back", sticky or plan["revert"]
    if one.expires is None:
        return
    left = (one.expires - now).total_seconds()
    what = "can be approved" if one.phase == "Proposed" else "ends"
    when = f"{one.expires:%H:%M:%S} UTC"
    if one.phase == "Proposed":
        yield "expires", f"can be approved for {rough(left)}, until {when}" if left > 0 else f"since {when}"
    else:
        yield "expires", f"{what} in {rough(left)}, at {when}" if left > 0 else f"its time ended at {when}"


def _diff(plan: Mapping[str, Any]) -> list[RenderableType]:
    """The dry run's diff in colours; without one the fields as they were planned."""
    if plan.get("diff"):
        return [Text(""), *(_coloured(line) for line in plan["diff"].splitlines()), Text("")]
    rows = [
        line
        for one in plan.get("paths") or ()
        for line in (Text(one["path"], style="bold"), *_change(one["before"], one["after"]))
    ]
    return [Text(""), *rows, Text("")] if rows else []


def _change(before: str, after: str) -> tuple[Text, Text]:
    return Text(f"- {before}", style="red"), Text(f"+ {after}", style="green")


def _coloured(line: str) -> Text:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    return Text(line, style=styles.get(line[:1], ""))


def _made(intent: Mapping[str, Any]) -> list[RenderableType]:
    """What was changed, from the record that was written before it was done."""
    rows: list[RenderableType] = []
    for one in _shown(intent):
        rows += [Text(one["path"], style="bold"), *_change(one["before"], one["after"])]
    return [Text(""), *rows] if rows else []


def _shown(intent: Mapping[str, Any]) -> list[dict[str, str]]:
    """The fields of an intent without what looks like a secret; those that nobody can read are left out."""
    if not intent.get("target"):
        return []
    try:
        return [shown_path(one) for one in change_from(dict(intent), "").paths]
    except (KeyError, ValueError):
        return []


def _history(status: Mapping[str, Any], now: datetime) -> list[RenderableType]:
    records = (status.get("history") or ())[-_RECORDS:]
    if not records:
        return []
    return [Text(""), Text("What happened?", style="bold"), *(record_line(one, now) for one in records)]


def record_line(record: Mapping[str, Any], now: datetime) -> Text:
    """One transition in a line, with how long ago it was."""
    ago = age((now - parse_timestamp(record["time"])).total_seconds())
    return Text(f"{ago:>4} ago  {told(record)}", style="" if record.get("result") is None else "bold")


def told(record: Mapping[str, Any]) -> str:
    """``Reverting, Recovered: the trigger has been false …``, ``Approved by alice``; nothing twice."""
    actor = "" if record["actor"] == "operator" else f" by {record['actor']}"
    reason = "" if record["reason"] == record["phase"] else f", {record['reason']}"
    head, message = f"{record['phase']}{reason}{actor}", str(record.get("message") or "")
    if message.lower() == head.lower():
        return head
    message = message.removeprefix(_BEGINS.get(record["phase"], ""))
    return f"{head}: {message}" if message else head


def _row(name: str, words: str) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=_NAME)
    table.add_column(overflow="fold")
    table.add_row(Text(name, style="dim"), Text(words))
    return Padding(table, (0, 0, 0, 0))
