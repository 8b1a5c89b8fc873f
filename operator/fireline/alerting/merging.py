"""The planner of a merged configuration: one Secret for an Alertmanager, from the parts of its policies.

For policies that an AlertmanagerConfig cannot express, see :mod:`fireline.alerting.raw`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import yaml

from fireline.alerting.model import Policy
from fireline.alerting.names import MERGED_KIND
from fireline.alerting.raw import KEY, merged
from fireline.alerting.render import merged_order
from fireline.api.labels import FRAGMENT
from fireline.api.plan import Change, Key, Manifest, Plan, Problem, Seen, SeenChild
from fireline.api.resources import ALERT_POLICY, ALERTMANAGER_CONFIG, SECRET
from fireline.settings import Alertmanager, Settings


class MergedPlanner:
    """Plans the merged configuration of an Alertmanager, from what its policies' objects hold.

    Parts are read from the objects as the cluster has them, not from specs, so that a policy whose spec
    turned invalid keeps its last good routes, also across a restart of the operator.
    """

    kind = MERGED_KIND
    resource = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def plan(
        self, key: Key, *, parent: Manifest | None, seen: Seen, now: datetime, problem: Problem | None
    ) -> Plan | None:
        """The Secret; without any policy it still holds the base, which the Alertmanager runs on."""
        del parent, now, problem
        entry = self._settings.alertmanagers.get(key.name)
        if entry is None or entry.merged_secret is None:
            return Plan(())
        fragments = [
            (policy["metadata"]["namespace"], policy["metadata"]["name"], json.loads(part))
            for policy in seen.all(ALERT_POLICY)
            if policy["spec"].get("alertmanager", "default") == key.name
            and "deletionTimestamp" not in policy["metadata"]
            and (part := _fragment(seen.children(key_of(policy)))) is not None
        ]
        config = merged(entry.base, merged_order(fragments))
        text = yaml.safe_dump(config, sort_keys=False, width=120, allow_unicode=True)
        return Plan(
            (
                {
                    "apiVersion": SECRET.api_version,
                    "kind": SECRET.kind,
                    "metadata": {"name": entry.merged_secret, "namespace": key.namespace},
                    "data": {KEY: base64.b64encode(text.encode()).decode()},
                },
            )
        )

    def dependents(self, change: Change, seen: Seen) -> Iterable[Key]:
        """A policy's object changed its part, or a policy came or went."""
        if change.resource == ALERTMANAGER_CONFIG:
            news = _part(change.old) != _part(change.new)
        else:
            news = change.resource == ALERT_POLICY and (change.old is None or change.new is None)
        del seen
        return self.keys() if news else []

    def keys(self) -> list[Key]:
        """One for each Alertmanager with a merged configuration."""
        return [
            Key(self.kind, entry.namespace or "", name)
            for name, entry in sorted(self._settings.alertmanagers.items())
            if entry.merged_secret is not None
        ]


def merged_key(policy: Policy, entry: Alertmanager) -> Key:
    """The aggregate behind a policy delivered as a Secret."""
    return Key(MERGED_KIND, entry.namespace or "", policy.alertmanager)


def _fragment(children: Sequence[SeenChild]) -> str | None:
    return next((part for child in children if (part := child.annotations.get(FRAGMENT))), None)


def _part(child: Manifest | SeenChild | None) -> str | None:
    return child.annotations.get(FRAGMENT) if isinstance(child, SeenChild) else None


def key_of(policy: Manifest) -> Key:
    """What a policy is planned by."""
    return Key(ALERT_POLICY.kind, policy["metadata"]["namespace"], policy["metadata"]["name"])
