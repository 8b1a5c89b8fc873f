"""Logging of the operator: one line per state change, JSON in a pod and readable on a terminal.

``fireline.app`` configures it once. kopf and other libraries log through the standard library; their
records take the same way out, and the libraries' chatter about their own attempts is turned down.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, Literal

import structlog

from fireline.settings import Settings

_LEVELS: dict[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure(settings: Settings) -> None:
    """Set up structlog and the standard library's root logger, both writing to stderr."""
    level = _LEVELS[settings.log_level]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderer(settings)],
        )
    )
    handler.addFilter(_no_attempts)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _tame_libraries()


def _renderer(settings: Settings) -> list[Any]:
    if _format(settings) == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # The default would print the variables of every frame, and one of them may hold a secret.
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]


def _format(settings: Settings) -> Literal["json", "pretty"]:
    if settings.log_format == "auto":
        return "pretty" if sys.stderr.isatty() else "json"
    return settings.log_format


def _tame_libraries() -> None:
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    # It warns of each connection that is refused, with the whole query; an outage is told once.
    logging.getLogger("urllib3").setLevel(logging.ERROR)


_TOLD_BY_THE_ENGINE = ("Request attempt", "Watcher for", "Multidimensional multitasker")


def _no_attempts(record: logging.LogRecord) -> bool:
    """kopf logs each attempt of each watch, and its end twice with a traceback; the engine tells it once."""
    return not (record.name.startswith("kopf") and record.getMessage().startswith(_TOLD_BY_THE_ENGINE))
