"""The command line starts light: what a command needs is imported when it works, not for its help."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fireline.cli.main import COMMANDS

HEAVY = (
    "aiohttp",
    "kopf",
    "kubernetes",
    "prometheus_api_client",
    "promql_parser",
    "pydantic",
    "requests",
    "rich",
    "yaml",
)


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS), ["check", "run"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom fireline.cli.main import main\n"
        f"shown = CliRunner().invoke(main, [*{arguments!r}, '--help'])\n"
        "assert shown.exit_code == 0 and 'Usage: ' in shown.output, shown.output\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_every_command_has_a_line_in_the_list_and_help_of_its_own() -> None:
    from click.testing import CliRunner

    from fireline.cli.main import main

    listed = CliRunner().invoke(main, ["--help"]).output
    for name, (_, line) in COMMANDS.items():
        assert name in listed
        assert len(line) <= 70
