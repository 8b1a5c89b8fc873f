"""The night as a person types it: ``fireline mitigations`` against the running operator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.bed.waiting import wait_for
from tests.mitigations.scene import Aid

from fireline.api.mitigation_status import Status
from fireline.api.resources import CONFIG_MAP, MITIGATION
from fireline.cli.main import main
from fireline.cli.mitigating.shape import readable

pytestmark = pytest.mark.bed


def fireline(aid: Aid, *arguments: str) -> Result:
    kubeconfig: Path = aid.rig.cluster.kubeconfig
    where = ["--kubeconfig", str(kubeconfig), "-n", aid.namespace]
    return CliRunner().invoke(main, ["mitigations", *arguments, *where], catch_exceptions=False)


def shown(aid: Aid, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(fireline(aid, "diff", name, "-o", "json").stdout)
    return found


def test_it_is_proposed_read_approved_and_taken_back(aid: Aid) -> None:
    aid.config_map("shop", mode="fast")
    aid.apply("typed")
    aid.phase("typed", "Idle")

    proposed = fireline(aid, "propose", "typed", "--wait")
    assert proposed.exit_code == 0, proposed.stderr
    assert "-  mode: fast\n+  mode: safe" in proposed.stdout
    plan = str(shown(aid, "typed")["planHash"])
    assert f"approve typed -n {aid.namespace} --plan {plan}" in proposed.stdout

    approved = fireline(aid, "approve", "typed", "--yes", "--plan", plan, "--wait")
    assert approved.exit_code == 0, approved.stderr
    assert "Approved by fireline-bed-admin" in approved.stdout
    assert aid.data("shop") == {"mode": "safe"}

    reverted = fireline(aid, "revert", "typed", "--yes", "--wait")
    assert reverted.exit_code == 0, reverted.stderr
    assert reverted.stdout.splitlines()[-1].startswith("Reverted: what was there is back")
    assert aid.data("shop") == {"mode": "fast"}


def test_a_plan_that_has_changed_since_it_was_read_is_not_approved(aid: Aid) -> None:
    aid.config_map("shop", mode="fast")
    aid.apply("stale")
    old = aid.propose("stale")["planHash"]
    aid.config_map("shop", mode="faster")
    aid.annotate("stale", touched="1")  # so that the operator looks again
    wait_for(lambda: aid.status("stale")["planHash"] != old, what="another plan")
    done = fireline(aid, "approve", "stale", "--yes", "--plan", old)

    assert done.exit_code == 1
    assert '/data/mode: was "fast" → "safe", is "faster" → "safe"' in done.stderr
    assert aid.data("shop") == {"mode": "faster"}


def test_who_says_no_says_why_and_it_is_kept(aid: Aid) -> None:
    aid.config_map("shop", mode="fast")
    aid.apply("unwanted")
    aid.propose("unwanted")
    assert fireline(aid, "reject", "unwanted", "--reason", "the wrong flag").exit_code == 0

    status = aid.phase("unwanted", "Rejected")
    assert status["message"] == "a person rejected it: the wrong flag"


def test_what_somebody_took_over_is_told_with_exit_code_1(aid: Aid) -> None:
    aid.config_map("shop", mode="fast")
    aid.apply("taken")
    aid.propose("taken")
    aid.approve("taken")
    aid.phase("taken", "Active")
    aid.client.patch(CONFIG_MAP, "shop", aid.namespace, {"data": {"mode": "mine"}})
    aid.phase("taken", "Contested")

    done = fireline(aid, "watch", "taken", "--timeout", "1")
    listed = json.loads(fireline(aid, "list", "-o", "json").stdout)["items"]
    assert done.exit_code == 1
    assert next(one for one in listed if one["name"] == "taken")["needsHuman"] == "Contested"

    seen = fireline(aid, "seen", "taken")
    assert seen.exit_code == 0, seen.stderr
    wait_for(lambda: "needsHuman" not in aid.status("taken"), what="nobody is needed any more")


def test_every_status_the_operator_writes_can_be_read(aid: Aid) -> None:
    aid.config_map("shop", mode="fast")
    aid.apply("read")
    aid.propose("read")
    aid.approve("read")
    aid.phase("read", "Active")
    manifest = aid.client.get(MITIGATION, "read", aid.namespace)

    Status.model_validate(manifest["status"], strict=True)
    assert readable(manifest)
