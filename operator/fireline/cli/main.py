"""The ``fireline`` program, also installed as ``kubectl-fireline``: its commands, loaded when used.

Exit codes of all commands: 0 fine, 1 the answer is "no", 2 wrong usage or an unreachable server.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

import click

from fireline import __version__

COMMANDS: Mapping[str, tuple[str, str]] = {
    "backfill": ("fireline.cli.backfill:backfill", "Write the recorded series of the past."),
    "backtest": ("fireline.cli.backtest:backtest", "Replay SLOs over the past."),
    "check": ("fireline.cli.check:check", "Run synthetic checks here and now."),
    "explain": ("fireline.cli.explain:explain", "Say why an object is not Ready, and what its numbers mean."),
    "gate": ("fireline.cli.gate:gate", "Say yes or no to a pipeline."),
    "import": ("fireline.cli.import_:import_", "Convert SLOs of Sloth, Pyrra or OpenSLO."),
    "mitigations": (
        "fireline.cli.mitigations:mitigations",
        "See what first aid is proposed; yes, no, take back.",
    ),
    "incidents": ("fireline.cli.incidents:incidents", "List incidents, those that go on first."),
    "perf-budget": ("fireline.cli.perf_budget:perf_budget", "Turn a table of latency limits into SLOs."),
    "postmortem": ("fireline.cli.postmortem:postmortem", "Draft a postmortem, or say what one lacks."),
    "rbac": ("fireline.cli.rbac:rbac", "Print the rights that Mitigations need, and what guards them."),
    "render": ("fireline.cli.render:render", "Print what the operator would write."),
    "report": ("fireline.cli.report:report", "Tell how good alerts were, and what was available."),
    "route": ("fireline.cli.route:route", "Say who would be told about an alert, when and why."),
    "run": ("fireline.cli.run:run", "Run the operator."),
    "status": ("fireline.cli.status:status", "Show error budgets and checks, the worst first; -w: live."),
    "test-alert": ("fireline.cli.test_alert:test_alert", "Prove that every receiver is reached."),
    "validate": (
        "fireline.cli.validate:validate",
        "Say what is wrong with SLOs, policies, checks and mitigations.",
    ),
}
"""Name → where the command lives, and its line in --help: listing commands imports none of them."""

NESTED = 24_000
"""Calls within calls, two for each level of JSON. An API server takes 10 000 levels from whoever may write
one of our objects, and one that cannot be read would keep all objects of its kind from being read. Much more
than this, from a server of less good will, would not fit on a stack of 8 MB."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names, sorted."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """The command, imported now; None when there is no such command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - a wrong table is our own mistake
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their line, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fireline")
def main() -> None:
    """Keep service level objectives as YAML next to the code."""
    sys.setrecursionlimit(NESTED)
