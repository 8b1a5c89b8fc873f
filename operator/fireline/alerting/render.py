"""One AlertPolicy → the objects the operator writes: routes, and the rules of its own alerts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from fireline.alerting import names
from fireline.alerting.amc import alertmanager_config, object_of
from fireline.alerting.model import Policy
from fireline.alerting.raw import fragment
from fireline.alerting.trace import alert_labels, trace
from fireline.api.labels import ALERT_LABELS, FRAGMENT, RENDERER, ROUTES, SOURCE, SPEC_HASH
from fireline.api.plan import Manifest
from fireline.api.resources import PROMETHEUS_RULE

_HASH_LENGTH = 12


def render_policy(
    policy: Policy,
    *,
    years: range,
    config_labels: Mapping[str, str] | None = None,
    rule_labels: Mapping[str, str] | None = None,
    ways_of: Policy | None = None,
) -> list[Manifest]:
    """The objects of one policy, without what the engine stamps on every child.

    ``years`` are those that the hours of an AlertmanagerConfig are written down for (``valid_years``);
    ``config_labels`` and ``rule_labels`` are those the Alertmanager and the source select by. ``ways_of``
    is the whole policy when some of its receivers are left out for now.
    """
    config = _config(policy, years, dict(config_labels or {}), trace((ways_of or policy).route))
    return [config, *rule_objects(policy, rule_labels)]


def rule_objects(policy: Policy, rule_labels: Mapping[str, str] | None = None) -> list[Manifest]:
    """The PrometheusRule with the policy's own alerts; nothing when it has none."""
    if not policy.groups:
        return []
    groups = list(policy.groups)
    return [
        {
            "apiVersion": PROMETHEUS_RULE.api_version,
            "kind": PROMETHEUS_RULE.kind,
            "metadata": {
                "name": names.config_name(policy.name),
                "namespace": policy.namespace,
                "labels": dict(rule_labels or {}),
                "annotations": {
                    ALERT_LABELS: alert_labels(groups),
                    RENDERER: names.RENDERER_VERSION,
                    SOURCE: policy.source,
                    SPEC_HASH: _hash(groups),
                },
            },
            "spec": {"groups": groups},
        }
    ]


def _config(policy: Policy, years: range, labels: dict[str, str], ways: str) -> Manifest:
    annotations = {RENDERER: names.RENDERER_VERSION, ROUTES: ways}
    if policy.mode == "Secret":
        # An object without routes adds nothing to Alertmanager. It keeps what the merged configuration
        # gets from this policy, so that a broken edit keeps its last good routes there, as elsewhere.
        part = fragment(policy)
        annotations |= {FRAGMENT: _json(part), SPEC_HASH: _hash(part)}
        return object_of(policy, {}, labels=labels, annotations=annotations)
    config = alertmanager_config(policy, years=years, labels=labels, annotations=annotations)
    config["metadata"]["annotations"][SPEC_HASH] = _hash(config["spec"])
    return config


def merged_order(fragments: Iterable[tuple[str, str, Manifest]]) -> list[Manifest]:
    """Fragments as the merged configuration has them: by namespace and name."""
    return [part for _, _, part in sorted(fragments, key=lambda one: one[:2])]


def _json(found: Manifest | Sequence[Manifest]) -> str:
    return json.dumps(found, sort_keys=True, separators=(",", ":"))


def _hash(found: Manifest | Sequence[Manifest]) -> str:
    return hashlib.sha256(_json(found).encode()).hexdigest()[:_HASH_LENGTH]
