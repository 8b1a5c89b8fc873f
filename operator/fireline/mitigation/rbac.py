"""The rights one Mitigation needs, as objects to apply: printed by ``fireline rbac``.

Rights of two, each in one namespace and by name: those of the ServiceAccount on the target, and the
operator's to act as this ServiceAccount. The latter is never granted for all ServiceAccounts: whoever may act
as any of them has the rights of all of them, those of the cluster's own controllers among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fireline.api.labels import PART_OF
from fireline.api.plan import Manifest
from fireline.mitigation.model import Permission

_RBAC = "rbac.authorization.k8s.io"
_LABELS = {PART_OF: "fireline"}


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount."""

    namespace: str
    name: str

    def as_subject(self) -> Manifest:
        """As the subject of a binding."""
        return {"kind": "ServiceAccount", "name": self.name, "namespace": self.namespace}


def rights(
    mitigation: str, account: Account, permissions: Sequence[Permission], *, operator: Account
) -> tuple[Manifest, ...]:
    """The ServiceAccount, its Role and binding, and the Role and binding by which ``operator`` acts as it.

    A ServiceAccount that several Mitigations share gets a Role for each of them, and one for the operator. An
    action that needs no right, such as a webhook without a token, gets none.
    """
    own = f"mitigation-{mitigation}"
    acting = f"fireline-acts-as-{account.name}"
    act = [{"apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": [account.name]}]
    metadata = {"name": account.name, "namespace": account.namespace}
    needed = (
        _role(own, account.namespace, list(_rules(permissions))),
        _binding(own, account.namespace, account),
    )
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        *(needed if permissions else ()),
        _role(acting, account.namespace, [one | {"verbs": ["impersonate"]} for one in act]),
        _binding(acting, account.namespace, operator),
    )


def _rules(permissions: Sequence[Permission]) -> Iterator[Manifest]:
    """One rule for each resource and names, its verbs together: easier to read, and the same rights."""
    merged: dict[tuple[str, str, tuple[str, ...]], dict[str, None]] = {}
    for one in permissions:
        merged.setdefault((one.group, one.resource, one.names), {}).update(dict.fromkeys(one.verbs))
    for (group, resource, names), verbs in merged.items():
        named = {"resourceNames": list(names)} if names else {}
        yield {"apiGroups": [group], "resources": [resource], **named, "verbs": list(verbs)}


def _role(name: str, namespace: str, rules: list[Manifest]) -> Manifest:
    metadata = {"name": name, "namespace": namespace, "labels": _LABELS}
    return {"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": rules}


def _binding(name: str, namespace: str, subject: Account) -> Manifest:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": namespace, "labels": _LABELS},
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": name},
        "subjects": [subject.as_subject()],
    }
