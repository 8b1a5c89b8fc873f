"""Rule objects → what the ruler of a Mimir holds: namespaces of rule groups, and how two differ. Pure.

A namespace of Mimir is what a rule file is to Prometheus. Each Kubernetes namespace gets one of its own,
``<instance>-<namespace>``, so that two installations, or rules written by hand, never share one.
``fireline render --as mimir`` prints these and uploads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fireline.api.labels import SOURCE
from fireline.api.plan import Manifest
from fireline.errors import PromQLError
from fireline.promql.durations import Duration

_DEFAULT_RULES_PER_GROUP = 20
_DURATIONS = frozenset({"interval", "for", "keep_firing_for", "query_offset", "evaluation_delay"})
_GROUPS_OF_OURS = ("slo-", "fireline-windows-")
_ORDER = (
    "name",
    "record",
    "alert",
    "interval",
    "expr",
    "for",
    "keep_firing_for",
    "labels",
    "annotations",
    "rules",
)
_RECORDED, _ALERTS = "slo:", "SLO"


def rule_namespaces(rules: Iterable[Manifest], *, instance: str) -> dict[str, dict[str, Manifest]]:
    """Source → name of the namespace → its content, in the form ``mimirtool rules load`` reads."""
    found: dict[str, dict[str, Manifest]] = {}
    for rule in rules:
        metadata = rule["metadata"]
        name = f"{instance}-{metadata['namespace']}"
        namespaces = found.setdefault(metadata["annotations"][SOURCE], {})
        content = namespaces.setdefault(name, {"namespace": name, "groups": []})
        content["groups"] += rule["spec"]["groups"]
    return found


def beyond_defaults(namespaces: Iterable[Manifest]) -> Iterator[str]:
    """Groups that a Mimir with its default limits refuses, in words; their rules must stay in one group."""
    for content in namespaces:
        for group in content["groups"]:
            if (count := len(group["rules"])) > _DEFAULT_RULES_PER_GROUP:
                yield (
                    f"{content['namespace']}/{group['name']} has {count} rules: Mimir takes "
                    f"{_DEFAULT_RULES_PER_GROUP} in a group unless ruler_max_rules_per_rule_group is raised"
                )


@dataclass(frozen=True, slots=True)
class Change:
    """One rule group that is not as it should be: without ``before`` new, without ``after`` not wanted."""

    namespace: str
    group: str
    before: Manifest | None
    after: Manifest | None


def changes(namespace: str, wanted: Iterable[Manifest], found: Iterable[Manifest]) -> Iterator[Change]:
    """What has to be done to the groups of a namespace; groups that are not Fireline's are left alone."""
    there = {group["name"]: group for group in found}
    for group in wanted:
        before = there.pop(group["name"], None)
        if before is None or normal(before) != normal(group):
            yield Change(namespace, group["name"], before, group)
    for name, group in there.items():
        if is_ours(group):
            yield Change(namespace, name, group, None)


def is_ours(group: Manifest) -> bool:
    """Whether Fireline wrote a group, by its name and each of its rules: a group has no labels to tell."""
    rules = group.get("rules") or ()
    return group["name"].startswith(_GROUPS_OF_OURS) and all(
        str(rule.get("record", "")).startswith(_RECORDED) or str(rule.get("alert", "")).startswith(_ALERTS)
        for rule in rules
    )


def normal(value: Any, key: str = "") -> Any:
    """A group as it means, to be compared: what is empty left out, durations in one spelling."""
    if isinstance(value, dict):
        inner = {name: normal(one, name) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, "", 0, [], {})}
    if isinstance(value, list):
        return [normal(one) for one in value]
    if key in _DURATIONS:
        return _spelled(str(value))
    return value.strip() if isinstance(value, str) else value


def readable(group: Manifest) -> Manifest:
    """The same in the order in which people write a group and its rules."""
    found = normal(group)
    return _ordered({**found, "rules": [_ordered(rule) for rule in found.get("rules", ())]})


def _ordered(fields: Manifest) -> Manifest:
    def place(name: str) -> tuple[int, str]:
        return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)

    def inner(value: Any) -> Any:
        return dict(sorted(value.items())) if isinstance(value, dict) else value

    return {name: inner(fields[name]) for name in sorted(fields, key=place)}


def _spelled(text: str) -> str:
    """A ruler prints 7d as 1w and 60s as 1m; a duration of zero is the same as none."""
    try:
        return str(Duration.parse(text))
    except PromQLError:
        return "" if text in {"0", "0s"} else text
