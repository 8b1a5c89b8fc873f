"""What a young SLO has spent, minute by minute, in Prometheus' own engine.

It is born at ten to the full hour, and everything fails from then on: the worst moment, as the age is looked
up at full hours for 30 days. At 99.9 % a total outage spends their budget in 43 minutes.
"""

from __future__ import annotations

import pytest

from tests import promtool
from tests.rules import kinds
from tests.rules.kinds import slo

pytestmark = pytest.mark.bed

BORN = 1_800_000_000 // 3600 * 3600 + 3000
MINUTE = 60
LOOKS = (10, 15, 20, 30, 40, 55, 70, 90)
"""Minutes of age."""
WINDOWS = {"week": (7 * 24 * 60, 10), "days": (30 * 24 * 60, 10), "year": (365 * 24 * 60, 70)}
"""Minutes of each window, and by how many of them the age may be told too low."""
SLOS = [
    slo("week", window={"rolling": "7d"}),
    slo("days", window={"rolling": "30d"}),
    slo("year", window={"calendar": "Year"}),
]


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, int], list[promtool.Got]]:
    """Consumed budgets and firing alerts by minute of age."""
    asked = {("consumed", at): (at * MINUTE, "slo:error_budget_consumed:ratio") for at in LOOKS}
    asked |= {
        ("firing", at): (at * MINUTE, 'ALERTS{alertstate="firing",slo_tier="Exhausted"}') for at in LOOKS
    }
    rules = kinds.rules_of(kinds.compiled(SLOS), at=BORN)
    series = {'requests_total{code="500"}': f"0+300x{LOOKS[-1] * 2}"}
    found = promtool.evaluate(rules, series, asked.values(), start=BORN)
    return dict(zip(asked, found, strict=True))


@pytest.mark.parametrize("minute", LOOKS)
def test_the_age_is_never_told_too_high_and_soon_known(answers, minute):
    """In a total outage the budget consumed is a thousand times the age by the window."""
    found = {got.labels["slo"]: got.value for got in answers["consumed", minute]}
    for name, (length, late) in WINDOWS.items():
        if name in found or minute > late:
            assert minute - late <= found[name] * length / 1000 <= minute + 0.01, name


def test_a_budget_is_exhausted_when_it_is_and_not_before(answers):
    for minute in LOOKS:
        firing = {got.labels["slo"] for got in answers["firing", minute]}
        assert ("week" in firing) == (minute >= 20)
        assert ("days" in firing) == (minute >= 53)
        assert "year" not in firing
