"""``fireline postmortem`` and ``fireline incidents`` from files: drafts, lists, and what a page lacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from rich.console import Console
from tests.golden.postmortem_files import POSTMORTEMS, an_slo, in_one_region, wanted
from tests.unit.incident.story import alert, at, sight, told, whole_story

from fireline.cli.columns import View
from fireline.cli.incidents_board import board
from fireline.cli.incidents_reading import Found
from fireline.cli.main import main

STORY = whole_story()
ID = STORY[0]["id"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def file_of(folder: Path, *slos: dict) -> str:
    file = folder / "slos.yaml"
    file.write_text(yaml.safe_dump_all(slos))
    return str(file)


@pytest.fixture
def story(tmp_path: Path) -> str:
    """A file with the SLO of the whole story."""
    return file_of(tmp_path, an_slo(STORY))


@pytest.mark.parametrize("name", sorted(wanted()))
def test_a_draft_reads_as_its_golden_file(name):
    assert wanted()[name] == (POSTMORTEMS / name).read_text(), "run: make golden"


def test_there_is_no_golden_file_that_nothing_writes():
    assert {file.name for file in POSTMORTEMS.iterdir()} == wanted().keys()


@pytest.mark.parametrize("target", [ID, ID[:9], "checkout", "slo/checkout", "SLO/checkout"])
def test_an_incident_is_meant_by_its_name_or_by_its_slo(story, target):
    result = run("postmortem", target, "-f", story)
    assert (result.exit_code, result.stdout) == (0, (POSTMORTEMS / "a-bad-rollout.md").read_text())


def test_the_same_record_gives_the_same_draft(story):
    assert run("postmortem", ID, "-f", story).stdout == run("postmortem", ID, "-f", story).stdout


def test_the_draft_as_json_names_no_cause_and_leaves_room_for_one(story):
    document = json.loads(run("postmortem", ID, "-f", story, "-o", "json").stdout)
    assert (document["contributingCauses"], document["actionItems"], document["summary"]) == (None, [], None)
    assert document["phases"]["mitigate"] == "2026-11-22T12:04:00Z"
    assert document["budget"]["spent"] == "21.0"
    assert yaml.safe_load(run("postmortem", ID, "-f", story, "-o", "yaml").stdout) == document


def test_no_draft_speaks_of_a_root_cause():
    assert not any("root cause" in text.lower() for text in wanted().values())


def test_the_newest_incident_of_an_slo_is_meant(tmp_path):
    both = told(sight(5000, alert(since=4999)), old=STORY)
    result = run("postmortem", "checkout", "-f", file_of(tmp_path, an_slo(both)))
    assert both[0]["id"] in result.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inc-0000000000",), "there is no incident inc-0000000000 in these files"),
        (("search",), "SLO search is not in these files"),
        (("ap/checkout",), "write the id of an incident, or slo/NAME"),
        (("checkout", "-A"), "leave them out with files"),
        (("checkout", "--today", "2026-12-01"), "--today belongs to --check"),
        ((), "name an incident"),
    ],
)
def test_wrong_usage_says_what_to_write(story, arguments, words):
    result = run("postmortem", *arguments, "-f", story)
    assert result.exit_code == 2
    assert words in result.stderr


def test_an_slo_that_never_had_an_incident_says_so(tmp_path):
    result = run("postmortem", "checkout", "-f", file_of(tmp_path, an_slo([])))
    assert (result.exit_code, "has no incident on record" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "broken",
    [{"id": 7}, {"facts": "none"}, {"facts": [{}]}, {"startedAt": "yesterday"}, {"phases": {"detect": "x"}}],
)
def test_a_record_that_somebody_edited_is_refused_and_not_half_read(tmp_path, broken):
    file = file_of(tmp_path, an_slo([{**STORY[0], **broken}]))
    for command in (("postmortem", "checkout", "-f", file), ("incidents", file)):
        result = run(*command)
        assert (result.exit_code, "cannot be read as SLOs" in result.stderr) == (2, True)
        assert not isinstance(result.exception, TypeError | KeyError)


def test_text_of_users_cannot_break_out_of_its_cell(tmp_path):
    evil = [{**STORY[0], "owner": "a | b\n# c", "scope": "<script>", "service": "*x*"}]
    text = run("postmortem", "checkout", "-f", file_of(tmp_path, an_slo(evil))).stdout
    assert "| Owner | a \\| b \\# c |" in text
    assert "| Scope | \\<script\\> |" in text
    assert "\\*x\\*" in text.splitlines()[0]


DONE = """\
# Postmortem

## Contributing causes
The new version needs a table that was not there yet.

## Action items
| # | action | owner | due | done |
|---|---|---|---|---|
| 1 | migrate before the rollout | alice | 2026-12-01 | |
"""


def test_a_finished_page_passes(tmp_path):
    page = tmp_path / "done.md"
    page.write_text(DONE)
    result = run("postmortem", "--check", str(page), "--today", "2026-11-30")
    assert (result.exit_code, "action items have owners and dates" in result.stdout) == (0, True)


def test_an_unfinished_page_fails_with_each_flaw_and_its_line(tmp_path):
    page = tmp_path / "draft.md"
    page.write_text((POSTMORTEMS / "a-bad-rollout.md").read_text())
    result = run("postmortem", "--check", str(page))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.rsplit(": ", 1)[0].partition(":")[0] for line in lines] == [str(page)] * 2
    assert "'## Contributing causes' is blank" in lines[0]
    assert "'## Action items' has none" in lines[1]


def test_an_overdue_page_fails_as_json_too(tmp_path):
    page = tmp_path / "done.md"
    page.write_text(DONE)
    result = run("postmortem", "--check", str(page), "--today", "2026-12-04", "-o", "json")
    (flaw,) = json.loads(result.stdout)["flaws"]
    assert (result.exit_code, flaw["line"]) == (1, 9)
    assert "overdue by 3 days" in flaw["message"]


def test_check_and_a_target_contradict_each_other(tmp_path):
    page = tmp_path / "done.md"
    page.write_text(DONE)
    assert run("postmortem", "checkout", "--check", str(page)).exit_code == 2


def test_incidents_are_listed_those_that_go_on_first(tmp_path):
    file = file_of(tmp_path, an_slo(told(sight(5000, alert(since=4999)), old=STORY)))
    document = json.loads(run("incidents", file, "-o", "json").stdout)
    assert [one["state"] for one in document["items"]] == ["Open", "Resolved"]
    assert "facts" not in document["items"][0]
    opened = json.loads(run("incidents", file, "--open", "-o", "json").stdout)
    assert [one["state"] for one in opened["items"]] == ["Open"]
    assert json.loads(run("incidents", file, "--slo", "search", "-o", "json").stdout)["items"] == []


def test_the_list_says_what_is_needed_at_night(story):
    text = run("incidents", story).stdout
    head, row, *_ = text.splitlines()
    assert head.split() == [
        "INCIDENT",
        "SLO",
        "SEVERITY",
        "PHASE",
        "BEGAN",
        "LASTED",
        "BUDGET",
        "SPENT",
        "OWNER",
    ]
    assert row.startswith(f"{ID}  shop/checkout  sev1, over  postmortem")
    assert "10m30s" not in row  # from ten minutes on no seconds
    assert "21.0%" in row
    assert f"read on: fireline postmortem {ID} -n shop" in text


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_list_fits_its_terminal(width):
    found = Found([an_slo(STORY), an_slo(in_one_region())], "files").incidents()
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(board(found, View(at(60), width)))
    lines = captured.get().splitlines()
    assert all(len(line.rstrip()) <= width for line in lines)
    assert any(ID in line for line in lines)


def test_no_incident_is_said_on_stderr(tmp_path):
    result = run("incidents", file_of(tmp_path, an_slo([])))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no incidents on record" in result.stderr
