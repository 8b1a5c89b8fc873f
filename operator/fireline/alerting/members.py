"""Which objects belong to a policy, and which it selects in vain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fireline.api.belonging import Policies
from fireline.api.plan import Manifest


@dataclass(frozen=True, slots=True)
class Members:
    """The SLOs of one policy, by name."""

    names: tuple[str, ...] = ()
    overlapping: tuple[tuple[str, str], ...] = ()
    """SLOs it selects that belong to another one, with that one's name."""
    group_labels: frozenset[str] = frozenset()
    """groupBy labels of all of them."""
    no_runbook: tuple[str, ...] = ()
    """Those that name no runbook themselves."""


def members_of(policy: Manifest, slos: Iterable[Manifest], policies: Policies) -> Members:
    """The members of a policy among SLOs of its namespace; those it does not select are passed by."""
    own: list[Manifest] = []
    others: list[tuple[str, str]] = []
    name = policy["metadata"]["name"]
    for slo in slos:
        labels = slo["metadata"].get("labels", {})
        ranked = [one["metadata"]["name"] for one in policies.ranked(labels)]
        if name not in ranked:
            continue
        if ranked[0] == name:
            own.append(slo)
        else:
            others.append((slo["metadata"]["name"], ranked[0]))
    return Members(
        names=tuple(sorted(slo["metadata"]["name"] for slo in own)),
        overlapping=tuple(sorted(others)),
        group_labels=frozenset(label for slo in own for label in slo["spec"].get("groupBy") or ()),
        no_runbook=tuple(
            sorted(
                slo["metadata"]["name"]
                for slo in own
                if not (slo["spec"].get("alerting") or {}).get("runbookURL")
            )
        ),
    )
