"""What the pod writes in situations that cannot be made with a real process at will."""

from __future__ import annotations

import io
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.synthetic.engine.recorded import TestClock, a_step

from fireline.synthetic.engine import pod
from fireline.synthetic.engine.pod_log import Libraries, PodLog
from fireline.synthetic.engine.redaction import Redactor
from fireline.synthetic.engine.termination import TerminationMessage
from fireline.synthetic.message import to_message
from fireline.synthetic.result import Result, parse


@pytest.fixture
def message(tmp_path, monkeypatch):
    file = tmp_path / "termination-log"
    file.touch()
    monkeypatch.setenv(pod.MESSAGE_FILE, str(file))
    monkeypatch.setenv(pod.CHECK, json.dumps({"steps": [a_step()]}))
    monkeypatch.setenv("FIRELINE_VAR_TOKEN", "s3cr3t-CANARY")
    return file


@pytest.mark.parametrize(
    "ended",
    [
        (MemoryError(), "OutOfMemory", "the probe ran out of memory"),
        (RuntimeError("no s3cr3t-CANARY"), "EngineError", "RuntimeError in test_pod.py line "),
    ],
)
def test_a_fault_of_our_own_is_told(message, monkeypatch, capsys, ended):
    fault, reason, said = ended

    def broken(*_):
        raise fault

    monkeypatch.setattr(pod, "_measured", broken)
    assert pod.main() == 3
    result = parse(message.read_text())
    assert isinstance(result, Result)
    assert (result.outcome, result.reason) == ("infra", reason)
    assert result.message.startswith(said)
    assert "CANARY" not in message.read_text() + "".join(capsys.readouterr())


@settings(deadline=None)
@given(st.lists(st.text(max_size=100), min_size=1, max_size=5))
def test_the_last_message_is_there_whole_however_long_the_ones_before(tmp_path_factory, texts):
    file = tmp_path_factory.mktemp("message") / "termination-log"
    file.touch()
    message = TerminationMessage(str(file))
    for text in texts:
        message.write(to_message(Result("failure", evidence=text * 40)))
        read = parse(file.read_text())
        assert isinstance(read, Result)
    assert read == parse(to_message(Result("failure", evidence=texts[-1] * 40)))
    assert file.stat().st_size <= 3500


def test_where_no_message_can_be_written_none_is(tmp_path):
    TerminationMessage(str(tmp_path / "nowhere")).write("{}")
    TerminationMessage(str(tmp_path)).write("{}")
    TerminationMessage("/dev/full").write("{}")
    assert list(tmp_path.iterdir()) == []


def test_what_libraries_log_is_redacted_too(monkeypatch):
    out = io.StringIO()
    log = PodLog(Redactor(["s3cr3t-CANARY"]), TestClock(), about={"check": "shop", "location": ""}, out=out)
    logger = logging.getLogger("asyncio")
    monkeypatch.setattr(logger, "handlers", [Libraries(log)])
    monkeypatch.setattr(logger, "propagate", False)
    try:
        raise ValueError("s3cr3t-CANARY")
    except ValueError:
        logger.exception("task got %s", "s3cr3t-CANARY")
    line = json.loads(out.getvalue())
    assert line.pop("message").startswith("ValueError in test_pod.py line ")
    assert line == {
        "timestamp": "2026-11-22T10:00:00Z",
        "level": "error",
        "event": "task got ***",
        "check": "shop",
        "logger": "asyncio",
    }
    assert "CANARY" not in out.getvalue()


def test_a_log_that_cannot_be_written_stops_nothing():
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    PodLog(Redactor(), TestClock(), about={}, out=Closed()).ended(Result("success"))
