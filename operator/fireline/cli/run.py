"""``fireline run``: the operator itself. Flags win over ``FIRELINE_*`` in the environment."""

from __future__ import annotations

from typing import Any

import click


@click.command()
@click.option("--instance", help="Tells two installations in one cluster apart.")
@click.option(
    "-n",
    "--namespace",
    "watch_namespaces",
    multiple=True,
    help="Watch only this namespace; may be repeated. Default: the whole cluster.",
)
@click.option("--workers", type=click.IntRange(1, 500), help="Objects worked on at a time.")
@click.option("--host", help="Address of /metrics and the probes.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of /metrics and the probes; 0 picks one.")
@click.option("--log-format", type=click.Choice(["auto", "json", "pretty"]))
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
def run(**given: Any) -> None:
    """Run the operator against the cluster of KUBECONFIG, or the one this pod is in.

    Every setting can also be given as FIRELINE_<NAME> or in the YAML file named by FIRELINE_CONFIG.
    """
    from fireline.errors import SettingsInvalid  # noqa: PLC0415 - --help must not pay for models
    from fireline.settings import load_settings  # noqa: PLC0415 - likewise

    flags = {name: value for name, value in given.items() if value not in (None, ())}
    try:
        settings = load_settings(flags)
    except SettingsInvalid as error:
        raise click.UsageError(f"the operator's settings are not valid:\n{error}") from error
    from fireline.app import main  # noqa: PLC0415 - nor wrong settings for kopf

    raise SystemExit(main(settings))
