"""The CronJob of a check: what keeps its pod harmless, what fits where, and what the kubelet makes of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.synthetic.bad_check import http, own_image
from tests.unit.synthetic.specs import SETTINGS, a_check

from fireline.api import labels
from fireline.api.synthetic_check import SyntheticCheck
from fireline.settings import CheckSettings
from fireline.synthetic.compile import compile_check
from fireline.synthetic.engine.journey import Journey
from fireline.synthetic.render import as_env, render_cron_job, render_run_now, run_now_name

Manifest = dict[str, Any]
_LABEL = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")


def cron_job(
    edits: Manifest | None = None, *, name: str = "login", settings: CheckSettings = SETTINGS
) -> Manifest:
    check = compile_check(SyntheticCheck.of(a_check(edits, name=name)))
    return render_cron_job(check, settings, uid="0a1b", instance="fireline")


def job_of(found: Manifest) -> Manifest:
    return found["spec"]["jobTemplate"]["spec"]


def pod_of(found: Manifest) -> Manifest:
    return job_of(found)["template"]["spec"]


def container_of(found: Manifest) -> Manifest:
    (one,) = pod_of(found)["containers"]
    return one


def env_of(found: Manifest) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container_of(found)["env"]}


def expanded(text: str, known: dict[str, str]) -> str:
    """What the kubelet makes of a value: ``$(NAME)`` is replaced, ``$$`` is ``$``, all else stays.

    Kubernetes' third_party/forked/golang/expansion, in our words.
    """
    found, at = "", 0
    while at < len(text):
        if text[at] != "$" or at + 1 == len(text):
            found, at = found + text[at], at + 1
        elif text[at + 1] == "$":
            found, at = found + "$", at + 2
        elif text[at + 1] == "(" and ")" in text[at:]:
            end = text.index(")", at)
            name = text[at + 2 : end]
            found, at = found + known.get(name, text[at : end + 1]), end + 1
        else:
            found, at = found + text[at], at + 1
    return found


BOTH = pytest.mark.parametrize("edits", [{}, own_image()], ids=["steps", "own-image"])


@BOTH
def test_the_pod_may_do_what_the_restricted_standard_allows_and_no_more(edits: Manifest) -> None:
    pod, container = pod_of(cron_job(edits)), container_of(cron_job(edits))

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "serviceAccountName"} & pod.keys()


def test_only_an_image_of_ones_own_has_a_place_to_write() -> None:
    assert "volumes" not in pod_of(cron_job())
    assert pod_of(cron_job(own_image()))["volumes"] == [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}]
    assert container_of(cron_job(own_image()))["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]


def test_values_of_secrets_are_named_and_never_written() -> None:
    found = cron_job()
    env = env_of(found)

    assert env["FIRELINE_VAR_PASSWORD"] == {"secretKeyRef": {"name": "probe", "key": "password"}}
    journey = json.loads(env["FIRELINE_CHECK"])
    assert {"name": "password", "env": "FIRELINE_VAR_PASSWORD"} in journey["variables"]
    assert journey["steps"][0]["http"]["json"]["password"] == "${password}"


@BOTH
def test_nothing_but_the_pod_itself_ends_a_run_that_has_begun(edits: Manifest) -> None:
    """A Job's deadline deletes the pod, and with it the message."""
    found = cron_job({**edits, "spec.timeout": "1m"})

    assert job_of(found)["activeDeadlineSeconds"] > pod_of(found)["activeDeadlineSeconds"] + 15
    assert job_of(found)["backoffLimit"] == 0
    assert pod_of(found)["restartPolicy"] == "Never"


def test_the_start_sweep_steps_and_cleanup_have_time_one_after_the_other() -> None:
    step = {"name": "tidy", "http": {"url": "https://shop.example/"}}
    plain = pod_of(cron_job({"spec.timeout": "30s"}))
    tidying = pod_of(cron_job({"spec.timeout": "30s", "spec.cleanupTimeout": "20s", "spec.cleanup": [step]}))

    assert plain["activeDeadlineSeconds"] == 60 + 40
    assert tidying["activeDeadlineSeconds"] == 60 + 80
    assert tidying["terminationGracePeriodSeconds"] > 20 > plain["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", ["a", "a" * 52, "shop.login-1", f"{'a' * 25}.{'b' * 26}"])
def test_names_and_labels_fit_whatever_the_check_is_called(name: str) -> None:
    found = cron_job({"spec.location": "a" * 32}, name=name)
    check = compile_check(SyntheticCheck.of(a_check(name=name)))
    job = render_run_now(check, SETTINGS, uid="0a1b", instance="fireline", cron_job_uid="c", nonce="n" * 200)

    # The CronJob controller adds 11 characters for a Job's name, the Job controller 6 for a pod's.
    assert len(found["metadata"]["name"]) + 11 <= 63
    assert len(job["metadata"]["name"]) <= 63
    for value in (*job["metadata"]["labels"].values(), *found["metadata"]["labels"].values()):
        assert len(value) <= 63
        assert _LABEL.fullmatch(value)


def test_the_journey_is_what_the_engine_reads() -> None:
    found = cron_job({"spec.retries": {"count": 2, "backoff": "1s"}, "spec.location": "eu-1"})
    journey = Journey.of(json.loads(expanded(env_of(found)["FIRELINE_CHECK"], {})))

    assert [step.name for step in journey.steps] == ["login"]
    assert (journey.check, journey.namespace, journey.location) == ("login", "shop", "eu-1")
    assert journey.steps[0].retries.count == 2
    assert journey.refuse == SETTINGS.refuse


@given(st.text(alphabet='$(){}aFIRELINE_CHECK \\"é', max_size=40))
def test_the_kubelet_gives_the_probe_what_was_written(text: str) -> None:
    known = {"FIRELINE_CHECK": "no", "a": "no", "": "no"}

    assert expanded(as_env(text), known) == text


def test_an_example_of_what_the_kubelet_would_replace() -> None:
    """The engine's own ``${…}`` is none of its business; ``$(…)`` and ``$$`` are."""
    assert as_env("${base}/login") == "${base}/login"
    assert as_env("$(FIRELINE_VAR_TOKEN)") == "$$(FIRELINE_VAR_TOKEN)"
    assert as_env("$${not.a.variable}") == "$$$${not.a.variable}"


def test_a_step_that_names_a_variable_of_the_environment_gets_its_own_text() -> None:
    found = cron_job(http(method="POST", body="$(FIRELINE_VAR_PASSWORD) $${x}"))
    told = json.loads(expanded(env_of(found)["FIRELINE_CHECK"], {"FIRELINE_VAR_PASSWORD": "hunter2"}))

    assert told["steps"][0]["http"]["body"] == "$(FIRELINE_VAR_PASSWORD) $${x}"


def test_texts_of_all_languages_travel_as_they_are() -> None:
    found = cron_job(http(method="POST", body="Grüße, 世界 👋"))

    assert "Grüße, 世界 👋" in env_of(found)["FIRELINE_CHECK"]


def test_the_registry_of_steps_is_the_operators_and_that_of_an_own_image_the_users() -> None:
    settings = CheckSettings(image="x/y:1", image_pull_secrets=("operators",), image_pull_policy="Always")
    own = {**own_image(), "spec.container": {"image": "a/b", "imagePullSecrets": ["users"]}}

    assert pod_of(cron_job(settings=settings))["imagePullSecrets"] == [{"name": "operators"}]
    assert container_of(cron_job(settings=settings))["imagePullPolicy"] == "Always"
    assert pod_of(cron_job(own, settings=settings))["imagePullSecrets"] == [{"name": "users"}]
    assert "imagePullPolicy" not in container_of(cron_job(own, settings=settings))


def test_a_run_on_demand_is_the_same_pod_under_another_name() -> None:
    check = compile_check(SyntheticCheck.of(a_check()))
    job = render_run_now(check, SETTINGS, uid="0a1b", instance="fireline", cron_job_uid="c1", nonce="first")

    assert job["spec"] == job_of(cron_job())
    assert job["metadata"]["name"] == run_now_name("login", "0a1b", "first")
    assert job["metadata"]["annotations"][labels.TRIGGER] == "Manual"
    assert (
        job["metadata"]["ownerReferences"][0] | {"uid": "c1", "kind": "CronJob"}
        == (job["metadata"]["ownerReferences"][0])
    )


def test_the_same_demand_makes_the_same_job_and_another_one_another() -> None:
    assert run_now_name("login", "0a1b", "first") == run_now_name("login", "0a1b", "first")
    assert run_now_name("login", "0a1b", "first") != run_now_name("login", "0a1b", "second")
    assert run_now_name("login", "0a1b", "first") != run_now_name("login", "made-anew", "first")


def test_a_check_of_the_prober_is_run_on_demand_by_a_job_that_goes_away() -> None:
    check = compile_check(SyntheticCheck.of(a_check({"spec.runner": "Prober"})))
    job = render_run_now(check, SETTINGS, uid="0a1b", instance="fireline", cron_job_uid=None, nonce="first")

    assert job["spec"]["ttlSecondsAfterFinished"] > 0
    assert job["metadata"]["ownerReferences"][0]["kind"] == "SyntheticCheck"
