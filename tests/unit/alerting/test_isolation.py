"""Two tenants: neither sees, mutes nor gets the alerts of the other, whatever they write.

Judged on the configuration that Alertmanager really gets, as prometheus-operator merges it.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.routing import strategies
from tests.rules.specs import compiled as objective
from tests.unit.alerting.policies import NOW, SETTINGS, a_policy

from fireline.alerting.amc import alertmanager_config
from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.effective import merged, misread
from fireline.alerting.raw import fragment
from fireline.alerting.raw import merged as merged_natively
from fireline.alerting.simulate import Simulation
from fireline.alerting.simulate.inhibition import inhibitors, rules
from fireline.api.belonging import owner
from fireline.slo.render import render_groups

YEARS = range(2026, 2028)
DEFAULT_INHIBITION: dict[str, Any] = {
    "route": {"receiver": "null"},
    "receivers": [{"name": "null"}],
    "inhibit_rules": [
        {
            "source_matchers": ["severity = critical"],
            "target_matchers": ["severity =~ warning|info"],
            "equal": ["namespace", "alertname"],
        },
        {
            "source_matchers": ["severity = warning"],
            "target_matchers": ["severity = info"],
            "equal": ["namespace", "alertname"],
        },
        {
            "source_matchers": ["alertname = InfoInhibitor"],
            "target_matchers": ["severity = info"],
            "equal": ["namespace"],
        },
        {"target_matchers": ["alertname = InfoInhibitor"]},
    ],
}
"""What kube-prometheus-stack installs unless told otherwise."""

HOSTILE = (
    'x",namespace="victim',
    "victim/policy",
    '"} or {namespace="victim"',
    "{{ .CommonLabels }}",
    ".*",
    "|",
    "victim\nnamespace: victim",
    "'; - receiver: victim",
    "${namespace}",
    "a" * 300,
)
NAMES = ("grouping.by", "inhibition.parents.slo", "inhibition.parents.namespace", "alertmanager", "tiers")


def effective(*policies):
    configs = [alertmanager_config(one, years=YEARS) for one in policies]
    return merged(DEFAULT_INHIBITION, configs, strategy="OnNamespace", alertmanager_namespace="monitoring")


def compiled(manifest):
    policy, issues = read(manifest, settings=SETTINGS)
    return compile_policy(policy, settings=SETTINGS) if policy else None, issues


def alerts_of(policy):
    label = {"namespace": policy.namespace, "alert_policy": policy.label}
    slo = {"slo": "checkout", "service": "checkout", "slo_tier": "PageFast"}
    return [
        {**label, **slo, "alertname": "SLOErrorBudgetBurnPage", "severity": "critical", "sev": "sev0"},
        {**label, **slo, "alertname": "SLOErrorBudgetBurnTicket", "severity": "warning", "sev": "sev2"},
        {**label, "alertname": "QueueLong", "severity": "warning", "sev": "sev2"},
        {**label, "alertname": "AlertPolicyTest", "severity": "none", "sev": "sev2", "test": "true"},
    ]


def told_by(simulation, alert):
    return [one for one in simulation.told(alert, at=NOW) if one.integrations]


@pytest.mark.parametrize("seed", range(25))
def test_only_receivers_of_a_tenant_get_its_alerts(seed):
    source = random.Random(seed)
    drawn = [strategies.policy(source, f"tenant-{n}", f"policy-{n % 2}") for n in range(4)]
    policies = [compiled(one)[0] for one in drawn]
    simulation = Simulation.of(effective(*policies))

    for policy in policies:
        for alert in alerts_of(policy):
            receivers = {one.receiver for one in told_by(simulation, alert)}
            own = f"{policy.namespace}/alertpolicy-{policy.name}/"
            assert all(name.startswith(own) for name in receivers), (alert, receivers)


@pytest.mark.parametrize("seed", range(25))
def test_no_alert_of_a_tenant_mutes_another_tenants(seed):
    source = random.Random(1000 + seed)
    drawn = [strategies.policy(source, f"tenant-{n}", f"policy-{n}") for n in range(3)]
    policies = [compiled(one)[0] for one in drawn]
    configuration = effective(*policies)

    for one in policies:
        for other in policies:
            if one.namespace != other.namespace:
                for alert in alerts_of(one):
                    assert not inhibitors(rules(configuration), alert, alerts_of(other))


@given(st.sampled_from(HOSTILE) | st.text(max_size=40), st.sampled_from(NAMES), st.booleans())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hostile_text_is_refused_or_stays_within_its_tenant(text, where, in_secret_mode):
    hostile = a_policy(_edits(where, text, in_secret_mode=in_secret_mode), name="evil")
    hostile["metadata"]["namespace"] = "evil"
    victim = compiled(_named(a_policy(), "victim", "policy"))[0]
    policy, issues = compiled(hostile)
    if policy is None:
        assert issues
        return
    if policy.mode == "Secret":
        parts = [fragment(policy), fragment(victim)]
        configuration = merged_natively(DEFAULT_INHIBITION, parts)
    else:
        assert not misread(alertmanager_config(policy, years=YEARS))
        configuration = effective(policy, victim)
    simulation = Simulation.of(configuration)

    for alert in alerts_of(victim):
        assert all(one.receiver.startswith("victim/") for one in told_by(simulation, alert))
        assert not inhibitors(rules(configuration), alert, alerts_of(policy))


@pytest.mark.parametrize("name", ["oncall", "../victim", "victim/alertpolicy-policy/oncall", "*", "Nobody"])
def test_a_receiver_cannot_be_named_after_somebody_elses(name):
    manifest = a_policy({"spec.severities": [{"name": "sev0", "page": True, "receivers": [name]}]})
    manifest["spec"]["receivers"][0]["name"] = name

    policy, issues = compiled(manifest)

    assert (policy is not None) == (name == "oncall")
    assert policy is not None or issues


def test_a_policy_has_only_objects_of_its_own_namespace():
    """The planners look policies up by namespace; nothing in a selector names one."""
    evil = a_policy({"spec.selector": {"matchLabels": {"kubernetes.io/metadata.name": "victim"}}})

    assert owner({"team": "shop"}, [evil]) is None


def test_no_slos_page_mutes_another_slos_ticket_by_the_usual_default_inhibition():
    alerts = {
        name: [
            {**rule["labels"], "alertname": rule["alert"]}
            for group in render_groups(objective(_slo(name)), at=0)
            for rule in group["rules"]
            if "alert" in rule
        ]
        for name in ("a", "b")
    }
    found = rules(DEFAULT_INHIBITION)

    assert alerts["a"]
    for alert in alerts["a"]:
        assert not inhibitors(found, alert, alerts["b"]), alert
        assert not inhibitors(found, alert, [one for one in alerts["a"] if one != alert]), alert


def _slo(name):
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "service": name,
            "objective": "99.9",
            "indicator": {
                "ratio": {"bad": {"metric": 'r_total{code="500"}'}, "total": {"metric": "r_total"}}
            },
        },
    }


def _named(manifest, namespace, name):
    found = copy.deepcopy(manifest)
    found["metadata"] |= {"namespace": namespace, "name": name}
    return found


def _edits(where, text, *, in_secret_mode):
    edits: dict[str, Any] = {"spec.delivery": {"mode": "Secret"}} if in_secret_mode else {}
    match where:
        case "grouping.by":
            edits["spec.grouping"] = {"by": [text]}
        case "inhibition.parents.slo":
            edits["spec.inhibition"] = {"parents": [{"slo": text}]}
        case "inhibition.parents.namespace":
            edits["spec.inhibition"] = {"parents": [{"slo": "gateway", "namespace": text}]}
        case "alertmanager":
            edits["spec.alertmanager"] = text
        case _:
            edits["spec.tiers"] = {text: "sev0"}
    return edits


def test_info_inhibitor_mutes_hints_and_not_pages_or_tickets():
    """docs/how-to/route-alerts.md tells it: alone in a namespace, an alert with severity info is muted."""
    anomaly = {
        "name": "OrdersUnusual",
        "severity": "sev2",
        "summary": "Orders are unusual",
        "anomaly": {"query": "sum(rate(orders_total[$window]))"},
    }
    policy = compiled(a_policy({"spec.rules": [anomaly], "spec.deadman": {"receiver": "oncall"}}))[0]
    groups = [*render_groups(objective(_slo("a")), at=0), *policy.groups]
    alerts = [
        {**rule["labels"], "alertname": rule["alert"]}
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    ]
    inhibitor = {"alertname": "InfoInhibitor", "namespace": "shop", "severity": "none"}
    muted = {a["alertname"] for a in alerts if inhibitors(rules(DEFAULT_INHIBITION), a, [inhibitor])}

    assert muted == {"OrdersUnusual", "AlertPolicyAnomalyNotJudged", "SLOIneffective"}
