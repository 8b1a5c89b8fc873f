"""``fireline mitigations``: what it lists and follows on a real API server, and how it pauses everything.

The admission policies of examples/install are in force; no operator is needed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.bed.ports import free_port
from tests.bed.waiting import wait_for
from tests.cli.mitigation_place import NAME, fireline, kubeconfig, now, process, put, wishes
from tests.cli.mitigation_statuses import HASH, a_record, active, at, ended, idle, needs_human, proposed
from tests.cluster.guarded import Guarded, Place

from fireline.api.labels import APPROVE, REVERT
from fireline.api.resources import CONFIG_MAP, LEASE
from fireline.cli.main import main

pytestmark = pytest.mark.bed
Manifest = dict[str, Any]


class TestFollow:
    def test_an_approval_is_followed_until_it_helped(self, place: Place) -> None:
        put(place, proposed(now()))
        with process(place, "approve", NAME, "--yes", "--plan", HASH, "--wait") as running:
            wait_for(lambda: wishes(place).get(APPROVE) == HASH, what="the approval")
            put(place, active(now()))
            said, _ = running.communicate(timeout=60)

        assert running.returncode == 0, said
        assert "Approved by alice\n" in said
        assert "Active, Verified: it helped" in said
        assert said.count("it helped") == 2  # the transition, and what came of it

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
        assert "did you mean flag-off?" in done.stderr

    def test_a_wrong_name_is_answered_with_how_many_there_are(self, place: Place) -> None:
        for number in range(7):
            put(place, idle(), f"flag-{number}")
        done = fireline(place, "diff", "zzz")
        assert "; there are flag-0, flag-1, flag-2, flag-3, flag-4 and 2 more\n" in done.stderr

    def test_labels_that_fit_nothing_are_told_apart_from_an_empty_namespace(self, place: Place) -> None:
        put(place, idle(), "flag-off")
        done = fireline(place, "list", "-l", "team=nobody")
        assert done.stderr == f"no Mitigations in namespace {place.name} with labels team=nobody\n"

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

    @pytest.mark.parametrize("wrong", ["certificate-authority", "client-key"])
    def test_certificates_that_do_not_fit_are_said_in_one_line(
        self, place: Place, tmp_path: Path, wrong: str
    ) -> None:
        given = kubeconfig(place, "carol").read_text()
        other = {"certificate-authority": "client-certificate", "client-key": "certificate-authority"}
        files = dict(re.findall(r"(\S+): (/\S+)", given))
        broken = tmp_path / "kubeconfig"
        broken.write_text(given.replace(files[wrong], files[other[wrong]]))
        done = CliRunner().invoke(main, ["mitigations", "list", "--kubeconfig", str(broken)])
        assert done.exit_code == 2, done.exception
        assert done.stderr.startswith(f"Error: {place.guarded.cluster.url} cannot be reached: ")
        assert "certificate verify failed" in done.stderr or "PEM" in done.stderr
        assert done.stderr.count("\n") == 1


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
        assert "Role fireline-pause of examples/install/rbac-users.yaml allows it" in done.stderr

    def test_the_role_of_the_installation_is_all_it_takes(self, place: Place, operator: str) -> None:
        put(place, idle())
        give = ("create", "rolebinding", f"pause-{place.name}", "-n", operator, "--role=fireline-pause")
        place.guarded.cluster.kubectl(*give, "--user=alice")
        done = [
            fireline(place, "pause", "--reason", "migration", everywhere=True),
            fireline(place, "list"),
            fireline(place, "resume", everywhere=True),
        ]
        place.guarded.cluster.kubectl("delete", "rolebinding", f"pause-{place.name}", "-n", operator)
        assert [(one.exit_code, one.stderr) for one in done] == [(0, "")] * 3
        assert done[1].stdout.startswith("paused: migration (by alice, 2")

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
