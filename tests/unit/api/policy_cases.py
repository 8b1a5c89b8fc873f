"""For every CEL rule of the AlertPolicy CRD: a policy it accepts and one it refuses.

Receivers and alert rules have tables of their own, which are put together with this one here. Used twice, as
tests/unit/api/cel_fixtures.py is: against the real API server and against the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.unit.alerting.policies import a_policy
from tests.unit.alerting.receiver_cases import CASES as RECEIVER_CASES
from tests.unit.api.cel_alert_rules import CASES as RULE_CASES
from tests.unit.api.cel_fixtures import ZERO, Case, rules_of

from fireline.api.crd import policy_crd

Manifest = dict[str, Any]


def case(path: str, message: str, *, good: Mapping[str, Any], bad: Mapping[str, Any]) -> Case:
    """A case from the edits that make each policy out of the plain one."""
    return Case(path, message, a_policy(good), a_policy(bad))


def _duration(path: str, good: str = "2h") -> Case:
    return case(path, ZERO, good={path: good}, bad={path: "0s"})


def _severities(*names: str) -> Manifest:
    listed = [{"name": name, "page": True, "receivers": ["oncall"]} for name in names]
    return {"spec.severities": listed}


def _hours(**times: str) -> Manifest:
    return {"spec.hours": [{"name": "business", **times}]}


def _with_receiver(receiver: Manifest) -> Manifest:
    severities = [{"name": "sev0", "page": True, "receivers": [receiver["name"]]}]
    return a_policy({"spec.receivers": [receiver], "spec.severities": severities})


OWN_CASES = (
    Case(
        "",
        "metadata.name must have at most 51 characters: it becomes a part of other names",
        a_policy(name="a" * 51),
        a_policy(name="a" * 52),
    ),
    case(
        "spec.selector.matchExpressions[]",
        "values belong to the operators In and NotIn",
        good={"spec.selector": {"matchExpressions": [{"key": "team", "operator": "In", "values": ["x"]}]}},
        bad={"spec.selector": {"matchExpressions": [{"key": "team", "operator": "Exists", "values": ["x"]}]}},
    ),
    *(
        case(
            "spec.severities",
            "a severity is there twice under two of its names: sev0 is P1 and critical, sev1 is P2 and high, "
            "sev2 is P3 and medium",
            good=_severities(one, "sev2" if one != "P3" else "P1"),
            bad=_severities(one, other),
        )
        for one, other in (("sev0", "P1"), ("P2", "high"), ("P3", "medium"))
    ),
    case(
        "spec.tiers",
        "names of tiers are CamelCase words, such as PageFast or Budget50",
        good={"spec.tiers": {"Budget_0_5": "sev1"}},
        bad={"spec.tiers": {"pageFast": "sev1"}},
    ),
    case(
        "spec.grouping.by",
        "... means all labels, so nothing can stand beside it",
        good={"spec.grouping.by": ["..."]},
        bad={"spec.grouping.by": ["...", "slo"]},
    ),
    *(_duration(f"spec.grouping.{name}", "90s") for name in ("wait", "interval")),
    *(_duration(f"spec.grouping.repeat.{sev}") for sev in ("sev0", "sev1", "sev2")),
    case(
        "spec.hours[]",
        'from and to are the same time; for whole days write "00:00" and "24:00"',
        good=_hours(**{"from": "22:00", "to": "06:00"}),
        bad=_hours(**{"from": "09:00", "to": "09:00"}),
    ),
    case(
        "spec.hours[]",
        'from cannot be "24:00"; a day begins at "00:00"',
        good=_hours(**{"from": "00:00", "to": "24:00"}),
        bad=_hours(**{"from": "24:00", "to": "06:00"}),
    ),
    case(
        "spec.deadman.every",
        ZERO,
        good={"spec.deadman": {"receiver": "tickets", "every": "5m"}},
        bad={"spec.deadman": {"receiver": "tickets", "every": "0m"}},
    ),
    *(_duration(f"spec.quality.detectionWithin.{sev}") for sev in ("sev0", "sev1", "sev2")),
)

ALL_CASES = (
    *OWN_CASES,
    *(
        Case(
            f"spec.receivers[].{one.path}".rstrip("."),
            one.message,
            _with_receiver(one.good),
            _with_receiver(one.bad),
        )
        for one in RECEIVER_CASES
    ),
    *RULE_CASES,
)


def rules_of_policy_crd() -> set[tuple[str, str]]:
    """(path, message) of every rule in the generated CRD."""
    return rules_of(policy_crd())
