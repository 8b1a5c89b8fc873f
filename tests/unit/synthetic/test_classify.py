"""What a Job and its pod came to: the pod's own words first, and one helpful reason where there are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.synthetic.jobs import (
    NOW,
    SLOT,
    a_job,
    a_message,
    a_pod,
    after,
    ended,
    is_disrupted,
    is_unschedulable,
    runs,
    waits,
)

from fireline.synthetic.classify import Running, Waiting, classify, live, slot_of, trigger_of
from fireline.synthetic.runs import Outcome, Run, Trigger

LATER = NOW + timedelta(minutes=10)


def came_to(job, *pods, custom=False, now=NOW, **more):
    """The run, which must be over."""
    found = classify(job, pods, custom=custom, now=now, **more)
    assert isinstance(found, Run)
    return found


# What the pod says itself


def test_a_result_in_the_message_is_the_run():
    pod = a_pod(
        ended(a_message("failure", step="login", reason="StatusMismatch", message="login: 503"), code=1),
        phase="Failed",
    )
    run = came_to(a_job(), pod)
    assert (run.outcome, run.step, run.reason, run.message) == (
        Outcome.FAILURE,
        "login",
        "StatusMismatch",
        "login: 503",
    )
    assert (run.id, run.job, run.trigger, run.slot) == ("job-uid", "login-29922360", "Schedule", SLOT)
    assert run.started_at == SLOT + timedelta(seconds=2.25)
    assert run.ended_at == SLOT + timedelta(seconds=4)
    assert run.duration_ms == 840


@pytest.mark.parametrize("told", ["9999-12-31T23:59:59Z", "2026-11-22T11:00:00Z", "2025-01-01T00:00:00Z"])
def test_a_start_that_cannot_be_is_that_of_the_container(told):
    run = came_to(a_job(), a_pod(ended(a_message(startedAt=told))), custom=True)
    assert (run.outcome, run.started_at) == (Outcome.SUCCESS, SLOT + timedelta(seconds=2))
    assert run.ended_at == SLOT + timedelta(seconds=4)


def test_nothing_ends_in_the_future_when_the_clock_of_a_node_is_ahead():
    run = came_to(a_job(), a_pod(ended(a_message(), at=(2, 4000))))
    assert run.ended_at == NOW


@pytest.mark.parametrize("code", [0, 1, 137])
def test_the_message_counts_and_not_the_exit_code(code):
    assert came_to(a_job(), a_pod(ended(a_message("success"), code=code))).outcome is Outcome.SUCCESS


def test_the_run_is_over_with_its_container_whatever_was_injected_beside_it():
    pod = a_pod(ended(a_message()), runs(name="istio-proxy"), init=[runs(name="linkerd-proxy")])
    run = came_to(a_job(), pod, now=LATER)
    assert run.outcome is Outcome.SUCCESS
    assert run.ended_at == SLOT + timedelta(seconds=4)
    assert run.busy_until == LATER


def test_a_container_of_another_name_says_nothing():
    assert isinstance(
        classify(a_job(), [a_pod(ended(a_message(), name="istio-proxy"), runs())], custom=False, now=NOW),
        Running,
    )


def test_a_job_keeps_the_next_from_starting_until_it_is_over():
    pod = a_pod(ended(a_message()), phase="Succeeded")
    assert came_to(a_job(), pod).busy_until == NOW
    assert came_to(a_job(ended="Complete", at=7), pod, now=LATER).busy_until == SLOT + timedelta(seconds=7)


def test_a_result_that_was_written_while_the_pod_was_stopped_counts():
    """The engine answers SIGTERM with a result; the pod's own end comes after."""
    pod = a_pod(
        ended(a_message("error", reason="Timeout"), code=2),
        phase="Failed",
        reason="DeadlineExceeded",
        message="Pod was active on the node longer than the specified deadline",
    )
    assert came_to(a_job(), pod).outcome is Outcome.ERROR


def test_a_probe_that_was_told_to_stop_says_how_far_it_came_and_the_pod_by_whom():
    said = a_message("infra", step="pay", reason="Interrupted", message="pay: stopped before it was over")
    evicted = is_disrupted("EvictionByEvictionAPI", "Eviction API: evicting")
    run = came_to(a_job(), a_pod(ended(said, code=3), phase="Failed", conditions=[evicted]))
    assert (run.outcome, run.step, run.reason) == (Outcome.INFRA, "pay", "Evicted")
    assert run.message.startswith("pay: stopped before it was over: the node was short of something")
    run = came_to(
        a_job(), a_pod(ended(said, code=3), deletionTimestamp=after(20), deletionGracePeriodSeconds=20)
    )
    assert (run.reason, run.step) == ("PodDeleted", "pay")
    run = came_to(a_job(), a_pod(ended(said, code=3), phase="Failed"))
    assert (run.reason, run.message) == ("Interrupted", "pay: stopped before it was over")


def test_of_several_pods_the_one_that_measured_counts():
    first = a_pod(ended(a_message("failure"), code=1), name="login-1", creationTimestamp=after(0))
    second = a_pod(ended(code=137), name="login-2", creationTimestamp=after(3))
    assert came_to(a_job(), second, first).outcome is Outcome.FAILURE


# Nothing was measured

OOM = ended(code=137, reason="OOMKilled")
LOST = [
    pytest.param(a_pod(OOM), "OOMKilled", "raise spec.resources.limits.memory (exit code 137)", id="oom"),
    pytest.param(
        a_pod(ended(code=1, reason="OOMKilled")), "OOMKilled", "(exit code 1)", id="oom of a child only"
    ),
    pytest.param(a_pod(ended(code=0)), "NoMessage", "without a result (exit code 0)", id="no message"),
    pytest.param(a_pod(ended(code=143)), "NoMessage", "SIGTERM", id="stopped"),
    pytest.param(a_pod(ended('{"v":1,')), "MalformedMessage", "not JSON", id="broken JSON"),
    pytest.param(
        a_pod(ended(a_message("splendid"))), "MalformedMessage", "outcome: found splendid", id="other word"
    ),
    pytest.param(a_pod(ended("x" * 4096)), "OversizedMessage", "4096 bytes", id="oversized"),
    pytest.param(
        a_pod(
            ended(code=137),
            phase="Failed",
            reason="DeadlineExceeded",
            message="Pod was active on the node longer than the specified deadline",
        ),
        "DeadlineExceeded",
        "was stopped without a result",
        id="pod deadline",
    ),
    pytest.param(
        a_pod(
            phase="Failed",
            reason="Evicted",
            message="The node was low on resource: memory.",
            conditions=[is_disrupted("TerminationByKubelet", "The node was low on resource: memory.")],
        ),
        "Evicted",
        "The node was low on resource: memory.",
        id="evicted before it began",
    ),
    pytest.param(
        a_pod(ended(code=137), phase="Failed", reason="Evicted", message="The node was low on resource."),
        "Evicted",
        "removed the pod",
        id="evicted while it ran",
    ),
    pytest.param(
        a_pod(
            ended(code=143),
            phase="Failed",
            conditions=[is_disrupted("EvictionByEvictionAPI", "Eviction API: evicting")],
        ),
        "Evicted",
        "Eviction API",
        id="drained",
    ),
    pytest.param(
        a_pod(
            ended(code=143),
            phase="Failed",
            conditions=[
                is_disrupted(
                    "PreemptionByScheduler",
                    "default-scheduler: preempting to accommodate a higher priority pod",
                )
            ],
        ),
        "Preempted",
        "higher priority",
        id="preempted",
    ),
    pytest.param(
        a_pod(
            phase="Failed",
            reason="Terminated",
            message="Pod was terminated in response to imminent node shutdown.",
        ),
        "NodeShutdown",
        "imminent node shutdown",
        id="node shutdown",
    ),
    pytest.param(
        a_pod(phase="Failed", reason="OutOfcpu", message="Node didn't have enough resource: cpu"),
        "NodeRefused",
        "OutOfcpu",
        id="node full",
    ),
    pytest.param(
        a_pod(
            {
                "name": "check",
                "state": {"waiting": {"reason": "ContainerCreating"}},
                "lastState": {
                    "terminated": {
                        "exitCode": 137,
                        "reason": "ContainerStatusUnknown",
                        "message": "The container could not be located when the pod was deleted.",
                    }
                },
            },
            phase="Failed",
        ),
        "NodeLost",
        "could not be located",
        id="node restarted",
    ),
    pytest.param(
        a_pod(
            phase="Failed",
            conditions=[is_disrupted("DeletionByPodGC", "PodGC: node no longer exists")],
        ),
        "NodeLost",
        "node no longer exists",
        id="node gone",
    ),
    pytest.param(
        a_pod(
            ended(
                'failed to create containerd task: exec: "nonsense": executable file not found in $PATH',
                code=128,
                reason="StartError",
                at=None,
            ),
            phase="Failed",
        ),
        "StartError",
        "executable file not found",
        id="no such command",
    ),
    pytest.param(
        a_pod(
            waits("PodInitializing"),
            phase="Failed",
            init=[ended(code=1, name="istio-init")],
        ),
        "InitContainerFailed",
        "istio-init: exit code 1",
        id="injected container failed",
    ),
    pytest.param(
        a_pod(
            ended(code=143, at=(2, 6)),
            phase="Failed",
            deletionTimestamp=after(35),
            deletionGracePeriodSeconds=30,
        ),
        "PodDeleted",
        "somebody deleted the pod",
        id="deleted",
    ),
]


EXIT_CODE_COUNTS = {"NoMessage", "MalformedMessage", "OversizedMessage"}
"""Of an image of the user's own; tested below."""


@pytest.mark.parametrize(("pod", "reason", "words"), LOST)
def test_what_measured_nothing_is_infra_with_a_reason_and_a_hint(pod, reason, words):
    for custom in {False, reason not in EXIT_CODE_COUNTS}:
        run = came_to(a_job(), pod, custom=custom)
        assert (run.outcome, run.reason) == (Outcome.INFRA, reason)
        assert words in run.message
        assert run.duration_ms is None
        assert len(run.message.encode()) <= 512


GONE = [
    pytest.param(
        a_job(
            ended="Failed",
            reason="DeadlineExceeded",
            message="Job was active longer than specified deadline",
        ),
        "NeverStarted",
        id="never started",
    ),
    pytest.param(
        a_job(
            ended="Failed",
            reason="BackoffLimitExceeded",
            message="Job has reached the specified backoff limit",
        ),
        "PodDeleted",
        id="pod deleted",
    ),
    pytest.param(a_job(ended="Complete", reason="CompletionsReached"), "PodLost", id="pod removed early"),
    pytest.param(a_job(ended="Failed", reason="PodFailurePolicy"), "JobFailed", id="another reason"),
    pytest.param(a_job(deletionTimestamp=after(7)), "JobDeleted", id="Job deleted"),
]


@pytest.mark.parametrize(("job", "reason"), GONE)
def test_a_job_without_a_pod_is_infra(job, reason):
    run = came_to(job, now=LATER)
    assert (run.outcome, run.reason) == (Outcome.INFRA, reason)
    assert run.ended_at in {SLOT + timedelta(seconds=6), SLOT + timedelta(seconds=7)}


def test_who_deletes_a_job_deletes_its_pod_and_both_are_seen():
    pod = a_pod(ended(code=143), deletionTimestamp=after(20), deletionGracePeriodSeconds=20)
    run = came_to(a_job(deletionTimestamp=after(3)), pod)
    assert (run.reason, run.message) == ("JobDeleted", "somebody deleted the Job before it was done")


@pytest.mark.parametrize(("job", "reason"), GONE)
def test_a_pod_that_is_not_seen_yet_is_waited_for_as_jobs_and_pods_come_by_two_watches(job, reason):
    soon, late = SLOT + timedelta(seconds=15), SLOT + timedelta(seconds=17)
    assert classify(job, [], custom=False, now=soon) is None
    if reason in {"PodLost", "PodDeleted"}:  # there was one, and a dead watch is noticed late
        assert classify(job, [], custom=False, now=SLOT + timedelta(seconds=80)) is None
        assert came_to(job, now=SLOT + timedelta(seconds=82)).reason == reason
    else:
        assert came_to(job, now=late).reason == reason
    going = a_pod(runs())
    assert isinstance(classify(job, [going], custom=False, now=late), Running)
    assert came_to(job, a_pod(ended(a_message())), now=late).outcome is Outcome.SUCCESS
    assert came_to(job, going, now=LATER).reason == reason


def test_a_job_that_never_started_is_told_with_what_kept_it():
    waited = Waiting("ErrImagePull", "the image cannot be pulled (not found)")
    run = came_to(a_job(ended="Failed", reason="DeadlineExceeded"), waited=waited, now=LATER)
    assert (run.outcome, run.reason) == (Outcome.INFRA, "ErrImagePull")
    assert run.message == "did not start within 115s: the image cannot be pulled (not found)"


UNKNOWN = ended(
    "The container could not be located when the pod was terminated",
    code=137,
    reason="ContainerStatusUnknown",
    at=None,
)
OVERDUE = {
    "phase": "Failed",
    "reason": "DeadlineExceeded",
    "message": "Pod was active on the node longer than the specified deadline",
}


@pytest.mark.parametrize("container", [UNKNOWN, waits("ContainerCreating"), waits("PodInitializing")])
def test_a_pod_whose_deadline_came_before_its_container_began_is_told_with_what_kept_it(container):
    """A pod's deadline counts from when a node has taken it: the image is pulled within it."""
    pod = a_pod(container, **OVERDUE)
    pod["spec"] = {"activeDeadlineSeconds": 30}
    waited = Waiting("ErrImagePull", "the image cannot be pulled (not found)")
    for custom in (False, True):
        run = came_to(a_job(), pod, waited=waited, custom=custom)
        assert (run.outcome, run.reason) == (Outcome.INFRA, "ErrImagePull")
        assert run.message == "did not start within 30s: the image cannot be pulled (not found)"
        run = came_to(a_job(), pod, custom=custom)
        assert (run.outcome, run.reason) == (Outcome.INFRA, "NeverStarted")
        assert "look at the events" in run.message


def test_a_pod_that_still_says_what_keeps_it_at_its_deadline_is_believed():
    pod = a_pod(waits("CreateContainerConfigError", 'secret "probe" not found'), **OVERDUE)
    run = came_to(a_job(), pod, waited=Waiting("Creating", "the node is still making the pod ready"))
    assert (run.reason, run.message[:24]) == ("MissingSecret", "did not start in time: a")


READY = {"type": "Ready", "status": "False", "reason": "PodFailed", "lastTransitionTime": after(30)}


def test_a_pod_that_has_failed_is_waited_for_while_its_container_is_stopped():
    """The kubelet says so first, and only then asks the container to end, which may take its whole grace."""
    failed = a_job(ended="Failed", reason="BackoffLimitExceeded", at=30)
    for job in (a_job(), failed):
        for seconds in (31, 300):
            now = SLOT + timedelta(seconds=seconds)
            found = classify(job, [a_pod(runs(), **OVERDUE, conditions=[READY])], custom=False, now=now)
            assert found == Running(SLOT + timedelta(seconds=2), stopping=True)
    said = ended(a_message("failure", step="pay"), code=1, at=(2, 44))
    run = came_to(failed, a_pod(said, **OVERDUE, conditions=[READY]))
    assert (run.outcome, run.step) == (Outcome.FAILURE, "pay")
    run = came_to(failed, a_pod(runs(), **OVERDUE, conditions=[READY]), now=SLOT + timedelta(minutes=12))
    assert (run.outcome, run.reason) == (Outcome.INFRA, "DeadlineExceeded")
    assert run.started_at == SLOT + timedelta(seconds=2)


def test_a_container_that_was_at_work_at_its_deadline_did_not_fail_to_start():
    pod = a_pod(ended(code=137), **OVERDUE)
    run = came_to(a_job(), pod, waited=Waiting("Creating", "the node is still making the pod ready"))
    assert run.reason == "DeadlineExceeded"


FAILING = {"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded"}


def test_what_kept_a_job_from_starting_is_known_until_it_is_told_as_its_result():
    """The pod goes first, then the Job is said to fail, then it has failed; each is seen on its own."""
    waited = Waiting("Unschedulable", "no node takes the pod", SLOT)
    going = a_pod(phase="Pending", deletionTimestamp=after(115), deletionGracePeriodSeconds=0)
    active, failing, late = a_job(), a_job(), SLOT + timedelta(seconds=116)
    active["status"]["active"] = 1
    failing["status"]["conditions"] = [FAILING]
    failed = a_job(ended="Failed", reason="DeadlineExceeded", at=115)
    for job, pods in ((active, [going]), (active, []), (failing, [going]), (failing, []), (failed, [])):
        assert classify(job, pods, custom=False, now=late, waited=waited) == waited
    run = came_to(failed, waited=waited, now=LATER)
    assert run.reason == "Unschedulable"


def test_what_no_longer_keeps_a_pod_is_no_longer_told():
    waited = Waiting("MissingSecret", "make it", SLOT)
    pod = a_pod(waits("ContainerCreating"), phase="Pending")
    assert classify(a_job(), [pod], custom=False, now=NOW, waited=waited) is None


def test_after_a_restart_the_reason_of_the_event_is_known_from_the_status():
    waited = Waiting("QuotaExceeded", "raise it (exceeded quota)", SLOT)
    assert classify(a_job(), [], custom=False, now=SLOW, waited=waited) == waited
    told = classify(a_job(), [], custom=False, now=SLOW, waited=waited, refusal="violates PodSecurity")
    assert told.reason == "PodSecurity"


def test_a_job_whose_pod_is_gone_all_of_a_sudden_was_given_one():
    job = a_job()
    job["status"]["active"] = 1
    assert classify(job, [], custom=False, now=SLOW) is None


def test_a_pod_that_finished_and_was_cleared_away_keeps_its_result():
    pod = a_pod(
        ended(code=1, at=(2, 4)), phase="Failed", deletionTimestamp=after(300), deletionGracePeriodSeconds=0
    )
    assert came_to(a_job(), pod, custom=True).outcome is Outcome.FAILURE


def test_a_pod_that_a_lost_node_never_lets_go_is_infra_after_a_minute():
    pod = a_pod(
        runs(),
        conditions=[is_disrupted("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")],
        deletionTimestamp=after(330),
        deletionGracePeriodSeconds=30,
    )
    soon, late = SLOT + timedelta(seconds=380), SLOT + timedelta(seconds=391)
    assert classify(a_job(), [pod], custom=False, now=soon) is None
    run = came_to(a_job(), pod, now=late)
    assert (run.outcome, run.reason) == (Outcome.INFRA, "NodeLost")


# Images of the user's own


@pytest.mark.parametrize(("code", "outcome"), [(0, "success"), (1, "failure"), (2, "error")])
@pytest.mark.parametrize("text", ["", "the basket was empty", '{"not": "ours"}', "x" * 4096])
def test_without_a_result_the_exit_code_of_an_own_image_counts(code, outcome, text):
    run = came_to(a_job(), a_pod(ended(text, code=code)), custom=True)
    assert run.outcome == outcome
    assert run.message.startswith(f"exit code {code}")
    assert len(run.message.encode()) <= 512


def test_what_an_own_image_writes_in_plain_words_is_told():
    run = came_to(a_job(), a_pod(ended("the basket was empty\n", code=1)), custom=True)
    assert run.message == "exit code 1: the basket was empty"


def test_a_result_of_an_own_image_counts_before_its_exit_code():
    pod = a_pod(ended(a_message("failure", message="basket"), code=2))
    assert came_to(a_job(), pod, custom=True).outcome is Outcome.FAILURE


@pytest.mark.parametrize(
    ("code", "hint"), [(127, "command was not found"), (3, "exit code 3"), (137, "SIGKILL")]
)
def test_other_exit_codes_measured_nothing(code, hint):
    run = came_to(a_job(), a_pod(ended(code=code)), custom=True)
    assert (run.outcome, run.reason) == (Outcome.INFRA, "ExitCode")
    assert hint in run.message


# It is not over

SLOW = NOW + timedelta(seconds=30)
KEPT = [
    pytest.param(
        a_pod(waits("ErrImagePull", 'failed to pull "shop/check:9": not found'), phase="Pending"),
        "ErrImagePull",
        "not found",
        id="image missing",
    ),
    pytest.param(
        a_pod(waits("ImagePullBackOff", 'Back-off pulling image "shop/check:9"'), phase="Pending"),
        "ErrImagePull",
        "ImagePullBackOff",
        id="image still missing",
    ),
    pytest.param(
        a_pod(waits("ErrImageNeverPull", "image is not present with pull policy of Never"), phase="Pending"),
        "ErrImageNeverPull",
        "must not be pulled",
        id="image not loaded",
    ),
    pytest.param(
        a_pod(waits("InvalidImageName", "couldn't parse image name"), phase="Pending"),
        "InvalidImageName",
        "correct it",
        id="no image name",
    ),
    pytest.param(
        a_pod(waits("CreateContainerConfigError", 'secret "probe" not found'), phase="Pending"),
        "MissingSecret",
        'secret "probe" not found',
        id="no secret",
    ),
    pytest.param(
        a_pod(
            waits("CreateContainerConfigError", "couldn't find key token in Secret shop/probe"),
            phase="Pending",
        ),
        "MissingSecret",
        "couldn't find key token",
        id="no key",
    ),
    pytest.param(
        a_pod(
            waits(
                "CreateContainerConfigError", "container has runAsNonRoot and image will run as root (pod: …)"
            ),
            phase="Pending",
        ),
        "RunsAsRoot",
        "give it a USER",
        id="root",
    ),
    pytest.param(
        a_pod(waits("CreateContainerConfigError", "something else"), phase="Pending"),
        "CreateContainerConfigError",
        "something else",
        id="other configuration",
    ),
    pytest.param(
        a_pod(conditions=[is_unschedulable("0/3 nodes are available: 3 Insufficient cpu.")], phase="Pending"),
        "Unschedulable",
        "3 Insufficient cpu",
        id="no node",
    ),
    pytest.param(
        a_pod(
            waits("PodInitializing"),
            init=[waits("ErrImagePull", "no such image", name="istio-init")],
            phase="Pending",
        ),
        "InitContainer",
        "istio-init: ErrImagePull",
        id="injected container waits",
    ),
    pytest.param(a_pod(waits("ContainerCreating"), phase="Pending"), "Creating", "events", id="slow node"),
]


@pytest.mark.parametrize(("pod", "reason", "words"), KEPT)
def test_what_keeps_a_run_from_starting_is_told(pod, reason, words):
    found = classify(a_job(), [pod], custom=False, now=SLOW)
    assert isinstance(found, Waiting)
    assert (found.reason, found.since) == (reason, SLOT)
    assert words in found.message


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (
            (
                'Error creating: pods "login-1" is forbidden: violates PodSecurity "restricted:latest": '
                "runAsNonRoot != true"
            ),
            "PodSecurity",
        ),
        (
            'Error creating: pods "login-1" is forbidden: exceeded quota: pods, requested: pods=1',
            "QuotaExceeded",
        ),
        (
            'Error creating: admission webhook "policy.example" denied the request: no',
            "AdmissionRefused",
        ),
        (
            'Error creating: pods "x" is forbidden: ValidatingAdmissionPolicy "few" denied request: no pods',
            "AdmissionRefused",
        ),
        ("Error creating: something new", "NoPod"),
    ],
)
def test_a_job_that_gets_no_pod_is_told_with_the_reason_of_its_event(event, reason):
    found = classify(a_job(), [], custom=False, now=NOW, refusal=event)
    assert found.reason == reason
    assert event[:30] in found.message


def test_a_job_that_gets_no_pod_is_told_after_ten_seconds():
    assert classify(a_job(), [], custom=False, now=NOW) is None
    assert classify(a_job(), [], custom=False, now=SLOW).reason == "NoPod"


def test_a_job_that_somebody_suspended_waits():
    job = a_job()
    job["spec"]["suspend"] = True
    assert classify(job, [], custom=False, now=NOW).reason == "JobSuspended"


def test_a_reason_that_is_told_in_new_words_with_every_try_is_told_once():
    pull = [a_pod(waits("ErrImagePull", "not found"), phase="Pending")]
    again = [a_pod(waits("ImagePullBackOff", "Back-off"), phase="Pending")]
    first = classify(a_job(), pull, custom=False, now=NOW)
    assert classify(a_job(), again, custom=False, now=SLOW, waited=first) == first
    other = replace(first, reason="Unschedulable")
    assert classify(a_job(), again, custom=False, now=SLOW, waited=other).reason == "ErrImagePull"


@pytest.mark.parametrize("pod", [a_pod(phase="Pending"), a_pod(waits("ContainerCreating"), phase="Pending")])
def test_a_pod_on_its_way_is_nothing_to_tell(pod):
    assert classify(a_job(), [pod], custom=False, now=NOW) is None


def test_a_container_at_work_is_running():
    found = classify(a_job(), [a_pod(runs())], custom=False, now=NOW)
    assert found == Running(SLOT + timedelta(seconds=2))


def test_a_job_that_only_waits_for_its_pods_to_go_is_not_over():
    job = a_job()
    job["status"]["conditions"] = [{"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded"}]
    pod = a_pod(runs(), deletionTimestamp=after(20), deletionGracePeriodSeconds=15)
    assert classify(job, [pod], custom=False, now=NOW) is None


# Which slot, whose wish


def test_the_slot_is_the_one_the_controller_wrote():
    assert slot_of(a_job()) == SLOT
    assert trigger_of(a_job()) is Trigger.SCHEDULE


@pytest.mark.parametrize("told", ["soon", "", "0001-01-01T00:00:00+23:59"])
def test_a_slot_that_is_no_time_makes_a_job_one_by_hand(told):
    job = a_job(name="login-x", annotations={"batch.kubernetes.io/cronjob-scheduled-timestamp": told})
    assert (slot_of(job), trigger_of(job)) == (None, Trigger.MANUAL)


def test_before_kubernetes_1_28_the_slot_is_in_the_name():
    assert slot_of(a_job(name="login-29922360", annotations={})) == SLOT


@pytest.mark.parametrize(
    "job",
    [
        a_job(manual=True),
        a_job(annotations={"cronjob.kubernetes.io/instantiate": "manual"}),
        a_job(annotations={}, ownerReferences=[]),
        a_job(name="login-now-abc", annotations={}),
    ],
)
def test_a_job_that_a_person_made_is_a_run_on_demand(job):
    assert trigger_of(job) is Trigger.MANUAL
    assert live(job) is None
    assert came_to(job, a_pod(ended(a_message()))).slot is None


def test_a_job_that_waits_for_its_pod_to_go_is_not_over():
    job = a_job(ended="FailureTarget", reason="DeadlineExceeded")
    assert isinstance(classify(job, [a_pod(runs())], custom=False, now=LATER), Running)


def test_a_job_at_work_is_given_up_ten_minutes_after_its_own_deadline():
    found = live(a_job())
    assert (found.id, found.slot) == ("job-uid", SLOT)
    assert found.gives_up_at == SLOT + timedelta(seconds=115, minutes=10)


# Whatever is written

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(message=st.text() | JSON.map(lambda value: a_message(message=value, steps=value)))
def test_any_message_comes_to_a_run(message):
    run = came_to(a_job(), a_pod(ended(message, code=1)))
    assert run.outcome in {Outcome.INFRA, Outcome.SUCCESS}
    assert Run.from_json(run.to_json()).outcome is run.outcome
    assert len(run.message.encode()) <= 1024
