"""Would any Prometheus load our rules: every form of a label selector, and what people are told."""

from __future__ import annotations

import pytest
from tests.seen import World

from fireline.api.plan import Access
from fireline.api.resources import NAMESPACE, PROMETHEUS, THANOS_RULER
from fireline.selection.labels import unmet
from fireline.selection.rules import selected
from fireline.settings import Source

LABELS = {"prometheus": "main", "team": "shop"}


def a_rule(labels=None):
    return {"metadata": {"name": "slo-checkout", "labels": LABELS if labels is None else labels}}


def a_prometheus(name="main", namespace="monitoring", **spec):
    return PROMETHEUS, {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def a_ruler(name="global", namespace="monitoring", **spec):
    return THANOS_RULER, {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


def a_namespace(**labels):
    return NAMESPACE, {"metadata": {"name": "shop", "labels": labels}}


def verdict(*objects, rules=None, source=None, unreadable=None):
    seen = World(objects=list(objects), unreadable=unreadable or {})
    return selected(
        rules or [a_rule()], namespace="shop", source_name="default", source=source or Source(), seen=seen
    )


def expression(operator, *values, key="team"):
    found = {"key": key, "operator": operator}
    return {"matchExpressions": [found | ({"values": list(values)} if values else {})]}


@pytest.mark.parametrize(
    ("selector", "lacking"),
    [
        ({}, ""),
        ({"matchLabels": {"team": "shop"}}, ""),
        ({"matchLabels": {"team": "pay"}}, "label team=pay"),
        ({"matchLabels": {"tier": "gold"}}, "label tier=gold"),
        (expression("In", "shop", "pay"), ""),
        (expression("In", "pay", "search"), "label team in (pay, search)"),
        (expression("In", "gold", key="tier"), "label tier in (gold)"),
        (expression("NotIn", "pay"), ""),
        (expression("NotIn", "shop"), "label team not in (shop)"),
        (expression("NotIn", "gold", key="tier"), ""),
        (expression("Exists"), ""),
        (expression("Exists", key="tier"), "label tier"),
        (expression("DoesNotExist", key="tier"), ""),
        (expression("DoesNotExist"), "no label team"),
        (
            {"matchLabels": {"tier": "gold"}, **expression("DoesNotExist")},
            "label tier=gold and no label team",
        ),
    ],
)
def test_what_a_selector_misses_is_named_in_words(selector, lacking):
    assert unmet(selector, LABELS) == lacking


def test_rules_that_match_are_selected():
    found = verdict(a_prometheus(ruleSelector={"matchLabels": LABELS}, ruleNamespaceSelector={}))
    assert (found.status, found.message) == ("True", "Prometheus monitoring/main selects these rules")


def test_a_prometheus_without_a_rule_selector_loads_nothing():
    found = verdict(a_prometheus(ruleNamespaceSelector={}))
    assert found.status == "False"
    assert "has no spec.ruleSelector and so loads no rule at all" in found.message


def test_an_empty_rule_selector_loads_everything():
    assert verdict(a_prometheus(ruleSelector={}, ruleNamespaceSelector={})).status == "True"


def test_without_a_namespace_selector_only_its_own_namespace_counts():
    found = verdict(a_prometheus(ruleSelector={}))
    assert found.status == "False"
    assert "loads rules of its own namespace monitoring only" in found.message
    assert verdict(a_prometheus(namespace="shop", ruleSelector={})).status == "True"


@pytest.mark.parametrize(
    ("selector", "labels", "status"),
    [
        (expression("In", "yes", key="monitored"), {"monitored": "yes"}, "True"),
        (expression("In", "yes", key="monitored"), {}, "False"),
        (expression("DoesNotExist", key="quiet"), {}, "True"),
        (expression("DoesNotExist", key="quiet"), {"quiet": ""}, "False"),
    ],
)
def test_namespaces_are_matched_by_expressions_too(selector, labels, status):
    found = verdict(a_prometheus(ruleSelector={}, ruleNamespaceSelector=selector), a_namespace(**labels))
    assert found.status == status


def test_every_rule_object_must_be_selected():
    rules = [a_rule(), a_rule({"team": "shop"})]
    found = verdict(
        a_prometheus(ruleSelector=expression("Exists", key="prometheus"), ruleNamespaceSelector={}),
        rules=rules,
    )
    assert found.status == "False"
    assert "wants label prometheus on PrometheusRule slo-checkout" in found.message


def test_one_prometheus_that_loads_them_is_enough():
    blind = a_prometheus(name="blind")
    assert verdict(blind, a_prometheus(ruleSelector={}, ruleNamespaceSelector={})).status == "True"


def test_all_reasons_are_told_when_nobody_loads_them():
    found = verdict(a_prometheus(name="blind"), a_prometheus(name="local", ruleSelector={}))
    assert "monitoring/blind has no spec.ruleSelector" in found.message
    assert "monitoring/local loads rules of its own namespace" in found.message
    assert "rule_labels of source 'default'" in found.message


def test_a_source_that_names_its_prometheus_asks_no_other():
    open_, blind = a_prometheus(name="open", ruleSelector={}, ruleNamespaceSelector={}), a_prometheus("blind")
    named = Source(prometheus_name="blind", prometheus_namespace="monitoring")
    assert verdict(open_, blind, source=named).status == "False"
    assert verdict(open_, blind, source=Source(prometheus_name="open")).status == "True"


def test_a_prometheus_that_is_not_there_leaves_it_unknown_and_is_named():
    found = verdict(a_prometheus(ruleSelector={}), source=Source(prometheus_name="other"))
    assert (found.status, found.reason) == ("Unknown", "NoPrometheusObject")
    assert "no Prometheus object */other in the cluster, which source 'default' names" in found.message
    assert verdict().reason == "NoPrometheusObject"


def test_a_missing_crd_or_right_leaves_it_unknown():
    found = verdict(unreadable={PROMETHEUS: Access("Missing", "the CRD is not installed")})
    assert (found.status, found.reason) == ("Unknown", "PrometheusMissing")
    assert found.message == "cannot tell: the CRD is not installed"


def test_a_thanos_source_is_judged_by_thanos_rulers_alone():
    loads_all = a_prometheus(ruleSelector={}, ruleNamespaceSelector={})
    picky = a_ruler(ruleSelector={"matchLabels": {"ruler": "global"}}, ruleNamespaceSelector={})
    thanos = Source(kind="Thanos")
    found = verdict(loads_all, picky, source=thanos)
    assert (found.status, found.reason) == ("False", "NotSelected")
    assert found.message.startswith(
        "no ThanosRuler loads these rules: ThanosRuler monitoring/global wants label ruler=global on "
        "PrometheusRule slo-checkout"
    )
    found = verdict(picky, rules=[a_rule({"ruler": "global"})], source=thanos)
    assert (found.status, found.message) == ("True", "ThanosRuler monitoring/global selects these rules")
    assert verdict(loads_all, picky).status == "True"


def test_a_thanos_source_without_a_ruler_or_its_crd_is_unknown():
    thanos = Source(kind="Thanos", prometheus_name="global")
    found = verdict(a_prometheus(ruleSelector={}, ruleNamespaceSelector={}), source=thanos)
    assert (found.status, found.reason) == ("Unknown", "NoThanosRulerObject")
    assert "there is no ThanosRuler object */global in the cluster" in found.message
    found = verdict(unreadable={THANOS_RULER: Access("Missing", "no such CRD")}, source=thanos)
    assert (found.status, found.reason, found.message) == (
        "Unknown",
        "ThanosRulerMissing",
        "cannot tell: no such CRD",
    )


def test_what_a_mimir_loads_cannot_be_told_from_the_cluster():
    found = verdict(a_prometheus(ruleSelector={}, ruleNamespaceSelector={}), source=Source(kind="Mimir"))
    assert (found.status, found.reason) == ("Unknown", "SourceMimir")
    assert "fireline render --as mimir --upload" in found.message
