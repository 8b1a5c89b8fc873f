"""Whether the admission policies that guard Mitigations are in force. Used by ``approval``.

Looked at with the operator's own rights, right before an approval counts: every policy and its binding must
be there as ``policies`` has them, and a dry run of a forged approval must be refused by them. The first alone
would not notice an API server without the admission plugin, the second not a policy with a back door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Literal

from fireline.api.conditions import parse_timestamp
from fireline.api.labels import APPROVE, APPROVED_BY
from fireline.api.plan import Answer, Call, Key, Manifest
from fireline.api.resources import MITIGATION
from fireline.mitigation.policies import APPROVALS, POLICY, policies

_PREFIX = "guard:"
PROBE = f"{_PREFIX}probe"
_FORGED = {APPROVE: "forged", APPROVED_BY: "nobody: this dry run asks whether forged approvals are refused"}
_INSTALL = "apply examples/install/mitigation-policies.yaml, or what fireline rbac --policies prints"
_REPLACE = (
    "find out who changed it, then kubectl replace -f mitigation-policies.yaml (apply keeps what was added)"
)
_DENIED = f"{POLICY} '{APPROVALS}'"
"""What the API server says when this policy refuses. No name of an object can hold the blank."""
_NAMED = {f"{_PREFIX}{one['kind']}/{one['metadata']['name']}": one for one in policies()}


@dataclass(frozen=True, slots=True)
class Guard:
    """What is known of it. ``since``: when the newest of its objects was made; None unless in force."""

    state: Literal["InForce", "Missing", "Changed", "Unknown"]
    message: str = ""
    since: datetime | None = None


def guard_calls(key: Key, annotations: Mapping[str, str]) -> tuple[Call, ...]:
    """What must be asked, as the operator itself. ``annotations`` are those of the Mitigation as it is.

    The last one is a dry run: nothing is ever written.
    """
    reads = tuple(
        Call(name, "get", one["apiVersion"], one["kind"], object=one["metadata"]["name"])
        for name, one in _NAMED.items()
    )
    return (*reads, _probe(key, annotations))


def _probe(key: Key, annotations: Mapping[str, str]) -> Call:
    """An approval in the name of somebody who does not exist, which the guard refuses from everybody."""
    parent: list[Manifest] = [] if annotations else [_add("/metadata/annotations", {})]
    paths = {f"/metadata/annotations/{name.replace('/', '~1')}": value for name, value in _FORGED.items()}
    forged = [_add(path, value) for path, value in paths.items()]
    return Call(
        PROBE,
        "patch",
        MITIGATION.api_version,
        MITIGATION.kind,
        key.namespace,
        key.name,
        body=[*parent, *forged],
        dry_run=True,
    )


def _add(path: str, value: Any) -> Manifest:
    return {"op": "add", "path": path, "value": value}


def guard_state(answer: Callable[[str], Answer | None]) -> Guard:
    """What the answers say. What is certain to be wrong comes before what is not known, causes before
    effects."""
    found = [_judged(name, one, answer(name)) for name, one in _NAMED.items()]
    wrong = [one for one in found if isinstance(one, Guard)]
    tried = _probed(answer(PROBE))
    for state in ("Missing", "Changed"):
        if words := [one.message for one in wrong if one.state == state]:
            return Guard(state, "; ".join(words))
    if tried is not None and tried.state == "Missing":
        return tried
    if unknown := [*wrong, *([tried] if tried else [])]:
        return Guard("Unknown", "; ".join(one.message for one in unknown))
    return Guard("InForce", since=max(one for one in found if isinstance(one, datetime)))


def _judged(name: str, shipped: Manifest, answer: Answer | None) -> Guard | datetime:
    """When an object was made that is as it should be, or what is wrong with it."""
    what = name.removeprefix(_PREFIX)
    if answer is None or not (answer.ok or answer.status == 404):
        return Guard("Unknown", f"{what} cannot be read: {_said(answer)}")
    if answer.status == 404:
        return Guard("Missing", f"{what} is not there: {_INSTALL}; needs Kubernetes 1.30 or newer")
    metadata = answer.body["metadata"]
    if metadata.get("deletionTimestamp"):
        return Guard("Missing", f"{what} is being deleted: {_INSTALL}")
    at = next(_differences(shipped["spec"], _as_shipped(answer.body), "spec"), None)
    if at is not None:
        return Guard("Changed", f"{what} is not the one of this release: it differs in {at}; {_REPLACE}")
    return parse_timestamp(metadata["creationTimestamp"])


def _as_shipped(live: Manifest) -> Any:
    """The spec, without what may be added to it: a refusal may be audited as well."""
    spec = live.get("spec", {})
    if live.get("kind") != POLICY and "Deny" in spec.get("validationActions", ()):
        return {**spec, "validationActions": ["Deny"]}
    return spec


def _differences(shipped: Any, live: Any, path: str) -> Iterator[str]:
    """Where the two are not the same, in the order of what is shipped."""
    if isinstance(shipped, dict) and isinstance(live, dict):
        for key in (*shipped, *sorted(live.keys() - shipped.keys())):
            yield from _differences(shipped.get(key, _NONE), live.get(key, _NONE), f"{path}.{key}")
    elif isinstance(shipped, list) and isinstance(live, list):
        for index, pair in enumerate(zip_longest(shipped, live, fillvalue=_NONE)):
            yield from _differences(*pair, f"{path}[{index}]")
    elif shipped != live:
        yield path


_NONE = object()


def _probed(answer: Answer | None) -> Guard | None:
    """None when the guard refused what it must refuse."""
    if answer is not None and answer.ok:
        words = (
            "the API server would let a forged approval through, although the policies are there: they take "
            "a moment after they are made, and need the admission plugin ValidatingAdmissionPolicy"
        )
        return Guard("Missing", words)
    if answer is not None and answer.status == 403 and _DENIED in answer.message:
        return None
    return Guard("Unknown", f"whether the policies are in force cannot be tried: {_said(answer)}")


def _said(answer: Answer | None) -> str:
    if answer is None:
        return "not asked yet"
    return answer.message or (f"HTTP {answer.status}" if answer.status else "no answer")
