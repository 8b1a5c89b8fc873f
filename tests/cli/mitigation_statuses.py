"""Mitigations with a status, for tests of what the command line makes of it.

Written by hand from the schema of the status, which :func:`checked` holds them to: the command line must
work with whatever operator wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fireline.api.mitigation_status import Status
from fireline.cli.mitigating.shape import readable

Manifest = dict[str, Any]
NOW = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
HASH = "sha256:" + "0123456789abcdef" * 2
OTHER_HASH = "sha256:" + "fedcba9876543210" * 2
FLAG = "/spec/flagSpec/flags/new-checkout/state"
DIFF = """\
--- FeatureFlag shop-flags
+++ FeatureFlag shop-flags (dry run)
@@ spec.flagSpec.flags.new-checkout @@
-      state: ENABLED
+      state: DISABLED"""
SPEC = {
    "description": "Turns the new checkout off; customers get the old one.",
    "trigger": {"slo": "checkout-availability", "tier": "PageFast"},
    "target": {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "name": "shop-flags"},
    "action": {"featureFlag": {"name": "new-checkout", "set": "Disabled"}},
    "serviceAccountName": "checkout-mitigator",
}
TARGET = {**SPEC["target"], "uid": "uid-of-shop-flags"}  # type: ignore[dict-item]
PLAN = {
    "action": "featureFlag",
    "summary": "disables flag new-checkout of FeatureFlag shop-flags",
    "reversible": "Reversible",
    "target": TARGET,
    "serviceAccount": "checkout-mitigator",
    "paths": [{"path": FLAG, "before": '"ENABLED"', "after": '"DISABLED"'}],
    "diff": DIFF,
    "owner": "Argo CD application shop",
    "notes": ["programs use the default in their code while a flag is disabled, which may be on"],
    "revert": "after the trigger was false for 10m; after 1h (RevertIfHealthy)",
}
EPISODE = {"id": "e-1", "trigger": "SLO checkout-availability pages (PageFast)", "incident": "inc-1"}


def a_mitigation(name: str = "flag-off", *, namespace: str = "shop", **spec: Any) -> Manifest:
    """One that no operator has looked at."""
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "Mitigation",
        "metadata": {"name": name, "namespace": namespace, "generation": 1, "uid": f"uid-of-{name}"},
        "spec": {**SPEC, **spec},
    }


def at(now: datetime, **ago: float) -> str:
    """So long before now, as a status has it."""
    return (now - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def a_record(seq: int, phase: str, time: str, **more: Any) -> Manifest:
    """One transition."""
    return {"seq": seq, "time": time, "actor": "operator", "phase": phase, "reason": phase, **more}


def conditions(now: datetime, **said: tuple[str, str, str]) -> list[Manifest]:
    """Ready and the like, all well unless said otherwise."""
    well = {"Ready": ("True", "Ready", "the mitigation is looked after"), "Valid": ("True", "Valid", "well")}
    return [
        {
            "type": type_,
            "status": status,
            "reason": reason,
            "message": message,
            "observedGeneration": 1,
            "lastTransitionTime": at(now, hours=1),
        }
        for type_, (status, reason, message) in {**well, **said}.items()
    ]


def idle(now: datetime = NOW, **more: Any) -> Manifest:
    """It watches its trigger."""
    return {
        "observedGeneration": 1,
        "conditions": conditions(now),
        "phase": "Idle",
        "reason": "Watching",
        "message": "the trigger is false",
        "signal": "False",
        **more,
    }


def proposed(now: datetime = NOW, *, plan_hash: str = HASH, **more: Any) -> Manifest:
    """It waits for a person, for three minutes so far and 27 more."""
    return {
        "observedGeneration": 1,
        "conditions": conditions(now),
        "phase": "Proposed",
        "reason": "Proposed",
        "message": "waits for approval",
        "signal": "True",
        "episode": {**EPISODE, "since": at(now, minutes=5)},
        "planHash": plan_hash,
        "plan": {**PLAN, "at": at(now, minutes=3), "expiresAt": at(now, minutes=-27)},
        "expiresAt": at(now, minutes=-27),
        "history": [
            a_record(
                1, "Proposed", at(now, minutes=3), message=PLAN["summary"], planHash=plan_hash,
                paths=PLAN["paths"],
            )
        ],
        **more,
    }  # fmt: skip


def active(now: datetime = NOW, *, reversible: str = "Reversible", **more: Any) -> Manifest:
    """It is in place for ten minutes, helped, and has 50 minutes to go."""
    stored = {"state": "Value", "json": '"ENABLED"'}, {"state": "Value", "json": '"DISABLED"'}
    return {
        **proposed(now),
        "phase": "Active",
        "reason": "Verified",
        "message": "it helped: the error rate is 0",
        "approvedBy": "alice",
        "approvedAt": at(now, minutes=10),
        "appliedAt": at(now, minutes=10),
        "verifiedAt": at(now, minutes=8),
        "expiresAt": at(now, minutes=-50),
        "intent": {
            "id": "i-1",
            "planHash": HASH,
            "action": "featureFlag",
            "reversible": reversible,
            "target": TARGET,
            "paths": [{"path": FLAG, "before": stored[0], "after": stored[1]}],
            "serviceAccount": "checkout-mitigator",
            "spec": json.dumps(SPEC),
            "at": at(now, minutes=10),
            "deadline": at(now, minutes=8),
            "expiresAt": at(now, minutes=-50),
        },
        "history": [
            a_record(1, "Proposed", at(now, minutes=13), message=PLAN["summary"], planHash=HASH),
            a_record(2, "Approved", at(now, minutes=10), actor="alice", message="approved by alice"),
            a_record(3, "Verifying", at(now, minutes=10), message="in place"),
            a_record(4, "Active", at(now, minutes=8), reason="Verified", message="it helped"),
        ],
        **more,
    }


def ended(now: datetime = NOW, result: str = "Reverted", **more: Any) -> Manifest:
    """It is over for an hour."""
    records = [
        a_record(1, "Active", at(now, hours=2)),
        a_record(
            2, "Ended", at(now, hours=1), reason=result, result=result, message="what was there is back"
        ),
    ]
    return {
        **idle(now),
        "phase": "Ended",
        "result": result,
        "reason": result,
        "message": "what was there is back",
        "endedAt": at(now, hours=1),
        "history": records,
        **more,
    }


def needs_human(
    now: datetime = NOW, reason: str = "Contested", message: str = "somebody set it back"
) -> Manifest:
    """Why a person is asked, for four minutes."""
    return {"reason": reason, "message": message, "since": at(now, minutes=4)}


def checked(manifest: Manifest, status: Mapping[str, Any]) -> Manifest:
    """The Mitigation with this status. Raises pydantic's ValidationError when it does not fit the schema."""
    Status.model_validate(dict(status), strict=True)
    found = {**manifest, "status": dict(status)}
    assert readable(found)
    return found
