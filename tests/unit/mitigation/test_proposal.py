"""A proposal fits into a status whatever is written on its target: else nothing would be told, nor done."""

from __future__ import annotations

import pytest
from tests.unit.mitigation.simulated import Simulated
from tests.unit.mitigation.test_machine import a_spec, burning

from fireline.api.mitigation_status import ProposedPlan


@pytest.mark.parametrize("mark", ["argocd.argoproj.io/tracking-id", "meta.helm.sh/release-name"])
def test_a_proposal_fits_into_the_status_however_long_the_marks_of_its_target_are(mark: str) -> None:
    sim = Simulated(a_spec(gitOps="Proceed"))
    sim.target["metadata"].setdefault("annotations", {})[mark] = "x" * 200_000
    burning(sim)
    sim.settle()

    assert sim.phase == "Proposed"
    plan = ProposedPlan.model_validate(sim.status["plan"])
    assert plan.owner is not None
    assert plan.owner.endswith("characters)")
    assert plan.notes
