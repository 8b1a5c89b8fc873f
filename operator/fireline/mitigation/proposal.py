"""Shows people what would be done: the plan in the status, and its hash, which is what they approve."""

from __future__ import annotations

from datetime import timedelta

from fireline.api.conditions import timestamp
from fireline.api.mitigation import Spec
from fireline.api.plan import Manifest
from fireline.api.strings import zero_or_seconds
from fireline.mitigation.plan_change import Planned
from fireline.mitigation.shown import cut, shown_path
from fireline.mitigation.sight import Book, Sight

_LONGEST, _NOTES = 4096, 16
"""Characters of one text, and notes, as the schema of ``ProposedPlan`` has them."""


def propose(sight: Sight, spec: Spec, planned: Planned, *, again: bool = False) -> None:
    """Write the proposal down. ``again``: it replaces one whose time goes on running."""
    book = sight.book
    book["planHash"] = planned.hash
    if not again:
        book["expiresAt"] = sight.now + timedelta(seconds=zero_or_seconds(spec.approval.expires_after))
    book["plan"] = _plan(sight, spec, planned)
    if not again:
        called = (book["episode"] or {}).get("trigger", "")
        book.move(
            "Proposed", "Proposed", f"{planned.summary}; called for by: {called}", paths=_paths(planned)
        )


def same_plan(book: Book, planned: Planned) -> bool:
    """Whether what would be done now is what is proposed."""
    return bool(book["planHash"] == planned.hash)


def _plan(sight: Sight, spec: Spec, planned: Planned) -> Manifest:
    found = {
        "action": planned.action.name,
        "summary": cut(planned.summary, _LONGEST),
        "reversible": planned.reversible,
        "target": _target(planned),
        "serviceAccount": spec.service_account_name,
        "paths": _paths(planned),
        "diff": planned.diff or None,
        "owner": cut(planned.owner, _LONGEST) or None,
        "notes": [cut(note, _LONGEST) for note in planned.notes[:_NOTES]] or None,
        "revert": _revert(spec, planned),
        "at": timestamp(sight.now),
        "expiresAt": sight.book["expiresAt"],
    }
    return {name: value for name, value in found.items() if value is not None}


def _target(planned: Planned) -> Manifest | None:
    if planned.change is None:
        return None
    ref = planned.change.ref
    return {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name, "uid": ref.uid}


def _paths(planned: Planned) -> list[Manifest] | None:
    return None if planned.change is None else [shown_path(one, planned.live) for one in planned.change.paths]


def _revert(spec: Spec, planned: Planned) -> str:
    if planned.reversible != "Reversible":
        return "never by itself"
    words = {
        "Recovery": f"after the trigger was false for {spec.revert.healthy_for}",
        "TTL": f"after {spec.revert.ttl} ({spec.revert.ttl_policy})",
        "Delete": "when this Mitigation is deleted",
    }
    return "; ".join(words[one] for one in spec.revert.when) or "only when a person asks for it"
