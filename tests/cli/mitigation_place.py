"""People with and without rights in a namespace of Mitigations, and ``fireline mitigations`` as they type it.

Statuses are written by hand, from the schema: no operator is needed. Fixtures are in ``conftest``.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from tests.cli.mitigation_statuses import a_mitigation, checked
from tests.cluster.guarded import Place

from fireline.api.resources import MITIGATION
from fireline.cli.main import main

Manifest = dict[str, Any]
NAME = "flag-off"


def now() -> datetime:
    return datetime.now(UTC)


def put(place: Place, status: Manifest, name: str = NAME, **spec: Any) -> None:
    """A Mitigation with this status, as an operator would have written it."""
    manifest = checked(a_mitigation(name, namespace=place.name, **spec), status)
    if place.admin.find(MITIGATION, name, place.name) is None:
        manifest["metadata"].pop("uid")
        place.admin.create({key: value for key, value in manifest.items() if key != "status"})
    # A null takes a field out that the status before had.
    before = place.get(name).get("status", {})
    place.write_status(place.admin, name, {**dict.fromkeys(before), **status})


def kubeconfig(place: Place, user: str) -> Path:
    cluster = place.guarded.cluster
    pair = cluster.admin if user == "admin" else cluster.authority.client(user)
    return cluster.write_kubeconfig(f"mitigations-{user}", pair)


def fireline(place: Place, *arguments: str, user: str = "alice", everywhere: bool = False) -> Result:
    options = ["--kubeconfig", str(kubeconfig(place, user))]
    where = [] if everywhere else ["-n", place.name]
    return CliRunner().invoke(main, ["mitigations", arguments[0], *options, *where, *arguments[1:]])


def wishes(place: Place, name: str = NAME) -> dict[str, str]:
    """What was asked for by annotations."""
    found = place.get(name)["metadata"].get("annotations", {})
    return {key: value for key, value in found.items() if key.startswith("fireline.dev/")}


def process(place: Place, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """The program itself."""
    program = [sys.executable, "-c", "from fireline.cli.main import main; main()", "mitigations"]
    options = ["--kubeconfig", str(kubeconfig(place, "alice")), "-n", place.name]
    return subprocess.Popen(
        [*program, *arguments, *options],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def on_a_terminal(place: Place, typed: str, *arguments: str) -> tuple[int, str]:
    """Exit code and everything said, with a person who types this."""
    person, terminal = pty.openpty()
    try:
        os.write(person, typed.encode())
        with process(place, *arguments, stdin=terminal) as running:
            said, _ = running.communicate(timeout=60)
        return running.returncode, said
    finally:
        os.close(terminal)
        os.close(person)
