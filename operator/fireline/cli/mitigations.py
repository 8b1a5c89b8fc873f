"""``fireline mitigations``: first aid as the person on call sees it: what is proposed; yes, no, take back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fireline.cli.cluster import cluster_options

Command = TypeVar("Command", bound=Callable[..., Any])


def _one(command: Command) -> Command:
    """Which Mitigation is meant."""
    name = click.argument("name", metavar="[NAMESPACE/]NAME")
    place = click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
    return name(place(cluster_options(command)))


def _output(command: Command) -> Command:
    formats = click.Choice(["text", "json", "yaml"])
    return click.option("-o", "--output", type=formats, default="text", show_default=True)(command)


def _operator(command: Command) -> Command:
    return click.option(
        "--operator-namespace",
        metavar="NAMESPACE",
        help="Where the operator runs. Default: where its Lease is.",
    )(command)


def _waiting(command: Command) -> Command:
    wait = click.option(
        "--wait/--no-wait",
        default=None,
        help="Follow it until it is known what came of it. Default: on a terminal.",
    )
    return wait(_timeout(command))


def _timeout(command: Command) -> Command:
    return click.option(
        "--timeout",
        type=click.FloatRange(min=1),
        default=900,
        show_default=True,
        help="Seconds to follow it.",
    )(command)


_yes = click.option("-y", "--yes", is_flag=True, help="Do not ask.")
_plan = click.option(
    "--plan",
    metavar="HASH",
    help="The hash of the plan you have seen; refused when it is another one by now.",
)


class _ListByDefault(click.Group):
    """At night ``fireline mitigations -A`` must do what is meant: without a command it is the list."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The arguments, with the command in front."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListByDefault)
def mitigations() -> None:
    """See what first aid is proposed or in place, and say yes or no.

    Without a command it lists them: fireline mitigations -A.

    Exit code 0: done. 1: the answer is no (nothing is proposed, the plan is another one by now, it did not
    help). 2: wrong usage, a right is missing, or the cluster cannot be reached.
    """


@mitigations.command("list", short_help="All of them, those that wait for a person first.")
@click.option("-n", "--namespace", help="Default: the namespace of the kubeconfig's context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Those of all namespaces.")
@click.option("-l", "--selector", default="", help="Label selector, as kubectl takes it.")
@_output
@_operator
@cluster_options
def list_(**given: Any) -> None:
    """List Mitigations, those that wait for a person first: the phase and how long it has been in it, what it
    needs, when it expires, what it would do, and what its trigger says.
    """
    if given["namespace"] and given["all_namespaces"]:
        raise click.UsageError("-n and -A contradict each other; choose one")
    from fireline.cli.mitigating import command  # noqa: PLC0415 - --help must not pay for tables

    command.list_all(**given)


@mitigations.command(short_help="What would be changed, why, and what to type to approve it.")
@_one
@_output
def diff(**given: Any) -> None:
    """Show what would be changed (or is), why, with whose rights, until when, and what to type next."""
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.diff(**given)


@mitigations.command(short_help="Say yes to the plan that is proposed.")
@_one
@_plan
@_yes
@_waiting
@_output
@_operator
def approve(**given: Any) -> None:
    """Show the plan, ask, and approve it: this very plan and no other.

    Without a terminal name the plan you have seen: --yes --plan HASH. You need the verb approve on the
    Mitigation; the API server checks it, and that the approval carries your name.
    """
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.approve(**given)


@mitigations.command(short_help="Say no to the plan that is proposed.")
@_one
@_plan
@click.option("--reason", metavar="TEXT", help="Why not; kept on the Mitigation.")
@_output
@_operator
def reject(**given: Any) -> None:
    """Reject the plan that is proposed; there is no other proposal until the trigger was false once."""
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.reject(wait=False, timeout=0, **given)


@mitigations.command(short_help="Take back now what is in place.")
@_one
@_yes
@_waiting
@_output
@_operator
def revert(**given: Any) -> None:
    """Show what is in place, ask, and have it taken back, whatever its trigger says.

    You need the verb approve on the Mitigation.
    """
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.revert(**given)


@mitigations.command(short_help="Have it proposed now, without its trigger.")
@_one
@_waiting
@_output
@_operator
def propose(**given: Any) -> None:
    """Ask the operator for a proposal, also where no trigger is true. Nothing is changed without approval."""
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.propose(**given)


@mitigations.command(short_help="Say that you have looked at what it needs a person for.")
@_one
@_output
@_operator
def seen(**given: Any) -> None:
    """Say that you have looked, and leave it as it is: the alert ends, and mode Auto may go on the next time.

    Until somebody says so, or approves the next proposal, what went wrong is told, whatever happens next.
    """
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.seen(**given)


@mitigations.command(short_help="Follow one until it is known how it went.")
@_one
@_timeout
def watch(**given: Any) -> None:
    """Print every transition as it comes, until it is verified, over, or needs a person.

    Exit code 0: it went well. 1: it needs a person, ended otherwise, or is still open after --timeout.
    """
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.watch(**given)


@mitigations.command(short_help="Begin nothing in the whole cluster until resume.")
@click.option("--reason", metavar="TEXT", help="Why; everyone is told.")
@_operator
@cluster_options
def pause(
    reason: str | None, operator_namespace: str | None, kubeconfig: Path | None, context: str | None
) -> None:
    """Begin no mitigation in the whole cluster until resume. What is in place stays, and is taken back as
    planned.
    """
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.pause(
        reason=reason, operator_namespace=operator_namespace, kubeconfig=kubeconfig, context=context
    )


@mitigations.command(short_help="End a pause.")
@_operator
@cluster_options
def resume(operator_namespace: str | None, kubeconfig: Path | None, context: str | None) -> None:
    """Let mitigations begin again."""
    from fireline.cli.mitigating import command  # noqa: PLC0415 - see list

    command.resume(operator_namespace=operator_namespace, kubeconfig=kubeconfig, context=context)
