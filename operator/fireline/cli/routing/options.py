"""Options of the commands that merge, apart from what merges: ``--help`` must stay light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
FORMS = ("alertmanagerconfig", "alertmanager")
"""Forms of ``fireline render`` that are about routes."""
STRATEGIES = ("OnNamespace", "OnNamespaceExceptForAlertmanagerNamespace", "None")


def merging_options(command: Command) -> Command:
    """Into what, and by whose rules, AlertmanagerConfigs are merged."""
    base = click.option(
        "--base",
        metavar="FILE",
        help="The Alertmanager's own alertmanager.yaml, to merge into. Default: everything to nobody.",
    )
    strategy = click.option(
        "--strategy",
        type=click.Choice(STRATEGIES),
        default="OnNamespace",
        show_default=True,
        help="alertmanagerConfigMatcherStrategy of the Alertmanager object.",
    )
    namespace = click.option(
        "--alertmanager-namespace",
        default="monitoring",
        show_default=True,
        help="Namespace of the Alertmanager object.",
    )
    return base(strategy(namespace(command)))
