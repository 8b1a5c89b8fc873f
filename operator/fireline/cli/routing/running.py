"""The configuration that a running Alertmanager has loaded."""

from __future__ import annotations

import asyncio

import click
import yaml
from pydantic import ValidationError

from fireline.alertmanager.client import replicas_of
from fireline.api.plan import Manifest
from fireline.cli.cluster import Unreachable
from fireline.errors import AlertmanagerError
from fireline.settings import Alertmanager, Settings, mistakes


def running(url: str, settings: Settings) -> Manifest:
    """What ``/api/v2/status`` of an Alertmanager shows, as JSON; with the credentials that the settings
    have for this URL, if any. Raises Unreachable."""
    try:
        entry = Alertmanager.model_validate({"urls": (url,)})
    except ValidationError as error:
        raise click.UsageError(f"--alertmanager: {'; '.join(mistakes(error))}") from None
    for known in settings.alertmanagers.values():
        if set(entry.urls) <= set(known.urls):
            entry = known.model_copy(update={"urls": entry.urls})
    (replica,) = replicas_of(entry)
    try:
        status = asyncio.run(replica.status())
    except AlertmanagerError as error:
        raise Unreachable(str(error)) from error
    finally:
        replica.close()
    try:
        found = yaml.load(status.config, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise Unreachable(f"{replica.place} shows a configuration that cannot be read")
    return found
