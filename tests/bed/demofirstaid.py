"""The demo's second half: a bad rollout, first aid by itself, a rollback that a person approves, the record.

The shop's second version breaks the new way to pay. What is done about it is ``examples/mitigation``: a flag
that is switched without asking anybody, and the rollout that goes back once somebody said yes. Real objects
under the real Deployment controller, real rights, and the admission policies that guard approvals.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fireline.api.resources import DEPLOYMENT
from fireline.incident.review import CAUSES
from tests.bed.bed import Bed
from tests.bed.demostage import EXAMPLES, NAMESPACE, Demo, console, kubectl
from tests.bed.foreigncrds import install_foreign_crds
from tests.bed.node import Node
from tests.bed.obeying import Obeying, error_share
from tests.bed.troubles import FEATURE_FLAG, NEW_PAYMENT, SECOND_VERSION

OPERATOR = "system:serviceaccount:fireline:fireline"
FLAG, ROLLBACK = "old-payment", "back-when-it-burns"
LEAD, COLLEAGUE = "lena", "colin"
SETTINGS = {
    "mitigations": {
        "auto_namespaces": [NAMESPACE],
        # The flag, and the rollback beside it.
        "max_active_per_namespace": 2,
    },
    # Visitors do not wait five minutes to hear that it is over.
    "incidents": {"settle_seconds": 15},
}
_FILES = tuple(str(EXAMPLES / "mitigation" / f"{name}.yaml") for name in ("rollout-undo", "feature-flag"))
_IMAGE = "registry.example.com/shop/checkout"
_FLAG_SECONDS = 120
"""Two looks, five seconds apart, and the write; most of it is for slow computers."""
_VERIFY_SECONDS = 300
_BURN_SECONDS = 480
"""The burn rate over five minutes falls when the five minutes are over."""


def install(bed: Bed) -> Path:
    """What an administrator installs; the kubeconfig of an operator with these rights and no others."""
    for name in ("rbac", "rbac-users", "mitigation-policies"):
        kubectl(bed, "apply", "-f", str(EXAMPLES / "install" / f"{name}.yaml"))
    install_foreign_crds(bed.cluster)
    return bed.cluster.write_kubeconfig("operator", bed.cluster.authority.client(OPERATOR))


@contextlib.contextmanager
def rolled_out(demo: Demo) -> Iterator[None]:
    """The shop obeys its Deployment and its flags; a node says that its pods are ready."""
    obeying = Obeying(
        demo.bed.cluster.client(),
        NAMESPACE,
        demo.bed.shop,
        SECOND_VERSION,
        NEW_PAYMENT,
        together=_failing,
    )
    with Node(demo.bed.cluster.client(), NAMESPACE), obeying:
        yield


def _failing(shares: Iterable[float]) -> float:
    """Version 2 breaks the new payment, which takes most of the checkout with it, and a little besides."""
    second_version, new_payment = shares
    if not second_version:
        return 0.0
    return 0.6 if new_payment else 0.05


def prepare(demo: Demo) -> None:
    """Version 1 runs; first aid is there, has its rights, and looks at its triggers."""
    rights = demo.fireline("rbac", *_FILES, quiet=True)
    demo.kubectl("apply", "-f", "-", stdin=rights)
    demo.kubectl("apply", *(part for file in _FILES for part in ("-f", file)))
    demo.person(LEAD, "view", "fireline-approve")
    demo.person(COLLEAGUE, "edit")
    demo.step("version 1 of the checkout is rolled out", 60, lambda: _runs(demo, "1"))
    demo.step(
        "first aid knows that nothing is wrong",
        120,
        lambda: all(demo.mitigation(name).get("signal") == "False" for name in (FLAG, ROLLBACK)),
    )


def break_shop(demo: Demo) -> None:
    """The bad rollout. It comes up, so Kubernetes sees nothing wrong with it."""
    demo.kubectl("set", "image", "-n", NAMESPACE, "deployment/checkout", f"checkout={_IMAGE}:2")
    demo.step("version 2 is rolled out, and most customers cannot pay", 60, lambda: _fails(demo, 0.4))


def first_aid(demo: Demo) -> None:
    """The flag by itself, the rollback as a proposal."""
    demo.step("the flag is switched, nobody was asked", _FLAG_SECONDS, lambda: _in_place(demo, FLAG))
    demo.must(f"the record says who: {_by(demo, FLAG)}", _by(demo, FLAG) == "operator (mode Auto)")
    demo.step("most customers can pay again, the old way", 60, lambda: not _fails(demo, 0.2))
    demo.step("going back to version 1 is proposed", 60, lambda: _at(demo, ROLLBACK) == "Proposed")
    demo.fireline("mitigations", "-n", NAMESPACE)
    demo.must("nothing was rolled back without a yes", _image(demo) == f"{_IMAGE}:2")


def approved(demo: Demo) -> None:
    """Somebody without the right is refused; the lead reads the diff and says yes."""
    place = ("-n", NAMESPACE)
    demo.step("it helped: the flag is verified", _VERIFY_SECONDS, lambda: _at(demo, FLAG) == "Active")
    shown = demo.fireline("mitigations", "diff", ROLLBACK, *place, who=LEAD)
    plan = str(demo.mitigation(ROLLBACK)["planHash"])
    demo.must("the diff shows which image goes and which comes back", plan in shown and _told(shown))
    yes = ("mitigations", "approve", ROLLBACK, *place, "--yes", "--plan", plan)
    demo.fireline(*yes, who=COLLEAGUE, code=2)
    demo.must("who may not approve is refused", _at(demo, ROLLBACK) == "Proposed")
    before = _burn(demo)
    demo.fireline(*yes, "--wait", "--timeout", str(_VERIFY_SECONDS), who=LEAD)
    demo.must("the rollback is verified", "verifiedAt" in demo.mitigation(ROLLBACK))
    demo.must(f"the record says who: {_by(demo, ROLLBACK)}", _by(demo, ROLLBACK) == LEAD)
    demo.must("version 1 runs again", _runs(demo, "1"))
    demo.step("no request fails any more", 60, lambda: not _fails(demo, 0.01))
    demo.step("the budget stops burning", _BURN_SECONDS, lambda: _burn(demo) < 1)
    console.print(f"burn rate over five minutes: {before:.1f} before the yes, {_burn(demo):.2f} now")


def afterwards(demo: Demo) -> None:
    """The flag is taken back, and the draft of the postmortem has everything but the cause."""
    demo.fireline("mitigations", "revert", FLAG, "-n", NAMESPACE, "--yes", "--wait", who=LEAD)
    flag = demo.spec(FEATURE_FLAG, "checkout")["flagSpec"]["flags"]["new-payment"]
    demo.must("the flag is as it was", "targeting" in flag and not _fails(demo, 0.05))
    demo.step("the rollback is over, and stays", 180, lambda: _result(demo, ROLLBACK) == "Done")
    demo.step("the incident is over, or a slower page goes on", 240, lambda: _over(demo))
    incident = _incident(demo)
    draft = demo.fireline("postmortem", incident["id"], "-n", NAMESPACE, who=LEAD)
    told = all(f"{name} is approved" in draft or f"{name} is applied" in draft for name in (FLAG, ROLLBACK))
    demo.must("the draft tells what was done, and by whom", told and LEAD in draft)
    demo.must("its causes are left to people", _blank(draft, CAUSES))


def _at(demo: Demo, name: str) -> str:
    return str(demo.mitigation(name).get("phase", ""))


def _result(demo: Demo, name: str) -> str:
    return str(demo.mitigation(name).get("result", ""))


def _by(demo: Demo, name: str) -> str:
    return str(demo.mitigation(name).get("approvedBy", ""))


def _in_place(demo: Demo, name: str) -> bool:
    return _at(demo, name) in {"Verifying", "Active"}


def _image(demo: Demo) -> str:
    return str(demo.spec(DEPLOYMENT, "checkout")["template"]["spec"]["containers"][0]["image"])


def _runs(demo: Demo, version: str) -> bool:
    """Whether the Deployment has come to its end with this version."""
    live: dict[str, Any] = demo.bed.client.get(DEPLOYMENT, "checkout", NAMESPACE)
    status, wanted = live.get("status", {}), live["spec"]["replicas"]
    seen = status.get("observedGeneration") == live["metadata"]["generation"]
    ready = status.get("updatedReplicas") == status.get("availableReplicas") == wanted
    return seen and ready and _image(demo) == f"{_IMAGE}:{version}"


def _fails(demo: Demo, share: float) -> bool:
    """Whether at least this share of the next two seconds' requests fails."""
    return error_share(demo.bed.shop) >= share


def _burn(demo: Demo) -> float:
    """The burn rate of the SLO over five minutes."""
    return float(next(one["value"] for one in demo.slo()["burnRates"] if one["window"] == "5m"))


def _incident(demo: Demo) -> dict[str, Any]:
    """The newest one."""
    found: dict[str, Any] = demo.slo()["incidents"][0]
    return found


def _over(demo: Demo) -> bool:
    """Whether it is, or whether it goes on because the page that looks back for hours began as well."""
    incident = _incident(demo)
    firing = incident.get("firing", ())
    return incident["state"] == "Resolved" or ("PageSlow" in firing and "PageFast" not in firing)


def _told(diff: str) -> bool:
    """Whether version 2 goes and version 1 comes back in it."""
    lines = [(line[:1], line.rstrip()) for line in diff.splitlines() if _IMAGE in line]
    return all(
        any(sign == one and line.endswith(f":{version}") for one, line in lines)
        for sign, version in (("-", "2"), ("+", "1"))
    )


def _blank(draft: str, section: str) -> bool:
    """Whether a section has nothing but its hint."""
    body = draft.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in body.splitlines() if line.strip()]
    return bool(lines) and lines[0].startswith("<!--") and lines[-1].endswith("-->")
