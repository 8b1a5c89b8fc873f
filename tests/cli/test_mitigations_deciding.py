"""``fireline mitigations approve, reject, revert, propose, seen`` on a real API server with its policies."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import Any

import pytest
from tests.bed.waiting import wait_for
from tests.cli.mitigation_place import NAME, fireline, kubeconfig, now, on_a_terminal, put, wishes
from tests.cli.mitigation_statuses import HASH, OTHER_HASH, PLAN, active, ended, idle, needs_human, proposed
from tests.cluster.guarded import Place

from fireline.api.labels import APPROVE, APPROVED_BY, PROPOSE, REJECT, REJECT_REASON, REVERT, SEEN
from fireline.cli.cluster import Cluster as Asked
from fireline.cli.mitigating import deciding
from fireline.cli.mitigating.deciding import No

pytestmark = pytest.mark.bed
Manifest = dict[str, Any]


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


class TestSeen:
    def test_who_has_looked_says_so(self, place: Place) -> None:
        put(place, ended(now(), result="Contested", needsHuman=needs_human(now())))
        done = fireline(place, "seen", NAME)

        assert done.exit_code == 0, done.stderr
        said = "noted that you have seen this, which ends its alert: Contested: somebody set it back"
        assert done.stdout == f"{place.name}/{NAME}: {said}\n"
        assert wishes(place).keys() == {SEEN}

    def test_seen_twice_is_said_twice(self, place: Place) -> None:
        put(place, ended(now(), needsHuman=needs_human(now())))
        first = json.loads(fireline(place, "seen", NAME, "-o", "json").stdout)
        second = json.loads(fireline(place, "seen", NAME, "-o", "json").stdout)
        assert first["value"] != second["value"] == wishes(place)[SEEN]

    def test_where_nobody_is_needed_there_is_nothing_to_see(self, place: Place) -> None:
        put(place, ended(now()))
        done = fireline(place, "seen", NAME)
        assert (done.exit_code, wishes(place)) == (1, {})
        assert "needs nobody" in done.stderr

    def test_what_went_wrong_since_it_was_looked_at_has_not_been_seen(self, place: Place) -> None:
        put(place, active(now(), needsHuman=needs_human(now(), reason="VerificationUnknown")))
        shown = place.get(NAME)
        put(place, ended(now(), needsHuman=needs_human(now())))
        with (
            Asked.connect(kubeconfig(place, "alice"), None) as cluster,
            pytest.raises(No, match="has changed since you looked"),
        ):
            deciding.seen(cluster, shown)
        assert wishes(place) == {}

    def test_a_status_that_moves_on_for_the_same_reason_does_not_matter(self, place: Place) -> None:
        asked = needs_human(now())
        put(place, ended(now(), needsHuman=asked))
        shown = place.get(NAME)
        put(place, proposed(now(), needsHuman=asked))
        with Asked.connect(kubeconfig(place, "alice"), None) as cluster:
            deciding.seen(cluster, shown)
        assert wishes(place).keys() == {SEEN}

    def test_who_may_only_look_is_told_so(self, place: Place) -> None:
        put(place, ended(now(), needsHuman=needs_human(now())))
        done = fireline(place, "seen", NAME, user="carol")
        assert done.exit_code == 2
        assert f"carol may not patch mitigations.fireline.dev {NAME}" in done.stderr
