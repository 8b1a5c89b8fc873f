"""What ``fireline explain`` looks at around an AlertPolicy, as far as rights allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fireline.alerting.names import config_name
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, LEASE, PROMETHEUS_RULE, SLO
from fireline.cli.cluster import Cluster
from fireline.cli.explaining.world import Found, Looked, Manifest, Rights, events_of, find


@dataclass(frozen=True, slots=True)
class PolicyWorld:
    """A policy and its surroundings; one from a file has what stands in the same files."""

    policy: Manifest
    config: Found = field(default_factory=Found)
    rule: Found = field(default_factory=Found)
    evaluators: Looked | None = None
    """Alertmanagers and namespaces, for the question whether anyone takes the routes; None in a file."""
    slos: Sequence[Manifest] | None = None
    """Of the policy's namespace; None when they may not be read."""
    policies: Sequence[Manifest] | None = None
    """Likewise, this one among them."""
    leases: Sequence[Manifest] = ()
    events: Sequence[Manifest] = ()
    remarks: Sequence[str] = ()
    """Rights that are missing."""


def look_around_policy(cluster: Cluster, policy: Manifest) -> PolicyWorld:
    """Everything that can be read around a policy. Raises ServerUnavailable when the server goes away."""
    namespace, name = policy["metadata"]["namespace"], policy["metadata"]["name"]
    rights = Rights(cluster)
    written = config_name(name)
    kinds = ((ALERT_POLICY, name), (ALERTMANAGER_CONFIG, written), (PROMETHEUS_RULE, written))
    return PolicyWorld(
        policy=policy,
        config=find(cluster, ALERTMANAGER_CONFIG, namespace, written),
        rule=find(cluster, PROMETHEUS_RULE, namespace, written),
        evaluators=Looked(cluster),
        slos=rights.list_or_none(SLO, namespace),
        policies=rights.list_or_none(ALERT_POLICY, namespace),
        leases=[] if policy.get("status") else rights.list(LEASE, None, "metadata.name=fireline"),
        events=events_of(rights, namespace, kinds),
        remarks=rights.remarks,
    )
