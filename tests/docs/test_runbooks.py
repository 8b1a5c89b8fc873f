"""Every alert Fireline can write has a page that an on-call person can follow at three in the morning."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import promql_parser
import pytest

from fireline.alerting import names as policy_names
from fireline.alerting import runbooks
from fireline.errors import SpecError
from fireline.mitigation import names as mitigation_names
from fireline.slo import names
from fireline.synthetic import names as check_names
from tests.rules.alert_library import groups_of, policies, rules

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "runbooks"
INDEX = FOLDER / "README.md"
PAGES = sorted(file for file in FOLDER.glob("*.md") if file != INDEX)
RULES = rules()

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
_METRIC = re.compile(r"\b(?:up|[a-z]+(?:_[a-z]+)+)\b(?=[{\[ )]|$)")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_TIME_BOX = re.compile("^\\*\\*(\\d+)\u2013(\\d+) min: ", re.MULTILINE)


@lru_cache
def text_of(file: Path) -> str:
    return file.read_text()


@lru_cache
def page_of(file: Path) -> runbooks.Runbook:
    return runbooks.read(file.name, text_of(file))


def slo_alerts() -> set[str]:
    """Names of the alerts of an SLO, as the code has them."""
    return {value for name, value in vars(names).items() if name.startswith("ALERT_")}


def check_alerts() -> set[str]:
    """Names of the alerts of a check, and of the operator itself, as the code has them."""
    return {value for name, value in vars(check_names).items() if name.startswith("ALERT_")}


def mitigation_alerts() -> set[str]:
    """Names of the alerts of a Mitigation, as the code has them."""
    return {value for name, value in vars(mitigation_names).items() if name.startswith("ALERT_")}


@lru_cache
def rendered_alerts() -> frozenset[str]:
    """Names of the alerts in the rules Fireline writes for the packaged library."""
    groups = [group for policy in policies() for group in groups_of(policy, policy.spec.rules_ or [])]
    return frozenset(rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule)


def every_alert() -> set[str]:
    written = slo_alerts() | check_alerts() | mitigation_alerts() | set(policy_names.GENERATED)
    return written | rendered_alerts()


def blocks(file: Path, language: str) -> list[str]:
    """Blocks of code of a page in one language."""
    return [found["text"] for found in _BLOCK.finditer(text_of(file)) if found["language"] == language]


def section(file: Path, title: str) -> str:
    """The text of a section, without its heading."""
    return text_of(file).split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_alert_fireline_writes_has_a_page():
    assert runbooks.without_page(every_alert(), map(page_of, PAGES)) == []


def test_an_alert_without_a_page_is_named():
    assert runbooks.without_page(["SLONoData", "NobodyWroteThis"], map(page_of, PAGES)) == ["NobodyWroteThis"]


def test_no_page_is_about_an_alert_that_is_not_there():
    assert {page_of(file).alert for file in PAGES} == every_alert()


def test_the_index_lists_every_page():
    listed = {found["target"] for found in _LINK.finditer(text_of(INDEX))}
    assert {file.name for file in PAGES} <= listed


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
class TestAPage:
    def test_is_named_after_its_alert(self, file: Path):
        assert runbooks.file_name(page_of(file).alert) == file.name

    def test_has_all_sections_in_order(self, file: Path):
        assert page_of(file).sections == runbooks.SECTIONS
        assert all(section(file, title).strip() for title in runbooks.SECTIONS)

    def test_tells_its_owner_its_severity_and_a_review_that_has_been(self, file: Path):
        page = page_of(file)
        assert page.owner
        assert page.severity
        assert page.reviewed <= datetime.now(UTC).date()

    def test_tells_the_severity_of_its_rule(self, file: Path):
        page = page_of(file)
        if page.alert in RULES:
            assert RULES[page.alert][1].severity in page.severity.split(", ")

    def test_has_time_boxes_that_follow_one_another(self, file: Path):
        boxes = [(int(start), int(end)) for start, end in _TIME_BOX.findall(section(file, "Diagnosis"))]
        assert len(boxes) >= 2
        assert boxes[0][0] == 0
        assert all(start < end for start, end in boxes)
        assert all(one[1] == other[0] for one, other in pairwise(boxes))

    def test_has_queries_to_copy_that_parse(self, file: Path):
        queries = blocks(file, "promql")
        assert queries
        for query in queries:
            promql_parser.parse(query)

    def test_looks_into_logs_by_a_selector_of_streams(self, file: Path):
        for query in blocks(file, "logql"):
            assert re.search(r'\{\w+=~?"[^"]+"', query)
            assert all(query.count(one) == query.count(other) for one, other in ("()", "{}", "[]"))

    def test_links_to_files_that_exist(self, file: Path):
        targets = [found["target"] for found in _LINK.finditer(text_of(file))]
        assert targets
        local = [target.split("#")[0] for target in targets if "://" not in target]
        assert [target for target in local if not (file.parent / target).is_file()] == []

    def test_asks_for_what_its_rule_reads(self, file: Path):
        page = page_of(file)
        if page.alert in RULES:
            policy, rule = RULES[page.alert]
            read = set(_METRIC.findall(str(groups_of(policy, [rule]))))
            asked = {name for query in blocks(file, "promql") for name in _METRIC.findall(query)}
            assert read & asked

    def test_reads_series_of_checks_that_fireline_exports(self, file: Path):
        exported = {value for name, value in vars(check_names).items() if name.isupper()}
        found = {n for query in blocks(file, "promql") for n in re.findall(r"fireline_check_\w+", query)}
        assert found <= exported

    def test_reads_series_of_mitigations_that_fireline_exports(self, file: Path):
        exported = {value for name, value in vars(mitigation_names).items() if name.isupper()}
        found = {n for query in blocks(file, "promql") for n in re.findall(r"fireline_mitigation\w+", query)}
        assert found <= exported

    def test_reads_recorded_series_that_fireline_writes(self, file: Path):
        reference = (ROOT / "docs" / "reference" / "series.md").read_text()
        found = {name for query in blocks(file, "promql") for name in re.findall(r"slo:\w+:\w+", query)}
        assert {name for name in found if f"`{name}" not in reference} == set()


def a_page(name: str, reviewed: str = "2026-11-22", body: str = "# Alert\n") -> runbooks.Runbook:
    return runbooks.read(f"{name}.md", f"---\nreviewed: {reviewed}\nowner: shop\n---\n{body}")


def test_pages_older_than_ninety_days_are_listed_the_oldest_first():
    today = date(2026, 11, 22)
    edge = today - timedelta(days=90)
    pages = [
        a_page("just-old-enough", (edge - timedelta(days=1)).isoformat()),
        a_page("fresh"),
        a_page("ancient", "2019-01-01"),
        a_page("at-the-edge", edge.isoformat()),
    ]
    assert [page.file for page in runbooks.stale(pages, today)] == ["ancient.md", "just-old-enough.md"]
    assert runbooks.stale(pages, today, after=timedelta(days=100_000)) == []


def test_our_own_pages_were_read_within_ninety_days_of_one_another():
    newest = max(page_of(file).reviewed for file in PAGES)
    assert runbooks.stale(map(page_of, PAGES), newest) == []


def test_a_comment_in_a_block_of_code_is_no_section():
    page = a_page("p", body="# TheAlert\n## Meaning\n```sh\n## not a section\n```\n## Impact\n")
    assert (page.alert, page.sections) == ("TheAlert", ("Meaning", "Impact"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# No front matter\n", "begins without front matter"),
        ("---\nreviewed: 2026-11-22\n# No end\n", "has no end"),
        ("---\nowner: shop\n---\n", "reviewed is None"),
        ("---\nreviewed: last week\n---\n", "reviewed is 'last week'"),
        ("---\nreviewed: 2026-11-22 10:00:00\n---\n", "which is not a day"),
        ("---\nreviewed: 2026-02-30\n---\n", "cannot be read"),
        ("---\n[reviewed\n---\n", "cannot be read"),
        ("---\n- reviewed\n---\n", "not a list of names and values"),
        ("", "begins without front matter"),
    ],
)
def test_a_page_that_does_not_tell_its_review_is_refused_with_an_example(text: str, words: str):
    with pytest.raises(SpecError, match=words) as refused:
        runbooks.read("page.md", text)
    assert "page.md" in str(refused.value)
    assert "reviewed: 2026-11-22" in str(refused.value)
