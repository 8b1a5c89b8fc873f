"""What the caches believe when news comes late, twice, or from several sides."""

from __future__ import annotations

from tests.unit.kube.objects import OWNER, an_object, applied, stamped

from fireline.api import labels
from fireline.api.plan import Access, Key
from fireline.api.resources import JOB, NAMESPACE, POD, PROMETHEUS_RULE, SLO
from fireline.kube.cache import Cache
from fireline.kube.departed import MOST
from fireline.kube.ownership import wanted_digest


def a_cache() -> Cache:
    return Cache(child_resources=[PROMETHEUS_RULE])


def test_a_list_item_gets_the_type_it_lacks_and_loses_what_nobody_reads():
    cache = a_cache()
    body = an_object()
    body["metadata"]["managedFields"] = [{"manager": "x"}]
    body["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "team": "shop",
    }
    cache.put(SLO, body)
    found = cache.get(SLO, "shop", "checkout")
    assert found is not None
    assert (found["apiVersion"], found["kind"]) == (SLO.api_version, SLO.kind)
    assert "managedFields" not in found["metadata"]
    assert found["metadata"]["annotations"] == {"team": "shop"}


def test_the_same_or_an_older_version_changes_nothing():
    cache = a_cache()
    assert cache.put(SLO, an_object(version=10)) is not None
    assert cache.put(SLO, an_object(version=10)) is None
    assert cache.put(SLO, an_object(version=9, spec={"service": "old"})) is None
    found = cache.get(SLO, "shop", "checkout")
    assert found is not None
    assert found["spec"] == {"service": "checkout"}


def test_a_newer_version_is_a_change_from_old_to_new():
    cache = a_cache()
    cache.put(SLO, an_object(version=1))
    change = cache.put(SLO, an_object(version=2, spec={"service": "new"}))
    assert change is not None
    assert isinstance(change.old, dict)
    assert isinstance(change.new, dict)
    assert (change.old["spec"], change.new["spec"]) == ({"service": "checkout"}, {"service": "new"})


def test_a_late_deletion_does_not_remove_what_was_made_anew():
    cache = a_cache()
    cache.put(SLO, an_object(version=20))
    assert cache.remove(SLO, "shop", "checkout", version="15") is None
    assert cache.get(SLO, "shop", "checkout") is not None


def test_a_late_answer_does_not_bring_a_deleted_object_back():
    cache = a_cache()
    cache.put(SLO, an_object(version=1))
    assert cache.remove(SLO, "shop", "checkout", version="5") is not None
    assert cache.put(SLO, an_object(version=4)) is None
    assert cache.put(SLO, an_object(version=6)) is not None


def test_children_are_found_by_owner_and_by_kind_of_owner():
    cache = a_cache()
    live = applied(stamped())
    cache.put(PROMETHEUS_RULE, live)
    (child,) = cache.children(OWNER)
    assert child.name == "slo-checkout"
    assert child.digest == wanted_digest(stamped())
    assert child.labels[labels.OWNER_UID] == "uid-checkout"
    assert cache.children_of_kind(SLO.kind, "shop") == (child,)
    assert cache.children_of_kind(SLO.kind, "elsewhere") == ()
    assert cache.children(Key(SLO.kind, "shop", "other")) == ()


def test_only_our_own_labels_and_annotations_of_a_child_are_kept():
    cache = a_cache()
    live = applied(stamped())
    live["metadata"]["labels"]["team"] = "shop"
    live["metadata"]["annotations"]["note"] = "long"
    cache.put(PROMETHEUS_RULE, live)
    (child,) = cache.children(OWNER)
    assert set(child.annotations) == {labels.SPEC_HASH}
    assert all(label.startswith("fireline.dev/") for label in child.labels)


def test_a_relabelled_child_moves_to_its_new_owner():
    cache = a_cache()
    cache.put(PROMETHEUS_RULE, applied(stamped(), version=1))
    other = Key(SLO.kind, "shop", "other")
    moved = applied(stamped(key=other), version=2)
    cache.put(PROMETHEUS_RULE, moved)
    assert cache.children(OWNER) == ()
    assert len(cache.children(other)) == 1


def test_a_deleted_child_leaves_no_trace_in_the_indices():
    cache = a_cache()
    cache.put(PROMETHEUS_RULE, applied(stamped(), version=1))
    cache.remove(PROMETHEUS_RULE, "shop", "slo-checkout", version="2")
    assert cache.children(OWNER) == ()
    assert cache.children_of_kind(SLO.kind, "shop") == ()
    assert cache.count(PROMETHEUS_RULE) == 0
    assert cache.refs(PROMETHEUS_RULE, None) == set()


def test_the_digest_of_our_own_apply_wins_over_what_the_server_made_of_it():
    cache = a_cache()
    live = applied(stamped())
    live["spec"]["groups"][0]["rules"][0]["expr"] = "vector(1) "
    cache.put(PROMETHEUS_RULE, live, digest="as-wanted")
    assert cache.children(OWNER)[0].digest == "as-wanted"


def test_objects_without_a_namespace_are_kept_too():
    cache = a_cache()
    body = an_object("shop", namespace="")
    del body["metadata"]["namespace"]
    cache.put(NAMESPACE, body)
    assert cache.get(NAMESPACE, "", "shop") is not None
    assert [one["metadata"]["name"] for one in cache.all(NAMESPACE)] == ["shop"]


def test_all_can_be_limited_to_a_namespace():
    cache = a_cache()
    for namespace in ("a", "b"):
        cache.put(SLO, an_object(namespace=namespace))
    assert [one["metadata"]["namespace"] for one in cache.all(SLO, "b")] == ["b"]
    assert len(list(cache.all(SLO))) == 2


def test_access_is_unknown_until_looked_at_and_news_only_when_it_changes():
    cache = a_cache()
    assert cache.access(SLO).state == "Unknown"
    assert cache.set_access(SLO, Access("Served"))
    assert not cache.set_access(SLO, Access("Served"))
    assert cache.set_access(SLO, Access("Missing", "gone"))


def test_a_status_change_keeps_the_spec_it_knows():
    cache = a_cache()
    for version, status in ((1, {"a": 1}), (2, {"a": 2})):
        body = an_object(version=version, status=status)
        body["metadata"]["generation"] = 1
        cache.put(SLO, body)
        if version == 1:
            spec = cache.get(SLO, "shop", "checkout")
    found = cache.get(SLO, "shop", "checkout")
    assert found is not None
    assert spec is not None
    assert found["status"] == {"a": 2}
    assert found["spec"] is spec["spec"]


CHECK = Key("SyntheticCheck", "shop", "login")


def a_pod_of_a_check(name="login-1-abc", version=1, *, ended=False, **more):
    state = {"terminated": {"exitCode": 1, "message": "{}"}} if ended else {"running": {}}
    pod = an_object(name, version, status={"containerStatuses": [{"name": "check", "state": state}]})
    pod["metadata"]["labels"] = {labels.OWNER_KIND: CHECK.kind, labels.OWNER_NAME: CHECK.name}
    return pod | more


def offspring(cache):
    return [pod["metadata"]["name"] for pod in cache.offspring(POD, CHECK)]


def a_cache_of_pods():
    return Cache(child_resources=[PROMETHEUS_RULE], offspring_resources=[JOB, POD])


def test_a_pod_that_said_how_it_ended_is_seen_also_when_it_is_gone():
    """Its end and its deletion may both have come before anybody looked."""
    cache = a_cache_of_pods()
    cache.put(POD, a_pod_of_a_check(version=1))
    change = cache.remove(
        POD, "shop", "login-1-abc", version="3", last=a_pod_of_a_check(version=3, ended=True)
    )
    assert change is not None
    (pod,) = cache.offspring(POD, CHECK)
    assert pod["status"]["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 1
    assert cache.count(POD) == 0
    assert cache.offspring(JOB, CHECK) == ()


def test_a_pod_that_is_found_gone_is_seen_if_its_end_was():
    cache = a_cache_of_pods()
    cache.put(POD, a_pod_of_a_check("ended", ended=True))
    cache.put(POD, a_pod_of_a_check("running"))
    for name in ("ended", "running"):
        cache.remove(POD, "shop", name, version="9")
    assert offspring(cache) == ["ended"]


def test_only_the_latest_of_those_that_are_gone_are_kept():
    cache = a_cache_of_pods()
    for number in range(MOST + 2):
        name = f"login-{number:04d}"
        cache.put(POD, a_pod_of_a_check(name, 1))
        cache.remove(POD, "shop", name, version="2", last=a_pod_of_a_check(name, 2, ended=True))
    found = offspring(cache)
    assert len(found) == MOST
    assert found[0] == "login-0002"


def test_what_is_there_counts_more_than_what_is_gone():
    cache = a_cache_of_pods()
    cache.put(POD, a_pod_of_a_check(version=1))
    cache.remove(POD, "shop", "login-1-abc", version="2", last=a_pod_of_a_check(version=2, ended=True))
    cache.put(POD, a_pod_of_a_check(version=3))
    (pod,) = cache.offspring(POD, CHECK)
    assert "running" in pod["status"]["containerStatuses"][0]["state"]
