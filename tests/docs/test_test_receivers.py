"""docs/how-to/test-receivers.md explains every cause a test alert can name, in the same words."""

from __future__ import annotations

import re
from pathlib import Path

from fireline.alertmanager.causes import Cause
from fireline.refresh.testing import DEADLINE, QUIET_SECONDS

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "test-receivers.md").read_text()
_EXAMPLES = {Cause.CLIENT: 400, Cause.SERVER: 500, Cause.STATUS: 302}


def test_every_cause_is_explained_once_and_nothing_else_is():
    (table,) = re.findall(r"\| the message says .*?\n\|---.*?\n(.*?)\n\n", PAGE, re.DOTALL)
    explained = [row.split("|")[1].strip() for row in table.splitlines()]
    assert sorted(explained) == sorted(one.words(_EXAMPLES.get(one)) for one in Cause)


def test_the_times_on_the_page_are_the_operators():
    assert f"after {DEADLINE.seconds}." in PAGE
    assert f"at least {QUIET_SECONDS:g} seconds apart" in PAGE
