"""Whether the ServiceAccount of a Mitigation may do what its action needs, asked before anything is proposed.

The API server's own authorizer is asked, in the name of the ServiceAccount, so the answer holds for whatever
grants the rights. Used by the planner for the condition ``Permitted``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from fireline.api.conditions import Condition
from fireline.api.plan import Answer, Call, Manifest
from fireline.mitigation.model import Permission

_PREFIX = "may:"
_API = "authorization.k8s.io/v1"
_REVIEW = "SelfSubjectAccessReview"
PERMITTED = "Permitted"


@dataclass(frozen=True, slots=True)
class Right:
    """One thing to be allowed: a verb on a resource, of one name or (empty) of all."""

    verb: str
    group: str
    resource: str
    name: str = ""

    def __str__(self) -> str:
        of = f"{self.resource}.{self.group}" if self.group else self.resource
        return f'{self.verb} {of} "{self.name}"' if self.name else f"{self.verb} {of}"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is asked about: the Mitigation and its ServiceAccount, in one namespace."""

    namespace: str
    mitigation: str
    account: str

    @property
    def user(self) -> str:
        """The user that is impersonated."""
        return user_of(self.namespace, self.account)

    @property
    def remedy(self) -> str:
        """The command that helps."""
        return f"fireline rbac {self.mitigation} -n {self.namespace} | kubectl apply -f -"


def user_of(namespace: str, account: str) -> str:
    """A ServiceAccount as the API server's user."""
    return f"system:serviceaccount:{namespace}:{account}"


def rights_of(permissions: Sequence[Permission]) -> tuple[Right, ...]:
    """Every single right of some permissions, each once, in their order."""
    return tuple(dict.fromkeys(_each(permissions)))


def _each(permissions: Sequence[Permission]) -> Iterator[Right]:
    for one in permissions:
        for name in one.names or ("",):
            for verb in one.verbs:
                yield Right(verb, one.group, one.resource, name)


def review_calls(asker: Asker, permissions: Sequence[Permission]) -> tuple[Call, ...]:
    """The questions: one SelfSubjectAccessReview for each right. They change nothing."""
    return tuple(
        Call(_name(right), "create", _API, _REVIEW, body=_review(asker, right), user=asker.user)
        for right in rights_of(permissions)
    )


def _name(right: Right) -> str:
    return f"{_PREFIX}{right}"


def _review(asker: Asker, right: Right) -> Manifest:
    resource, _, subresource = right.resource.partition("/")
    wanted = {
        "namespace": asker.namespace,
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
    }
    spec = {"resourceAttributes": {key: value for key, value in wanted.items() if value}}
    return {"apiVersion": _API, "kind": _REVIEW, "spec": spec}


def permitted(
    asker: Asker, permissions: Sequence[Permission], answer: Callable[[str], Answer | None]
) -> Condition:
    """The condition ``Permitted``. What is certainly missing comes before what is not known."""
    who = f"ServiceAccount {asker.namespace}/{asker.account}"
    asked = [(right, answer(_name(right))) for right in rights_of(permissions)]
    if any(found is not None and _impersonation_denied(found) for _, found in asked):
        words = f"the operator may not act as {who}; grant it: {asker.remedy}"
        return Condition(PERMITTED, "False", "ImpersonationDenied", words)
    judged = [(right, *_judge(found)) for right, found in asked]
    if missing := [str(right) for right, state, _ in judged if state == "False"]:
        words = f"{who} may not {_listed(missing)}; grant it: {asker.remedy}"
        return Condition(PERMITTED, "False", "RightsMissing", words)
    if unknown := [f"{right}: {why}" for right, state, why in judged if state == "Unknown"]:
        words = f"it is not known whether {who} may {_listed(unknown)}"
        return Condition(PERMITTED, "Unknown", "NotAnswered", words)
    return Condition(PERMITTED, "True", "Permitted", f"{who} may do all that is needed")


def _judge(answer: Answer | None) -> tuple[Literal["True", "False", "Unknown"], str]:
    """One answer, and why it is none."""
    if answer is None:
        return "Unknown", "not asked yet"
    if not answer.ok:
        return "Unknown", answer.message or (f"HTTP {answer.status}" if answer.status else "no answer")
    status = (answer.body or {}).get("status", {})
    if status.get("allowed"):
        return "True", ""
    if problem := status.get("evaluationError"):
        return "Unknown", str(problem)
    return "False", ""


def _impersonation_denied(answer: Answer) -> bool:
    """Everybody may ask about themselves, so a 403 that speaks of a ServiceAccount is about acting as it."""
    details = answer.body.get("details", {}) if isinstance(answer.body, dict) else {}
    return answer.status == 403 and details.get("kind") == "serviceaccounts"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
