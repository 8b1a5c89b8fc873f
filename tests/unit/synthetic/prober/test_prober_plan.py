"""Which prober runs which checks: what the operator writes for them, and when."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.synthetic.prober.story import KEY, SETTINGS, Story, a_probed, edited, journeys

from fireline.api.plan import KEEP_ALL, Key
from fireline.settings import Settings
from fireline.synthetic.engine.prober_entries import Entry

HEALTH_FILE = "health.json"


def deployment(children: dict[str, Any]) -> dict[str, Any]:
    return next(one for name, one in children.items() if name.startswith("Deployment/"))


def template(children: dict[str, Any]) -> str:
    return json.dumps(deployment(children)["spec"]["template"], sort_keys=True)


def test_a_check_of_runner_prober_makes_a_deployment_and_a_config_map():
    story = Story()
    assert story.put(a_probed()) == [KEY]
    children = story.settle()
    assert list(children) == ["Deployment/fireline-prober", "ConfigMap/fireline-prober-journeys-0"]
    entry = Entry.of(journeys(children)[HEALTH_FILE].encode())
    assert (entry.uid, entry.timing.text[:4]) == ("uid-of-health", "10s+")
    assert entry.journey.steps[0].action["url"] == "https://shop.example/health"


def test_the_deployment_reads_like_this():
    story = Story()
    token = {"name": "token", "secretKeyRef": {"name": "probe", "key": "token"}}
    placement = {"nodeSelector": {"zone": "a"}, "tolerations": [{"key": "edge", "operator": "Exists"}]}
    story.put(a_probed(variables=[token], placement=placement, location="eu-1"))
    found = deployment(story.settle(Key("Prober", "shop", "eu-1")))
    golden = """
apiVersion: apps/v1
kind: Deployment
metadata:
  labels: {fireline.dev/location: eu-1}
  name: fireline-prober-eu-1
  namespace: shop
spec:
  replicas: 1
  revisionHistoryLimit: 2
  selector:
    matchLabels:
      fireline.dev/instance: fireline
      fireline.dev/owner-kind: Prober
      fireline.dev/owner-name: eu-1
  strategy: {type: Recreate}
  template:
    metadata:
      labels:
        app.kubernetes.io/managed-by: fireline
        app.kubernetes.io/part-of: fireline
        fireline.dev/instance: fireline
        fireline.dev/location: eu-1
        fireline.dev/owner-kind: Prober
        fireline.dev/owner-name: eu-1
    spec:
      automountServiceAccountToken: false
      containers:
      - command:
        - python3
        - -m
        - fireline.synthetic.engine.prober
        - --journeys=/fireline/journeys
        - --secrets=/fireline/secrets
        - --port=9115
        - --grace=60
        image: registry.example/fireline:1
        imagePullPolicy: IfNotPresent
        livenessProbe:
          failureThreshold: 6
          httpGet: {path: /healthz, port: 9115, scheme: HTTP}
          periodSeconds: 10
          timeoutSeconds: 5
        name: prober
        ports:
        - {containerPort: 9115, name: results, protocol: TCP}
        readinessProbe:
          httpGet: {path: /healthz, port: 9115, scheme: HTTP}
          periodSeconds: 5
          timeoutSeconds: 5
        resources:
          limits: {memory: 512Mi}
          requests: {cpu: 100m, memory: 128Mi}
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          readOnlyRootFilesystem: true
        volumeMounts:
        - {mountPath: /fireline/journeys, name: journeys, readOnly: true}
        - {mountPath: /fireline/secrets, name: secrets, readOnly: true}
      enableServiceLinks: false
      nodeSelector: {zone: a}
      securityContext:
        fsGroup: 65532
        runAsGroup: 65532
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile: {type: RuntimeDefault}
      terminationGracePeriodSeconds: 60
      tolerations:
      - {key: edge, operator: Exists}
      volumes:
      - name: journeys
        projected:
          sources:
          - configMap: {name: fireline-prober-eu-1-journeys-0, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-1, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-2, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-3, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-4, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-5, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-6, optional: true}
          - configMap: {name: fireline-prober-eu-1-journeys-7, optional: true}
      - name: secrets
        projected:
          defaultMode: 288
          sources:
          - secret:
              items:
              - {key: token, path: probe/token}
              name: probe
              optional: true
"""
    assert found == yaml.safe_load(golden)


@pytest.mark.parametrize("location", [None, "default"])
def test_checks_without_a_location_share_the_prober_of_location_default(location):
    story = Story()
    spec = {} if location is None else {"location": location}
    assert story.put(a_probed(**spec)) == [KEY]


def test_each_location_has_a_prober_with_its_own_checks_only():
    story = Story()
    story.put(a_probed("here"))
    there = Key("Prober", "shop", "eu-1")
    assert story.put(a_probed("there", location="eu-1")) == [there]
    assert list(journeys(story.settle())) == ["here.json"]
    assert list(journeys(story.settle(there))) == ["there.json"]


def test_a_changed_journey_leaves_the_pod_alone():
    story, check = Story(), a_probed()
    story.put(check)
    before = story.settle()
    story.put(edited(check, steps=[{"name": "home", "http": {"url": "https://shop.example/new"}}]))
    after = story.settle()
    assert deployment(after) == deployment(before)
    assert "https://shop.example/new" in journeys(after)[HEALTH_FILE]


def test_another_check_leaves_the_pod_alone():
    story = Story()
    story.put(a_probed("b"))
    before = template(story.settle())
    story.put(a_probed("c"))
    assert template(story.settle()) == before


@pytest.mark.parametrize(
    "spec",
    [
        {"variables": [{"name": "token", "secretKeyRef": {"name": "probe", "key": "token"}}]},
        {"placement": {"nodeSelector": {"zone": "b"}}},
    ],
    ids=["another Secret", "another place"],
)
def test_what_the_pod_is_made_of_replaces_it(spec):
    story, check = Story(), a_probed()
    story.put(check)
    before = template(story.settle())
    story.put(edited(check, **spec))
    assert template(story.settle()) != before


def test_another_image_replaces_the_pod():
    story = Story()
    story.put(a_probed())
    before = template(story.settle())
    story.restart(Settings(checks={"image": "registry.example/fireline:2"}))
    assert template(story.settle()) != before


def test_the_place_is_that_of_the_first_check_by_name():
    story = Story()
    story.put(a_probed("a-b", placement={"nodeSelector": {"zone": "second"}}))
    story.put(a_probed("a", placement={"nodeSelector": {"zone": "first"}}))
    assert deployment(story.settle())["spec"]["template"]["spec"]["nodeSelector"] == {"zone": "first"}


@pytest.mark.parametrize("key", ["..token", "..", "."])
def test_a_key_that_no_secret_can_have_does_not_cost_the_pod_of_everyone(key):
    story = Story()
    story.put(a_probed("bad", variables=[{"name": "t", "secretKeyRef": {"name": "probe", "key": key}}]))
    story.put(a_probed("good", variables=[{"name": "t", "secretKeyRef": {"name": "probe", "key": "token"}}]))
    pod = deployment(story.settle())["spec"]["template"]["spec"]
    (source,) = pod["volumes"][1]["projected"]["sources"]
    assert [item["key"] for item in source["secret"]["items"]] == ["token"]


@pytest.mark.parametrize("spec", [{"suspend": True}, {"runner": "Job", "schedule": {"every": "5m"}}])
def test_a_check_that_is_not_to_run_there_any_more_leaves_the_config_map(spec):
    story, check = Story(), a_probed()
    story.put(check)
    story.put(a_probed("other"))
    story.settle()
    assert story.put(edited(check, **spec)) == [KEY]
    assert list(journeys(story.settle())) == ["other.json"]


def test_nothing_is_left_once_the_last_check_is_gone():
    story = Story()
    story.put(a_probed())
    story.settle()
    assert story.delete("health") == [KEY]
    assert story.settle() == {}


def test_a_check_that_is_being_deleted_is_not_run():
    story, check = Story(), a_probed()
    story.put(check)
    story.settle()
    leaving = {**check, "metadata": {**check["metadata"], "deletionTimestamp": "2026-11-22T12:00:00Z"}}
    assert story.put(leaving) == [KEY]
    assert story.settle() == {}


WRONG = [{"name": "home", "http": {"url": "https://shop.example/${nobody}"}}]


@pytest.mark.parametrize("restart", [False, True], ids=["at once", "after a restart"])
@pytest.mark.parametrize("runner", ["Prober", "Job"])
def test_a_spec_that_turned_invalid_keeps_its_last_good_journey(restart, runner):
    story, check = Story(), a_probed()
    story.put(check)
    before = story.settle()
    if restart:  # the change came while the operator was down
        story.restart()
    assert story.put(edited(check, steps=WRONG, runner=runner)) == [KEY]
    assert story.settle() == before
    story.put(a_probed("other"))
    assert sorted(journeys(story.settle())) == [HEALTH_FILE, "other.json"]


def test_a_kept_journey_goes_when_the_spec_is_valid_again_elsewhere():
    story, check = Story(), a_probed()
    story.put(check)
    story.settle()
    wrong = edited(check, steps=WRONG, runner="Job", schedule={"every": "5m"})
    story.put(wrong)
    story.settle()
    assert story.put(edited(wrong, steps=check["spec"]["steps"])) == [KEY]
    assert story.settle() == {}


def test_an_invalid_check_does_not_run_what_another_of_its_name_left_behind():
    story = Story()
    story.put(a_probed(uid="first"))
    story.put(a_probed("other"))
    story.settle()
    story.delete("health")
    story.put(a_probed(uid="second", steps=WRONG))
    assert list(journeys(story.settle())) == ["other.json"]


def test_a_status_that_changes_plans_nothing():
    story, check = Story(), a_probed()
    story.put(check)
    assert story.put({**check, "status": {"totals": {"success": 1}}}) == []


def test_what_is_in_place_is_wanted_again():
    story = Story()
    story.put(a_probed())
    story.settle()
    first = story.plan()
    assert first == story.plan()
    story.restart()
    assert story.plan() == first


def test_many_changes_in_a_row_are_written_once():
    story = Story()
    story.put(a_probed("first"))
    story.settle()
    for number in range(4):
        story.put(a_probed(f"later-{number}"))
        assert story.plan().children is KEEP_ALL
        story.later(0.5)
    assert len(journeys(story.settle())) == 5


def test_changes_without_end_are_written_all_the_same():
    story = Story()
    story.put(a_probed("first"))
    story.settle()
    for number in range(100):
        story.put(a_probed(f"later-{number}"))
        if story.plan().children is not KEEP_ALL:
            break
        story.later(0.5)
    assert number == 10  # after 5 seconds


def test_a_deployment_that_someone_changed_does_not_wait():
    story = Story()
    story.put(a_probed())
    story.settle()
    assert isinstance(story.plan().children, tuple)


@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=12), extra=st.integers(1, 300))
def test_no_config_map_grows_over_its_limit_and_no_journey_is_lost(sizes, extra):
    """Sizes in KiB; journeys are at most 96 KiB, so a few rounds of halving are enough for any number."""
    from fireline.synthetic.prober_render import _shards

    entries = {f"c{i}.json": "x" * (size * 1024) for i, size in enumerate([*sizes, extra])}
    shards = _shards(entries)
    assert {name: text for shard in shards for name, text in shard.items()} == entries
    assert sum(map(len, shards)) == len(entries)
    for shard in shards:
        assert len(shard) <= 1 or sum(map(len, shard.values())) <= 700 * 1024


def test_a_thousand_checks_fit_without_another_pod():
    story = Story()
    step = {"name": "home", "http": {"url": "https://shop.example/", "method": "POST", "body": "x" * 3000}}
    story.put(a_probed("c0000", steps=[step]))
    before = template(story.settle())
    for number in range(1, 1000):
        story.put(a_probed(f"c{number:04}", steps=[step]))
    children = story.settle()
    assert template(children) == before
    assert len(journeys(children)) == 1000
    assert len(children) == 1 + 8


def test_without_an_image_nothing_is_written():
    story = Story(settings=SETTINGS.model_copy(update={"checks": Settings().checks}))
    story.put(a_probed())
    assert story.settle() == {}
