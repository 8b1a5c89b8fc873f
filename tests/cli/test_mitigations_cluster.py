"""``fireline mitigations`` on a real API server, with the admission policies of examples/install in force.

No operator is needed: the statuses are written by hand, from the schema.
"""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.bed.cluster import Cluster
from tests.bed.ports import free_port
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.cli.mitigation_statuses import (
    HASH,
    OTHER_HASH,
    PLAN,
    a_mitigation,
    a_record,
    active,
    at,
    checked,
    ended,
    idle,
    needs_human,
    proposed,
)
from tests.cluster.guarded import Guarded, Place

from fireline.api.labels import APPROVE, APPROVED_BY, PROPOSE, REJECT, REJECT_REASON, REVERT
from fireline.api.resources import CONFIG_MAP, LEASE, MITIGATION
from fireline.cli.cluster import Cluster as Asked
from fireline.cli.main import main
from fireline.cli.mitigating import deciding
from fireline.cli.mitigating.deciding import No

pytestmark = pytest.mark.bed
Manifest = dict[str, Any]
NAME = "flag-off"


@pytest.fixture(scope="module")
def guarded(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A cluster of its own: its policies hold for everybody."""
    with Cluster(tools, tmp_path_factory.mktemp("mitigations-cli") / "cluster") as cluster:
        yield Guarded(cluster)


@pytest.fixture
def place(guarded: Guarded) -> Place:
    """A namespace in which alice may approve and bob may only edit."""
    place = guarded.place()
    place.is_a("alice", "fireline-approve")
    place.is_a("bob", "fireline-edit", "fireline-view")
    place.is_a("carol", "fireline-view")
    return place


def now() -> datetime:
    return datetime.now(UTC)


def put(place: Place, status: Manifest, name: str = NAME, **spec: Any) -> None:
    """A Mitigation with this status, as an operator would have written it."""
    manifest = checked(a_mitigation(name, namespace=place.name, **spec), status)
    if place.admin.find(MITIGATION, name, place.name) is None:
        manifest["metadata"].pop("uid")
        place.admin.create({key: value for key, value in manifest.items() if key != "status"})
    # A null takes a field out that the status before had.
    before = place.get(name).get("status", {})
    place.write_status(place.admin, name, {**dict.fromkeys(before), **status})


def kubeconfig(place: Place, user: str) -> Path:
    cluster = place.guarded.cluster
    pair = cluster.admin if user == "admin" else cluster.authority.client(user)
    return cluster.write_kubeconfig(f"mitigations-{user}", pair)


def fireline(place: Place, *arguments: str, user: str = "alice", everywhere: bool = False) -> Result:
    options = ["--kubeconfig", str(kubeconfig(place, user))]
    where = [] if everywhere else ["-n", place.name]
    return CliRunner().invoke(main, ["mitigations", arguments[0], *options, *where, *arguments[1:]])


def wishes(place: Place, name: str = NAME) -> dict[str, str]:
    """What was asked for by annotations."""
    found = place.get(name)["metadata"].get("annotations", {})
    return {key: value for key, value in found.items() if key.startswith("fireline.dev/")}


class TestApprove:
    def test_what_was_seen_is_approved_under_the_name_the_api_server_knows(self, place: Place) -> None:
        put(place, proposed(now()))
        done = fireline(place, "approve", NAME, "--yes", "--plan", HASH)

        assert done.exit_code == 0, done.stderr
        assert done.stdout == f"{place.name}/{NAME}: approved {HASH} as alice\n"
        assert wishes(place) == {APPROVE: HASH, APPROVED_BY: "alice"}
        assert f"follow it: fireline mitigations watch {NAME} -n {place.name}" in done.stderr

    def test_a_script_gets_a_document(self, place: Place) -> None:
        put(place, proposed(now()))
        done = fireline(place, "approve", NAME, "-y", "--plan", HASH, "-o", "json")

        assert json.loads(done.stdout) == {
            "namespace": place.name,
            "name": NAME,
            "wish": "approve",
            "value": HASH,
            "user": "alice",
        }

    def test_what_nobody_has_seen_is_not_approved(self, place: Place) -> None:
        put(place, proposed(now()))
        blind, silent = fireline(place, "approve", NAME, "--yes"), fireline(place, "approve", NAME)

        assert (blind.exit_code, silent.exit_code) == (2, 2)
        assert "--yes approves what nobody has seen; name what you saw with --plan HASH" in blind.stderr
        assert "there is no terminal to ask on" in silent.stderr
        assert wishes(place) == {}

    def test_another_plan_than_the_one_seen_is_shown_with_what_is_different(self, place: Place) -> None:
        paths = [{**PLAN["paths"][0], "after": '"OFF"'}]
        status = proposed(now(), plan_hash=OTHER_HASH)
        status["plan"] |= {"paths": paths}
        status["history"][0]["planHash"] = HASH
        put(place, status)
        done = fireline(place, "approve", NAME, "--yes", "--plan", HASH)

        assert done.exit_code == 1
        assert f"{HASH} is not proposed any more; the plan above is: {OTHER_HASH}" in done.stderr
        assert 'was "ENABLED" → "DISABLED", is "ENABLED" → "OFF"' in done.stderr
        assert wishes(place) == {}

    def test_a_status_that_moves_on_meanwhile_does_not_matter_while_the_plan_is_the_same(
        self, place: Place
    ) -> None:
        put(place, proposed(now()))
        shown = place.get(NAME)
        put(place, proposed(now(), message="a tick later"))
        with Asked.connect(kubeconfig(place, "alice"), None) as cluster:
            deciding.approve(cluster, shown, plan=HASH, yes=True)

        assert wishes(place)[APPROVE] == HASH

    def test_a_plan_that_changes_between_showing_and_writing_is_not_approved(self, place: Place) -> None:
        put(place, proposed(now()))
        shown = place.get(NAME)
        put(place, proposed(now(), plan_hash=OTHER_HASH))
        with (
            Asked.connect(kubeconfig(place, "alice"), None) as cluster,
            pytest.raises(No, match="is not proposed any more"),
        ):
            deciding.approve(cluster, shown, plan=HASH, yes=True)

        assert wishes(place) == {}

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (idle(), "is Idle: the trigger is false\nTo have it proposed now: fireline mitigations propose"),
            (ended(), "is Ended: what was there is back\nTo have it proposed now"),
            (active(), "there is nothing to approve"),
        ],
        ids=["idle", "ended", "active"],
    )
    def test_where_nothing_is_proposed_the_answer_is_no(
        self, place: Place, status: Manifest, said: str
    ) -> None:
        put(place, status)
        done = fireline(place, "approve", NAME, "--yes", "--plan", HASH)

        assert done.exit_code == 1
        assert said in done.stderr
        assert wishes(place) == {}

    def test_a_proposal_that_is_too_old_is_not_approved(self, place: Place) -> None:
        put(place, proposed(now() - timedelta(hours=1)))
        done = fireline(place, "approve", NAME, "--yes", "--plan", HASH)

        assert done.exit_code == 1
        assert "it could be approved until 2" in done.stderr

    @pytest.mark.parametrize(("user", "lacks"), [("bob", "approve"), ("carol", "patch and approve")])
    def test_a_missing_right_is_named_with_the_command_that_gives_it(
        self, place: Place, user: str, lacks: str
    ) -> None:
        put(place, proposed(now()))
        given = ["approve", NAME, "--yes", "--plan", HASH]
        refused = fireline(place, *given, user=user)

        assert refused.exit_code == 2
        assert f"{user} may not {lacks} mitigations.fireline.dev {NAME} in namespace" in refused.stderr
        assert wishes(place) == {}
        (command,) = [line for line in refused.stderr.splitlines() if line.startswith("  kubectl")]
        place.guarded.cluster.kubectl(*shlex.split(command)[1:])
        wait_for(lambda: fireline(place, *given, user=user).exit_code == 0, what="the right is in force")
        assert wishes(place)[APPROVED_BY] == user

    def test_a_person_is_shown_the_plan_and_asked_on_a_terminal(self, place: Place) -> None:
        put(place, proposed(now()))

        refused, said = on_a_terminal(place, "n\n", "approve", NAME, "--no-wait")
        assert (refused, wishes(place)) == (1, {})
        assert "-      state: ENABLED" in said
        assert "Make this very change, as alice? [y/N]" in said

        done, _ = on_a_terminal(place, "y\n", "approve", NAME, "--no-wait")
        assert (done, wishes(place)) == (0, {APPROVE: HASH, APPROVED_BY: "alice"})


def process(place: Place, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """The program itself."""
    program = [sys.executable, "-c", "from fireline.cli.main import main; main()", "mitigations"]
    options = ["--kubeconfig", str(kubeconfig(place, "alice")), "-n", place.name]
    return subprocess.Popen(
        [*program, *arguments, *options],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def on_a_terminal(place: Place, typed: str, *arguments: str) -> tuple[int, str]:
    """Exit code and everything said, with a person who types this."""
    person, terminal = pty.openpty()
    try:
        os.write(person, typed.encode())
        with process(place, *arguments, stdin=terminal) as running:
            said, _ = running.communicate(timeout=60)
        return running.returncode, said
    finally:
        os.close(terminal)
        os.close(person)


class TestReject:
    def test_no_is_said_to_the_plan_with_its_reason(self, place: Place) -> None:
        put(place, proposed(now()))
        done = fireline(place, "reject", NAME, "--reason", "the wrong flag", user="bob")

        assert (done.exit_code, done.stdout) == (0, f"{place.name}/{NAME}: rejected {HASH}\n")
        assert wishes(place) == {REJECT: HASH, REJECT_REASON: "the wrong flag"}

    def test_no_to_another_plan_than_the_one_seen_is_refused(self, place: Place) -> None:
        put(place, proposed(now(), plan_hash=OTHER_HASH))
        assert fireline(place, "reject", NAME, "--plan", HASH).exit_code == 1
        assert wishes(place) == {}

    def test_who_may_only_look_is_told_so(self, place: Place) -> None:
        put(place, proposed(now()))
        done = fireline(place, "reject", NAME, user="carol")
        assert done.exit_code == 2
        assert f"carol may not patch mitigations.fireline.dev {NAME}" in done.stderr


class TestRevert:
    def test_what_is_in_place_is_asked_back(self, place: Place) -> None:
        put(place, active(now()))
        done = fireline(place, "revert", NAME, "--yes")

        assert done.exit_code == 0, done.stderr
        assert len(wishes(place)[REVERT]) == 16

    def test_two_wishes_are_two(self, place: Place) -> None:
        put(place, active(now()))
        fireline(place, "revert", NAME, "--yes")
        first = wishes(place)[REVERT]
        fireline(place, "revert", NAME, "--yes")
        assert wishes(place)[REVERT] != first

    @pytest.mark.parametrize(
        ("status", "said"),
        [
            (idle(), "is Idle: nothing is in place that could be taken back"),
            ({**active(), "phase": "Reverting"}, "is being taken back already"),
            (active(reversible="Sticky"), "never taken back: that would bring the bad version back"),
            (active(reversible="Irreversible"), "never taken back: there is no way back"),
        ],
        ids=["idle", "reverting", "sticky", "irreversible"],
    )
    def test_what_cannot_be_taken_back_is_no(self, place: Place, status: Manifest, said: str) -> None:
        put(place, status)
        done = fireline(place, "revert", NAME, "--yes")

        assert done.exit_code == 1
        assert said in done.stderr
        assert wishes(place) == {}

    def test_it_takes_the_right_to_approve(self, place: Place) -> None:
        put(place, active(now()))
        done = fireline(place, "revert", NAME, "--yes", user="bob")
        assert done.exit_code == 2
        assert "bob may not approve mitigations.fireline.dev" in done.stderr
        assert wishes(place) == {}

    def test_without_a_terminal_it_must_be_meant(self, place: Place) -> None:
        put(place, active(now()))
        assert fireline(place, "revert", NAME).exit_code == 2
        assert wishes(place) == {}


class TestPropose:
    @pytest.mark.parametrize("status", [idle(), ended()], ids=["idle", "ended"])
    def test_it_is_asked_for(self, place: Place, status: Manifest) -> None:
        put(place, status)
        done = fireline(place, "propose", NAME, user="bob")
        assert done.exit_code == 0, done.stderr
        assert len(wishes(place)[PROPOSE]) == 16

    def test_what_is_proposed_already_is_not_proposed_again(self, place: Place) -> None:
        put(place, proposed(now()))
        done = fireline(place, "propose", NAME)
        assert done.exit_code == 1
        assert "is Proposed already" in done.stderr

    def test_what_is_suspended_does_nothing(self, place: Place) -> None:
        put(place, idle(), suspend=True)
        assert "set spec.suspend to false first" in fireline(place, "propose", NAME).stderr
        assert wishes(place) == {}


class TestFollow:
    def test_an_approval_is_followed_until_it_helped(self, place: Place) -> None:
        put(place, proposed(now()))
        with process(place, "approve", NAME, "--yes", "--plan", HASH, "--wait") as running:
            wait_for(lambda: wishes(place).get(APPROVE) == HASH, what="the approval")
            put(place, active(now()))
            said, _ = running.communicate(timeout=60)

        assert running.returncode == 0, said
        assert "Approved by alice: approved by alice" in said
        assert "Active, Verified: it helped" in said
        assert "in place, and it helped" in said

    def test_an_approval_that_does_not_count_is_told(self, place: Place) -> None:
        put(place, proposed(now()))
        with process(place, "approve", NAME, "--yes", "--plan", HASH, "--wait") as running:
            wait_for(lambda: wishes(place).get(APPROVE) == HASH, what="the approval")
            put(place, proposed(now(), reason="ApprovalGuardMissing", message="the policies are missing"))
            said, _ = running.communicate(timeout=60)

        assert running.returncode == 1
        assert "the approval does not count: the policies are missing" in said

    def test_what_needs_a_person_ends_the_watch_with_no(self, place: Place) -> None:
        put(place, active(now(), needsHuman=needs_human(message="it did not help")))
        done = fireline(place, "watch", NAME)
        assert done.exit_code == 1
        assert "it needs you: it did not help" in done.stderr

    def test_an_end_from_before_is_not_taken_for_the_answer(self, place: Place) -> None:
        put(place, ended(now()))
        with process(place, "revert", NAME, "--yes") as refused:
            refused.communicate(timeout=60)
        put(place, active(now()))
        with process(place, "revert", NAME, "--yes", "--wait") as running:
            wait_for(lambda: REVERT in wishes(place), what="the wish")
            record = a_record(5, "Ended", at(now()), reason="Reverted", result="Reverted", message="back")
            status = ended(now())
            put(place, {**status, "history": [*active(now())["history"], record]})
            said, _ = running.communicate(timeout=60)

        assert (refused.returncode, running.returncode) == (1, 0)
        assert "Ended, Reverted: back" in said

    def test_what_stays_open_ends_with_no_after_its_time(self, place: Place) -> None:
        put(place, idle())
        done = fireline(place, "watch", NAME, "--timeout", "1")
        assert done.exit_code == 1
        assert "it is still open after 1 s: Idle: the trigger is false" in done.stderr


class TestList:
    def test_those_that_wait_for_a_person_come_first(self, place: Place) -> None:
        put(place, idle(), "quiet")
        put(place, proposed(now()), "waits")
        put(place, active(now()), "holds")
        found = json.loads(fireline(place, "list", "-o", "json").stdout)

        assert [one["name"] for one in found["items"]] == ["waits", "holds", "quiet"]
        assert found["summary"]["needs-approval"] == 1

    def test_without_a_command_it_is_the_list(self, place: Place) -> None:
        put(place, proposed(now()), "waits")
        environment = {"KUBECONFIG": str(kubeconfig(place, "admin"))}
        bare, of_all = (
            CliRunner().invoke(main, ["mitigations", *flags], env=environment) for flags in ([], ["-A"])
        )
        assert (bare.exit_code, bare.stderr) == (0, "no Mitigations in namespace default\n")
        assert f"{place.name}/waits" in of_all.stdout

    def test_all_namespaces_are_told_apart(self, place: Place) -> None:
        put(place, proposed(now()), "waits")
        done = fireline(place, "list", "-A", user="admin", everywhere=True)
        assert f"{place.name}/waits" in done.stdout

    def test_what_nobody_may_read_about_a_pause_is_said(self, place: Place) -> None:
        put(place, idle(), "quiet")
        done = fireline(place, "list")
        assert done.exit_code == 0
        assert "whether mitigations are paused is not known: list on leases" in done.stderr

    def test_a_slip_of_the_pen_is_answered_with_those_that_are_there(self, place: Place) -> None:
        put(place, idle(), "flag-off")
        done = fireline(place, "diff", "flag-of")
        assert done.exit_code == 2
        assert "there is no Mitigation flag-of in namespace" in done.stderr
        assert "there are flag-off" in done.stderr

    @pytest.mark.parametrize(
        "written", ["{place}/flag-off", "mit/flag-off", "mitigation.fireline.dev/flag-off"]
    )
    def test_a_name_may_be_written_as_kubectl_prints_it(self, place: Place, written: str) -> None:
        put(place, proposed(now()))
        found = json.loads(fireline(place, "diff", written.format(place=place.name), "-o", "json").stdout)
        assert (found["planHash"], found["phase"]) == (HASH, "Proposed")

    def test_the_page_shows_the_dry_run(self, place: Place) -> None:
        put(place, proposed(now()))
        done = fireline(place, "diff", NAME, user="carol")
        assert done.exit_code == 0
        assert "+      state: DISABLED" in done.stdout
        assert f"approve {NAME} -n {place.name} --plan {HASH}" in done.stdout

    def test_a_server_that_is_not_there_is_said_so_in_one_line(self, place: Place) -> None:
        address = f"http://127.0.0.1:{free_port()}"
        gone = place.guarded.cluster.write_kubeconfig("mitigations-gone", None, server=address)
        done = CliRunner().invoke(main, ["mitigations", "list", "--kubeconfig", str(gone)])
        assert (done.exit_code, done.stderr) == (
            2,
            f"Error: {address} cannot be reached: Connection refused\n",
        )


class TestExplain:
    def test_an_object_of_the_cluster_is_explained_step_by_step(self, place: Place) -> None:
        put(place, active(now()))
        options = ["--kubeconfig", str(kubeconfig(place, "carol")), "-n", place.name, "-o", "json"]
        done = CliRunner().invoke(main, ["explain", f"mit/{NAME}", *options])
        found = json.loads(done.stdout)
        steps = {one["name"]: one["answer"] for one in found["steps"]}

        assert done.exit_code == 0, done.stderr
        assert steps == {
            "Seen": "Yes",
            "Valid": "Yes",
            "Written": "Unknown",
            "Selected": "Unknown",
            "Permitted": "Unknown",
        }
        assert any("prometheusrules" in remark for remark in [*found["remarks"], str(found["steps"])])


class TestPause:
    @pytest.fixture
    def operator(self, guarded: Guarded) -> Iterator[str]:
        """The operator's namespace, with the Lease of one that is at work."""
        namespace = guarded.admin.namespace("fireline")
        lease = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.kind,
            "metadata": {"name": "fireline", "namespace": namespace},
            "spec": {"holderIdentity": "fireline-0", "renewTime": now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")},
        }
        guarded.admin.apply(lease)
        yield namespace
        guarded.admin.delete(LEASE, "fireline", namespace)
        guarded.admin.delete(CONFIG_MAP, "fireline-pause", namespace)

    def test_it_is_told_everywhere_and_ends_with_resume(self, place: Place, operator: str) -> None:
        put(place, proposed(now()))
        paused = fireline(place, "pause", "--reason", "migration", user="admin", everywhere=True)
        found = place.admin.get(CONFIG_MAP, "fireline-pause", operator)["data"]
        listed = fireline(place, "list", user="admin")
        resumed = fireline(place, "resume", user="admin", everywhere=True)

        assert (paused.exit_code, resumed.exit_code) == (0, 0), paused.stderr
        assert (found["reason"], found["by"]) == ("migration", "fireline-bed-admin")
        assert listed.stdout.startswith("paused: migration (by fireline-bed-admin, 2")
        assert place.admin.find(CONFIG_MAP, "fireline-pause", operator) is None
        assert not fireline(place, "list", user="admin").stdout.startswith("paused")

    def test_a_second_pause_has_the_newer_reason_and_resume_can_be_said_twice(
        self, place: Place, operator: str
    ) -> None:
        for reason in ("first", "second"):
            fireline(place, "pause", "--reason", reason, user="admin", everywhere=True)
        found = place.admin.get(CONFIG_MAP, "fireline-pause", operator)["data"]
        done = [fireline(place, "resume", user="admin", everywhere=True) for _ in range(2)]

        assert found["reason"] == "second"
        assert [(one.exit_code, one.stderr) for one in done] == [(0, ""), (0, "not paused\n")]

    @pytest.mark.usefixtures("operator")
    def test_whoever_approves_meanwhile_is_told(self, place: Place) -> None:
        put(place, proposed(now()))
        fireline(place, "pause", "--reason", "migration", user="admin", everywhere=True)
        done = fireline(place, "approve", NAME, "--yes", "--plan", HASH, user="admin")
        assert done.exit_code == 0
        assert "note: mitigations are paused, nothing is begun until somebody types" in done.stderr

    def test_without_a_reason_it_says_who(self, place: Place, operator: str) -> None:
        fireline(place, "pause", user="admin", everywhere=True)
        found = place.admin.get(CONFIG_MAP, "fireline-pause", operator)["data"]
        assert found["reason"] == "paused by fireline-bed-admin"

    def test_who_may_not_is_told_which_right_is_missing(self, place: Place, operator: str) -> None:
        done = fireline(place, "pause", "--operator-namespace", operator, user="bob", everywhere=True)
        assert done.exit_code == 2
        assert "create on configmaps is forbidden" in done.stderr

    def test_where_the_operator_is_must_be_known(self, place: Place) -> None:
        done = fireline(place, "pause", user="admin", everywhere=True)
        assert done.exit_code == 2
        assert "there is no operator's Lease" in done.stderr
        assert "--operator-namespace" in done.stderr

    def test_an_operator_that_is_not_at_work_is_told_with_every_wish(
        self, place: Place, operator: str, guarded: Guarded
    ) -> None:
        put(place, idle())
        assert "no operator is at work" not in fireline(place, "propose", NAME, user="admin").stderr
        old = (now() - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        guarded.admin.patch(LEASE, "fireline", operator, {"spec": {"renewTime": old}})

        done = fireline(place, "propose", NAME, user="admin")
        assert done.exit_code == 0
        assert "no operator is at work: nobody has renewed lease fireline/fireline for 2h" in done.stderr
