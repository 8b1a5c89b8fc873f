"""``fireline explain`` of AlertPolicies in files: who is told, what is promised, and what to mend."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from rich.console import Console
from tests.cli.policy_statuses import QUALITY, TESTED, a_policy, a_policy_status
from tests.cli.statuses import a_status, an_slo

from fireline.cli.explaining.page import page
from fireline.cli.explaining.reading import from_files
from fireline.cli.main import main
from fireline.settings import Settings

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
AT = datetime(2026, 3, 10, 3, 4, 30, tzinfo=UTC)
Manifest = dict[str, Any]


def explained(tmp_path: Path, *objects: Manifest) -> str:
    """The page about objects of one file, at four past three."""
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump_all(objects))
    found = from_files(str(tmp_path / "policy.yaml"), Settings(), None, namespace="default", now=AT)
    console = Console(file=io.StringIO(), width=200, highlight=False)
    with console.capture() as captured:
        console.print(*(page(one, console) for one in found), sep="\n\n")
    text = captured.get().replace(f"{tmp_path}/", "")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def fireline(*objects: Manifest) -> Result:
    return CliRunner().invoke(main, ["explain", "-", "-o", "json"], input=yaml.safe_dump_all(objects))


def document(*objects: Manifest) -> Any:
    done = fireline(*objects)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def line(found: Manifest, key: str, name: str) -> Manifest:
    (one,) = [one for one in found[key] if one["name"] == name]
    return one


def test_a_policy_whose_routes_are_not_loaded_reads_like_this(tmp_path: Path) -> None:
    status = a_policy_status(
        {"RoutesLoaded": ("False", "NotLoaded", "receiver pager is not in Alertmanager's configuration")},
        overlapping=[{"slo": "media", "policy": "media-team"}],
        lastTest=TESTED,
        quality=QUALITY,
    )

    assert explained(tmp_path, a_policy(status=status)) == (GOLDEN / "explain-policy.txt").read_text()


@pytest.mark.parametrize(
    ("type_", "status", "reason", "advice", "command"),
    [
        (
            "Selected",
            "False",
            "NotSelected",
            "config_labels of alertmanagers.default",
            "kubectl get alertmanagers",
        ),
        (
            "SecretsResolved",
            "False",
            "SecretMissing",
            "create the Secret",
            "kubectl create secret generic NAME",
        ),
        (
            "SecretsResolved",
            "False",
            "SecretKeyMissing",
            "add the key",
            "kubectl describe secret NAME -n shop",
        ),
        ("SecretsResolved", "False", "SecretUnusable", "printf, not echo", "printf %s VALUE"),
        ("SecretsResolved", "Unknown", "Forbidden", "docs/reference/rbac.md", "kubectl describe secret"),
        ("RoutesLoaded", "False", "Deferred", "after six hours", "fireline.dev/apply-now=true"),
        (
            "RoutesLoaded",
            "False",
            "NotLoaded",
            "the log of prometheus-operator",
            "kubectl describe alertmanagerconfig alertpolicy-on-call -n shop",
        ),
        ("RoutesLoaded", "Unknown", "NoAlertmanager", "alertmanagers.default.urls", None),
        ("RoutesLoaded", "Unknown", "AlertmanagerUnreachable", "a NetworkPolicy", "kubectl get pods -A"),
        (
            "EscalationBounded",
            "Unknown",
            "ByProvider",
            "escalation policy there",
            "fireline test-alert on-call",
        ),
        ("EscalationBounded", "False", "WaitsForHours", "outsideHours", None),
        ("RunbooksPresent", "False", "RunbookMissing", "spec.runbookURL", None),
        ("Valid", "False", "InvalidSpec", "the last good routes stay", "fireline validate -"),
    ],
)
def test_each_condition_has_its_fix_and_the_next_command(
    type_: str, status: str, reason: str, advice: str, command: str | None
) -> None:
    found = document(a_policy(status=a_policy_status({type_: (status, reason, "what is so")})))
    (step,) = [one for one in found["steps"] if one["name"] == type_]

    assert step["answer"] == {"False": "No", "Unknown": "Unknown"}[status]
    assert step["words"][0] == "what is so"
    assert any(advice in words for words in step["advice"])
    assert command is None or any(command in one for one in step["commands"])
    assert not any("{" in words for words in (*step["advice"], *step["commands"]))


def test_an_escalation_by_the_provider_needs_nobody() -> None:
    said = ("Unknown", "ByProvider", "the provider escalates by its own rules")
    found = document(a_policy(status=a_policy_status({"EscalationBounded": said})))

    assert found["answer"] == "Ready, and all is well"


def test_hours_holidays_and_who_is_told_outside_of_them_are_in_words() -> None:
    outside = {
        "name": "P2",
        "page": True,
        "receivers": ["pager"],
        "hours": "business",
        "outsideHours": ["chat"],
    }
    policy = a_policy()
    waiting = line(document(policy), "told", "sev1 (P2)")
    policy["spec"]["severities"][1] = outside
    told = line(document(policy), "told", "sev1 (P2)")

    week = "in hours business only: Monday to Friday, 09:00 to 17:00 in Europe/Berlin, but for 1 holiday"
    assert waiting["words"][:2] == [
        week,
        "what begins to fire outside of them is told when they begin, if it still fires",
    ]
    assert told["words"][:2] == [week, "outside of them at once: chat (Slack channel #shop)"]


def test_levels_are_told_as_far_as_fireline_carries_them_out() -> None:
    levels = [{"after": "0m", "receivers": ["chat"]}, {"after": "15m", "receivers": ["lead"]}]
    by_rules = a_policy(escalation={"mode": "Rules", "levels": levels})
    key = {"routingKeySecret": {"name": "pd", "key": "key"}}
    provider = a_policy(
        receivers=[{"name": name, "pagerduty": key} for name in ("pager", "chat", "lead")],
        severities=[{"name": "sev0", "page": True, "receivers": ["pager"]}],
        escalation={"levels": [{"after": "0m", "receivers": ["pager"]}]},
        hours=[],
    )

    assert (
        "after 15m, if it still fires, silenced or not: lead (webhook http://sms.shop:8080/lead)"
        in line(document(by_rules), "told", "sev0")["words"]
    )
    found = document(provider)
    assert "later levels are the provider's, by its own rules" in line(found, "told", "sev0")["words"]
    assert line(found, "told", "Escalation")["figure"] == "by provider"


def test_severities_nobody_mapped_go_to_the_fallback_or_to_nobody() -> None:
    policy = a_policy()
    mapped = line(document(policy), "told", "sev2")
    del policy["spec"]["fallback"]

    assert mapped["figure"] == "chat (Slack channel #shop)"
    assert line(document(policy), "told", "sev2")["figure"] == "nobody"


def test_members_and_overlaps_are_those_of_the_same_files() -> None:
    greedy = a_policy("greedy", priority=7)
    greedy["spec"]["selector"] = {"matchLabels": {"tier": "one"}}
    both = an_slo("media", team="shop")
    both["metadata"]["labels"]["tier"] = "one"
    *_, first, _ = document(an_slo("pay", team="shop"), both, an_slo("other", team="x"), a_policy(), greedy)

    assert line(first, "members", "SLOs")["words"] == ["pay"]
    assert line(first, "members", "Overlapping")["words"][1:] == ["media belongs to greedy"]


def test_an_slo_names_its_policy_and_who_would_be_told() -> None:
    policy = a_policy(tiers={"TicketSlow": "sev0"})
    found, _ = document(an_slo("pay", team="shop"), policy)

    assert [(one["name"], one["figure"]) for one in found["told"]] == [
        ("Policy", "on-call"),
        ("sev0", "pager, chat; after 15m lead"),
        ("sev1", "pager in hours business, outside: wait until then"),
        ("sev2", "chat"),
    ]
    # The policy's own mapping of tiers is that of the alerts.
    assert line(found, "told", "sev0")["words"] == ["PageFast, TicketSlow"]
    assert {one["tier"]: one["sev"] for one in found["alerts"]}["TicketSlow"] == "sev0"


def test_an_slo_without_a_policy_is_told_so_where_policies_are_known() -> None:
    found, _ = document(an_slo("pay", team="x"), a_policy())

    assert found["told"][0]["figure"] == "none"
    assert "told" not in document(an_slo("pay"))


def test_figures_that_disagree_are_a_step_of_the_slo() -> None:
    drift = {"FiguresAgree": ("False", "Drift", "recorded history says 10 %, raw history says 20 %")}
    found = document(an_slo(status=a_status(conditions=drift)))

    assert found["steps"][-1]["name"] == "FiguresAgree"
    assert found["answer"] == "Ready; look at FiguresAgree: Drift"


def test_a_wrong_policy_is_explained_by_path() -> None:
    found = document(a_policy(escalation={"levels": [{"after": "5m", "receivers": ["boss"]}]}))

    assert found["answer"] == "not valid"
    assert found["steps"][0]["words"][0].startswith("spec.escalation.levels[0].receivers[0]: 'boss' is not")
    assert found["remarks"] == ["who is told is left out: it follows from a spec that is valid"]


@pytest.mark.parametrize("wrong", [{"metadata": 5}, {"spec": []}, {"spec": {"rules": 5, "selector": []}}])
def test_objects_without_shape_are_explained_too(wrong: Manifest) -> None:
    assert fireline(an_slo("pay"), an_slo("pay") | wrong, a_policy() | wrong).exit_code == 0


def test_what_only_the_operator_can_judge_is_left_to_it() -> None:
    """Without its settings nobody here can say whether there is a merged Secret."""
    policy = a_policy(delivery={"mode": "Secret"}, status=a_policy_status())

    assert document(policy)["answer"] == "Ready, and all is well"
    assert document(a_policy(delivery={"mode": "Secret"}))["answer"] == "not valid"


def test_levels_that_wait_for_hours_are_no_promise() -> None:
    escalation = {
        "mode": "Alertmanager",
        "severities": ["P2"],
        "levels": [{"after": "15m", "receivers": ["lead"]}],
    }

    assert (
        "a level that is due outside of hours business waits until they begin"
        in line(document(a_policy(escalation=escalation)), "told", "Escalation")["words"]
    )
