"""What no Mitigation may change, whatever its ServiceAccount may: kinds, objects, fields, and rights of pods.

The rights of the ServiceAccount are the first fence, and Kubernetes' own. This is the second: first aid is
about load and behaviour, never about who may do what, and never about what watches over that. Read by the
checks of a spec (``refuse_kind``, ``refuse_path``), by the planner (``refuse_object``), and by action
``patch``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fireline.api.labels import MANAGED_BY, MANAGER, OWNER_KIND, OWNER_NAME
from fireline.api.plan import Manifest
from fireline.mitigation.actions.fields import called, group_of, mapping
from fireline.mitigation.model import Refusal
from fireline.mitigation.pointer import parse


@dataclass(frozen=True, slots=True)
class RefusedKind:
    """Kinds of one API group that are refused; ``kinds`` empty: all of them.

    ``group`` beginning with ``*.`` is every group that ends so.
    """

    group: str
    kinds: tuple[str, ...]
    why: str

    def __contains__(self, found: tuple[str, str]) -> bool:
        group, kind = found
        fits = group.endswith(self.group[1:]) if self.group.startswith("*.") else group == self.group
        return fits and (not self.kinds or kind in self.kinds)


_RIGHTS = "it says who may do what"
_CLUSTER = "it belongs to the cluster, not to a namespace"
_GUARD = "it guards what others may do"
_DEPLOYS = "what it deploys is deployed with the rights of its controller"
_WRITTEN = "a controller writes it: change the Service, or the workload"
_MAKES_SECRETS = "it makes Secrets, or says where they come from"

REFUSED_KINDS: tuple[RefusedKind, ...] = (
    RefusedKind("", ("Secret",), "it holds credentials"),
    RefusedKind("", ("ServiceAccount",), _RIGHTS),
    RefusedKind("rbac.authorization.k8s.io", (), _RIGHTS),
    RefusedKind("authentication.k8s.io", (), _RIGHTS),
    RefusedKind("authorization.k8s.io", (), _RIGHTS),
    RefusedKind("certificates.k8s.io", (), _RIGHTS),
    RefusedKind("apiextensions.k8s.io", (), "it says which kinds there are, in the whole cluster"),
    RefusedKind("apiregistration.k8s.io", (), "it says which kinds there are, in the whole cluster"),
    RefusedKind("admissionregistration.k8s.io", (), f"{_GUARD}: webhooks and admission policies"),
    RefusedKind("fireline.dev", (), "it is one of Fireline's own kinds: change it in Git, or by kubectl"),
    RefusedKind("coordination.k8s.io", ("Lease",), "it is a lock: whoever changes it takes what it guards"),
    RefusedKind("", ("Namespace", "Node", "PersistentVolume", "ComponentStatus"), _CLUSTER),
    RefusedKind("node.k8s.io", (), _CLUSTER),
    RefusedKind("scheduling.k8s.io", (), _CLUSTER),
    RefusedKind("storage.k8s.io", (), _CLUSTER),
    RefusedKind("flowcontrol.apiserver.k8s.io", (), _CLUSTER),
    RefusedKind("internal.apiserver.k8s.io", (), _CLUSTER),
    RefusedKind("networking.k8s.io", ("IngressClass",), _CLUSTER),
    RefusedKind("gateway.networking.k8s.io", ("GatewayClass",), _CLUSTER),
    RefusedKind("gateway.networking.k8s.io", ("ReferenceGrant",), "it opens one namespace to another"),
    RefusedKind("", ("ResourceQuota", "LimitRange"), f"{_GUARD}: limits of the namespace"),
    RefusedKind("networking.k8s.io", ("NetworkPolicy",), f"{_GUARD}: who may talk to whom"),
    RefusedKind("cilium.io", (), f"{_GUARD}: who may talk to whom"),
    RefusedKind("*.projectcalico.org", (), f"{_GUARD}: who may talk to whom"),
    RefusedKind("security.istio.io", (), f"{_GUARD}: who may talk to whom"),
    RefusedKind("policy.linkerd.io", (), f"{_GUARD}: who may talk to whom"),
    RefusedKind("gateway.envoyproxy.io", ("SecurityPolicy",), f"{_GUARD}: who may come in"),
    RefusedKind("gateway.envoyproxy.io", ("EnvoyPatchPolicy",), "it can do anything to every proxy"),
    RefusedKind("kyverno.io", (), f"{_GUARD}: admission policies"),
    RefusedKind("*.kyverno.io", (), f"{_GUARD}: admission policies"),
    RefusedKind("*.gatekeeper.sh", (), f"{_GUARD}: admission policies"),
    RefusedKind("argoproj.io", ("Application", "ApplicationSet", "AppProject"), _DEPLOYS),
    RefusedKind("*.toolkit.fluxcd.io", (), _DEPLOYS),
    RefusedKind("cert-manager.io", (), _MAKES_SECRETS),
    RefusedKind("*.cert-manager.io", (), _MAKES_SECRETS),
    RefusedKind("external-secrets.io", (), _MAKES_SECRETS),
    RefusedKind("*.external-secrets.io", (), _MAKES_SECRETS),
    RefusedKind("secrets.hashicorp.com", (), _MAKES_SECRETS),
    RefusedKind("bitnami.com", ("SealedSecret",), _MAKES_SECRETS),
    RefusedKind("secrets-store.csi.x-k8s.io", (), _MAKES_SECRETS),
    RefusedKind("monitoring.coreos.com", (), "it watches: first aid must not hide what it is about"),
    RefusedKind("", ("PersistentVolumeClaim",), "a volume that has grown cannot be made smaller again"),
    RefusedKind("", ("Event",), "it is a record of what happened"),
    RefusedKind("events.k8s.io", (), "it is a record of what happened"),
    RefusedKind("", ("Endpoints", "Binding"), _WRITTEN),
    RefusedKind("discovery.k8s.io", (), _WRITTEN),
    RefusedKind("apps", ("ControllerRevision",), _WRITTEN),
)
"""Every kind no Mitigation may change. Kinds of a cluster's scope that are not listed are refused when they
are read: they have no namespace."""

REFUSED_OBJECTS: Mapping[tuple[str, str], str] = {
    ("ConfigMap", "kube-root-ca.crt"): "it says which API server is trusted",
    ("ConfigMap", "extension-apiserver-authentication"): "it says whose certificates are trusted",
    ("ConfigMap", "aws-auth"): "it says who may do what",
    ("ConfigMap", "cluster-info"): "it says which API server is trusted",
    ("ConfigMap", "fireline-pause"): "it pauses all mitigations: that is for people",
}
"""Kind and name of objects that are refused although their kind is not."""

REFUSED_PREFIXES: Mapping[str, str] = {
    "mitigations.fireline.dev/": "our own marks are made and removed together with a change",
    "fireline.dev/": "Fireline's own marks say what belongs to what",
    "kustomize.toolkit.fluxcd.io/": "Flux is told to leave an object alone by gitOps: PauseObject",
    "helm.toolkit.fluxcd.io/": "it says what belongs to which release",
    "meta.helm.sh/": "it says what belongs to which release",
    "argocd.argoproj.io/": "it says what belongs to which application, and how it is deployed",
    "deployment.kubernetes.io/": "the controller of Deployments keeps its own records there",
    "control-plane.alpha.kubernetes.io/": "it is a lock",
    "kubectl.kubernetes.io/last-applied-configuration": "kubectl compares with it",
    "app.kubernetes.io/managed-by": "it says who manages an object",
}
"""Beginnings of annotations and labels that are refused, with the reason."""

REFUSED_RIGHTS: frozenset[str] = frozenset(
    {
        "serviceAccountName",
        "serviceAccount",
        "automountServiceAccountToken",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "hostUsers",
        "hostPath",
        "hostPort",
        "securityContext",
        "runtimeClassName",
        "nodeName",
        "ephemeralContainers",
        "volumeDevices",
        "imagePullSecrets",
        "secretKeyRef",
        "secretRef",
        "secret",
        "secretName",
        "serviceAccountToken",
        "csi",
        "externalIPs",
        "externalName",
    }
)
"""Names of fields, anywhere in a spec, by which something runs with other rights, in its host's name, with
another Secret, or takes another's traffic. They must be the same before and after."""

REFUSED_POD_MARKS = (
    "container.apparmor.security.beta.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
    "iam.amazonaws.com/",
    "vault.hashicorp.com/",
)
"""Beginnings of annotations of a pod template that do the same."""

_ROOTS = ("spec", "data", "binaryData")
_METADATA = ("annotations", "labels")
_NGINX = "nginx.ingress.kubernetes.io/"


def refuse_kind(api_version: str, kind: str) -> Refusal | None:
    """Why objects of a kind are never changed; None when they may be."""
    group = group_of(api_version)
    found = next((one for one in REFUSED_KINDS if (group, kind) in one), None)
    if found is None:
        return None
    named = f"{kind} ({group})" if group else kind
    return Refusal("RefusedKind", f"no mitigation changes a {named}: {found.why}", lasting=True)


def refuse_object(target: Manifest) -> Refusal | None:
    """Why this very object is never changed; None when it may be."""
    found = refuse_kind(target["apiVersion"], target["kind"])
    if found is not None:
        return found
    metadata = target["metadata"]
    if not metadata.get("namespace"):
        words = f"no mitigation changes {called(target)}: {_CLUSTER}"
        return Refusal("RefusedKind", words, lasting=True)
    why = REFUSED_OBJECTS.get((target["kind"], metadata["name"]))
    if why is not None:
        return Refusal("RefusedObject", f"no mitigation changes {called(target)}: {why}", lasting=True)
    labels = mapping(metadata, "labels")
    if labels.get(MANAGED_BY) == MANAGER and OWNER_KIND in labels:
        owner = f"{labels[OWNER_KIND]} {labels.get(OWNER_NAME, '')}".rstrip()
        words = f"{called(target)} is made by Fireline from {owner}, and would be made anew; change that"
        return Refusal("RefusedObject", words, lasting=True)
    return None


def refuse_path(path: str) -> Refusal | None:
    """Why a field is never changed; None when it may be. ``path`` is a JSON pointer."""
    why = _refused_path(parse(path))
    if why is None:
        return None
    return Refusal("RefusedPath", f"no mitigation changes {path}: {why}", lasting=True)


def _refused_path(tokens: tuple[str, ...]) -> str | None:
    if tokens[0] == "metadata":
        return _refused_metadata(tokens[1:])
    if tokens[0] == "status":
        return "status is what a controller saw; change the spec"
    if tokens[0] not in _ROOTS:
        return "only spec, data, binaryData, metadata.annotations and metadata.labels are changed"
    if len(tokens) == 1:
        return "it is too much at once; name the fields inside of it"
    return None


def _refused_metadata(tokens: tuple[str, ...]) -> str | None:
    if not tokens or tokens[0] not in _METADATA:
        return "of metadata only annotations and labels are changed, each by its name"
    if len(tokens) != 2:
        return f"it is too much at once; name one of them, such as /metadata/{tokens[0]}/example.com~1tier"
    if tokens[1].startswith(_NGINX) and tokens[1].endswith("-snippet"):
        return "it is configuration of the whole ingress controller"
    return next((why for begin, why in REFUSED_PREFIXES.items() if tokens[1].startswith(begin)), None)


def refuse_rights(before: Manifest, after: Manifest) -> Refusal | None:
    """Why a change is refused that gives something other rights; None when it does not.

    Compares every field named in :data:`REFUSED_RIGHTS`, however deep: a change of a list, or of a whole
    template, may hide one.
    """
    was, becomes = (sorted(_rights(one.get("spec"), ())) for one in (before, after))
    if was == becomes:
        return None
    moved = [one for one in (*becomes, *was) if (one in was) != (one in becomes)] or becomes
    names = ", ".join(sorted({name for name, _ in moved}))
    words = (
        f"it would change {names} of {called(before)}, and with it what runs with whose rights or Secrets; "
        f"that is no first aid: deploy it"
    )
    return Refusal("ChangesRights", words, lasting=True)


def _rights(found: Any, at: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        for name, value in found.items():
            if name in REFUSED_RIGHTS or name.startswith(REFUSED_POD_MARKS):
                yield name, f"{'.'.join(at)}: {value!r}"
            else:
                yield from _rights(value, (*at, name))
    elif isinstance(found, list):
        for entry in found:
            # By name rather than by place: entries that only move keep their rights.
            name = entry.get("name", "") if isinstance(entry, Mapping) else ""
            yield from _rights(entry, (*at, str(name)))
