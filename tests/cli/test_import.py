"""``fireline import``: other tools' files as Fireline objects, and what was lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from fireline.cli.main import main

FILES = Path(__file__).parents[1] / "importing"

PLUGIN = """
version: prometheus/v1
service: checkout
slos:
  - name: plugin
    objective: 99
    sli: {plugin: {id: sloth-common/istio/v1/availability}}
"""
PLAIN = """
version: prometheus/v1
service: checkout
slos:
  - name: errors
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))
        total_query: sum(rate(http_requests_total[{{.window}}]))
    alerting: {}
"""


def fireline(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize("name", ["sloth", "pyrra", "openslo"])
def test_the_output_is_valid_and_renders(name: str) -> None:
    imported = fireline("import", name, FILES / f"{name}.yaml")

    assert imported.exit_code == 0
    assert len(list(yaml.safe_load_all(imported.stdout))) >= 3
    checked = fireline("validate", "-", stdin=imported.stdout)
    assert checked.exit_code == 0, checked.stdout
    assert fireline("render", "-", stdin=imported.stdout).exit_code == 0


def test_auto_takes_every_format_it_finds_and_counts_the_rest() -> None:
    done = fireline("import", "auto", FILES, "-", stdin="kind: Deployment\napiVersion: apps/v1\n")

    names = {document["metadata"]["name"] for document in yaml.safe_load_all(done.stdout)}
    assert {"checkout-requests", "checkout-errors", "queue-depth", "web-availability"} <= names
    assert "1 document of other kinds passed by" in done.stderr


def test_a_file_of_another_format_is_named() -> None:
    done = fireline("import", "sloth", FILES / "pyrra.yaml")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "pyrra.yaml:2 is written for Pyrra, not for sloth; write: fireline import pyrra" in done.stderr


def test_nothing_to_import_is_wrong_usage() -> None:
    done = fireline("import", "auto", "-", stdin="apiVersion: v1\nkind: Service\n")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "nothing to import" in done.stderr


def test_unreadable_yaml_imports_nothing() -> None:
    done = fireline("import", "sloth", "-", stdin=f"{PLAIN}\n---\na: [")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "no YAML" in done.stderr


def test_losses_are_no_failure_unless_strict() -> None:
    assert (
        fireline("import", "sloth", "-", stdin=PLAIN + PLUGIN.replace("version", "---\nversion")).exit_code
        == 0
    )
    assert fireline("import", "sloth", "--strict", "-", stdin=PLAIN).exit_code == 0

    strict = fireline("import", "sloth", "--strict", "-", stdin=PLUGIN)
    assert strict.exit_code == 1
    assert "<stdin>:7: lost: slos[0].sli.plugin: Fireline runs no plugins" in strict.stderr
    assert "imported 0 objectives, left out 1" in strict.stderr


def test_the_report_says_the_same_to_programs(tmp_path: Path) -> None:
    report = tmp_path / "lost.json"
    done = fireline(
        "import", "sloth", "--report", report, "-", stdin=PLAIN + PLUGIN.replace("version", "---\nversion")
    )

    written = json.loads(report.read_text())
    losses = written.pop("losses")
    assert written == {"objectives": 1, "leftOut": 1, "lost": 2, "changed": 0, "notes": 0}
    assert losses[0] == {
        "file": "<stdin>",
        "document": 2,
        "line": 17,
        "object": "",
        "path": "slos[0]",
        "effect": "Lost",
        "what": losses[0]["what"],
        "why": "is left out: nothing usable remains of it",
        "advice": losses[0]["advice"],
    }
    assert losses[1]["path"] == "slos[0].sli.plugin"
    assert json.loads(losses[1]["what"]) == {"id": "sloth-common/istio/v1/availability"}
    assert all(loss["path"] in done.stderr for loss in losses)


def test_a_report_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    done = fireline("import", "sloth", "--report", tmp_path / "gone" / "lost.json", "-", stdin=PLAIN)

    assert done.exit_code == 2
    assert "lost.json: No such file or directory" in done.stderr


def test_a_namespace_is_given_to_objects_that_name_none() -> None:
    done = fireline("import", "pyrra", "-n", "web", FILES / "pyrra.yaml")

    found = {
        each["metadata"]["name"]: each["metadata"]["namespace"] for each in yaml.safe_load_all(done.stdout)
    }
    assert found["checkout-errors"] == "shop"
    assert found["checkout-latency"] == "web"


def test_json_output_is_a_list_kubectl_takes() -> None:
    listed = json.loads(fireline("import", "pyrra", "-o", "json", FILES / "pyrra.yaml").stdout)

    assert (listed["kind"], len(listed["items"])) == ("List", 5)


def test_what_kubectl_prints_is_read_item_by_item() -> None:
    items = list(yaml.safe_load_all((FILES / "pyrra.yaml").read_text()))
    listed = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}, sort_keys=False)

    done = fireline("import", "pyrra", "-", stdin=listed)

    assert done.stdout == fireline("import", "pyrra", FILES / "pyrra.yaml").stdout
    line = next(number for number, text in enumerate(listed.splitlines(), 1) if "name: CheckoutBurns" in text)
    assert f"<stdin>:{line}: lost: spec.alerting.name = CheckoutBurns" in done.stderr


def test_a_period_sloth_itself_knows_no_alerts_for_is_wrong_usage() -> None:
    done = fireline("import", "sloth", "--period", "7d", "-", stdin=PLAIN)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "--period: Sloth has alerts of its own for 28d and 30d only" in done.stderr


def test_a_period_that_is_no_duration_is_wrong_usage() -> None:
    done = fireline("import", "sloth", "--period", "soon", "-", stdin=PLAIN)

    assert done.exit_code == 2
    assert "--period: 'soon' is not a Prometheus duration" in done.stderr
