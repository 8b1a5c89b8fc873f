"""Generates ``crds/`` from the models: ``python -m fireline.api.crd --write crds | --check crds``.

pydantic speaks JSON Schema 2020; the API server wants *structural* OpenAPI v3: no ``$ref``, no
``anyOf`` with null, no ``const``, no ``title``, and ``properties`` beside neither
``additionalProperties`` nor default nulls. The rewrite is small, deterministic and total: a keyword
it does not know ends the program instead of reaching a cluster.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from fireline.api import (
    alert_policy,
    alert_policy_status,
    mitigation,
    mitigation_status,
    slo,
    slo_status,
    synthetic_check,
    synthetic_check_status,
)
from fireline.api.common import VALIDATIONS
from fireline.api.resources import ALERT_POLICY, MITIGATION, SLO, SYNTHETIC_CHECK, Resource

Schema = dict[str, Any]

HEADER = "# Generated from operator/fireline/api by `make crds`; edit the models, not this file.\n"
_ORDER = (
    "type",
    "format",
    "description",
    "default",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    VALIDATIONS,
    "required",
    "properties",
    "items",
)
"""Keywords that pass through, in the order they are written."""

SLO_COLUMNS = (
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    # That of the spec may be left to the tier.
    {"name": "Objective", "type": "string", "jsonPath": ".status.objective.value"},
    {"name": "Window", "type": "string", "jsonPath": ".spec.window['rolling','calendar']"},
    {"name": "Budget left", "type": "string", "jsonPath": ".status.budget.remaining"},
    {"name": "Burn 1h", "type": "string", "jsonPath": '.status.burnRates[?(@.window=="1h")].value'},
    {"name": "Alert", "type": "string", "jsonPath": '.status.alerts[?(@.state=="Firing")].tier'},
    {"name": "Tier", "type": "string", "priority": 1, "jsonPath": ".spec.tier"},
    {
        "name": "Spent by",
        "type": "string",
        "priority": 1,
        "jsonPath": ".status.budget.exhaustion.netOfRollOff",
    },
    {
        "name": "Reason",
        "type": "string",
        "priority": 1,
        "jsonPath": '.status.conditions[?(@.type=="Ready")].reason',
    },
    {
        "name": "Message",
        "type": "string",
        "priority": 1,
        "jsonPath": '.status.conditions[?(@.type=="Ready")].message',
    },
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
)

POLICY_COLUMNS = (
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Loaded", "type": "string", "jsonPath": '.status.conditions[?(@.type=="RoutesLoaded")].status'},
    {"name": "SLOs", "type": "integer", "jsonPath": ".status.selected.count"},
    {"name": "Last level", "type": "string", "jsonPath": ".status.escalation.worstCaseDelay"},
    {"name": "Pages/week", "type": "string", "jsonPath": ".status.quality.pagesPerWeek"},
    {"name": "Last test", "type": "string", "jsonPath": ".status.lastTest.state"},
    {"name": "Tested", "type": "date", "priority": 1, "jsonPath": ".status.lastTest.at"},
    {"name": "Precision %", "type": "string", "priority": 1, "jsonPath": ".status.quality.precision"},
    {"name": "Delivery", "type": "string", "priority": 1, "jsonPath": ".status.delivery.mode"},
    {
        "name": "Loaded reason",
        "type": "string",
        "priority": 1,
        "jsonPath": '.status.conditions[?(@.type=="RoutesLoaded")].reason',
    },
    *SLO_COLUMNS[-3:],
)

CHECK_COLUMNS = (
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Last", "type": "string", "jsonPath": ".status.lastRun.outcome"},
    {"name": "Availability %", "type": "string", "jsonPath": ".status.availability.value"},
    {"name": "Window", "type": "string", "jsonPath": ".spec.availability.window"},
    {"name": "Coverage %", "type": "string", "jsonPath": ".status.coverage"},
    {"name": "Last run", "type": "date", "jsonPath": ".status.lastRun.endedAt"},
    {"name": "Every", "type": "string", "jsonPath": ".spec.schedule['every','cron']"},
    {"name": "Location", "type": "string", "priority": 1, "jsonPath": ".spec.location"},
    {"name": "Failing", "type": "integer", "priority": 1, "jsonPath": ".status.consecutiveFailures"},
    {"name": "Step", "type": "string", "priority": 1, "jsonPath": ".status.lastRun.step"},
    {"name": "Run reason", "type": "string", "priority": 1, "jsonPath": ".status.lastRun.reason"},
    *SLO_COLUMNS[-3:],
)

MITIGATION_COLUMNS = (
    {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'},
    {"name": "Mode", "type": "string", "jsonPath": ".spec.mode"},
    {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
    {"name": "Result", "type": "string", "jsonPath": ".status.result"},
    {"name": "Action", "type": "string", "jsonPath": ".status.plan.action"},
    {"name": "Needs", "type": "string", "jsonPath": ".status.needsHuman.reason"},
    {"name": "Expires", "type": "string", "jsonPath": ".status.expiresAt"},
    {"name": "Plan", "type": "string", "priority": 1, "jsonPath": ".status.planHash"},
    {"name": "Trigger", "type": "string", "priority": 1, "jsonPath": ".status.signal"},
    {"name": "Approved by", "type": "string", "priority": 1, "jsonPath": ".status.approvedBy"},
    *SLO_COLUMNS[-3:],
)

SLO_SELECTABLE = ({"jsonPath": ".spec.service"}, {"jsonPath": ".spec.tier"})
"""``kubectl get slo --field-selector spec.tier=Api``, from Kubernetes 1.31 on; older servers ignore it."""


def structural(model: type[BaseModel]) -> Schema:
    """The structural OpenAPI v3 schema of a model, everything inlined."""
    found = model.model_json_schema(by_alias=True)
    return _rewrite(found, found.get("$defs", {}))


def _rewrite(node: Schema, defs: dict[str, Schema]) -> Schema:
    node = _merge_optional(_inline(node, defs), defs)
    out: Schema = {}
    for key in sorted(node, key=_reading_order):
        out |= _keyword(key, node[key], defs)
    return out


def _reading_order(key: str) -> tuple[int, str]:
    """Keywords as a person reads them: type and description, the limits, then the parts."""
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)


def _keyword(key: str, value: Any, defs: dict[str, Schema]) -> Schema:
    """What one JSON Schema keyword becomes; raises ValueError for one without a structural form."""
    match key, value:
        case ("title" | "$defs", _) | ("default", None) | ("additionalProperties", False):
            return {}  # closed objects are what pruning and strict field validation do anyway
        case "properties", _:
            found: Any = {name: _rewrite(child, defs) for name, child in value.items()}
        case (("items" | "additionalProperties"), _):
            found = _rewrite(value, defs)
        case "const", _:
            return {"enum": [value]}
        case "type", "integer":
            return {"type": "integer", "format": "int64"}
        case "default", _:
            found = _without_nulls(value)
        case "description", _:
            found = " ".join(value.split())
        case _ if key in _ORDER:
            found = value
        case _:
            raise ValueError(f"crd: JSON Schema keyword {key!r} has no structural form")
    return {key: found}


def _inline(node: Schema, defs: dict[str, Schema]) -> Schema:
    """``$ref`` replaced by what it names; what stands beside it (description, default) wins."""
    if "$ref" not in node:
        return node
    beside = {key: value for key, value in node.items() if key != "$ref"}
    return _inline(defs[node["$ref"].rsplit("/", 1)[1]], defs) | beside


def _merge_optional(node: Schema, defs: dict[str, Schema]) -> Schema:
    """``anyOf: [X, null]`` replaced by X: in a CRD absent is how an optional field is null."""
    if "anyOf" not in node:
        return node
    branches = [branch for branch in node["anyOf"] if branch.get("type") != "null"]
    if len(branches) != 1:
        raise ValueError(f"crd: a union of {len(branches)} types is not structural: {node}")
    beside = {key: value for key, value in node.items() if key != "anyOf"}
    return _merge_optional(_inline(branches[0], defs), defs) | beside


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value


@cache
def slo_schema() -> Schema:
    """The structural schema of ServiceLevelObjective as users write it (without status), to be read only."""
    return structural(slo.ServiceLevelObjective)


@cache
def policy_schema() -> Schema:
    """The structural schema of AlertPolicy as users write it (without status), to be read only."""
    return structural(alert_policy.AlertPolicy)


@cache
def check_schema() -> Schema:
    """The structural schema of SyntheticCheck as users write it (without status), to be read only."""
    return structural(synthetic_check.SyntheticCheck)


@cache
def mitigation_schema() -> Schema:
    """The structural schema of Mitigation as users write it (without status), to be read only."""
    return structural(mitigation.Mitigation)


def slo_crd() -> Schema:
    """The CustomResourceDefinition of ServiceLevelObjective."""
    return _crd(
        SLO,
        short="slo",
        columns=SLO_COLUMNS,
        selectable=SLO_SELECTABLE,
        root=slo.ServiceLevelObjective,
        spec=slo.Spec,
        status=slo_status.Status,
    )


def policy_crd() -> Schema:
    """The CustomResourceDefinition of AlertPolicy."""
    return _crd(
        ALERT_POLICY,
        short="ap",
        columns=POLICY_COLUMNS,
        root=alert_policy.AlertPolicy,
        spec=alert_policy.Spec,
        status=alert_policy_status.Status,
    )


def check_crd() -> Schema:
    """The CustomResourceDefinition of SyntheticCheck."""
    return _crd(
        SYNTHETIC_CHECK,
        short="syn",
        columns=CHECK_COLUMNS,
        root=synthetic_check.SyntheticCheck,
        spec=synthetic_check.Spec,
        status=synthetic_check_status.Status,
    )


def mitigation_crd() -> Schema:
    """The CustomResourceDefinition of Mitigation."""
    return _crd(
        MITIGATION,
        short="mit",
        columns=MITIGATION_COLUMNS,
        root=mitigation.Mitigation,
        spec=mitigation.Spec,
        status=mitigation_status.Status,
    )


def _object(resource: Resource, root: Any, spec: type[BaseModel], status: type[BaseModel]) -> Schema:
    return {
        "type": "object",
        "description": structural(root)["description"],
        "required": ["spec"],
        "properties": {
            "apiVersion": {
                "type": "string",
                "description": f"Version of this schema: {resource.api_version}.",
            },
            "kind": {"type": "string", "description": f"Kind of this object: {resource.kind}."},
            "metadata": {"type": "object"},
            "spec": structural(spec),
            "status": structural(status),
        },
        VALIDATIONS: [rule.as_schema() for rule in root.rules],
    }


def _crd(
    resource: Resource,
    *,
    short: str,
    columns: tuple[Schema, ...],
    selectable: tuple[Schema, ...] = (),
    root: Any,
    spec: type[BaseModel],
    status: type[BaseModel],
) -> Schema:
    choosable = {"selectableFields": [dict(field) for field in selectable]} if selectable else {}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": resource.crd_name},
        "spec": {
            "group": resource.group,
            "names": {
                "kind": resource.kind,
                "listKind": f"{resource.kind}List",
                "plural": resource.plural,
                "singular": resource.kind.lower(),
                "shortNames": [short],
                "categories": ["fireline"],
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": resource.version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "additionalPrinterColumns": [dict(column) for column in columns],
                    **choosable,
                    "schema": {"openAPIV3Schema": _object(resource, root, spec, status)},
                }
            ],
        },
    }


class _Dumper(yaml.SafeDumper):
    """Writes repeated parts out in full: an API server reads no YAML anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def files() -> dict[str, str]:
    """File name → content of everything under ``crds/``."""
    found = {}
    for crd in (slo_crd(), policy_crd(), check_crd(), mitigation_crd()):
        text = yaml.dump(crd, Dumper=_Dumper, sort_keys=False, width=120, allow_unicode=True)
        found[f"{crd['metadata']['name']}.yaml"] = HEADER + text
    return found


def stale(folder: Path) -> list[str]:
    """Unified diff lines between the folder and what the models say; empty when it is fresh."""
    wanted = files()
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))}
    lines: list[str] = []
    for name in sorted(wanted | found):
        lines += difflib.unified_diff(
            found.get(name, "").splitlines(),
            wanted.get(name, "").splitlines(),
            fromfile=f"{folder}/{name}",
            tofile=f"generated/{name}",
            lineterm="",
        )
    return lines


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m fireline.api.crd", description="Generate the CRDs.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", type=Path, metavar="DIR", help="write the files into DIR")
    action.add_argument("--check", type=Path, metavar="DIR", help="exit 1 with a diff when DIR is stale")
    options = parser.parse_args(argv)
    if options.write:
        options.write.mkdir(parents=True, exist_ok=True)
        for name, text in files().items():
            (options.write / name).write_text(text, encoding="utf-8")
        return 0
    lines = stale(options.check)
    if lines:
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stderr.write(f"{options.check} is stale: run `make crds` and commit the result\n")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
