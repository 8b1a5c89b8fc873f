"""No secret is seen anywhere: each place is searched for values that a server sent back in every spelling.

Two controls: evidence shows that there was something to take away, and the search finds what was planted
in the very same places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.bed.images import FIRELINE
from tests.bed.kubeclient import Manifest
from tests.bed.podbed.bed import PodBed
from tests.bed.podbed.world import World
from tests.bed.waiting import wait_for
from tests.e2e import places
from tests.e2e.asking import Checks, own_image
from tests.e2e.canaries import Canary
from tests.e2e.stranger import PORT, SPELLINGS
from tests.e2e.strangers import stranger

pytestmark = pytest.mark.bed

SECRET = Canary.of("secret", '/+&"=x')
CAPTURED = Canary.of("captured", "/+&=x")
PASSWORD = Canary.of("password", "~x")
DSN = Canary.of("dsn", "~x")
CANARIES = {"secret": SECRET, "captured": CAPTURED, "password in a URL": PASSWORD, "URL": DSN}
PLANTED = Canary.of("planted")

KINDS = ("SyntheticCheck", "CronJob", "Job", "Pod", "Event", "ConfigMap", "Deployment", "PrometheusRule")
TOLD = ("kubectl describe", "logs of pods", "log of the operator", "metrics of the operator")
PLACES = (*KINDS, *TOLD, "command lines", "results of the prober")

LOGIN = {
    "name": "login",
    "http": {"method": "POST", "url": "${base}/login"},
    "capture": [{"variable": "session", "jsonPath": "$.token", "sensitive": True}],
}


def echo(how: str, url: str = "http://bot:${password}@${at}/echo", **more: Any) -> dict[str, Any]:
    """A request full of secrets, whose answer is they."""
    sent = {"v": "${secret}", "w": "${session}"}
    asked = {"method": "POST", "url": url, "query": {"how": how, **sent}, "json": sent, **more}
    return {"name": "echo", "http": {**asked, "headers": {"X-Key": "${secret}"}}}


BYE = {**echo("base64", "${dsn}/echo"), "name": "bye"}


def steps() -> dict[str, list[dict[str, Any]]]:
    """Steps of each check, by name."""
    found = {how: [echo(how)] for how in SPELLINGS}
    bearer = {"Authorization": "Bearer ${secret}"}
    basic = {"username": "bot", "password": "${secret}"}
    found["bearer"] = [{"name": "echo", "http": {"url": "${base}/echo?how=hex", "headers": bearer}}]
    found["basic"] = [{"name": "echo", "http": {"url": "${base}/echo?how=plain", "basicAuth": basic}}]
    found["refused"] = [echo("plain", "http://bot:${password}@127.0.0.1:1/x")]
    to = {"to": "http://bot:${password}@127.0.0.1:1/${secret}"}
    redirect = {"url": "${base}/redirect", "query": to, "followRedirects": True}
    found["redirect"] = [{"name": "echo", "http": redirect}]
    found["tcp"] = [
        {"name": "echo", "tcp": {"address": f"${{host}}:{PORT}", "send": "${secret}\n\n", "expect": "^no$"}}
    ]
    asked = {"url": "${base}/echo?how=json", "query": "{ ok }", "variables": {"v": "${secret}"}}
    found["graphql"] = [{"name": "echo", "graphql": asked}]
    return found


@pytest.fixture(scope="module")
def seen(pods: World, pod_bed: PodBed, make_checks: Callable[[], Checks]) -> dict[str, Any]:
    """``runs`` by check, and the text of each of PLACES."""
    assert pod_bed.node.ready()
    checks = make_checks()
    host = f"stranger.{checks.namespace}.svc.cluster.local"
    at = f"{host}:{PORT}"
    data = {
        "secret": SECRET.value,
        "password": PASSWORD.value,
        "dsn": f"http://bot:{DSN.value}@{at}",
        "token": CAPTURED.value,
    }
    about = {"name": "probe", "namespace": checks.namespace}
    pods.client.apply({"apiVersion": "v1", "kind": "Secret", "metadata": about, "stringData": data})
    stranger(pods, checks.namespace, secret="probe")
    given = [
        {"name": name, "secretKeyRef": {"name": "probe", "key": name}} for name in data if name != "token"
    ]
    values = {"base": f"http://{at}", "at": at, "host": host}
    plain = [{"name": name, "value": value} for name, value in values.items()]
    for name, journey in steps().items():
        spec = {"steps": [LOGIN, *journey], "cleanup": [BYE], "retries": {"count": 1, "backoff": "100ms"}}
        checks.apply(name, {**spec, "variables": [*plain, *given]})
    checks.apply("own", own(given))
    planted(checks, plain)
    names = [*steps(), "own", PLANTED.core]
    probed = {"runner": "Prober", "schedule": {"every": "5s"}, "timeout": "4s", "variables": [*plain, *given]}
    checks.apply("probed", {**probed, "steps": [LOGIN, echo("form")]})
    with places.Moments(checks) as moments:
        runs = checks.ran(*names)
        for name in ("probed", f"probed-{PLANTED.core}"):
            runs[name] = wait_for(lambda name=name: failed(checks, name), what=f"a run of {name}")
        # The operator may have read of it before we did; there is another run every few seconds.
        wait_for(lambda: PLANTED.found_in(moments.pages), what="what was planted is in a page of the prober")
    texts = places.objects(pods) | places.told(pods, checks)
    texts |= {"command lines": moments.command_lines, "results of the prober": moments.pages}
    return {"runs": runs, "texts": texts}


def failed(checks: Checks, name: str) -> dict[str, Any] | None:
    """The last run, if it had an answer."""
    run: dict[str, Any] = checks.status(name).get("lastRun", {})
    return run if run.get("outcome") == "failure" else None


def own(given: list[dict[str, Any]]) -> dict[str, Any]:
    """An image of the user's own with the secrets in its environment."""
    env = [{"name": one["name"].upper(), "variable": one["name"]} for one in given]
    spec = own_image("sh", "-c", 'test -n "$SECRET" && exit 1', variables=given)
    return {**spec, "container": {**spec["container"], "env": env}}


def planted(checks: Checks, plain: list[dict[str, Any]]) -> None:
    """What the search must find: a name and a command of a pod, and a variable that is no secret."""
    checks.client.apply(idle(checks.namespace))
    command = own_image("sh", "-c", f"echo {PLANTED.value}; sleep 3; exit 1", timeout="10s")
    checks.apply(PLANTED.core, command)
    variable = {"name": "planted", "value": PLANTED.value}
    ask = {"url": "${base}/echo", "query": {"how": "base64", "v": "${planted}"}}
    spec = {"runner": "Prober", "schedule": {"every": "5s"}, "timeout": "4s"}
    checks.apply(
        f"probed-{PLANTED.core}",
        {**spec, "variables": [*plain, variable], "steps": [{"name": "echo", "http": ask}]},
    )


def idle(namespace: str) -> Manifest:
    """A Deployment without pods that says it in an argument."""
    labels = {"app": "planted"}
    container = {"name": "planted", "image": FIRELINE, "args": [PLANTED.value]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "planted", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_seen_in(seen: dict[str, Any], place: str):
    for name, canary in CANARIES.items():
        assert canary.found_in(seen["texts"][place]) == [], name


def test_nor_is_one_in_any_other_object(seen: dict[str, Any]):
    assert len(seen["texts"]) > len(PLACES) + 10
    for place, text in seen["texts"].items():
        for name, canary in CANARIES.items():
            assert canary.found_in(text) == [], (place, name)


@pytest.mark.parametrize("place", PLACES)
def test_the_search_finds_what_was_planted_in(seen: dict[str, Any], place: str):
    assert "core" in PLANTED.found_in(seen["texts"][place])


def test_the_search_finds_what_a_server_sent_back_in_another_spelling(seen: dict[str, Any]):
    run = seen["runs"][f"probed-{PLANTED.core}"]
    assert "whole in base64" in PLANTED.found_in(run["evidence"])
    for canary in CANARIES.values():
        for how, spell in SPELLINGS.items():
            for before in ("", "b", "bo", "bot"):
                assert canary.found_in(f"<{spell(f'{before}{canary.value} and more')}>"), how


@pytest.mark.parametrize("name", [*steps(), "probed"])
def test_there_was_something_to_take_away(seen: dict[str, Any], name: str):
    run = seen["runs"][name]
    outcome = "error" if name in {"refused", "redirect"} else "failure"
    assert (run["outcome"], run["step"]) == (outcome, "echo"), run["message"]
    assert "***" in run["evidence"]
    if name != "probed":
        assert [step["name"] for step in run["cleanup"]] == ["bye"]


def test_an_image_of_ones_own_had_the_secrets(seen: dict[str, Any]):
    run = seen["runs"]["own"]
    assert (run["outcome"], run["message"]) == ("failure", "exit code 1")
