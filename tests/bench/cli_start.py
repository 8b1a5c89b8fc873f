"""``make bench-cli``: how long the command line takes to start, and to render a thousand SLOs.

Measured in starts of a bare interpreter (``python -c pass``), which are taken in the same run, in turn with
what is measured: a faster or busier computer changes both. Of each the least CPU time of several runs
counts, since other programs can only add to it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from fireline.cli.main import COMMANDS
from tests.bed.workdir import workdir
from tests.bench.reconcile import an_slo
from tests.bench.report import Bound, finish, table

START, RENDER_1000 = 12.0, 120.0
ROUNDS, SLOS = 7, 1000
BARE = "python -c pass"
RENDER = f"fireline render, {SLOS} SLOs"
_PYTHON = Path(sys.executable)
_FIRELINE = _PYTHON.with_name("fireline")


def main() -> None:
    """Measure, print, judge."""
    with workdir("bench-cli") as directory:
        file = directory / "slos.yaml"
        file.write_text(yaml.safe_dump_all(an_slo("shop", number) for number in range(SLOS)))
        seconds = measured(programs(file))
    starts = {name: spent for name, spent in seconds.items() if name not in {BARE, RENDER}}
    bare = seconds[BARE]
    table(
        f"CPU time, the least of {ROUNDS} runs",
        ("", "milliseconds", "bare interpreter starts"),
        [(name, f"{1000 * spent:.0f}", f"{spent / bare:.1f}") for name, spent in seconds.items()],
    )
    start, render = max(starts.values()) / bare, seconds[RENDER] / bare
    finish(
        [
            Bound("bare interpreter starts until the slowest --help", start, START),
            Bound(f"bare interpreter starts until {SLOS} SLOs are rendered", render, RENDER_1000),
        ],
        {"cli_start_ratio": start, "render_1000_ratio": render},
    )


def programs(slos: Path) -> dict[str, Sequence[str | Path]]:
    """What is measured, by name."""
    helps = {f"fireline {name} --help": [_FIRELINE, name, "--help"] for name in sorted(COMMANDS)}
    return {
        BARE: [_PYTHON, "-c", "pass"],
        "fireline --help": [_FIRELINE, "--help"],
        **helps,
        RENDER: [_FIRELINE, "render", "--as", "rules", slos],
    }


def measured(wanted: Mapping[str, Sequence[str | Path]]) -> dict[str, float]:
    """CPU seconds of each, in turn; the first round only warms the caches up."""
    rounds = [{name: _cpu_seconds(command) for name, command in wanted.items()} for _ in range(ROUNDS + 1)]
    return {name: min(each[name] for each in rounds[1:]) for name in wanted}


def _cpu_seconds(command: Sequence[str | Path]) -> float:
    """User and system time of one run. Raises RuntimeError when it fails."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
