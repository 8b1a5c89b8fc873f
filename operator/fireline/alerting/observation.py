"""What is known of a policy outside of Kubernetes: Alertmanager, Prometheus, Secrets, tests, quality.

Kept fresh by :mod:`fireline.refresh`; the planner reads it and never waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fireline.api.delivery import TestResult

SecretState = Literal["Found", "NoSecret", "NoKey", "Unusable", "Forbidden", "Unknown"]


@dataclass(frozen=True, slots=True)
class SecretSeen:
    """What is known of one key of a Secret; ``words`` say what is wrong, without the value."""

    state: SecretState
    words: str = ""


@dataclass(frozen=True, slots=True)
class Routes:
    """What the replicas of an Alertmanager have loaded.

    ``receivers`` are those in the configuration of every replica, None while none was asked.
    """

    configured: bool = True
    down: str | None = None
    version: str | None = None
    receivers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything seen of one policy."""

    routes: Routes = field(default_factory=lambda: Routes(configured=False))
    firing: frozenset[str] | None = None
    """Names of its alerts that fire, without tests and heartbeats; None while Prometheus was not asked."""
    secrets: Mapping[tuple[str, str, str], SecretSeen] | None = None
    """By namespace, name and key; None while they were not looked at."""
    test: TestResult | None = None
    """The result of the last test."""
    quality: Mapping[str, Any] | None = None
    """``status.quality``."""
