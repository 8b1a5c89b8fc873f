"""``fireline validate`` of AlertPolicies: words, places, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fireline.cli.main import main

ROOT = Path(__file__).parents[2]
POLICY = """\
apiVersion: fireline.dev/v1alpha1
kind: AlertPolicy
metadata: {name: checkout, namespace: shop}
spec:
  selector: {}
  severities:
    - {name: sev1, page: true, receivers: [team]}
    - {name: sev2, page: false, receivers: [team]}
  receivers:
    - {name: team, webhook: {url: "http://chat.shop:8080/"}}
  rules:
    - name: CheckoutFailures
      severity: sev2
      ratio:
        bad: {metric: 'checkouts_total{result="failed"}'}
        total: {metric: checkouts_total}
        above: "5"
"""


def validate(folder: Path, *texts: str) -> Result:
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    return CliRunner().invoke(main, ["validate", str(folder)])


def test_a_sound_policy_is_said_to_be_valid(tmp_path: Path) -> None:
    done = validate(tmp_path, POLICY)

    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "valid: 1 AlertPolicy\n")


def test_a_rule_that_pages_without_saying_so_is_refused_at_its_line(tmp_path: Path) -> None:
    done = validate(tmp_path, POLICY.replace("severity: sev2", "severity: sev1"))

    assert done.exit_code == 1
    assert done.stdout.startswith(
        f"{tmp_path}/0.yaml:13: error: spec.rules[0].severity: is 'sev1', which pages in this policy. A "
        "non-SLO rule pages only with an explicit page: true and a pageReason"
    )
    assert done.stderr == "not valid: 1 AlertPolicy\n"


def test_wrong_promql_of_a_rule_is_found(tmp_path: Path) -> None:
    done = validate(tmp_path, POLICY.replace("{metric: checkouts_total}", '{metric: "sum(x)"}'))

    assert done.exit_code == 1
    assert (
        "0.yaml:16: error: spec.rules[0].ratio.total.metric: 'sum(x)' is not a plain selector" in done.stdout
    )


def test_a_policy_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    done = validate(tmp_path, POLICY, POLICY)

    assert done.exit_code == 1
    assert f"shop/checkout is already defined in {tmp_path}/0.yaml:1" in done.stdout


@pytest.mark.parametrize("folder", ["alert-library", "alert-policy"])
def test_the_examples_are_valid(folder: str) -> None:
    done = CliRunner().invoke(main, ["validate", str(ROOT / "examples" / folder)])

    assert done.exit_code == 0, done.output
