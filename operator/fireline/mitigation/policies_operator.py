"""The admission policy that keeps the operator's own rights to what it made itself.

Checks run as Jobs, CronJobs and Deployments, so the operator needs the right to write these; RBAC cannot say
"only yours". This policy does: with its own rights the operator cannot touch a workload of anybody else, so
that the only way to one is a Mitigation, with the rights of a ServiceAccount its author may use. Printed by
``fireline rbac --policies``; ``examples/install`` has it.
"""

from __future__ import annotations

from fireline.api.labels import MANAGED_BY, MANAGER
from fireline.api.plan import Manifest
from fireline.mitigation.policies import denial, policy_with_binding, rule

OWN_OBJECTS = "fireline-operator-own-objects"
OPERATOR = "system:serviceaccount:fireline:fireline"
"""The user that ``examples/install/operator.yaml`` runs as."""

_WRITES = ("CREATE", "UPDATE", "DELETE")
_LABELLED = f"has({{0}}.metadata.labels) && {{0}}.metadata.labels[?'{MANAGED_BY}'].orValue('') == '{MANAGER}'"
# Labels may have been taken off by hand: what it applied itself it may put right.
_APPLIED = (
    "has(oldObject.metadata.managedFields) && oldObject.metadata.managedFields.exists(one,\n"
    f"  one.manager == '{MANAGER}' && one.operation == 'Apply')"
)
_POD = (
    "object == null || object.kind == 'ConfigMap' ? {}\n"
    "  : object.kind == 'CronJob' ? object.spec.jobTemplate.spec.template.spec\n"
    "  : object.spec.template.spec"
)

# What makes a pod the master of its node, or of the namespace's other credentials.
_BOUNDED = (
    "!has(variables.pod.containers) || (!has(variables.pod.initContainers)\n"
    "&& !(has(variables.pod.hostNetwork) && variables.pod.hostNetwork)\n"
    "&& !(has(variables.pod.hostPID) && variables.pod.hostPID)\n"
    "&& !(has(variables.pod.hostIPC) && variables.pod.hostIPC)\n"
    "&& (!has(variables.pod.volumes) || variables.pod.volumes.all(one,\n"
    "  has(one.emptyDir) || has(one.projected)"
    " && one.projected.sources.all(source, !has(source.serviceAccountToken))))\n"
    "&& variables.pod.containers.all(one, has(one.securityContext)\n"
    "  && has(one.securityContext.allowPrivilegeEscalation)"
    " && !one.securityContext.allowPrivilegeEscalation\n"
    "  && has(one.securityContext.capabilities) && !has(one.securityContext.capabilities.add)\n"
    "  && has(one.securityContext.capabilities.drop) && 'ALL' in one.securityContext.capabilities.drop))"
)


def operator_policy(user: str = OPERATOR) -> tuple[Manifest, Manifest]:
    """The policy and its binding, for an operator that runs as ``user``."""
    return policy_with_binding(
        OWN_OBJECTS,
        [
            rule("", _WRITES, "configmaps"),
            rule("apps", _WRITES, "deployments"),
            rule("batch", _WRITES, "cronjobs", "jobs"),
        ],
        conditions={"the-operator": f"request.userInfo.username == '{user}'"},
        variables={"pod": _POD},
        validations=(
            denial(
                f"object == null || {_LABELLED.format('object')}",
                f'"the operator may only write objects with the label {MANAGED_BY}: {MANAGER}"',
            ),
            denial(
                f"oldObject == null || {_LABELLED.format('oldObject')}\n|| {_APPLIED}",
                f'"the operator may only change and delete objects with the label {MANAGED_BY}: {MANAGER}"',
            ),
            denial(
                "!has(variables.pod.serviceAccountName) || variables.pod.serviceAccountName == 'default'",
                '"the operator may not run pods with the rights of another ServiceAccount"',
            ),
            denial(
                "!has(variables.pod.containers)\n"
                "|| has(variables.pod.automountServiceAccountToken)"
                " && !variables.pod.automountServiceAccountToken",
                '"the operator may not run pods with a token: automountServiceAccountToken must be false"',
            ),
            denial(
                _BOUNDED,
                '"the operator may only run pods that share nothing with their node, gain no privileges, "'
                ' + "and have no volumes but emptyDir and projected ones"',
            ),
        ),
    )
