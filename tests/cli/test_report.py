"""``fireline report`` on a real Prometheus over a history of which every figure was counted by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.ports import free_port
from tests.bed.prometheus import Prometheus
from tests.bed.toolchain import Tools
from tests.truth import alert_history

from fireline.cli.main import main

pytestmark = pytest.mark.bed

FILES = Path(__file__).parent / "fixtures" / "report"


@pytest.fixture(scope="module")
def prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("report")
    data = alert_history.write(tools, folder)
    with Prometheus(tools, folder, data=data, scrape_interval="1d", flags=alert_history.FLAGS) as running:
        yield running


def report(prometheus: Prometheus, *more: str, files: str = str(FILES)) -> Result:
    given = ["report", files, "--prometheus", prometheus.url, "--until", "2026-10-28", *more]
    return CliRunner().invoke(main, given, catch_exceptions=False)


@pytest.fixture(scope="module")
def told(prometheus: Prometheus) -> dict:
    """The report of the week as data."""
    result = report(prometheus, "-o", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_the_figures_of_the_week_are_those_counted_by_hand(told):
    checkout, alone = told["policies"]
    now = {key: value for key, value in checkout["now"].items() if not isinstance(value, list)}
    assert checkout["policy"] == "shop/checkout"
    assert now == {
        "coverage": 0.9989,
        "episodes": 11,
        "pages": 8,
        "pagesPerWeek": 8.0087,
        "offHoursPages": 3,
        "flapping": 1,
        "meanSecondsToResolve": 3195.0,
        "right": 3,
        "judged": 4,
        "precision": 0.75,
        "falsePositives": 0.25,
        "detected": 3,
        "losses": 4,
        "recall": 0.75,
    }
    assert checkout["now"]["detection"] == [
        {
            "sev": "sev0",
            "count": 3,
            "medianSeconds": 240,
            "p90Seconds": 480,
            "targetSeconds": 300,
            "withinTarget": 2,
        }
    ]
    assert alone["policy"] is None


def test_the_week_before_gives_the_trend(told):
    before = told["policies"][0]["before"]
    assert (before["pages"], before["falsePositives"], before["recall"]) == (2, 0.5, 1.0)
    assert before["coverage"] == 1


def test_an_slo_that_nobody_evaluated_is_unknown_and_not_fine(told):
    now = told["policies"][1]["now"]
    assert now["coverage"] == 0
    assert [now[key] for key in ("episodes", "pages", "pagesPerWeek", "precision", "recall")] == [None] * 5
    assert told["budgets"][0] == {
        "namespace": "lab",
        "name": "search",
        "objective": "99",
        "window": "30d",
        "spent": None,
        "spentLessThan": None,
        "remaining": None,
    }


def test_budgets_say_what_was_spent_in_the_period_and_what_is_left(told):
    """36,000 + 300 + 18,000 + 36,000 + 24,000 of 259,200, and 36,600 in the time before."""
    mine = told["budgets"][1]
    assert mine["spent"] == pytest.approx(114_300 / 259_200, abs=1e-4)
    assert mine["remaining"] == pytest.approx(1 - (114_300 + 36_600) / 259_200, abs=1e-4)


def test_what_flaps_is_proposed_for_change_and_what_cannot_be_known_is_not(told):
    (found,) = told["policies"][0]["proposals"]
    assert (found["kind"], found["alert"]) == ("Flaps", "QueueFull")
    never = told["policies"][0]["neverFired"]
    assert never["alerts"] == []
    assert {"NeverSeen"} <= {one["alert"] for one in never["unknown"]}


def test_where_prometheus_was_away_is_said(told):
    assert told["notEvaluated"] == {
        "default": [{"from": "2026-10-25T00:21:00Z", "to": "2026-10-25T00:32:00Z"}]
    }


def test_a_month_that_is_half_known_says_so(prometheus):
    result = report(prometheus, "--period", "month", "-o", "json")
    month = json.loads(result.stdout)["policies"][0]
    assert month["now"]["coverage"] == pytest.approx((16 * 1440 - 11) / (30 * 1440), abs=1e-3)
    assert month["now"]["pages"] == 10
    assert month["before"]["pages"] is None


def test_markdown_is_what_a_pipe_gets_and_has_the_same_figures(prometheus):
    result = report(prometheus)
    assert result.exit_code == 0
    assert result.stdout.startswith("# Alert quality\n")
    assert "| right (precision) | 75 % (3 of 4) | 50 % (1 of 2) |" in result.stdout
    assert "| pages off hours | 3 | 0 |" in result.stdout
    assert "4m median, 8m of 9 in 10; 2 of 3 within 5m" in result.stdout
    assert "| before 2026-10-27 12:05 | shop/checkout | PageFast | missed |" in result.stdout
    assert "evaluated nothing for 11m of it" in result.stdout


def test_text_and_yaml_have_them_too(prometheus, told):
    text = report(prometheus, "-o", "text").stdout
    assert "75 % (3 of 4)" in text
    assert "for nothing" in text
    assert yaml.safe_load(report(prometheus, "-o", "yaml").stdout) == told


def test_the_page_draws_every_episode_and_loads_nothing(prometheus):
    text = report(prometheus, "-o", "html").stdout
    for word in ("<script", "src=", "href=", "url(", "@import"):
        assert word not in text, word
    start = text.index("<svg")
    drawn = ET.fromstring(text[start : text.index("</svg>") + 6])
    titles = [title for rect in drawn.iter("rect") if (title := rect.findtext("title"))]
    assert sum("QueueFull" in title for title in titles) == 4
    assert sum("nobody was told" in title for title in titles) == 1
    assert sum("still firing" in title for title in titles) == 1


def test_texts_of_users_stay_text_in_every_format(prometheus, tmp_path):
    owner = "'<script>x</script> | y'"
    (tmp_path / "old.md").write_text(f"---\nreviewed: 2026-01-01\nowner: {owner}\n---\n# Old\n")
    page = report(prometheus, "-o", "html", "--runbooks", str(tmp_path)).stdout
    assert "<td>&lt;script&gt;x&lt;/script&gt; | y</td>" in page
    assert "| \\<script\\>x\\</script\\> \\| y |" in report(prometheus, "--runbooks", str(tmp_path)).stdout


def test_one_policy_or_one_slo_can_be_chosen(prometheus):
    only = json.loads(report(prometheus, "-o", "json", "--policy", "checkout").stdout)
    assert [one["policy"] for one in only["policies"]] == ["shop/checkout"]
    slo = json.loads(report(prometheus, "-o", "json", "--slo", "search").stdout)
    assert [one["name"] for one in slo["budgets"]] == ["search"]
    namespace = json.loads(report(prometheus, "-o", "json", "-n", "shop").stdout)
    assert [one["policy"] for one in namespace["policies"]] == ["shop/checkout"]


def test_runbooks_that_nobody_reviewed_for_a_quarter_are_listed(prometheus, tmp_path):
    for name, day in (("old", "2026-07-29"), ("new", "2026-07-30")):
        (tmp_path / f"{name}.md").write_text(f"---\nreviewed: {day}\nowner: shop\n---\n# {name}\n")
    (tmp_path / "broken.md").write_text("# Broken\n")
    result = report(prometheus, "--runbooks", str(tmp_path))
    assert "| old.md | 2026-07-29 | 91d | shop |" in result.stdout
    assert "new.md" not in result.stdout
    assert "left out: runbook broken.md" in result.stderr
    data = json.loads(report(prometheus, "--runbooks", str(tmp_path), "-o", "json").stdout)
    assert data["staleRunbooks"] == [{"page": "old.md", "reviewed": "2026-07-29", "owner": "shop"}]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--slo", "nothing"], "--slo: there is no nothing; known: checkout, search"),
        (["--policy", "nothing"], "--policy: there is no nothing; known: checkout"),
        (["-n", "elsewhere"], "no valid AlertPolicy"),
        (["--since", "5m"], "less than an hour"),
        (["-A"], "ask a cluster"),
        (["-A", "-n", "shop"], "contradict"),
        (["--source", "other"], "no source of the settings"),
    ],
)
def test_wrong_usage_is_said_in_words(prometheus, given, said):
    result = report(prometheus, *given)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_server_that_cannot_be_reached_is_exit_code_2():
    url = f"http://127.0.0.1:{free_port()}"
    result = CliRunner().invoke(main, ["report", str(FILES), "--prometheus", url])
    assert result.exit_code == 2
    assert url in result.stderr


def test_what_is_not_valid_is_said_and_left_out(prometheus, tmp_path):
    good = (FILES / "policy.yaml").read_text()
    bad = good.replace('objective: "99"', 'objective: "100"')
    bad += """---
apiVersion: fireline.dev/v1alpha1
kind: AlertPolicy
metadata: {name: nowhere, namespace: lab}
spec:
  selector: {}
  severities: [{name: sev0, page: true, receivers: [nobody]}]
  receivers: [{name: chat, slack: {apiURLSecret: {name: slack, key: url}}}]
"""
    (tmp_path / "objects.yaml").write_text(bad)
    result = report(prometheus, "-o", "json", files=str(tmp_path))
    assert "left out: ServiceLevelObjective search: spec.objective" in result.stderr
    assert "left out: AlertPolicy nowhere: spec.severities" in result.stderr
    assert [one["policy"] for one in json.loads(result.stdout)["policies"]] == ["shop/checkout"]


def test_the_guide_shows_what_the_command_prints(prometheus):
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "alert-quality.md").read_text()
    shown = guide.split("```\nshop/checkout\n", 1)[1].split("…", 1)[0]
    printed = {" ".join(line.split()) for line in report(prometheus, "-o", "text").stdout.splitlines()}
    lines = {" ".join(line.split()) for line in shown.splitlines()}
    assert len(lines) > 10
    assert {line for line in lines if "─" not in line} <= printed


def test_each_source_tells_of_its_own_slos_and_rules(prometheus, tmp_path):
    text = (
        (FILES / "policy.yaml").read_text().replace("service: search", "service: search\n  prometheus: other")
    )
    text = text.replace("name: search, namespace: lab", "name: search, namespace: shop")
    (tmp_path / "objects.yaml").write_text(text)
    source = {"urls": [prometheus.url], "rule_labels": {"prometheus": "a"}}
    settings = {"sources": {"default": source, "other": source | {"rule_labels": {"prometheus": "b"}}}}
    config = tmp_path / "settings.yml.txt"
    config.write_text(json.dumps(settings))
    given = ["report", str(tmp_path / "objects.yaml"), "--config", str(config), "--until", "2026-10-28"]
    result = CliRunner().invoke(main, [*given, "-o", "json"], catch_exceptions=False)
    told = json.loads(result.stdout)["policies"]
    assert [(one["policy"], one["source"]) for one in told] == [
        ("shop/checkout", "default"),
        ("shop/checkout", "other"),
    ]
    rules = [{one["alert"] for one in each["neverFired"]["unknown"]} for each in told]
    assert "NeverSeen" in rules[0]
    assert "NeverSeen" not in rules[1]
    text = CliRunner().invoke(main, [*given, "-o", "text"], catch_exceptions=False).stdout
    assert "shop/checkout (source other)" in text


@pytest.mark.parametrize(("width", "there"), [(160, True), (80, False)])
def test_a_narrow_terminal_leaves_out_what_is_said_below(prometheus, monkeypatch, width, there):
    monkeypatch.setattr("fireline.cli.reporting.terminal._PLAIN_WIDTH", width)
    lines = report(prometheus, "-o", "text").stdout.splitlines()
    head = next(line for line in lines if "policy" in line and "right" in line)
    assert ("resolved in" in head) is there
    assert all(word in head for word in ("pages a week", "right", "recall", "known"))
    assert any(line.split()[:2] == ["shop/checkout", "8"] for line in lines)
