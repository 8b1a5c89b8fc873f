"""What a finished postmortem lacks: every flaw is named with its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.golden.postmortem_files import wanted

from fireline.incident.review import flaws

TODAY = date(2026, 11, 30)
HEAD = "| # | action | owner | due | done |\n|---|---|---|---|---|\n"
GOOD = "| 1 | alert on queue depth | alice | 2026-12-01 | |"


def page(*rows: str, causes="The timeout was longer than the queue could hold.") -> str:
    listed = "\n".join(rows)
    return f"# Postmortem\n\n## Contributing causes\n\n{causes}\n\n## Action items\n\n{HEAD}{listed}\n"


def said(text, today=TODAY):
    return [one.message for one in flaws(text, today=today)]


def test_a_page_with_causes_owners_and_dates_lacks_nothing():
    assert said(page(GOOD)) == []


@pytest.mark.parametrize("name", sorted(wanted()))
def test_a_draft_lacks_its_causes_and_its_actions(name):
    text = wanted()[name]
    found = flaws(text, today=TODAY)
    assert [one.message.partition(":")[0] for one in found] == [
        "'## Contributing causes' is blank",
        "'## Action items' has none",
    ]
    lines = text.splitlines()
    assert [lines[one.line - 1] for one in found] == ["## Contributing causes", "## Action items"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("| 1 | add a limit | | 2026-12-01 | |", "has no owner"),
        ("| 1 | add a limit | bob | | |", "has no due date"),
        ("| 1 | add a limit | bob | soon | |", "is due 'soon', which is no date"),
        ("| 1 | add a limit | bob | 2026-02-30 | |", "which is no date"),
        ("| 1 | | bob | 2026-12-01 | |", "does not say what will be done"),
        ("| 1 | add a limit | bob | 2026-11-29 | |", "overdue by 1 day: it was due on 2026-11-29"),
        ("| 1 | add a limit | bob | 2026-11-20 | no |", "overdue by 10 days"),
    ],
)
def test_each_flaw_of_an_action_item_is_named(row, message):
    (found,) = flaws(page(GOOD, row), today=TODAY)
    assert message in found.message
    assert page(GOOD, row).splitlines()[found.line - 1] == row


@pytest.mark.parametrize("done", ["yes", "2026-11-28", "x", "done"])
def test_what_is_done_is_not_overdue(done):
    assert said(page(f"| 1 | add a limit | bob | 2026-11-20 | {done} |")) == []


def test_what_is_due_today_is_not_overdue():
    assert said(page("| 1 | add a limit | bob | 2026-11-30 | |")) == []


def test_rows_that_nobody_filled_do_not_matter():
    assert said(page(GOOD, "| 2 |  |  |  |  |")) == []


@pytest.mark.parametrize("causes", ["", "<!-- write here -->", "<!-- two\nlines -->\n\n", "---"])
def test_causes_that_nobody_wrote_are_missed(causes):
    (message,) = said(page(GOOD, causes=causes))
    assert message.startswith("'## Contributing causes' is blank")


def test_a_page_without_the_sections_is_told_which():
    assert said("# Something else\n") == [
        "there is no section '## Contributing causes': say what made it possible",
        "there is no section '## Action items': what will be done, by whom, until when?",
    ]


def test_a_table_without_its_columns_is_told_which():
    text = page().replace("| # | action | owner | due | done |", "| # | what | owner | by |")
    (message,) = said(text)
    assert message.endswith("missing: action, due")


def test_columns_may_stand_in_another_order():
    text = page("| alice | 2026-12-01 | tell a pipe \\| from a cell |").replace(
        "| # | action | owner | due | done |", "| Owner | Due | Action |"
    )
    assert said(text) == []


@given(st.text(max_size=400))
def test_any_text_gets_an_answer(text):
    assert all(one.line >= 1 for one in flaws(page(text, causes=text), today=TODAY))
