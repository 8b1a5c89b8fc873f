"""The very change that would be made now: looked up, computed, tried in a dry run, and hashed.

Used for a proposal, and again right before the write: what is approved is bytes, so the two must agree.
Everything is read with the rights of the ServiceAccount, in a few rounds of reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fireline.api.conditions import parse_timestamp
from fireline.api.labels import HOLD, MARKER
from fireline.api.mitigation import Spec
from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.actions.fields import given
from fireline.mitigation.actions.refused import refuse_object
from fireline.mitigation.actions.revisions import template_finder
from fireline.mitigation.actions.rollout_undo import replica_sets
from fireline.mitigation.actions.table import action_of
from fireline.mitigation.actions.webhook import call_text, webhook_notes, webhook_refusal, webhook_summary
from fireline.mitigation.completed import completed
from fireline.mitigation.diffing import diff
from fireline.mitigation.gitops import preflight
from fireline.mitigation.hashing import plan_hash
from fireline.mitigation.intent import spec_text
from fireline.mitigation.model import Action, Around, Change, Ref, Refusal, Reversibility
from fireline.mitigation.patching import apply_ops, made, prepared, refusal
from fireline.mitigation.sight import Next, Sight
from fireline.mitigation.stored import change_to
from fireline.mitigation.values import Resolve

TARGET = "plan:target"
OTHER = "plan:other"
DRY_RUN = "plan:dry-run"
_LONGEST = 400_000


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done. ``live`` is the object that is changed, as it is; for a webhook there is none."""

    action: Action
    reversible: Reversibility
    change: Change | None
    hash: str
    summary: str
    made: tuple[str, ...] = ()
    """Maps that must be made for it."""
    live: Manifest | None = None
    diff: str = ""
    owner: str = ""
    notes: tuple[str, ...] = ()


Found = Planned | Refusal | Next


def change_now(sight: Sight, spec: Spec) -> Found:
    """What would be done now, why it cannot be, or what must be read first."""
    action = action_of(spec)
    if spec.action.webhook is not None:
        return _webhook(sight, spec, action)
    live = _target(sight, spec)
    if not isinstance(live, dict):
        return live
    user = sight.user(spec.service_account_name)
    reads = tuple(action.reads(spec, live, user=user))
    if missing := _unanswered(sight, reads):
        return Next(reads=missing)
    answers = {call.name: answer for call in reads if (answer := sight.answer(call.name)) is not None}
    found = action.plan(spec, live, Around(answers, sight.now, _since(sight)))
    if isinstance(found, Refusal):
        return found
    return _changed(sight, spec, action, found, live)


def marker_of(uid: str) -> str:
    """Name of the annotation that one Mitigation leaves on what it changes."""
    return f"{MARKER}{uid[:8]}"


def resolver_of(live: Manifest, sight: Sight) -> Resolve | None:
    """Finds the values that a plan does not keep: templates, in the ReplicaSets."""
    answer = sight.answer(replica_sets("", "").name)
    if answer is None or not answer.ok:
        return None
    return template_finder(live, (answer.body or {}).get("items") or ())


def said(answer: Answer) -> str:
    """A refusal in words."""
    return answer.message or f"HTTP {answer.status}"


def _target(sight: Sight, spec: Spec) -> Manifest | Refusal | Next:
    target = given(spec.target)
    ref = Ref(target.api_version, target.kind, sight.key.namespace, target.name)
    return _read(sight, spec, TARGET, ref)


def _read(sight: Sight, spec: Spec, name: str, ref: Ref) -> Manifest | Refusal | Next:
    user = sight.user(spec.service_account_name)
    answer = sight.answer(name)
    if answer is None:
        call = Call(name, "get", ref.api_version, ref.kind, ref.namespace, ref.name, user=user)
        return Next(reads=(call,))
    named = f"{ref.kind} {ref.name}"
    if not answer.ok:
        return _refused(named, answer)
    live: Manifest = answer.body
    if "deletionTimestamp" in live["metadata"]:
        return Refusal("TargetGoing", f"{named} is being deleted")
    why = (live["metadata"].get("annotations") or {}).get(HOLD)
    if why is not None:
        return Refusal("OnHold", f"{named} is annotated {HOLD}: {why}")
    return refuse_object(live) or live


def _changed(sight: Sight, spec: Spec, action: Action, found: Change, target: Manifest) -> Found:
    """The change with what Git says about it, on the object as it is, tried by the API server."""
    live: Manifest | Refusal | Next = target
    if found.ref.uid != target["metadata"]["uid"]:
        live = _read(sight, spec, OTHER, found.ref)
    if not isinstance(live, dict):
        return live
    cleared = preflight(live, found.paths, spec.git_ops)
    if isinstance(cleared, Refusal):
        return cleared
    paths, notes = (*found.paths, *cleared.pause), (*found.notes, *cleared.notes)
    whole = replace(found, paths=paths, notes=notes)
    change = prepared(whole, live)
    if (against := refusal(change, live)) is not None:
        return against
    planned = Planned(
        action,
        action.reversibility(spec),
        change,
        plan_hash(spec, change, _episode(sight)),
        change.summary,
        made(change, live),
        live,
        owner=cleared.owner,
        notes=change.notes,
    )
    return _tried(sight, spec, planned, live, change)


def _tried(sight: Sight, spec: Spec, planned: Planned, live: Manifest, change: Change) -> Found:
    """The same with the API server's own answer to a dry run."""
    answer = sight.answer(DRY_RUN)
    ref, user = change.ref, sight.user(spec.service_account_name)
    if answer is None:
        marker = marker_of(sight.uid)
        ops = apply_ops(change, live, marker, planned.hash, resolver_of(live, sight))
        return Next(
            reads=(
                Call(
                    DRY_RUN,
                    "patch",
                    ref.api_version,
                    ref.kind,
                    ref.namespace,
                    ref.name,
                    body=ops,
                    user=user,
                    dry_run=True,
                ),
            )
        )
    if not answer.ok:
        return _refused(f"the change of {ref.kind} {ref.name}", answer)
    whole = completed(change, live, answer.body)
    if isinstance(whole, Refusal):
        return whole
    if (long := _too_long(sight, whole)) is not None:
        return long
    return replace(
        planned,
        change=whole,
        hash=plan_hash(spec, whole, _episode(sight)),
        made=made(whole, live),
        diff=diff(live, answer.body),
    )


def _too_long(sight: Sight, change: Change) -> Refusal | None:
    """Why it cannot be written down before it is made: the status and all else must fit into one object."""
    size = len(json.dumps([change_to(change), spec_text(sight.raw)]))
    if size <= _LONGEST:
        return None
    words = (
        f"what {change.ref.kind} {change.ref.name} has there, and what it would become, take {size} bytes in "
        f"the record, which has room for {_LONGEST}: change a shorter field"
    )
    return Refusal("TooLong", words)


def _webhook(sight: Sight, spec: Spec, action: Action) -> Found:
    webhook = given(spec.action.webhook)
    against = webhook_refusal(webhook)
    if against is not None:
        return against
    return Planned(
        action,
        action.reversibility(spec),
        None,
        plan_hash(spec, None, call_text(spec) + _episode(sight)),
        webhook_summary(webhook),
        notes=webhook_notes(webhook),
    )


def _episode(sight: Sight) -> str:
    """Part of the hash: a yes to one proposal is none to the same change the next time."""
    return str((sight.book["episode"] or {}).get("id", ""))


def _since(sight: Sight) -> datetime | None:
    since = (sight.book["episode"] or {}).get("since")
    return parse_timestamp(since) if since else None


def _unanswered(sight: Sight, calls: Sequence[Call]) -> tuple[Call, ...]:
    return tuple(call for call in calls if sight.answer(call.name) is None)


def _refused(what: str, answer: Answer) -> Refusal:
    """Why a read or a dry run did not work."""
    if answer.status == 404:
        return Refusal("TargetMissing", f"{what} does not exist: {said(answer)}")
    if answer.status == 403:
        return Refusal("Forbidden", f"{what}: {said(answer)}; fireline rbac prints the Role that is needed")
    if answer.status in {400, 409, 422}:
        return Refusal("Rejected", f"{what} would be refused: {said(answer)}")
    return Refusal("NotAnswered", f"{what}: {said(answer)}")
