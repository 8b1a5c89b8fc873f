"""A test alert sent by the command itself, to Alertmanagers it can reach."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import click

from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.model import Policy
from fireline.alerting.tested import links, tested
from fireline.alertmanager.client import replicas_of
from fireline.alertmanager.delivery import deliver_test
from fireline.api.delivery import TestResult
from fireline.api.plan import Manifest
from fireline.cli.cluster import Unreachable
from fireline.errors import AlertmanagerError
from fireline.settings import Alertmanager, Settings


def compiled(manifest: Manifest, settings: Settings) -> Policy:
    """The policy to test. Raises UsageError with what is wrong with it."""
    named = manifest.get("spec", {}).get("alertmanager", "default")
    known = settings.model_copy(
        update={"alertmanagers": {named: Alertmanager(), **settings.alertmanagers}}
    )  # sent to a URL of the command line, it needs no entry
    policy, issues = read(manifest, settings=known)
    if policy is None:
        wrong = "; ".join(str(issue) for issue in issues if not issue.note)
        raise click.UsageError(f"the AlertPolicy is not valid: {wrong}")
    return compile_policy(policy, settings=known)


def send(entry: Alertmanager, name: str, policy: Policy, deadline: timedelta) -> TestResult:
    """Sends it and waits. ``name``: of the entry in the settings. Raises Unreachable."""
    replicas = replicas_of(entry, name=name)
    try:
        return asyncio.run(
            deliver_test(
                replicas,
                None,
                policy=policy.label,
                receivers=tested(policy),
                nonce=secrets.token_hex(8),
                deadline=deadline,
                annotations=links(policy),
            )
        )
    except AlertmanagerError as error:
        raise Unreachable(str(error)) from error
    finally:
        for one in replicas:
            one.close()
