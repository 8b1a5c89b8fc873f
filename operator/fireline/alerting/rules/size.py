"""Whether the rules of a policy fit into one PrometheusRule. Called by the checks.

prometheus-operator refuses one of more than half a MiB of YAML, and with it all rules of the policy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import yaml

from fireline.alerting.rules.context import RuleContext
from fireline.alerting.rules.render import rule_groups
from fireline.api.alert_rule import AlertRule

MOST = 480 * 1024
"""Bytes of YAML. prometheus-operator takes 512 KiB; the policy's own alerts need some, and its printer may
break lines where ours does not."""
_NO_NEED = 40 * 1024
"""Bytes of JSON that are less than the limit in any YAML: a line break may become twelve bytes."""
_URL = "u" * 200


def size_of(rules: Sequence[AlertRule], namespace: str, policy: str) -> int:
    """Bytes of the rules of a policy as YAML, with long links; 0 when they are too few to matter.

    Raises PromQLError when a selector does not parse.
    """
    groups = rule_groups(rules, RuleContext(namespace, policy, runbook_url=_URL, dashboard_url=_URL))
    if len(json.dumps(groups, ensure_ascii=False).encode()) <= _NO_NEED:
        return 0
    text: str = yaml.dump(groups, Dumper=yaml.CSafeDumper, allow_unicode=True, width=10_000)
    return len(text.encode())
