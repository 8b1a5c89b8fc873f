"""Alerts of synthetic checks, judged by Prometheus' own engine over what the operator exports."""

from __future__ import annotations

import pytest

from tests.rules.check_world import CheckStory, Phase, firing

pytestmark = pytest.mark.bed

FAILING = "SyntheticCheckFailing"
LATE = "SyntheticCheckLate"
NEVER = "SyntheticCheckNeverRan"
NOT_MEASURED = "SyntheticCheckNotMeasured"
CERTIFICATE = "SyntheticCheckCertificateExpiring"

OK10 = Phase(10)
GONE = {"operator": False}
EVERY_30M = {"schedule": {"cron": "0,30 * * * *"}}
OFFICE = {"schedule": {"cron": "*/10 0 * * *"}}

STORIES = (
    CheckStory(
        "fires after three failures and ends with a success",
        FAILING,
        (OK10, Phase(3, "failure"), Phase(7)),
        fires=(12.5, 13),
        silent=(10, 12, 14, 20),
    ),
    CheckStory(
        "that is over does not come back when scrapes fail right after it",
        FAILING,
        (OK10, Phase(3, "failure"), Phase(2), Phase(12, "success", **GONE), Phase(3)),
        fires=(12.5, 13),
        silent=(14, 15, 16, 18, 22, 26, 28),
    ),
    CheckStory(
        "does not fire after two", FAILING, (OK10, Phase(2, "failure"), Phase(5)), silent=(12, 13, 15)
    ),
    CheckStory(
        "counts errors like failures", FAILING, (OK10, Phase(2, "error"), Phase(3, "failure")), fires=(13,)
    ),
    CheckStory(
        "is not ended by runs that measured nothing",
        FAILING,
        (OK10, Phase(3, "failure"), Phase(20, "infra"), Phase(2)),
        fires=(13, 20, 33),
        silent=(34,),
    ),
    CheckStory("of failure is not fired by infra", FAILING, (OK10, Phase(30, "infra")), silent=(20, 40)),
    CheckStory(
        "goes on firing while the operator is dead, and ends when it comes back to a success",
        FAILING,
        (OK10, Phase(4, "failure"), Phase(120, "success", **GONE), Phase(5)),
        fires=(14, 15, 20, 30, 60, 133.5),
        silent=(134.5, 139),
    ),
    CheckStory(
        "goes on when the operator comes back to a failure",
        FAILING,
        (OK10, Phase(4, "failure"), Phase(60, "failure", **GONE), Phase(5, "failure")),
        fires=(14, 40, 74, 74.5, 79),
    ),
    CheckStory(
        "is not fired by a restart after two failures",
        FAILING,
        (OK10, Phase(2, "failure"), Phase(4, "success", **GONE), Phase(5)),
        silent=(12, 13, 14, 15, 16, 16.5, 17, 21),
    ),
    CheckStory(
        "does not blink when some scrapes are missing",
        FAILING,
        (OK10, Phase(5, "failure"), Phase(3, "failure", **GONE), Phase(5, "failure")),
        fires=(15, 15.5, 16, 16.5, 17, 17.5, 18, 18.5, 19),
    ),
    CheckStory(
        "is silent at once when suspended, and until the first run afterwards",
        FAILING,
        (OK10, Phase(5, "failure"), Phase(30, "suspended"), Phase(10, "failure")),
        fires=(14.5, 55),
        silent=(15, 15.5, 16, 30, 45, 45.5, 46),
    ),
    CheckStory(
        "stays silent when the operator dies after a suspension",
        FAILING,
        (OK10, Phase(5, "failure"), Phase(2, "suspended"), Phase(60, "suspended", **GONE)),
        fires=(14.5,),
        silent=(15, 16, 17, 20, 22, 25, 27, 30, 40, 77),
    ),
    CheckStory(
        "may be asked to fire at the first failure",
        FAILING,
        (OK10, Phase(1, "failure"), OK10),
        fires=(10.5,),
        silent=(10, 11.5),
        spec={"alert": {"consecutiveFailures": 1}},
    ),
    CheckStory(
        "of a new check fires when its very first runs fail",
        FAILING,
        (Phase(10, "failure"),),
        fires=(4,),
        silent=(2,),
    ),
    CheckStory(
        "has another name when nobody is to be woken",
        "SyntheticCheckFailingTicket",
        (OK10, Phase(5, "failure")),
        fires=(14,),
        spec={"alert": {"severity": "sev2"}},
    ),
    # Runs end five seconds after their slots: the last one at 9m05s, so 10m is the first that is missing.
    CheckStory(
        "tells of runs that do not come after three intervals, and ends with the next run",
        LATE,
        (OK10, Phase(15, "pending"), OK10),
        fires=(14.5, 20, 25),
        silent=(10, 11, 12, 13, 26, 30),
    ),
    CheckStory(
        "waits longer where runs are rare",
        LATE,
        (Phase(61), Phase(115, "pending"), Phase(35)),
        fires=(155, 180),
        silent=(62, 90, 120, 149, 181, 200),
        spec=EVERY_30M,
    ),
    CheckStory(
        "of lateness is not fired by an operator that was away and catches up",
        LATE,
        (OK10, Phase(30, "success", **GONE), OK10),
        silent=(10, 12, 14, 20, 40, 40.5, 41, 43, 50),
    ),
    CheckStory(
        "of lateness goes on while the operator is dead",
        LATE,
        (OK10, OK10, Phase(10, "pending"), Phase(60, "pending", **GONE), Phase(5)),
        fires=(26, 31, 50, 89.5),
        silent=(20, 91),
    ),
    CheckStory(
        "of lateness is silent while suspended, and counts from the end of it",
        LATE,
        (OK10, Phase(60, "suspended"), Phase(20, "pending")),
        fires=(80,),
        silent=(11, 30, 70, 71, 73),
    ),
    CheckStory(
        "of lateness knows the night of a cron expression",
        LATE,
        (Phase(330),),
        silent=(40, 59, 71, 80, 100, 200, 330),
        spec=OFFICE,
    ),
    CheckStory(
        "tells of a new check that never ran, until it does",
        NEVER,
        (Phase(10, "lost"), Phase(5)),
        fires=(7, 10),
        silent=(2, 3, 11.5, 15),
    ),
    CheckStory(
        "leaves a new check time to run", NEVER, (Phase(2.5, "lost"), Phase(5)), silent=(1, 2.5, 4, 7)
    ),
    CheckStory(
        "leaves a check alone that is suspended from the start",
        NEVER,
        (Phase(30, "suspended"),),
        silent=(10, 30),
    ),
    CheckStory(
        "of a check that never ran goes on while the operator is dead",
        NEVER,
        (Phase(10, "lost"), Phase(60, "lost", **GONE)),
        fires=(10, 12, 40, 69),
    ),
    CheckStory(
        "is fired neither early nor late for a new check that runs", NEVER, (Phase(30),), silent=(1, 5, 30)
    ),
    # Of sixty runs in the hour before minute 120 as many measured nothing as the phase has minutes.
    CheckStory(
        "tells of a check that measures less than 90 percent",
        NOT_MEASURED,
        (Phase(113), Phase(8, "infra"), Phase(70)),
        fires=(120.5, 150),
        silent=(110, 116, 118, 190),
    ),
    CheckStory(
        "does not tell of a check that measures more than 90 percent",
        NOT_MEASURED,
        (Phase(115), Phase(5, "infra"), Phase(60)),
        silent=(117, 120, 121, 140, 180),
    ),
    CheckStory(
        "of coverage counts runs that never began",
        NOT_MEASURED,
        (Phase(60), Phase(10, "lost")),
        fires=(70,),
        silent=(62,),
    ),
    CheckStory(
        "of coverage counts failures as measured",
        NOT_MEASURED,
        (Phase(60, "failure"), Phase(60, "error")),
        silent=(60, 90, 120),
    ),
    CheckStory(
        "of coverage does not tell of one lost run of three",
        NOT_MEASURED,
        (Phase(181), Phase(30, "infra"), Phase(90)),
        silent=(182, 211, 240, 270, 300),
        spec=EVERY_30M,
    ),
    CheckStory(
        "of coverage tells of two lost runs of three",
        NOT_MEASURED,
        (Phase(170), Phase(50, "infra"), Phase(120)),
        fires=(211, 220, 239),
        silent=(182, 205, 335),
        spec=EVERY_30M,
    ),
    CheckStory(
        "of coverage does not tell of the first lost runs of a new check",
        NOT_MEASURED,
        (Phase(2.5, "infra"), Phase(60)),
        silent=(1, 2, 3, 4, 10, 19, 21, 22, 30, 62),
    ),
    CheckStory(
        "of coverage tells of a new check that never measures",
        NOT_MEASURED,
        (Phase(60, "infra"),),
        fires=(21, 59),
        silent=(5, 18),
    ),
    CheckStory(
        "of coverage is silent while suspended",
        NOT_MEASURED,
        (Phase(60), Phase(20, "infra"), Phase(90, "suspended")),
        fires=(79.5,),
        silent=(80, 81, 90, 120, 170),
    ),
    CheckStory(
        "of coverage does not forget a suspension when the operator dies",
        NOT_MEASURED,
        (Phase(60), Phase(20, "infra"), Phase(10, "suspended"), Phase(120, "suspended", **GONE)),
        fires=(79.5,),
        silent=(80, 81, 90, 92, 101, 120, 150, 210),
    ),
    CheckStory(
        "of coverage is not fired by a restart that keeps the counts",
        NOT_MEASURED,
        (Phase(90), Phase(4, "success", **GONE), Phase(60)),
        silent=(90, 92, 94, 94.5, 95, 100, 120, 154),
    ),
    CheckStory(
        "of coverage goes on while the operator is dead, and does not blink when it is back",
        NOT_MEASURED,
        (Phase(60), Phase(20, "infra"), Phase(180, "infra", **GONE), Phase(60, "infra")),
        fires=(80, 100, 140, 200, 259, 260, 260.5, 261, 261.5, 262, 300),
    ),
    CheckStory(
        "tells of a certificate that expires within the time asked for, until it is renewed",
        CERTIFICATE,
        (Phase(60),),
        fires=(30.5, 45),
        silent=(10, 29.5, 52),
        expires=90,
        renewed=50,
    ),
    CheckStory(
        "of a certificate goes on while runs do not see it, or nobody looks",
        CERTIFICATE,
        (Phase(40), Phase(5, "infra"), Phase(30, "success", **GONE), Phase(5)),
        fires=(39, 44, 60, 75, 80),
        expires=90,
    ),
    CheckStory(
        "of a certificate is silent while suspended",
        CERTIFICATE,
        (Phase(40), Phase(20, "suspended")),
        fires=(39,),
        silent=(41, 60),
        expires=90,
    ),
)


@pytest.fixture(scope="module")
def fired():
    return firing(STORIES)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.title)
def test_an_alert(story: CheckStory, fired):
    silent_at = [minute for minute in story.fires if story.alert not in fired[story.title, minute]]
    fired_at = [minute for minute in story.silent if story.alert in fired[story.title, minute]]
    assert (silent_at, fired_at) == ([], [])
