"""Would an Alertmanager take our AlertmanagerConfig? And does prometheus-operator confine it?

prometheus-operator merges an AlertmanagerConfig only where ``spec.alertmanagerConfigSelector`` of an
Alertmanager matches its labels and ``spec.alertmanagerConfigNamespaceSelector`` its namespace's; both
default to *nothing* and *own namespace*.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fireline.api.conditions import Condition, State
from fireline.api.plan import Manifest, Seen
from fireline.api.resources import ALERTMANAGER, NAMESPACE
from fireline.selection.labels import Selector, unmet, wrong_namespace
from fireline.settings import Alertmanager


def candidates(seen: Seen, settings: Alertmanager) -> list[Manifest]:
    """The Alertmanager objects behind an entry of the settings, in order; one that names none may be any."""
    found = [
        one
        for one in seen.all(ALERTMANAGER)
        if settings.name in {None, one["metadata"]["name"]}
        and settings.namespace in {None, one["metadata"]["namespace"]}
    ]
    return sorted(found, key=_name)


def confined(namespace: str, seen: Seen, settings: Alertmanager) -> bool:
    """Whether routes and inhibitions of this namespace see its own alerts only. True while not known."""
    found = candidates(seen, settings)
    return not found or any(_confines(one, namespace) for one in found)


def config_selected(
    namespace: str,
    labels: Mapping[str, str],
    *,
    name: str,
    entry: str,
    settings: Alertmanager,
    seen: Seen,
    watched: Collection[str] = (),
) -> Condition:
    """The ``Selected`` condition of an AlertmanagerConfig with these labels."""
    access = seen.access(ALERTMANAGER)
    if access.state != "Served":
        return _condition("Unknown", f"Alertmanager{access.state}", f"cannot tell: {access.message}")
    found = candidates(seen, settings)
    if not found:
        where = f"in watched namespaces ({', '.join(watched)})" if watched else "in the cluster"
        wanted = f" {settings.namespace or '*'}/{settings.name}" if settings.name else ""
        words = (
            f"there is no Alertmanager object{wanted} {where}; if AlertmanagerConfigs are merged another "
            f"way, all is well"
        )
        return _condition("Unknown", "NoAlertmanagerObject", words)
    reasons = []
    for one in found:
        selector: Selector = one.get("spec", {}).get("alertmanagerConfigNamespaceSelector") or {}
        if selector and seen.get(NAMESPACE, "", namespace) is None:
            words = f"Alertmanager {_name(one)} selects namespaces by label, which cannot be read"
            return _condition("Unknown", "NamespaceUnreadable", f"{words}: {seen.access(NAMESPACE).message}")
        missing = _why_not(one, name, labels, namespace, seen)
        if missing is None:
            return _condition("True", "Selected", f"Alertmanager {_name(one)} selects these routes")
        reasons.append(f"Alertmanager {_name(one)} {missing}")
    words = f"no Alertmanager takes these routes: {'; '.join(reasons)}"
    if any(f"on AlertmanagerConfig {name}" in reason for reason in reasons):
        words += f"; set such labels as config_labels of alertmanagers.{entry} in the operator's settings"
    return _condition("False", "NotSelected", words)


def secret_selected(*, settings: Alertmanager, mounts: Collection[str], seen: Seen) -> Condition:
    """The ``Selected`` condition of a policy in the merged configuration: ``mounts`` are Secrets it needs."""
    access = seen.access(ALERTMANAGER)
    if access.state != "Served":
        return _condition("Unknown", f"Alertmanager{access.state}", f"cannot tell: {access.message}")
    found = candidates(seen, settings)
    if not found:
        words = (
            f"there is no Alertmanager object {settings.namespace}/{settings.name or '*'} to use the Secret"
        )
        return _condition("Unknown", "NoAlertmanagerObject", words)
    reasons = []
    for one in found:
        spec = one.get("spec", {})
        if spec.get("configSecret") != settings.merged_secret:
            reasons.append(f"Alertmanager {_name(one)} needs spec.configSecret: {settings.merged_secret}")
        elif missing := sorted(set(mounts) - set(spec.get("secrets") or ())):
            reasons.append(
                f"Alertmanager {_name(one)} does not mount {', '.join(missing)}: add to spec.secrets"
            )
        else:
            words = f"Alertmanager {_name(one)} uses Secret {settings.namespace}/{settings.merged_secret}"
            return _condition("True", "Selected", words)
    return _condition("False", "NotSelected", "; ".join(reasons))


def _condition(status: State, reason: str, message: str) -> Condition:
    return Condition("Selected", status, reason, message)


def _name(alertmanager: Manifest) -> str:
    return f"{alertmanager['metadata']['namespace']}/{alertmanager['metadata']['name']}"


def _confines(alertmanager: Manifest, namespace: str) -> bool:
    strategy = (alertmanager.get("spec", {}).get("alertmanagerConfigMatcherStrategy") or {}).get("type")
    if strategy == "None":
        return False
    own = alertmanager["metadata"]["namespace"] == namespace
    return not (strategy == "OnNamespaceExceptForAlertmanagerNamespace" and own)


def _why_not(
    alertmanager: Manifest, name: str, labels: Mapping[str, str], namespace: str, seen: Seen
) -> str | None:
    spec = alertmanager.get("spec", {})
    selector: Selector | None = spec.get("alertmanagerConfigSelector")
    if selector is None:
        return (
            "has no spec.alertmanagerConfigSelector and so takes no AlertmanagerConfig at all; give it one, "
            "{} for all"
        )
    lacking = unmet(selector, labels)
    if lacking:
        return f"wants {lacking} on AlertmanagerConfig {name}"
    return wrong_namespace(
        spec.get("alertmanagerConfigNamespaceSelector"), alertmanager, namespace, seen, what="routes"
    )
