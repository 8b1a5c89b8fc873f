"""What reaches the log: one line per change of state, not one per attempt of a library."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from fireline import logs
from fireline.settings import Settings


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    names = (None, "kopf", "urllib3", "aiohttp.access")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = logging.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("logger", "message"),
    [
        ("kopf._cogs.clients.api", "Request attempt #1/12 failed; will retry"),
        ("kopf._cogs.aiokits.aiotasks", "Watcher for servicelevelobjectives has failed: 404"),
        ("kopf._cogs.aiokits.aiotasks", "Multidimensional multitasker has failed: 404"),
        (
            "urllib3.connectionpool",
            "Retrying (Retry(total=0)) after connection broken: /api/v1/query?query=up",
        ),
    ],
)
def test_attempts_of_libraries_are_not_logged(capsys, logger, message):
    logs.configure(Settings())
    logging.getLogger(logger).warning(message)
    assert capsys.readouterr().err == ""


def test_other_warnings_of_libraries_are_logged(capsys):
    logs.configure(Settings())
    logging.getLogger("kopf.something").warning("unexpected")
    assert "unexpected" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "pretty"])
def test_a_traceback_shows_no_variables(capsys, form):
    """One of them may hold a secret."""
    logs.configure(Settings(log_format=form))

    def ask(password):
        raise LookupError(f"no answer to {len(password)} characters")

    try:
        ask("s3" + "cret")
    except LookupError:
        structlog.get_logger("test").exception("failed")
    said = capsys.readouterr().err
    assert "no answer to 6 characters" in said
    assert "s3cret" not in said
