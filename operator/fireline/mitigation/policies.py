"""The admission policies that guard Mitigations, as the API server keeps them.

Who may approve, and whose rights a Mitigation may use, is asked of the API server's own authorizer at the
moment somebody writes; an operator only sees afterwards what was written. ``examples/install`` holds these
policies as YAML, ``fireline rbac --policies`` prints them, and ``fireline.mitigation.guard`` compares them
with what a cluster has. Their specs therefore carry the defaults of the API server too.

They name no identity: the operator is whoever holds the verb ``record`` on mitigations. Kubernetes 1.30 or
newer (ValidatingAdmissionPolicy v1, CEL with ``authorizer``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fireline.api.labels import APPROVE, APPROVED_BY, PART_OF, REVERT
from fireline.api.plan import Manifest
from fireline.api.resources import GROUP, MITIGATION

API_VERSION = "admissionregistration.k8s.io/v1"
POLICY = "ValidatingAdmissionPolicy"
BINDING = "ValidatingAdmissionPolicyBinding"
APPROVE_VERB = "approve"
"""Verb on mitigations: who may say yes, and have a change taken back."""
RECORD_VERB = "record"
"""Verb on mitigations: who may write their status. The operator, and nobody else."""
SERVICE_ACCOUNTS = "fireline-mitigation-service-account"
APPROVALS = "fireline-mitigation-approval"
RECORDS = "fireline-mitigation-status"

_USER = "request.userInfo.username"


def policies() -> tuple[Manifest, ...]:
    """The policies, each followed by its binding."""
    return tuple(one for policy in (_service_accounts(), _approvals(), _records()) for one in policy)


def _service_accounts() -> tuple[Manifest, Manifest]:
    """A Mitigation acts with the rights of a ServiceAccount: only who has those may say what it does."""
    may_not = f'{_USER} + " may not impersonate ServiceAccount " + request.namespace + "/" + '
    return _about(
        SERVICE_ACCOUNTS,
        MITIGATION.plural,
        denial(
            f"oldObject != null && object.spec == oldObject.spec\n|| {_may_impersonate('object')}",
            f"{may_not}object.spec.serviceAccountName + "
            '", with whose rights this Mitigation would act: that takes the verb impersonate on it"',
        ),
        denial(
            "oldObject == null || object.spec.serviceAccountName == oldObject.spec.serviceAccountName\n"
            f"|| {_may_impersonate('oldObject')}",
            f"{may_not}oldObject.spec.serviceAccountName + "
            '", with whose rights this Mitigation acts: to give it another takes the verb impersonate on it"',
        ),
    )


def _may_impersonate(whose: str) -> str:
    return (
        "authorizer.group('').resource('serviceaccounts').namespace(request.namespace)\n"
        f"  .name({whose}.spec.serviceAccountName).check('impersonate').allowed()"
    )


def _may(verb: str) -> str:
    return (
        f"authorizer.group('{GROUP}').resource('{MITIGATION.plural}').namespace(request.namespace)\n"
        f"  .name(request.name).check('{verb}').allowed()"
    )


def _approvals() -> tuple[Manifest, Manifest]:
    """An approval is two annotations: of which plan, and by whom. Taking them off again is free to all."""
    guarded = f"['{APPROVE}', '{APPROVED_BY}', '{REVERT}']"
    return _about(
        APPROVALS,
        MITIGATION.plural,
        denial(
            f"oldObject != null || !{guarded}.exists(key, key in variables.now)",
            f'"a Mitigation cannot be made with {APPROVE}, {APPROVED_BY} or {REVERT}: '
            'there is no proposal yet that could be approved, and nothing to take back"',
        ),
        denial(
            f"oldObject == null || !(variables.approves || variables.reverts)\n|| {_may(APPROVE_VERB)}",
            f'{_USER} + " may not approve Mitigation " + request.namespace + "/" + request.name + '
            f'": it takes the verb {APPROVE_VERB} on {MITIGATION.plural}, see ClusterRole fireline-approve"',
        ),
        denial(
            f"oldObject == null || !variables.approves\n|| variables.plan != '' && variables.by == {_USER}",
            f'"{APPROVE} needs {APPROVED_BY} beside it, which must be the user who says so: " + {_USER}',
        ),
        variables={
            "now": "has(object.metadata.annotations) ? object.metadata.annotations : {}",
            "was": (
                "oldObject != null && has(oldObject.metadata.annotations)\n"
                "  ? oldObject.metadata.annotations : {}"
            ),
            "plan": f"variables.now[?'{APPROVE}'].orValue('')",
            "by": f"variables.now[?'{APPROVED_BY}'].orValue('')",
            "approves": (
                "(variables.plan != '' || variables.by != '')\n"
                f"&& (variables.plan != variables.was[?'{APPROVE}'].orValue('')\n"
                f"  || variables.by != variables.was[?'{APPROVED_BY}'].orValue(''))"
            ),
            "reverts": (
                f"variables.now[?'{REVERT}'].orValue('') != ''\n"
                f"&& variables.now[?'{REVERT}'].orValue('') != variables.was[?'{REVERT}'].orValue('')"
            ),
        },
    )


def _records() -> tuple[Manifest, Manifest]:
    """The status is the write-ahead log: who forges it has the operator do what nobody approved."""
    return _about(
        RECORDS,
        f"{MITIGATION.plural}/status",
        denial(
            _may(RECORD_VERB),
            f'{_USER} + " may not write the status of a Mitigation: it is the record of what was done, '
            f'and only the operator may (verb {RECORD_VERB} on {MITIGATION.crd_name})"',
        ),
    )


def denial(expression: str, message: str) -> Manifest:
    """One validation; ``message`` is CEL as well, for it names who and what."""
    return {"expression": expression, "messageExpression": message, "reason": "Forbidden"}


def _about(
    name: str, resource: str, *validations: Manifest, variables: Mapping[str, str] | None = None
) -> tuple[Manifest, Manifest]:
    """A policy about writes of one resource of ours, and its binding."""
    return policy_with_binding(
        name, [rule(GROUP, ["CREATE", "UPDATE"], resource)], validations=validations, variables=variables
    )


def rule(group: str, operations: Sequence[str], *resources: str) -> Manifest:
    """Which writes a policy is about."""
    return {
        "apiGroups": [group],
        "apiVersions": ["*"],
        "operations": list(operations),
        "resources": list(resources),
        "scope": "*",
    }


def policy_with_binding(
    name: str,
    rules: Sequence[Manifest],
    *,
    validations: Sequence[Manifest],
    variables: Mapping[str, str] | None = None,
    conditions: Mapping[str, str] | None = None,
) -> tuple[Manifest, Manifest]:
    """A policy and its binding, without which it does nothing. In force for everybody and everywhere."""
    spec: Manifest = {
        "failurePolicy": "Fail",
        "matchConditions": _named(conditions),
        "matchConstraints": {
            "matchPolicy": "Equivalent",
            "namespaceSelector": {},
            "objectSelector": {},
            "resourceRules": list(rules),
        },
        "variables": _named(variables),
        "validations": list(validations),
    }
    metadata = {"name": name, "labels": {PART_OF: "fireline"}}
    given = {key: value for key, value in spec.items() if value != []}
    policy = {"apiVersion": API_VERSION, "kind": POLICY, "metadata": metadata, "spec": given}
    bound: Manifest = {"policyName": name, "validationActions": ["Deny"]}
    return policy, {"apiVersion": API_VERSION, "kind": BINDING, "metadata": metadata, "spec": bound}


def _named(expressions: Mapping[str, str] | None) -> list[Manifest]:
    return [{"name": name, "expression": text} for name, text in (expressions or {}).items()]
