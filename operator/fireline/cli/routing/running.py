"""What a running Alertmanager has: its configuration, alerts and silences."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click
import yaml
from pydantic import ValidationError

from fireline.alerting.simulate import Silence
from fireline.alerting.simulate.matchers import Labels
from fireline.alertmanager.client import Replica, replicas_of
from fireline.api.plan import Manifest
from fireline.cli.cluster import Unreachable
from fireline.errors import AlertmanagerError
from fireline.settings import Alertmanager, Settings, mistakes


@dataclass(frozen=True, slots=True)
class Running:
    """What an Alertmanager has: its configuration as JSON, alerts that fire there, and silences."""

    configuration: Manifest
    firing: tuple[Labels, ...]
    silences: tuple[Silence, ...]


def running(url: str, settings: Settings) -> Running:
    """What an Alertmanager shows; asked with the credentials that the settings have for this URL, if any.

    Raises Unreachable.
    """
    try:
        entry = Alertmanager.model_validate({"urls": (url,)})
    except ValidationError as error:
        raise click.UsageError(f"--alertmanager: {'; '.join(mistakes(error))}") from None
    for known in settings.alertmanagers.values():
        if set(entry.urls) <= set(known.urls):
            entry = known.model_copy(update={"urls": entry.urls})
    (replica,) = replicas_of(entry)
    try:
        config, firing, silences = asyncio.run(_asked(replica))
    except AlertmanagerError as error:
        raise Unreachable(str(error)) from error
    finally:
        replica.close()
    try:
        found = yaml.load(config, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise Unreachable(f"{replica.place} shows a configuration that cannot be read")
    return Running(found, firing, silences)


async def _asked(replica: Replica) -> tuple[str, tuple[Labels, ...], tuple[Silence, ...]]:
    status = await replica.status()
    alerts, silences = await replica.alerts(), await replica.silences()
    return (
        status.config,
        tuple(one["labels"] for one in alerts),
        tuple(Silence.of(one) for one in silences),
    )
