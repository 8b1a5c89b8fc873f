"""What ``fireline explain`` looks at around a SyntheticCheck, as far as rights allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fireline.api.resources import (
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    LEASE,
    PROMETHEUS_RULE,
    SYNTHETIC_CHECK,
    Resource,
)
from fireline.cli.checkstanding import overdue
from fireline.cli.cluster import Cluster
from fireline.cli.explaining.world import Found, Looked, Manifest, Rights, events_of, find
from fireline.synthetic.names import rule_name
from fireline.synthetic.prober_render import key_of, name_of


@dataclass(frozen=True, slots=True)
class CheckWorld:
    """A check and its surroundings; one from a file has none."""

    check: Manifest
    runner: Found = field(default_factory=Found)
    """What runs it: its CronJob, or the Deployment of the prober."""
    rule: Found = field(default_factory=Found)
    evaluators: Looked | None = None
    """Prometheus objects and namespaces, for the question whether anyone loads its alerts; None in a file."""
    leases: Sequence[Manifest] = ()
    """Leases with the operator's name, where no operator seems to be at work."""
    events: Sequence[Manifest] = ()
    remarks: Sequence[str] = ()
    """Rights that are missing."""


def runner_of(check: Manifest) -> tuple[Resource, str]:
    """Kind and name of what runs a check."""
    metadata, spec = check["metadata"], check.get("spec") or {}
    if spec.get("runner") == "Prober":
        return DEPLOYMENT, name_of(key_of(metadata["namespace"], spec.get("location")))
    return CRON_JOB, metadata["name"]


def look_around_check(cluster: Cluster, check: Manifest, *, now: datetime) -> CheckWorld:
    """Everything that can be read around a check. Raises ServerUnavailable when the server goes away."""
    namespace, name = check["metadata"]["namespace"], check["metadata"]["name"]
    status = check.get("status") or {}
    rights = Rights(cluster)
    resource, runner = runner_of(check)
    about = [(SYNTHETIC_CHECK, name), (resource, runner), (PROMETHEUS_RULE, rule_name(name))]
    job = status.get("waiting", {}).get("job")
    if job and resource == CRON_JOB:
        about.append((JOB, job))
    alone = not status or overdue(status, now)
    return CheckWorld(
        check=check,
        runner=find(cluster, resource, namespace, runner),
        rule=find(cluster, PROMETHEUS_RULE, namespace, rule_name(name)),
        evaluators=Looked(cluster),
        leases=rights.list(LEASE, None, "metadata.name=fireline") if alone else [],
        events=events_of(rights, namespace, about),
        remarks=rights.remarks,
    )
