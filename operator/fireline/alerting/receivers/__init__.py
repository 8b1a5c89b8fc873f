"""Receivers of an AlertPolicy, for whoever renders, checks or tests a policy. Pure."""

from __future__ import annotations

from fireline.alerting.receivers.checks import INVALID_RECEIVER, INVALID_TEMPLATE, check_receiver
from fireline.alerting.receivers.identity import (
    SecretRef,
    address,
    integration,
    is_chat,
    is_provider,
    lost_in_amc,
    not_in_files,
    secrets_of,
    service_key,
)
from fireline.alerting.receivers.render import amc_receiver, native_receiver

__all__ = [
    "INVALID_RECEIVER",
    "INVALID_TEMPLATE",
    "SecretRef",
    "address",
    "amc_receiver",
    "check_receiver",
    "integration",
    "is_chat",
    "is_provider",
    "lost_in_amc",
    "native_receiver",
    "not_in_files",
    "secrets_of",
    "service_key",
]
