"""Would any Prometheus load our rules? The classic support question, answered before it is asked.

prometheus-operator loads a PrometheusRule only where ``spec.ruleSelector`` matches its labels and
``spec.ruleNamespaceSelector`` its namespace's; both default to *nothing* and *own namespace*. The same
holds for the ``ThanosRuler`` objects that evaluate the rules of a source of kind Thanos. Nothing in the
cluster says what a Mimir loads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fireline.api.conditions import Condition
from fireline.api.plan import Change, Manifest, Seen, SeenChild
from fireline.api.resources import NAMESPACE, PROMETHEUS, THANOS_RULER, Resource
from fireline.selection.labels import Selector, unmet, wrong_namespace
from fireline.settings import Source

EVALUATORS: Mapping[str, Resource] = {"Prometheus": PROMETHEUS, "Thanos": THANOS_RULER}
"""What evaluates PrometheusRules, by the kind of the source."""


def selected(
    rules: Iterable[Manifest],
    *,
    namespace: str,
    source_name: str,
    source: Source,
    seen: Seen,
    watched: Collection[str] = (),
) -> Condition:
    """The ``Selected`` condition for rule objects (as they will be written) of one namespace.

    ``watched``: the only namespaces in which Prometheus objects are seen; none means the cluster.
    """
    resource = EVALUATORS.get(source.kind)
    if resource is None:
        return _condition("Unknown", f"Source{source.kind}", _elsewhere(source_name, source))
    kind, access = resource.kind, seen.access(resource)
    if access.state != "Served":
        return _condition("Unknown", f"{kind}{access.state}", f"cannot tell: {access.message}")
    candidates = [found for found in seen.all(resource) if _is_source(found, source)]
    if not candidates:
        return _condition("Unknown", f"No{kind}Object", _nobody(kind, source_name, source, watched))
    reasons = []
    for found in candidates:
        if _needs_labels(found, namespace, seen):
            words = f"{kind} {_name(found)} selects namespaces by label, which cannot be read"
            return _condition("Unknown", "NamespaceUnreadable", f"{words}: {seen.access(NAMESPACE).message}")
        missing = _why_not(found, list(rules), namespace, seen)
        if missing is None:
            return _condition("True", "Selected", f"{kind} {_name(found)} selects these rules")
        reasons.append(f"{kind} {_name(found)} {missing}")
    fix = f"set them as rule_labels of source {source_name!r} in the operator's settings"
    return _condition("False", "NotSelected", f"no {kind} loads these rules: {'; '.join(reasons)}; {fix}")


def evaluator_changed(change: Change) -> bool:
    """Whether what evaluates rules may select others now: a Prometheus or ThanosRuler came, went or asks for
    other labels."""
    return change.resource in EVALUATORS.values() and _selectors(change.old) != _selectors(change.new)


def namespace_relabelled(change: Change) -> bool:
    """Whether this is a namespace with other labels, by which rules of it may be selected or not."""
    return change.resource == NAMESPACE and _labels(change.old) != _labels(change.new)


def _selectors(found: Manifest | SeenChild | None) -> object:
    if not isinstance(found, dict):
        return None
    spec = found.get("spec", {})
    return spec.get("ruleSelector"), spec.get("ruleNamespaceSelector")


def _labels(found: Manifest | SeenChild | None) -> object:
    return found["metadata"].get("labels") if isinstance(found, dict) else None


def _condition(status: Any, reason: str, message: str) -> Condition:
    return Condition("Selected", status, reason, message)


def _elsewhere(source_name: str, source: Source) -> str:
    return (
        f"source {source_name!r} is of kind {source.kind}, and nothing in the cluster tells what that loads: "
        f"bring the rules there with `fireline render --as {source.kind.lower()} --upload`, or let Alloy's "
        f"mimir.rules.kubernetes take the PrometheusRules; RulesLoaded tells whether they are evaluated"
    )


def _nobody(kind: str, source_name: str, source: Source, watched: Collection[str]) -> str:
    where = f"in watched namespaces ({', '.join(watched)})" if watched else "in the cluster"
    if source.prometheus_name:
        wanted = f"{source.prometheus_namespace or '*'}/{source.prometheus_name}"
        return f"there is no {kind} object {wanted} {where}, which source {source_name!r} names"
    return f"there is no {kind} object {where}; if rules are loaded another way, all is well"


def _is_source(prometheus: Manifest, source: Source) -> bool:
    """A source that names no Prometheus object may be any of them."""
    metadata = prometheus["metadata"]
    named = source.prometheus_name in (None, metadata["name"])
    return named and source.prometheus_namespace in (None, metadata["namespace"])


def _name(prometheus: Manifest) -> str:
    return f"{prometheus['metadata']['namespace']}/{prometheus['metadata']['name']}"


def _why_not(prometheus: Manifest, rules: list[Manifest], namespace: str, seen: Seen) -> str | None:
    """Why this Prometheus or ThanosRuler does not load all of the rules, or None when it does."""
    spec = prometheus.get("spec", {})
    rule_selector: Selector | None = spec.get("ruleSelector")
    if rule_selector is None:
        return "has no spec.ruleSelector and so loads no rule at all"
    for rule in rules:
        lacking = unmet(rule_selector, rule["metadata"].get("labels", {}))
        if lacking:
            return f"wants {lacking} on PrometheusRule {rule['metadata']['name']}"
    return wrong_namespace(spec.get("ruleNamespaceSelector"), prometheus, namespace, seen, what="rules")


def _needs_labels(prometheus: Manifest, namespace: str, seen: Seen) -> bool:
    selector: Selector = prometheus.get("spec", {}).get("ruleNamespaceSelector") or {}
    return bool(selector) and seen.get(NAMESPACE, "", namespace) is None
