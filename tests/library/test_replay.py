"""The alert library over six weeks of traffic with incidents: it tells of every one, and of little else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bed.toolchain import Tools
from tests.library.incidents import KINDS, Incident
from tests.library.replay import JUDGED, LEARNED, MOST_OUTSIDE, Report, replay
from tests.library.rules import Episode
from tests.library.signals import DAY, WEEK
from tests.rules.alert_library import rules

SEED = 1


@pytest.fixture(scope="module")
def report(tools: Tools, bed_directory: Path) -> Report:
    """What the library said about six weeks."""
    directory = bed_directory / "library"
    directory.mkdir()
    return replay(tools, directory, SEED)


def test_every_rule_is_there_for_an_incident():
    assert {alert for kind in KINDS for alert in kind.finds} == set(rules())


@pytest.mark.bed
class TestSixWeeks:
    def test_have_incidents_of_every_kind(self, report: Report):
        assert {one.kind for one in report.incidents} == set(KINDS)
        assert all(
            LEARNED * WEEK <= one.first < one.over <= (LEARNED + JUDGED) * WEEK for one in report.incidents
        )

    def test_are_mostly_without_incidents(self, report: Report):
        """Weeks that are all incident would make every episode right."""
        short = [one for one in report.incidents if one.over - one.first < DAY]
        assert sum(one.over - one.first for one in short) < JUDGED * WEEK / 4

    def test_every_incident_is_told_by_every_alert_that_is_there_for_it(self, report: Report):
        assert report.missed() == [], "\n".join(report.lines())

    def test_fewer_than_one_episode_in_twenty_is_about_nothing(self, report: Report):
        assert len(report.episodes) >= len(report.incidents)
        assert report.outside_share() < MOST_OUTSIDE, "\n".join(report.lines())

    def test_no_page_is_about_nothing(self, report: Report):
        pages = {name for name, (_, rule) in rules().items() if rule.page}
        assert pages
        assert [one for one in report.outside() if one.alert in pages] == []


KIND = next(kind for kind in KINDS if "QueueLagHigh" in kind.finds)
INCIDENT = Incident(KIND, first=100, end=150, over=160)


def told(*alerts: str, first: int = 110, last: int = 120) -> Report:
    return Report((INCIDENT,), tuple(Episode(alert, "", first, last) for alert in alerts))


class TestAReport:
    def test_misses_what_only_some_alerts_told(self):
        found = told(*KIND.finds[1:]).missed()
        assert found == [(INCIDENT, KIND.finds[0])]
        assert told(*KIND.finds).missed() == []

    def test_misses_an_incident_that_was_told_too_late_or_before(self):
        assert len(told(*KIND.finds, first=161, last=170).missed()) == len(KIND.finds)
        assert len(told(*KIND.finds, first=90, last=99).missed()) == len(KIND.finds)

    def test_counts_an_episode_before_or_after_every_incident_as_outside(self):
        assert len(told("QueueLagHigh", first=161).outside()) == 1
        assert len(told("QueueLagHigh", first=99).outside()) == 1
        assert told("QueueLagHigh", first=160).outside() == []

    def test_counts_an_alert_about_something_else_as_outside(self):
        found = told("QueueLagHigh", "BackupTooOld")
        assert [one.alert for one in found.outside()] == ["BackupTooOld"]
        assert found.outside_share() == 0.5

    def test_lists_what_went_wrong(self):
        text = "\n".join(told("BackupTooOld").lines())
        assert "outside: BackupTooOld" in text
        assert f"missed: QueueLagHigh of {KIND.name}" in text
        assert "outside=1 outside_share=1.000" in text
