"""What Fireline writes for a policy, for tests that hand it to prometheus-operator themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.bed.kubeclient import Manifest

from fireline.alerting.amc import alertmanager_config
from fireline.alerting.compile import compile_policy
from fireline.alerting.hours import valid_years
from fireline.alerting.model import Policy
from fireline.api.alert_policy import AlertPolicy
from fireline.settings import Settings


def compiled(policy: Mapping[str, Any], settings: Settings | None = None) -> Policy:
    """An AlertPolicy manifest, compiled."""
    return compile_policy(AlertPolicy.of(policy), settings=settings or Settings())


def config_of(policy: Mapping[str, Any], settings: Settings | None = None) -> Manifest:
    """The AlertmanagerConfig of an AlertPolicy manifest."""
    return alertmanager_config(compiled(policy, settings), years=valid_years(datetime.now(UTC)))
