"""Who we are to the API server, what we may do, and how a refusal is told.

A person who is refused at night needs three things: which right is missing, for what, and who can give it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from fireline.api.resources import MITIGATION, Resource
from fireline.cli.cluster import Cluster, Unreachable, asking
from fireline.errors import ApiError, Forbidden, Invalid

_REVIEW = Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False)
_ACCESS = Resource(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)
_POLICY = "ValidatingAdmissionPolicy"
_APPROVERS = "fireline-approve"
"""ClusterRole of the installation with all that approving needs."""


def whoami(cluster: Cluster) -> str:
    """Our name, as the API server knows it. Raises Unreachable."""
    with asking(_REVIEW):
        answer = cluster.create(_REVIEW, None, {})
    return str(answer["status"]["userInfo"]["username"])


def may(cluster: Cluster, verb: str, resource: Resource, namespace: str, name: str) -> bool | None:
    """Whether we may, None when that cannot be asked. Raises nothing."""
    attributes = {
        "verb": verb,
        "group": resource.group,
        "resource": resource.plural,
        "namespace": namespace,
        "name": name,
    }
    try:
        answer = cluster.create(_ACCESS, None, {"spec": {"resourceAttributes": attributes}})
    except ApiError:
        return None
    return bool(answer["status"]["allowed"])


def missing_to_approve(cluster: Cluster, namespace: str, name: str) -> str:
    """What we lack to approve a Mitigation, in words; empty when nothing is known to be missing."""
    wanted = ("patch", "approve")
    verbs = [verb for verb in wanted if may(cluster, verb, MITIGATION, namespace, name) is False]
    return _lack(cluster, verbs, namespace, name) if verbs else ""


def _lack(cluster: Cluster, verbs: list[str], namespace: str, name: str) -> str:
    try:
        user = whoami(cluster)
    except Unreachable:
        user = "YOU"
    what = " and ".join(verbs)
    return (
        f"{user} may not {what} mitigations.{MITIGATION.group} {name} in namespace {namespace}. Whoever "
        f"administers the namespace can allow it:\n"
        f"  kubectl -n {namespace} create rolebinding fireline-approve-{_word(user)} "
        f"--clusterrole={_APPROVERS} --user={user}"
    )


def _word(user: str) -> str:
    """A user's name as part of an object's name."""
    return re.sub("[^a-z0-9]+", "-", user.lower()).strip("-")[:40]


@contextmanager
def changing(cluster: Cluster, namespace: str, name: str, *, verbs: tuple[str, ...]) -> Iterator[None]:
    """Turns what the API server says to a change of a Mitigation's annotations into words: Unreachable.

    Conflict passes, since the object has to be looked at again. ``verbs``: the rights that are needed.
    """
    try:
        with asking(MITIGATION):
            yield
    except Unreachable as error:
        cause = error.__cause__
        if not isinstance(cause, Forbidden | Invalid):
            raise
        said = str(cause)
        lacking = [verb for verb in verbs if may(cluster, verb, MITIGATION, namespace, name) is False]
        if lacking:
            said = f"{_lack(cluster, lacking, namespace, name)}\nThe API server said: {said}"
        elif _POLICY in said:
            said = f"an admission policy of the cluster refuses it: {said}"
        raise Unreachable(said, forbidden=True) from cause
