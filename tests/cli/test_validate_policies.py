"""``fireline validate`` of AlertPolicies: words, places, exit codes."""

from __future__ import annotations

import json
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
  fallback: {receivers: [team]}
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


SLO = """\
apiVersion: fireline.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: orders, namespace: shop, labels: {team: shop}}
spec:
  service: orders
  objective: "99.9"
  indicator:
    ratio:
      bad: {metric: 'orders_total{result="failed"}'}
      total: {metric: orders_total}
"""


def said(done: Result) -> list[str]:
    """What was found, without places and without notes about arithmetic."""
    found = json.loads(done.stdout)["findings"]
    return [
        f"{one['level']}: {one['path']}: {one['message']}" for one in found if one["reason"] != "Adjusted"
    ]


def validate_json(folder: Path, *texts: str) -> Result:
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    return CliRunner().invoke(main, ["validate", str(folder), "-o", "json"])


def selecting(team: str, *, name: str = "checkout", extra: str = "") -> str:
    """The policy for the SLOs of a team."""
    return POLICY.replace("selector: {}", f"selector: {{matchLabels: {{team: {team}}}}}{extra}").replace(
        "name: checkout,", f"name: {name},"
    )


def test_mixed_kinds_of_one_file_are_judged_together(tmp_path: Path) -> None:
    done = validate(tmp_path, f"{SLO}---\n{POLICY}---\nkind: Deployment\napiVersion: apps/v1\n")

    assert done.exit_code == 0
    assert done.stderr == (
        "valid: 1 ServiceLevelObjective, 1 AlertPolicy; 1 document of other kinds passed by\n"
    )


def test_an_slo_that_no_policy_of_its_namespace_selects_is_noted(tmp_path: Path) -> None:
    done = validate_json(tmp_path, SLO, selecting("pay"))

    assert done.exit_code == 0
    (words,) = said(done)
    assert words == (
        "note: metadata.labels: no AlertPolicy of these files selects it: its alerts carry the default "
        "severities and go wherever the cluster's own routing sends them"
    )


def test_a_policy_without_rules_that_selects_nothing_is_noted(tmp_path: Path) -> None:
    alone = selecting("pay").partition("  rules:")[0] + "  fallback: {receivers: [team]}\n"
    done = validate_json(tmp_path, SLO, selecting("shop", name="all"), alone)

    assert said(done) == ["note: spec.selector: none of the 1 SLOs of namespace shop here belongs to it"]


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        ("\n  priority: 5", "it has the higher priority"),
        ("", "by its name, and in a cluster the older one would; give one a higher spec.priority"),
    ],
)
def test_policies_that_overlap_are_noted_with_the_one_that_has_the_slo(
    tmp_path: Path, extra: str, why: str
) -> None:
    done = validate_json(tmp_path, SLO, selecting("shop", name="first", extra=extra), selecting("shop"))
    winner, other = ("first", "checkout") if extra else ("checkout", "first")

    assert done.exit_code == 0
    assert (
        f"note: metadata.labels: belongs to AlertPolicy {winner}, though {other} selects it too: {why}"
        in said(done)
    )


def test_a_tier_that_no_slo_of_the_policy_has_is_noted(tmp_path: Path) -> None:
    tiers = "\n  tiers: {PageFast: sev1, PageFats: sev1, Budget75: sev2}"
    done = validate_json(tmp_path, SLO, selecting("shop", extra=tiers))

    assert said(done) == [
        "note: spec.tiers.PageFats: none of its SLOs here has a tier of this name; did you mean PageFast?",
        "note: spec.tiers.Budget75: none of its SLOs here has a tier of this name; did you mean Budget50?",
    ]


def test_alerts_of_one_name_with_different_severities_are_refused(tmp_path: Path) -> None:
    paging = (
        POLICY.replace("name: checkout,", "name: other,")
        .replace("severity: sev2", "severity: sev1\n      page: true\n      pageReason: Nobody can pay.")
        .replace("rules:", 'runbookURL: "https://runbooks.example/{alertname}"\n  rules:')
    )
    done = validate_json(tmp_path, POLICY, paging)

    assert done.exit_code == 1
    (words,) = said(done)
    assert words == (
        "error: spec.rules[0].name: CheckoutFailures is critical here and warning in shop/checkout "
        f"({tmp_path}/0.yaml:12): the inhibition most clusters have would let one mute the other; give them "
        "different names"
    )
    assert json.loads(done.stdout)["findings"][0]["line"] == 13


def test_the_same_alert_in_two_namespaces_or_of_one_severity_is_fine(tmp_path: Path) -> None:
    elsewhere = POLICY.replace("namespace: shop", "namespace: pay").replace("severity: sev2", "severity: P3")

    assert validate(tmp_path, POLICY, elsewhere, POLICY.replace("name: checkout,", "name: b,")).exit_code == 0


def test_objects_without_shape_are_refused_in_words(tmp_path: Path) -> None:
    head = "apiVersion: fireline.dev/v1alpha1\nkind: AlertPolicy\n"
    shapeless = [
        "metadata: 5\nspec: {}\n",
        "spec: 7\n",
        "metadata: {name: [x], labels: [y]}\nspec: {selector: {matchLabels: 4}}\n",
        "metadata: {name: x}\nspec: {selector: 5, severities: {}, tiers: [], rules: 3}\n",
    ]
    wrong_slo = SLO.replace("{team: shop}", "[team]").replace("spec:", "spec:\n  groupBy: 5")
    done = validate(tmp_path, SLO, wrong_slo, POLICY, *(head + text for text in shapeless))

    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "metadata: must be a mapping, found the number 5" in done.stdout
    assert "spec.rules: must be a list, found the number 3" in done.stdout


def test_issues_come_as_annotations_of_a_pull_request(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("receivers: [team]}", "receivers: [taem]}", 1))
    done = CliRunner().invoke(main, ["validate", str(tmp_path), "-o", "github"])

    assert done.stdout.splitlines()[0] == (
        f"::error file={tmp_path}/policy.yaml,line=7,title=Fireline UnknownReceiver::"
        "spec.severities[0].receivers[0]: 'taem' is not among spec.receivers; there are: team"
    )


def test_all_examples_are_valid_together() -> None:
    done = CliRunner().invoke(main, ["validate", str(ROOT / "examples"), "-o", "yaml"])

    assert done.exit_code == 0, done.output
    assert "NoPolicy" not in done.stdout


def test_a_time_of_day_without_quotes_is_the_text_that_kubectl_sends(tmp_path: Path) -> None:
    hours = "\n  hours: [{name: business, from: 9:00, to: 17:00}]"
    done = validate(tmp_path, selecting("shop", extra=hours))

    assert "spec.hours[0].from: '9:00' is not a time of day in quotes; write it like \"09:00\"" in done.stdout
    assert "spec.hours[0].to" not in done.stdout


def test_a_name_that_the_api_server_would_refuse_is_refused_at_its_line(tmp_path: Path) -> None:
    done = validate(tmp_path, selecting("shop", name="a" * 52))

    assert done.stdout.startswith(
        f"{tmp_path}/0.yaml:3: error: metadata.name: has 52 characters, at most 51 are allowed"
    )
