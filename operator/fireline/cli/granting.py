"""What ``fireline rbac`` does: finds Mitigations, asks their actions what they need, prints it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import click

from fireline.api.mitigation import Mitigation
from fireline.api.plan import Manifest
from fireline.api.resources import MITIGATION
from fireline.cli.cluster import Cluster
from fireline.cli.inputs import STDIN, Finding, load
from fireline.cli.mitigating.looking import find
from fireline.cli.output import report, to_yaml
from fireline.mitigation.actions.table import permissions_of
from fireline.mitigation.checks import read
from fireline.mitigation.permissions import user_of
from fireline.mitigation.policies import policies
from fireline.mitigation.policies_operator import operator_policy
from fireline.mitigation.rbac import Account, rights
from fireline.settings import MitigationSettings

_ENDINGS = frozenset({".yaml", ".yml", ".json"})
_HEADER = """\
# What the API server checks when somebody writes a Mitigation, and what the operator may write at all.
# Printed by `fireline rbac --policies`; --operator names another ServiceAccount. Kubernetes 1.30 or newer.
# docs/explanation/mitigation-security.md says what each policy is for.
"""


@dataclass(frozen=True, slots=True)
class Granting:
    """To whom, and in which form."""

    operator: Account
    output: str

    @classmethod
    def of(cls, operator: str, output: str) -> Self:
        """From the words of the command line. Raises click's UsageError."""
        namespace, slash, name = operator.partition("/")
        if not (namespace and slash and name) or "/" in name:
            words = f"{operator!r} is no ServiceAccount; write NAMESPACE/NAME, such as fireline/fireline"
            raise click.UsageError(f"--operator: {words}")
        return cls(Account(namespace, name), output)

    def policies(self) -> None:
        """Print the policies that guard Mitigations, and the one that keeps this operator to its own."""
        user = user_of(self.operator.namespace, self.operator.name)
        if self.output == "yaml":
            click.echo(_HEADER, nl=False)
        self._print([*policies(), *operator_policy(user)])

    def rights(
        self, targets: Sequence[str], *, namespace: str | None, kubeconfig: Path | None, context: str | None
    ) -> None:
        """Print what the Mitigations need. What several of them need is printed once."""
        files, names = (
            [one for one in targets if _is_file(one)],
            [one for one in targets if not _is_file(one)],
        )
        found = list(_from_files(files, namespace or "default")) if files else []
        if names:
            with Cluster.connect(kubeconfig, context) as cluster:
                place = namespace or cluster.namespace
                found += [_from_cluster(cluster, place, name) for name in names]
        self._print(_each_once(one for mitigation in found for one in self._needed(mitigation)))

    def _needed(self, mitigation: Mitigation) -> tuple[Manifest, ...]:
        spec, metadata = mitigation.spec, mitigation.metadata
        account = Account(metadata.namespace or "default", spec.service_account_name)
        permissions = permissions_of(spec)
        return rights(metadata.name, account, permissions, operator=self.operator)

    def _print(self, objects: Sequence[Manifest]) -> None:
        if self.output == "text":
            click.echo("\n".join(_sentences(objects)))
        elif self.output == "json":
            listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
            click.echo(json.dumps(listed, indent=2))
        else:
            click.echo(to_yaml(*objects), nl=False)


def _is_file(target: str) -> bool:
    return target == STDIN or "/" in target or Path(target).suffix in _ENDINGS


def _from_files(paths: Sequence[str], namespace: str) -> Iterator[Mitigation]:
    """The Mitigations of files. Ends the command when one of them is wrong, or there is none."""
    inputs = load(paths, namespace=namespace)
    if not inputs.mitigations and not inputs.findings:
        raise click.UsageError(f"{', '.join(paths)}: holds no {MITIGATION.kind} of {MITIGATION.api_version}")
    found, findings = [], list(inputs.findings)
    for document in inputs.mitigations:
        given, issues = read(document.manifest, settings=MitigationSettings())
        findings += [Finding.of(document, issue) for issue in issues if not issue.note]
        found.append(given)
    if findings:
        report(findings, output="text", stderr=True, summary={})
        sys.exit(1)
    yield from (one for one in found if one is not None)


def _from_cluster(cluster: Cluster, namespace: str, name: str) -> Mitigation:
    return Mitigation.of(find(cluster, namespace, name))


def _each_once(objects: Iterator[Manifest]) -> list[Manifest]:
    """In their order; two Mitigations of one ServiceAccount need it, and the operator's right, once."""
    return list({json.dumps(one, sort_keys=True): one for one in objects}.values())


def _sentences(objects: Sequence[Manifest]) -> Iterator[str]:
    """Who may do what, or what is guarded: one line for each rule."""
    roles = {_key(one): one["rules"] for one in objects if one["kind"] == "Role"}
    for one in objects:
        if one["kind"] == "RoleBinding":
            (subject,) = one["subjects"]
            who = f"{subject['kind']} {subject['namespace']}/{subject['name']}"
            yield f"{who}, by Role {'/'.join(_key(one))}:"
            yield from (f"  {_rule(rule)}" for rule in roles[_key(one)])
        elif one["kind"] == "ValidatingAdmissionPolicy":
            yield f"{one['kind']} {one['metadata']['name']}: refuses unless all of"
            for validation in one["spec"]["validations"]:
                yield f"  {' '.join(validation['expression'].split())}"


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def _rule(rule: Manifest) -> str:
    (group,), (resource,) = rule["apiGroups"], rule["resources"]
    names = ", ".join(rule.get("resourceNames", ())) or "(any)"
    return f"{', '.join(rule['verbs'])}: {resource}{'.' if group else ''}{group} {names}"
