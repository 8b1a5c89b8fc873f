"""The scenarios as a TSDB: one OpenMetrics file, one backfill. Reused by every test over this data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.bed.prometheus import backfill
from tests.bed.toolchain import Tools
from tests.truth.traffic import Service


def write_openmetrics(services: Iterable[Service], file: Path) -> None:
    """All samples of the services, as ``promtool tsdb create-blocks-from openmetrics`` reads them."""
    with file.open("w") as out:
        for service in services:
            out.writelines(service.lines())
        out.write("# EOF\n")


def write_blocks(tools: Tools, services: Iterable[Service], directory: Path) -> Path:
    """Blocks of the services' samples; returns the data directory to start a Prometheus on."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "history.om"
    write_openmetrics(services, file)
    data = directory / "data"
    backfill(tools, file, data)
    file.unlink()
    return data
