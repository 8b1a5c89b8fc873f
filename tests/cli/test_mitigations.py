"""What ``fireline mitigations`` shows, and what other commands make of Mitigations in files."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from tests.cli.mitigation_statuses import (
    FLAG,
    HASH,
    NOW,
    OTHER_HASH,
    PLAN,
    a_mitigation,
    a_record,
    active,
    at,
    checked,
    conditions,
    ended,
    idle,
    needs_human,
    proposed,
)
from tests.cli.test_any_object import changed

from fireline.cli.columns import View
from fireline.cli.main import main
from fireline.cli.mitigating import looking
from fireline.cli.mitigating.board import mitigation_board
from fireline.cli.mitigating.deciding import stale
from fireline.cli.mitigating.following import Verdict, taken_back, verified
from fireline.cli.mitigating.following import proposed as is_proposed
from fireline.cli.mitigating.page import document, page, told
from fireline.cli.mitigating.sentences import does, trigger
from fireline.cli.mitigating.standing import MitigationStanding, Need, plain, since, summary, words

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"
Manifest = dict[str, Any]
WAITS = checked(a_mitigation("flag-off"), proposed())
HOLDS = checked(a_mitigation("limit"), active(expiresAt=at(NOW, minutes=2)))
LOST = checked(a_mitigation("more-replicas"), ended(result="Contested", needsHuman=needs_human()))
RESTS = checked(a_mitigation("undo", trigger={"rolloutFailed": {}}), idle())
SUSPENDED = checked(a_mitigation("old", suspend=True), idle())
UNSEEN = a_mitigation("new", trigger=None)
REFUSED = checked(
    a_mitigation("typo"), idle(conditions=conditions(NOW, Ready=("False", "RefusedKind", "no")))
)
ALL = (WAITS, HOLDS, LOST, RESTS, SUSPENDED, UNSEEN, REFUSED)


def standings(*mitigations: Manifest) -> list[MitigationStanding]:
    return sorted((MitigationStanding.of(one, NOW) for one in mitigations), key=lambda one: one.urgency)


def drawn(what: Any, width: int = 120) -> str:
    """Without colours and without trailing blanks."""
    console = Console(file=io.StringIO(), width=width, highlight=False)
    with console.capture() as captured:
        console.print(what)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def fireline(*arguments: str, objects: list[Manifest]) -> Result:
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    return CliRunner().invoke(main, [*arguments, "-"], input=yaml.safe_dump(listed))


@pytest.mark.parametrize("width", [80, 160])
def test_the_table_reads_like_this(width: int) -> None:
    found = drawn(mitigation_board(standings(*ALL), View(NOW, width), paused=""), width)

    assert found == (GOLDEN / f"mitigations-{width}.txt").read_text()


@pytest.mark.parametrize(
    ("name", "mitigation"), [("proposed", WAITS), ("active", HOLDS), ("contested", LOST), ("unseen", UNSEEN)]
)
def test_the_page_of_one_reads_like_this(name: str, mitigation: Manifest) -> None:
    assert drawn(page(mitigation, NOW)) == (GOLDEN / f"mitigation-{name}.txt").read_text()


def test_a_command_can_be_copied_from_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        looking, "Console", lambda **_: Console(file=screen, width=40, force_terminal=True, color_system=None)
    )
    looking.put(page(WAITS, NOW))
    lines = screen.getvalue().splitlines()
    assert f"approve: fireline mitigations approve flag-off -n shop --plan {HASH}" in lines


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        (a_record(1, "Approved", at(NOW), actor="alice", message="approved by alice"), "Approved by alice"),
        (
            a_record(
                1, "Applying", at(NOW), reason="IntentPersisted", actor="alice", message="begins: a flag"
            ),
            "Applying, IntentPersisted by alice: a flag",
        ),
        (
            a_record(1, "Reverting", at(NOW), reason="Recovered", message="is taken back: it is well"),
            "Reverting, Recovered: it is well",
        ),
        (
            a_record(1, "Active", at(NOW), reason="Verified", message="it helped: 1"),
            "Active, Verified: it helped: 1",
        ),
    ],
)
def test_what_happened_is_told_without_saying_it_twice(record: Manifest, shown: str) -> None:
    assert told(record) == shown


def test_how_it_ended_is_told_also_when_it_rests_again() -> None:
    rests = {**ended(), "phase": "Idle", "message": "the trigger is false"}
    assert taken_back(rests) == Verdict(True, "Reverted: what was there is back")
    assert verified(rests) == Verdict(True, "Reverted: what was there is back")


def test_that_it_helped_is_told_once() -> None:
    assert verified(active()) == Verdict(True, "in place, and it helped: the error rate is 0")


def test_whoever_waits_for_a_person_comes_first() -> None:
    found = standings(*ALL)

    assert [one.name for one in found] == [
        "more-replicas",
        "flag-off",
        "limit",
        "new",
        "typo",
        "old",
        "undo",
    ]
    assert [one.quiet for one in found][-2:] == [True, True]


def test_one_object_can_need_several_things() -> None:
    one = MitigationStanding.of(checked(a_mitigation(), active(needsHuman=needs_human(reason="Held"))), NOW)
    late = MitigationStanding.of(HOLDS, NOW)

    assert one.needs == {Need.HUMAN, Need.IN_PLACE}
    assert late.needs == {Need.OVERDUE, Need.IN_PLACE}
    assert summary([one, late])["in-place"] == 2
    assert words([one, late]) == "2 mitigations: 1 needs human, 1 overdue, 2 in place, 0 quiet"


@pytest.mark.parametrize(
    ("verify", "shown"),
    [
        ({"query": "up == bool 1", "within": "5m"}, "not 0: up == bool 1; within 5m"),
        ({"check": "checkout", "within": "5m"}, "check checkout succeeds; within 5m"),
        ({"within": "10m"}, "its trigger is false; within 10m"),
    ],
)
def test_whoever_approves_reads_how_it_is_seen_to_help(verify: Manifest, shown: str) -> None:
    found = drawn(page(checked(a_mitigation("flag-off", verify=verify), proposed()), NOW))
    assert f"helps when   {shown}\n" in found


def test_while_it_is_verified_the_question_is_that_of_the_plan_that_was_approved() -> None:
    status = active()
    intent = status["intent"] | {"verifyBy": at(NOW, minutes=-5)}
    verifying = {**status, "phase": "Verifying", "intent": intent}
    found = drawn(page(checked(a_mitigation("limit", verify={"check": "later"}), verifying), NOW))
    assert f"helps when   its trigger is false; until {NOW + timedelta(minutes=5):%H:%M:%S} UTC\n" in found


def test_a_missing_right_is_told_before_it_is_needed() -> None:
    lacking = conditions(NOW, Permitted=("False", "RightsMissing", "may not patch"))
    (one,) = standings(checked(a_mitigation("undo"), idle(conditions=lacking)))
    shown = drawn(mitigation_board([one], View(NOW, 120)))

    assert one.needs == {Need.NOT_READY}
    assert "RightsMissing" in shown
    assert "1 not ready, 0 quiet" in shown
    assert (plain(one)["ready"]["status"], plain(one)["lacks"]) == ("True", "RightsMissing")


def test_the_age_of_a_phase_counts_from_the_last_time_it_was_entered() -> None:
    records = [
        a_record(1, "Proposed", at(NOW, hours=9)),
        a_record(2, "Ended", at(NOW, hours=8)),
        a_record(3, "Proposed", at(NOW, minutes=9)),
        a_record(4, "Proposed", at(NOW, minutes=3), reason="PlanChanged"),
    ]
    assert since({"phase": "Proposed", "history": records}) == NOW - timedelta(minutes=9)
    assert since({"phase": "Idle", "history": records}) is None
    assert since({}) is None


def test_a_pause_stands_above_everything() -> None:
    found = drawn(mitigation_board(standings(WAITS), View(NOW, 120), paused="migration (by alice)"))
    assert found.startswith("paused: migration (by alice)\n")


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"rolloutUndo": {}}, "takes Deployment pay back to the revision before"),
        ({"restart": {}}, "restarts the pods of Deployment pay"),
        ({"scale": {"replicas": 5}}, "sets replicas of Deployment pay to 5"),
        ({"scale": {"min": 2, "max": 9}}, "sets the bounds of Deployment pay to min 2, max 9"),
        ({"scale": {"max": 0}}, "sets the bounds of Deployment pay to max 0"),
        ({"featureFlag": {"name": "new", "set": "Disabled"}}, "disables flag new of Deployment pay"),
        (
            {"featureFlag": {"name": "new", "set": "Variant", "variant": "off"}},
            "gives everyone variant off of flag new (Deployment pay)",
        ),
        ({"configMapKey": {"key": "captcha", "value": "on"}}, "sets captcha of Deployment pay"),
        ({"rateLimit": {"requests": 50}}, "limits Deployment pay to 50 requests per second"),
        (
            {"rateLimit": {"requests": 50, "unit": "Hour"}},
            "limits Deployment pay to 50 requests per hour",
        ),
        (
            {"routeWeights": {"weights": [{"backend": "a", "weight": 9}, {"backend": "b", "weight": 0}]}},
            "shifts traffic of Deployment pay: a 9, b 0",
        ),
        ({"suspendCronJob": {}}, "suspends Deployment pay"),
        (
            {"patch": {"ops": [{"op": "replace", "path": "/spec/paused", "value": True}]}},
            "changes /spec/paused of Deployment pay",
        ),
        ({"patch": {"type": "Merge", "merge": "{}"}}, "patches Deployment pay"),
        ({"webhook": {"url": "https://a.example/x"}}, "calls https://a.example/x"),
        ({}, "?"),
        (None, "?"),
        ({"scale": "many"}, "?"),
    ],
    ids=str,
)
def test_what_it_would_do_is_one_sentence(action: Any, said: str) -> None:
    assert does({"action": action, "target": {"kind": "Deployment", "name": "pay"}}) == said


def test_every_action_has_its_sentence() -> None:
    from fireline.api.mitigation_action import ACTIONS

    assert [name for name in ACTIONS if does({"action": {name: {}}}) == "?"] == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"slo": "pay"}, "SLO pay (PageFast)"),
        ({"slo": "pay", "tier": "TicketSlow"}, "SLO pay (TicketSlow)"),
        ({"alert": {"name": "HighErrors"}}, "alert HighErrors"),
        ({"query": "x > bool 1"}, "a query"),
        ({"rolloutFailed": {}}, "a failed rollout"),
        (None, "by hand"),
        ("often", "by hand"),
    ],
)
def test_what_calls_for_it_is_said_shortly(spec: Any, said: str) -> None:
    assert trigger({"trigger": spec}) == said


def test_values_that_look_like_secrets_are_not_on_the_page() -> None:
    status = active()
    secret = {"state": "Value", "json": json.dumps("hunter2-hunter2")}
    status["intent"]["paths"] = [
        {"path": "/data/password", "before": {"state": "Absent"}, "after": secret},
        {"path": "/data/colour", "before": {"state": "Null"}, "after": {"state": "Value", "json": '"red"'}},
    ]
    shown = checked(a_mitigation(), status)

    assert "hunter2" not in drawn(page(shown, NOW)) + json.dumps(document(shown, NOW))
    assert "- (absent)\n" in drawn(page(shown, NOW))
    assert '/data/colour\n- null\n+ "red"\n' in drawn(page(shown, NOW))


@pytest.mark.parametrize(
    ("status", "commands"),
    [
        (proposed(), ["approve", "reject"]),
        (active(), ["revert"]),
        (active(reversible="Sticky"), ["watch"]),
        ({**active(), "phase": "Applying"}, ["watch"]),
        (idle(), ["propose"]),
        (ended(), ["propose"]),
        (ended(needsHuman=needs_human()), ["propose", "seen"]),
        ({**proposed(), "needsHuman": needs_human()}, ["approve", "reject", "seen"]),
    ],
    ids=["proposed", "active", "sticky", "applying", "idle", "ended", "contested", "contested before"],
)
def test_only_commands_that_make_sense_now_are_offered(status: Manifest, commands: list[str]) -> None:
    next_ = document(checked(a_mitigation(), status), NOW)["next"]
    assert [line.partition("fireline mitigations ")[2].split()[0] for line in next_] == commands


def test_an_approval_is_offered_for_the_very_plan() -> None:
    (approve, _) = document(WAITS, NOW)["next"]
    assert approve.endswith(f"approve flag-off -n shop --plan {HASH}")


def test_a_plan_that_changed_is_told_field_by_field() -> None:
    added = {"path": "/x", "before": "1", "after": "2"}
    paths = [{"path": FLAG, "before": '"ENABLED"', "after": '"OFF"'}, added]
    status = proposed(plan_hash=OTHER_HASH, plan={**PLAN, "paths": paths, "at": at(NOW, minutes=1)})
    before = [*PLAN["paths"], {**added, "path": "/y"}]
    status["history"] = [a_record(1, "Proposed", at(NOW, minutes=9), planHash=HASH, paths=before)]
    said = stale(HASH, checked(a_mitigation(), status))

    assert said.splitlines() == [
        f"{HASH} is not proposed any more; the plan above is: {OTHER_HASH}",
        f'  {FLAG}: was "ENABLED" → "DISABLED", is "ENABLED" → "OFF"',
        "  /y: is not changed any more",
        "  /x: is changed, too",
        "Read it, and say yes or no to this one.",
    ]


@pytest.mark.parametrize(
    ("goal", "status", "verdict"),
    [
        (verified, idle(), None),
        (verified, proposed(), None),
        (verified, {**active(), "phase": "Verifying"}, None),
        (verified, active(), True),
        (verified, active(needsHuman=needs_human()), False),
        (verified, ended(result="Done"), True),
        (verified, ended(result="Contested"), False),
        (verified, ended(result="Failed"), False),
        (verified, proposed(needsHuman=needs_human(reason="BreakerOpen")), None),
        (verified, proposed(reason="ApprovalGuardMissing"), False),
        (verified, proposed(reason="StalePlanHash"), False),
        (taken_back, {**active(), "phase": "Reverting"}, None),
        (taken_back, {**active(), "needsHuman": needs_human(reason="RevertFailed")}, False),
        (verified, {**ended(result="Done"), "phase": "Idle"}, True),
        (taken_back, ended(), True),
        # Its trigger is false, so that it rests again before anybody has looked.
        (taken_back, {**ended(), "phase": "Idle"}, True),
        (taken_back, idle(), None),
        (taken_back, ended(result="Contested"), False),
        (is_proposed, idle(), None),
        (is_proposed, proposed(), True),
        (is_proposed, active(), True),
    ],
)
def test_when_it_is_known_how_it_went(goal: Any, status: Manifest, verdict: bool | None) -> None:
    found: Verdict | None = goal(status)
    assert (found.good if found else None) is verdict


def test_the_table_of_status_is_the_same_and_can_fail_a_script() -> None:
    done = fireline("status", "--mitigations", "--fail-on", "needs-human", objects=list(ALL))
    assert done.exit_code == 1
    assert "you: Contested" in done.stdout
    assert fireline("status", "--mitigations", "--fail-on", "overdue", objects=[RESTS]).exit_code == 0
    items = json.loads(fireline("status", "--mitigations", "-o", "json", objects=list(ALL)).stdout)["items"]
    assert [one["name"] for one in items][:2] == ["more-replicas", "flag-off"]
    assert (items[1]["planHash"], items[1]["needs"]) == (HASH, ["needs-approval"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--mitigations", "--checks"], "--checks and --mitigations contradict each other"),
        (["--mitigations", "--by", "team"], "leave them out with --mitigations"),
        (["--mitigations", "--fail-on", "burning"], "--fail-on burning is not for these"),
    ],
)
def test_options_for_other_objects_are_refused(flags: list[str], said: str) -> None:
    done = fireline("status", *flags, objects=[])
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_status_of_no_shape_is_refused_and_not_guessed() -> None:
    done = fireline("status", "--mitigations", objects=[{**WAITS, "status": {"phase": "Dreaming"}}])
    assert done.exit_code == 2
    assert "no object as the API server hands it out" in done.stderr


def test_validate_knows_them_and_what_they_name() -> None:
    done = fireline("validate", objects=[a_mitigation("flag-off")])

    assert done.exit_code == 0
    assert "there is no ServiceLevelObjective 'checkout-availability' in these files" in done.stdout
    assert "valid: 1 Mitigation" in done.stderr


def test_validate_sees_an_slo_that_can_never_tell_whether_it_is_needed() -> None:
    slo = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "service": "checkout",
            "objective": "99.9",
            "indicator": {"availability": {"metric": 'up{job="checkout"}'}},
            "prometheus": "eu",
        },
    }
    mitigation = a_mitigation("flag-off", trigger={"slo": "checkout", "minTraffic": "1"})
    done = fireline("validate", "-o", "json", objects=[slo, mitigation])
    told = {one["path"]: one["reason"] for one in json.loads(done.stdout)["findings"]}

    assert done.exit_code == 0
    assert told["spec.prometheus"] == "OtherSource"
    assert told["spec.trigger.minTraffic"] == "NoTraffic"


def test_validate_names_the_path_of_what_is_wrong() -> None:
    bad = a_mitigation("flag-off", trigger={"query": "up > 0"})
    done = fireline("validate", "-o", "json", objects=[bad, a_mitigation("flag-off", trigger=None)])
    errors = [one for one in json.loads(done.stdout)["findings"] if one["level"] == "error"]

    assert done.exit_code == 1
    assert [(one["path"], one["reason"]) for one in errors] == [("spec.trigger.query", "NeverFalse")]


def test_validate_refuses_two_of_one_name() -> None:
    done = fireline("validate", objects=[a_mitigation("flag-off", trigger=None)] * 2)
    assert done.exit_code == 1
    assert "shop/flag-off is already defined in <stdin>:" in done.stdout


def test_render_writes_the_rule_with_the_policy_and_the_service_of_its_slo() -> None:
    policy = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": "on-call", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"team": "shop"}},
            "receivers": [{"name": "hook", "webhook": {"urlSecret": {"name": "hook", "key": "url"}}}],
            "severities": [{"name": "sev1", "page": True, "receivers": ["hook"]}],
            "fallback": {"receivers": ["hook"]},
        },
    }
    slo = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": "checkout-availability", "namespace": "shop"},
        "spec": {
            "service": "checkout",
            "objective": "99.9",
            "indicator": {"ratio": {"bad": {"metric": "bad_total"}, "total": {"metric": "all_total"}}},
        },
    }
    mitigation = a_mitigation("flag-off")
    mitigation["metadata"]["labels"] = {"team": "shop"}
    done = fireline("render", "--as", "prometheusrule", objects=[policy, slo, mitigation])
    found = {one["metadata"]["name"]: one for one in yaml.safe_load_all(done.stdout)}

    assert done.exit_code == 0, done.stderr
    (group,) = found["mitigation-flag-off"]["spec"]["groups"]
    assert [rule["alert"] for rule in group["rules"]] == ["MitigationNeedsHuman", "MitigationOverdue"]
    labels = group["rules"][0]["labels"]
    assert (labels["alert_policy"], labels["service"]) == ("shop/on-call", "checkout")
    owner = found["mitigation-flag-off"]["metadata"]["labels"]
    assert (owner["fireline.dev/owner-kind"], owner["fireline.dev/owner-name"]) == ("Mitigation", "flag-off")


def test_explain_tells_what_it_would_do_where_it_is_and_who_is_told() -> None:
    done = fireline("explain", "-o", "json", objects=[HOLDS])
    found = json.loads(done.stdout)

    assert done.exit_code == 0
    assert [one["name"] for one in found["does"]] == ["Action", "Called for by", "Taken back", "Rights"]
    assert found["course"][0]["figure"].startswith("Active for ")
    assert [one["alert"] for one in found["alerts"]] == ["MitigationNeedsHuman", "MitigationOverdue"]


def test_explain_of_a_new_file_says_what_is_wrong_with_it() -> None:
    done = fireline("explain", objects=[a_mitigation("flag-off", trigger={"query": "up > 0"})])
    assert done.exit_code == 0
    assert "not valid" in done.stdout
    assert "spec.trigger.query: has no sample while" in done.stdout


_SOUND = [{**WAITS}, {**HOLDS}, {**LOST}]
_COMMANDS = st.sampled_from(["validate", "explain", "status --mitigations", "render", "status"])


@given(objects=changed(_SOUND), command=_COMMANDS)
@settings(max_examples=100, deadline=None)
def test_no_mitigation_of_a_file_ends_in_a_traceback(objects: list[Any], command: str) -> None:
    text = yaml.safe_dump_all(objects, allow_unicode=True)
    done = CliRunner().invoke(main, [*command.split(), "-"], input=text)

    assert done.exit_code in {0, 1, 2}
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "-n", "a", "-A"], "-n and -A contradict each other"),
        (["diff", "shop/flag-off", "-n", "other"], "name two namespaces"),
    ],
)
def test_contradictions_are_wrong_usage(arguments: list[str], said: str, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\n"
        "clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n"
    )
    done = CliRunner().invoke(main, ["mitigations", *arguments, "--kubeconfig", str(config)])
    assert done.exit_code == 2
    assert said in done.stderr
