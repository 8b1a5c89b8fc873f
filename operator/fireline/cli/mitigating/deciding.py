"""What a person decides about a Mitigation: yes, no, take it back, propose it, seen. Written as annotations.

Yes is said to bytes: the hash that is written is that of the plan that was shown, and it is written only as
long as it is still the one that is proposed.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click

from fireline.api.conditions import parse_timestamp
from fireline.api.labels import APPROVE, APPROVED_BY, PROPOSE, REJECT, REJECT_REASON, REVERT, SEEN
from fireline.api.resources import MITIGATION
from fireline.cli.cluster import Cluster, Unreachable
from fireline.cli.mitigating import looking
from fireline.cli.mitigating.page import reversible
from fireline.cli.mitigating.rights import changing, missing_to_approve, whoami
from fireline.cli.mitigating.standing import Manifest
from fireline.errors import Conflict

_TRIES = 10
"""The operator writes the status meanwhile, and each write is a Conflict."""


class No(click.ClickException):
    """The answer is no: exit code 1, in words."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Done:
    """What was written, for the result."""

    namespace: str
    name: str
    wish: str
    """``approve``, ``reject``, ``revert``, ``propose`` or ``seen``."""
    words: str
    value: str
    """The plan's hash, or the nonce of the wish."""
    user: str = ""


def approve(cluster: Cluster, found: Manifest, *, plan: str | None, yes: bool) -> Done:
    """Say yes to the plan that was shown. Raises No when there is none, or another one by now."""
    shown = _proposed(found, plan, verb="approve")
    namespace, name = _where(found)
    if yes and plan is None:
        raise click.UsageError(
            "--yes approves what nobody has seen; name what you saw with --plan HASH (fireline mitigations "
            f"diff {name} -n {namespace} prints it)"
        )
    if lacking := missing_to_approve(cluster, namespace, name):
        raise Unreachable(lacking, forbidden=True)
    user = whoami(cluster)
    if not yes:
        _ask(found, f"Make this very change, as {user}?", otherwise=f"--yes and --plan {shown}")
    wishes = {APPROVE: shown, APPROVED_BY: user}
    _write(cluster, found, wishes, still=lambda one: _still(one, shown), verbs=("patch", "approve"))
    return Done(namespace, name, "approve", f"approved {shown} as {user}", shown, user)


def reject(cluster: Cluster, found: Manifest, *, plan: str | None, reason: str | None) -> Done:
    """Say no to the plan that is proposed. Raises No when there is none, or another one by now."""
    shown = _proposed(found, plan, verb="reject")
    namespace, name = _where(found)
    wishes = {REJECT: shown, REJECT_REASON: reason}
    _write(cluster, found, wishes, still=lambda one: _still(one, shown), verbs=("patch",))
    return Done(namespace, name, "reject", f"rejected {shown}", shown)


def revert(cluster: Cluster, found: Manifest, *, yes: bool) -> Done:
    """Have what is in place taken back now. Raises No when nothing is, or it cannot be."""
    namespace, name = _where(found)
    phase = (found.get("status") or {}).get("phase") or "Idle"
    if phase == "Reverting":
        raise No(f"{namespace}/{name} is being taken back already")
    if phase not in {"Applying", "Verifying", "Active"}:
        raise No(f"{namespace}/{name} is {phase}: nothing is in place that could be taken back")
    if not reversible(found):
        kind = found["status"]["intent"]["reversible"]
        words = "that would bring the bad version back" if kind == "Sticky" else "there is no way back"
        raise No(f"{namespace}/{name} is {kind}, so it is never taken back: {words}")
    if lacking := missing_to_approve(cluster, namespace, name):
        raise Unreachable(lacking, forbidden=True)
    if not yes:
        _ask(found, "Take it back now?", otherwise="--yes")
    nonce = secrets.token_hex(8)
    _write(cluster, found, {REVERT: nonce}, verbs=("patch", "approve"))
    return Done(namespace, name, "revert", "asked for it to be taken back", nonce)


def propose(cluster: Cluster, found: Manifest) -> Done:
    """Ask for a proposal without a trigger. Raises No when it is not resting."""
    namespace, name = _where(found)
    phase = (found.get("status") or {}).get("phase") or "Idle"
    if phase not in {"Idle", "Ended"}:
        raise No(f"{namespace}/{name} is {phase} already; look at it with fireline mitigations diff")
    if (found.get("spec") or {}).get("suspend"):
        raise No(f"{namespace}/{name} is suspended: set spec.suspend to false first")
    nonce = secrets.token_hex(8)
    _write(cluster, found, {PROPOSE: nonce}, verbs=("patch",))
    return Done(namespace, name, "propose", "asked for a proposal", nonce)


def seen(cluster: Cluster, found: Manifest) -> Done:
    """Say that somebody has looked at what it needs a person for, which ends the alert. Raises No when it
    needs nobody, or somebody for another reason by now."""
    namespace, name = _where(found)
    asked = (found.get("status") or {}).get("needsHuman")
    if not asked:
        raise No(f"{namespace}/{name} needs nobody, so there is nothing to have seen")

    def the_same(latest: Manifest) -> None:
        now = (latest.get("status") or {}).get("needsHuman") or {}
        if (now.get("reason"), now.get("since")) != (asked["reason"], asked["since"]):
            looking.show(latest, stderr=True)
            raise No(f"{namespace}/{name} has changed since you looked; the page above says how it is now")

    nonce = secrets.token_hex(8)
    _write(cluster, found, {SEEN: nonce}, still=the_same, verbs=("patch",))
    words = f"noted that you have seen this, which ends its alert: {asked['reason']}: {asked['message']}"
    return Done(namespace, name, "seen", words, nonce)


def _still(found: Manifest, plan: str) -> None:
    _proposed(found, plan, verb="decide")


def _proposed(found: Manifest, plan: str | None, *, verb: str) -> str:
    """The hash of what is proposed, which must be ``plan`` when that is given. Raises No."""
    namespace, name = _where(found)
    status = found.get("status") or {}
    phase, current = status.get("phase") or "Idle", status.get("planHash")
    if phase != "Proposed" or not current:
        why = f": {status['message']}" if status.get("message") else ""
        ask = f"\nTo have it proposed now: fireline mitigations propose {name} -n {namespace}"
        ask = ask if phase in {"Idle", "Ended"} else ""
        raise No(f"there is nothing to {verb}: {namespace}/{name} is {phase}{why}{ask}")
    expires = (status.get("plan") or {}).get("expiresAt")
    if verb == "approve" and expires and parse_timestamp(expires) <= looking.now():
        raise No(f"it could be approved until {expires}; the operator will propose it anew if it is needed")
    if plan is not None and plan != current:
        looking.show(found, stderr=True)
        raise No(stale(plan, found))
    return str(current)


def stale(plan: str, found: Manifest) -> str:
    """That another plan is proposed by now, and what was different in the one that was seen."""
    status = found.get("status") or {}
    told = (one for one in status.get("history") or () if one.get("planHash") == plan and one.get("paths"))
    before = next(told, None)
    lines = [f"{plan} is not proposed any more; the plan above is: {status.get('planHash')}"]
    current = {one["path"]: one for one in (status.get("plan") or {}).get("paths") or ()}
    for one in (before or {}).get("paths") or ():
        now = current.pop(one["path"], None)
        if now is None:
            lines.append(f"  {one['path']}: is not changed any more")
        elif (now["before"], now["after"]) != (one["before"], one["after"]):
            then, here = f"{one['before']} → {one['after']}", f"{now['before']} → {now['after']}"
            lines.append(f"  {one['path']}: was {then}, is {here}")
    if before is not None:
        lines += [f"  {path}: is changed, too" for path in current]
    return "\n".join([*lines, "Read it, and say yes or no to this one."])


def _ask(found: Manifest, question: str, *, otherwise: str) -> None:
    """Show it and ask. Raises No for no, and click's UsageError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"there is no terminal to ask on; look at it first, then pass {otherwise}")
    looking.show(found, stderr=True)
    if not click.confirm(question, default=False, err=True):
        raise No("nothing was done")


def _write(
    cluster: Cluster,
    found: Manifest,
    annotations: Mapping[str, str | None],
    *,
    verbs: tuple[str, ...],
    still: Callable[[Manifest], None] = lambda _: None,
) -> None:
    """Sets them on the very object that was shown, or on a later one with which ``still`` is content.

    Raises what ``still`` raises, and Unreachable.
    """
    namespace, name = _where(found)
    latest, last = found, None
    for _ in range(_TRIES):
        version = latest["metadata"]["resourceVersion"]
        try:
            with changing(cluster, namespace, name, verbs=verbs):
                cluster.annotate(MITIGATION, namespace, name, annotations, version=version)
        except Unreachable as error:
            if not isinstance(error.__cause__, Conflict):
                raise
            last = error
        else:
            return
        latest = looking.find(cluster, namespace, name)
        still(latest)
    raise Unreachable(f"{namespace}/{name} changes all the time; try again") from last


def _where(found: Manifest) -> tuple[str, str]:
    return str(found["metadata"]["namespace"]), str(found["metadata"]["name"])
