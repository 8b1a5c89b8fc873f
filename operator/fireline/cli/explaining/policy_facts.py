"""What an AlertPolicy promises, whose alerts it has, and what is known of its proof. Pure.

Figures are those of the status; members are counted anew where the objects can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fireline.alerting.escalation import promise
from fireline.alerting.members import Members, members_of
from fireline.alerting.model import Policy
from fireline.api.belonging import Policies
from fireline.cli.explaining.arithmetic import UNKNOWN, Line
from fireline.cli.explaining.policy_world import PolicyWorld
from fireline.cli.explaining.world import Manifest

_SHOWN = 20
Status = Mapping[str, Any]


def promises(policy: Policy, status: Status) -> list[Line]:
    """The escalation and the way of delivery."""
    promised = promise(policy.escalation, policy.steps, version=None, groups=policy.groups)
    said = status.get("escalation", {})
    last = said.get("worstCaseDelay") or promised.shown
    if policy.escalation == "None":
        escalation = Line("Escalation", "none", ("everyone is told at once; nobody later",))
    elif policy.escalation == "Provider":
        escalation = Line("Escalation", "by provider", ("levels and acknowledgement live there",))
    else:
        said_before = _said(status, "EscalationBounded")
        why = (said_before,) if said_before else (promised.words, *_waits(promised.hours))
        words = (*why, *_acknowledged(policy))
        escalation = Line("Escalation", f"last level within {last}, by {policy.escalation}", words)
    return [escalation, Line("Delivery", policy.mode, (policy.mode_reason,))]


def _waits(hours: Sequence[str]) -> Iterator[str]:
    if hours:
        yield f"a level that is due outside of hours {' and '.join(hours)} waits until they begin"


def _acknowledged(policy: Policy) -> Iterator[str]:
    if policy.escalation == "Alertmanager":
        yield "a silence of the alert is the acknowledgement: it stops the levels after it"
    else:
        yield "a silence does not stop it: a level is an alert of its own"


def _said(status: Status, type_: str) -> str | None:
    listed = status.get("conditions") or ()
    return next(
        (str(one["message"]) for one in listed if one["type"] == type_ and one["status"] != "Unknown"), None
    )


def membership(world: PolicyWorld, policy: Policy) -> list[Line]:
    """The SLOs that belong to it, those that do not though it selects them, and alerts of its own."""
    own = Line("Own alerts", str(len(policy.alertnames)), (", ".join(policy.alertnames),))
    return [*_members(world), *([own] if policy.alertnames else [])]


def _members(world: PolicyWorld) -> Iterator[Line]:
    offline = world.evaluators is None
    selected = world.policy.get("status", {}).get("selected")
    if world.slos is not None and world.policies is not None and (world.slos or not offline):
        found = members_of(world.policy, world.slos, Policies(world.policies))
        yield from _counted(found.names, len(found.names), found)
    elif selected is not None:
        told = world.policy["status"].get("overlapping", ())
        overlapping = tuple((one["slo"], one["policy"]) for one in told)
        names = tuple(selected.get("names", ()))
        yield from _counted(names, selected["count"], Members(overlapping=overlapping))
    elif offline:
        yield Line("SLOs", UNKNOWN, ("no SLO stands beside it in these files",))
    else:
        yield Line("SLOs", UNKNOWN, ("the operator has not said so far",))


def _counted(names: Sequence[str], count: int, found: Members) -> Iterator[Line]:
    listed = ", ".join(names[:_SHOWN])
    more = f" and {count - len(names[:_SHOWN])} more" if count > len(names[:_SHOWN]) else ""
    nothing = "it selects none that belongs to it: compare spec.selector with the labels of SLOs"
    yield Line("SLOs", str(count), (f"{listed}{more}" if listed else nothing,))
    if found.overlapping:
        words = tuple(f"{slo} belongs to {policy}" for slo, policy in found.overlapping[:_SHOWN])
        rest = len(found.overlapping) - len(words)
        more_words = (f"and {rest} more",) if rest else ()
        why = "it selects them too; the highest spec.priority has them, then the oldest, then by name"
        yield Line("Overlapping", str(len(found.overlapping)), (why, *words, *more_words))


def proof(status: Status) -> list[Line]:
    """The last test alert and the quality of what was sent."""
    return [_last_test(status.get("lastTest")), *_quality(status.get("quality"))]


def _last_test(test: Manifest | None) -> Line:
    if test is None:
        return Line("Last test", "never", ("nobody has proved that a receiver gets anything",))
    at = f"at {test['at']}" if "at" in test else ""
    words = [at] if at else []
    if delivered := test.get("delivered"):
        words.append(f"delivered: {', '.join(delivered)}")
    for name in ("failed", "unknown"):
        words += [f"{name}: {one['receiver']}: {one.get('message', '')}" for one in test.get(name, ())]
    return Line("Last test", test["state"], (*words, *test.get("notes", ())))


_FIGURES = (
    ("pagesPerWeek", "pages per week"),
    ("offHoursPages", "pages outside of business hours"),
    ("precision", "% of pages spent what their tier stands for"),
    ("recall", "% of losses of budget had a page"),
    ("flapping", "alerts that flapped"),
    ("neverFired", "alerts that never fired"),
    ("meanTimeToResolve", "from firing to resolved, on average"),
)


def _quality(quality: Manifest | None) -> Iterator[Line]:
    if not quality:
        return
    words = tuple(f"{quality[name]} {what}" for name, what in _FIGURES if name in quality)
    period, coverage = quality.get("period", "?"), quality.get("coverage")
    seen = f"; there is history of {coverage} %" if coverage else ""
    yield Line("Quality", f"{quality.get('pages', UNKNOWN)} pages in {period}{seen}", words)
