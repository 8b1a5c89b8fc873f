"""What runs in the pod of a check: ``python -m fireline.synthetic.engine.pod``.

The operator hands it the journey in ``FIRELINE_CHECK`` and the secrets it names by ``secretKeyRef`` in
variables of their own. What came of it is the termination message; the exit code says it once more, for
those who look at pods: 0 success, 1 failure, 2 error, 3 never measured.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping

from fireline.synthetic.engine.clock import SystemClock
from fireline.synthetic.engine.faults import fault
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.engine.pod_log import Libraries, PodLog
from fireline.synthetic.engine.redaction import Redactor
from fireline.synthetic.engine.run import run
from fireline.synthetic.engine.termination import DEFAULT_PATH, TerminationMessage
from fireline.synthetic.fields import Malformed, mapping
from fireline.synthetic.message import to_message
from fireline.synthetic.result import Result

CHECK = "FIRELINE_CHECK"
MESSAGE_FILE = "FIRELINE_TERMINATION_LOG"
EXIT_CODES = {"success": 0, "failure": 1, "error": 2, "infra": 3}

_NO_MEMORY = b'{"v":1,"outcome":"infra","reason":"OutOfMemory","message":"the probe ran out of memory"}'
_RUN_ID_BYTES = 8


def main() -> int:
    """Run the journey of the environment; the exit code."""
    _without_command_line_of_httpx()
    environment = dict(os.environ)
    message = TerminationMessage(environment.get(MESSAGE_FILE, DEFAULT_PATH))
    redactor = Redactor(value for name, value in environment.items() if name.startswith("FIRELINE_VAR_"))
    try:
        result = _measured(environment, message, redactor)
        message.write(to_message(result))
    except MemoryError:
        message.write_bytes(_NO_MEMORY)
        return EXIT_CODES["infra"]
    except Exception as error:  # noqa: BLE001 - whatever happens, the operator is told
        result = Result("infra", reason="EngineError", message=redactor.redact(fault(error)))
        message.write(to_message(result))
        print(result.message, file=sys.stderr)  # noqa: T201 - the log itself may be what failed
    return EXIT_CODES[result.outcome]


def _without_command_line_of_httpx() -> None:
    """httpx imports its command line, and with it rich, wherever it finds them: a fifth of our start."""
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # Python's way to say: cannot be imported


def _measured(environment: Mapping[str, str], message: TerminationMessage, redactor: Redactor) -> Result:
    try:
        journey = Journey.of(mapping(CHECK, json.loads(environment.get(CHECK, "null"))))
    except (Malformed, ValueError, RecursionError) as error:
        return Result("infra", reason="JourneyInvalid", message=redactor.redact(f"{CHECK}: {error}"))
    return asyncio.run(_run(journey, environment, message, redactor))


async def _run(
    journey: Journey, environment: Mapping[str, str], message: TerminationMessage, redactor: Redactor
) -> Result:
    run_id = os.urandom(_RUN_ID_BYTES).hex()
    about = {name: getattr(journey, name) for name in ("check", "namespace", "location")} | {"run": run_id}
    log = _Followed(message, redactor, about)
    logging.getLogger().handlers[:] = [Libraries(log)]
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    secrets = {one.name: environment[one.env] for one in journey.variables if one.env in environment}
    result = await run(journey, run_id=run_id, secrets=secrets, redactor=redactor, progress=log, stop=stop)
    log.ended(result)
    return result


class _Followed(PodLog):
    """Writes the message as soon as the verdict stands: a pod killed in its cleanup has measured."""

    def __init__(self, message: TerminationMessage, redactor: Redactor, about: Mapping[str, str]) -> None:
        super().__init__(redactor, SystemClock(), about=about)
        self._message = message

    def on_measured(self, result: Result) -> None:
        """Written now, and once more when the cleanup is over."""
        self._message.write(to_message(result))


if __name__ == "__main__":
    sys.exit(main())
