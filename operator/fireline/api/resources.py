"""The Kubernetes resources Fireline reads or writes, named once."""

from __future__ import annotations

from dataclasses import dataclass

GROUP = "fireline.dev"
VERSION = "v1alpha1"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource type as the API server addresses it. ``group`` is empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """``group/version``, or just the version for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def crd_name(self) -> str:
        """Name of the CustomResourceDefinition, and what RBAC messages call the resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


SLO = Resource(GROUP, VERSION, "servicelevelobjectives", "ServiceLevelObjective")
ALERT_POLICY = Resource(GROUP, VERSION, "alertpolicies", "AlertPolicy")
SYNTHETIC_CHECK = Resource(GROUP, VERSION, "syntheticchecks", "SyntheticCheck")
MITIGATION = Resource(GROUP, VERSION, "mitigations", "Mitigation")
PROMETHEUS_RULE = Resource("monitoring.coreos.com", "v1", "prometheusrules", "PrometheusRule")
PROMETHEUS = Resource("monitoring.coreos.com", "v1", "prometheuses", "Prometheus")
THANOS_RULER = Resource("monitoring.coreos.com", "v1", "thanosrulers", "ThanosRuler")
ALERTMANAGER_CONFIG = Resource(
    "monitoring.coreos.com", "v1alpha1", "alertmanagerconfigs", "AlertmanagerConfig"
)
ALERTMANAGER = Resource("monitoring.coreos.com", "v1", "alertmanagers", "Alertmanager")
SECRET = Resource("", "v1", "secrets", "Secret")
CONFIG_MAP = Resource("", "v1", "configmaps", "ConfigMap")
CRON_JOB = Resource("batch", "v1", "cronjobs", "CronJob")
DEPLOYMENT = Resource("apps", "v1", "deployments", "Deployment")
JOB = Resource("batch", "v1", "jobs", "Job")
POD = Resource("", "v1", "pods", "Pod")
NAMESPACE = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
LEASE = Resource("coordination.k8s.io", "v1", "leases", "Lease")
EVENT = Resource("events.k8s.io", "v1", "events", "Event")
