"""The page on triggers quotes what the operator says, and counts with its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fireline.mitigation import signals, storm, verdicts
from fireline.refresh import mitigation_source, mitigations
from fireline.settings import MitigationSettings
from fireline.synthetic import verifying

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/mitigation-signals.md").read_text()
ADVICE = PAGE.partition("## What unknown says")[2].partition("\n## ")[0]
QUOTED = re.findall(r"^\| `([^`]+)` \|", ADVICE, re.MULTILINE)


def _said() -> str:
    """Every text of the modules that judge, without the seams between its parts."""
    sources = (Path(module.__file__ or "").read_text() for module in (verdicts, mitigation_source))
    return re.sub(r'"\s+f?"', "", "".join(sources))


@pytest.mark.parametrize("words", QUOTED)
def test_what_is_quoted_is_said(words: str) -> None:
    assert words in _said()


def test_every_reason_to_be_unknown_has_its_advice() -> None:
    said = re.findall(r'unknown\(\s*"(\w+)",\s*f?"(.*?)"\s*,?\s*\)', _said(), re.DOTALL)
    without = {reason for reason, words in said if not any(one in words for one in QUOTED)}
    assert len(said) > 12
    # These say what to do themselves, or are over in a moment.
    assert without <= {"NoCheck", "NotANumber", "NotLookedAtYet", "PrometheusUnreachable"}


@pytest.mark.parametrize(
    "words",
    [
        f"every {MitigationSettings().tick_seconds:g} s (`mitigations.tick_seconds`)",
        f"else\n  every {mitigations.COLD_TICKS * MitigationSettings().tick_seconds:g} s",
        f"time-out of {mitigation_source.ANSWER_SECONDS:g} s",
        f"not before {mitigations.BACK_OFF_SECONDS:g} s",
        f"every {verifying.BETWEEN.total_seconds():g} s again, {verifying.TRIES} times at most",
        f"than {storm.LEAST_SLOS} SLOs with data, or fewer than {storm.LEAST_PAGING} that page",
    ],
)
def test_its_numbers_are_those_of_the_operator(words: str) -> None:
    assert words in PAGE


def test_five_minutes_are_five_minutes() -> None:
    assert signals.FORGOTTEN == 300
    assert "After five minutes of nothing but unknown" in PAGE
    assert verdicts.INTERVALS == 2
