"""What authors and tenants write into a Mitigation does nothing to the terminal of who decides about it."""

from __future__ import annotations

import pytest
from tests.cli.mitigation_place import NAME, fireline, now, put
from tests.cli.mitigation_statuses import a_record, at, proposed
from tests.cluster.guarded import Place

pytestmark = pytest.mark.bed
EVIL = "\x1b]0;root\x07\x1b[2J\x9b31m\r\u202efine"
SHOWN = r"\u001b]0;root\u0007\u001b[2J\u009b31m\r\u202efine"


@pytest.mark.parametrize("command", ["diff", "list"])
def test_no_text_of_others_reaches_the_terminal_as_more_than_text(place: Place, command: str) -> None:
    status = proposed(now(), message=f"held: {EVIL}", approvedBy=EVIL)
    status["plan"] |= {"diff": f"@@ -1 +1 @@\n-a: 1\n+a: {EVIL}", "summary": EVIL, "notes": [EVIL]}
    status["history"] = [a_record(1, "Proposed", at(now()), actor=EVIL, message=EVIL)]
    put(place, status, description=EVIL)

    done = fireline(place, command, *([NAME] if command == "diff" else []))

    assert done.exit_code in {0, 1}, done.output
    assert SHOWN in done.stdout
    assert [one for one in done.output if not one.isprintable() and one != "\n"] == []
