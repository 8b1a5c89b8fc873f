"""``restart``: replaces the pods one after another, as ``kubectl rollout restart`` does. Irreversible.

The annotation it writes must be the same whenever the same plan is computed, or its hash, which people
approve, would change with the clock. So it is no time of writing: it is ``Around.before``, when the episode
began, or ``Around.now`` where there is none; whole seconds, and later than what is written there already.
Whoever plans again before the write must give the same ``before`` (or ``now``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fireline.api.conditions import timestamp
from fireline.api.mitigation import Spec
from fireline.api.mitigation_action import Restart
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, change, given, mapping
from fireline.mitigation.actions.simple import SimpleAction
from fireline.mitigation.model import Around, Change, Refusal, Reversibility
from fireline.mitigation.pointer import get, join

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
PATH = join("spec", "template", "metadata", "annotations", RESTARTED_AT)


class _Restart(SimpleAction):
    name = "restart"
    targets = (("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"))

    def reversibility(self, spec: Spec) -> Reversibility:  # noqa: ARG002 - the same for every spec
        """A pod that is gone does not come back."""
        return "Irreversible"

    def plan(self, spec: Spec, target: Manifest, around: Around) -> Change | Refusal:
        """One annotation in the pod template."""
        refusal = next(_refusals(given(spec.action.restart), target), None)
        if refusal is not None:
            return refusal
        return change(
            target,
            [(PATH, _moment(target, around))],
            summary=f"restarts the {_pods(target)} pods of {called(target)}",
            notes=tuple(_notes(target)),
        )


def _moment(target: Manifest, around: Around) -> str:
    """When, as the annotation has it."""
    wanted = around.before or around.now
    last = get(target, PATH)
    try:
        # A restart with the time of the last one would be none.
        wanted = max(wanted, _aware(datetime.fromisoformat(last)) + timedelta(seconds=1))
    except (TypeError, ValueError):
        return timestamp(wanted)  # not there, or no time
    return timestamp(wanted)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refusals(wish: Restart, target: Manifest) -> Iterator[Refusal]:
    """Why its pods are not restarted, what matters most first."""
    name, spec, pods = called(target), mapping(target, "spec"), _pods(target)
    if spec.get("paused") is True:
        namespace = target["metadata"].get("namespace", "")
        words = f"{name} is paused, so nothing would be restarted; if that is no purpose, resume it: "
        resume = f"kubectl -n {namespace} rollout resume deployment/{target['metadata']['name']}"
        yield Refusal("Paused", words + resume)
    if pods == 0:
        yield Refusal("NoPods", f"{name} has no pods that could be restarted")
    strategy = mapping(target, "spec", "updateStrategy")
    if strategy.get("type") == "OnDelete":
        words = f"{name} has updateStrategy OnDelete: its pods stay until somebody deletes them"
        yield Refusal("OnDelete", words)
    if 0 < pods <= _partition(target):
        words = f"{name} has a partition of {_partition(target)}, which none of its {pods} pods is above"
        yield Refusal("Partitioned", words)
    if wish.allow_single_replica:
        return
    yes = "set action.restart.allowSingleReplica: true to accept that"
    if pods == 1:
        yield Refusal("SingleReplica", f"{name} has one pod, so a restart is an outage; {yes}")
    if mapping(target, "spec", "strategy").get("type") == "Recreate":
        words = f"{name} has strategy Recreate: all of its {pods} pods stop before a new one starts"
        yield Refusal("SingleReplica", f"{words}, which is an outage; {yes}")


def _notes(target: Manifest) -> Iterator[str]:
    if (partition := _partition(target)) > 0:
        yield f"the partition keeps pods 0 to {partition - 1} as they are"
    if target["kind"] == "Deployment":
        yield "makes a new revision of the same program: `kubectl rollout undo` after it changes nothing"


def _pods(target: Manifest) -> int:
    """How many pods there are meant to be."""
    if target["kind"] == "DaemonSet":
        return int(mapping(target, "status").get("desiredNumberScheduled", 0))
    return int(mapping(target, "spec").get("replicas", 1))


def _partition(target: Manifest) -> int:
    return int(mapping(target, "spec", "updateStrategy", "rollingUpdate").get("partition") or 0)


RESTART = _Restart()
