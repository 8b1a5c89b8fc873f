"""Wrong Mitigations are refused with the words their authors need; right ones are not bothered."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from fireline.mitigation.checks import read
from fireline.promql.shape import set_operator_on_truths
from fireline.settings import MitigationSettings

ABSENT = "(left out)"
SETTINGS = MitigationSettings(auto_namespaces=("shop",))
FLAG = {"featureFlag": {"name": "new-checkout", "set": "Disabled"}}
UNDO = {"rolloutUndo": {}}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout"}
HOOK = {"url": "https://hooks.example/on", "revertURL": "https://hooks.example/off"}
SOUND: dict[str, Any] = {
    "apiVersion": "fireline.dev/v1alpha1",
    "kind": "Mitigation",
    "metadata": {"name": "flag-off", "namespace": "shop"},
    "spec": {
        "trigger": {"slo": "checkout"},
        "target": {"apiVersion": "core.openfeature.dev/v1beta1", "kind": "FeatureFlag", "name": "flags"},
        "action": FLAG,
        "serviceAccountName": "mitigator",
    },
}


def a_mitigation(edits: dict[str, Any] | None = None) -> dict[str, Any]:
    """The sound one, with other values at some paths (``spec.mode``)."""
    found = copy.deepcopy(SOUND)
    for path, value in (edits or {}).items():
        *above, last = path.split(".")
        node = found
        for part in above:
            node = node.setdefault(part, {})
        if value is ABSENT:
            node.pop(last, None)
        else:
            node[last] = value
    return found


def webhook(**given: Any) -> dict[str, Any]:
    return {"spec.target": ABSENT, "spec.action": {"webhook": HOOK | given}}


def patch(**given: Any) -> dict[str, Any]:
    return {"spec.target": DEPLOYMENT, "spec.action": {"patch": given}}


def replace(*paths: str) -> dict[str, Any]:
    return patch(ops=[{"op": "replace", "path": path, "value": 1} for path in paths])


def nested(levels: int) -> Any:
    found: Any = []
    for _ in range(levels - 1):
        found = [found]
    return found


DEEP = "is nested deeper than 64 levels"


def issues(edits: dict[str, Any], settings: MitigationSettings = SETTINGS):
    return read(a_mitigation(edits), settings=settings)


@pytest.mark.parametrize(
    "edits",
    [
        {},
        {"spec.trigger": ABSENT},
        {"spec.trigger": {"query": 'sum(rate(errors_total{job="a"}[5m])) > bool 5'}},
        {"spec.trigger": {"query": "absent(up) or vector(0)"}},
        {"spec.trigger": {"query": "(a > bool 1) * (b > bool 2)"}},
        {"spec.trigger": {"query": "max(queue_depth)"}},
        {"spec.trigger": {"slo": "checkout", "minTraffic": "0.5"}},
        {"spec.verify": {"query": "histogram_quantile(0.9, sum by (le) (rate(d_bucket[1m]))) < bool 0.3"}},
        {"spec.mode": "Auto"},
        {"spec.target": DEPLOYMENT, "spec.action": UNDO},
        {"spec.target": DEPLOYMENT, "spec.action": {"scale": {"replicas": 5}}},
        {"spec.gitOps": "PauseObject"},
        {"spec.revert": {"ttl": "7d", "healthyFor": "1d", "maxHold": "7d"}},
        {"spec.revert": {"when": ["Delete"], "ttl": "2m"}},
        webhook(),
        webhook(timeout="30s", bearerToken={"name": "hook", "key": "token"}),
        replace("/spec/replicas", "/spec/paused"),
        replace("/spec/replicas", "/spec/replicasOfAnother"),
        patch(type="Merge", merge='{"spec": {"paused": true}}'),
    ],
    ids=str,
)  # fmt: skip
def test_a_right_mitigation_is_not_bothered(edits: dict[str, Any]) -> None:
    given, found = issues(edits)

    assert given is not None
    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    ("edits", "reason", "words"),
    [
        (
            {"spec.trigger": {"query": "sum(rate(errors_total[5m])) > 5"}},
            "NeverFalse",
            "spec.trigger.query: has no sample while what it asks for is not so, and no sample is unknown",
        ),
        ({"spec.verify": {"query": "absent(up)"}}, "NeverFalse", "spec.verify.query: has no sample while"),
        ({"spec.verify": {"query": "count(up == 0)"}}, "NeverFalse", "compare with bool"),
        (
            {"spec.trigger": {"query": "(a > bool 1) and (b > bool 2)"}},
            "SetOperator",
            "spec.trigger.query: and looks at labels, not at values",
        ),
        ({"spec.trigger": {"query": "sum(rate(x[5m])"}}, "InvalidQuery", "spec.trigger.query: is not PromQL"),
        ({"spec.trigger": {"query": "rate(x[$window]) > bool 1"}}, "InvalidQuery", "must not read $window"),
        ({"spec.verify": {"query": "1 > bool 2"}}, "InvalidQuery", "yields a scalar, not an instant vector"),
        (
            {"spec.target": {"apiVersion": "v1", "kind": "Secret", "name": "db"}},
            "RefusedKind",
            "spec.target.kind: no mitigation changes a Secret",
        ),
        (
            {"spec.target": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "name": "r"}},
            "RefusedKind",
            "it says who may do what",
        ),
        (
            {"spec.target": {"apiVersion": "fireline.dev/v1alpha1", "kind": "Mitigation", "name": "m"}},
            "RefusedKind",
            "Fireline's own kinds",
        ),
        (
            {"spec.target": DEPLOYMENT},
            "WrongTarget",
            "spec.target.kind: found Deployment of apps/v1; featureFlag changes a FeatureFlag",
        ),
        (replace("/status/replicas"), "RefusedPath", "spec.action.patch.ops[0].path: no mitigation changes"),
        (
            replace("/spec/replicas", "/metadata/ownerReferences/0"),
            "RefusedPath",
            "spec.action.patch.ops[1].path",
        ),
        (
            replace("/spec/replicas", "/spec/replicas"),
            "InvalidPatch",
            "spec.action.patch.ops[1].path: /spec/replicas is the same field as /spec/replicas; say it once",
        ),
        (
            replace("/spec/strategy", "/spec/strategy/type"),
            "InvalidPatch",
            "/spec/strategy/type is a part of the same field as /spec/strategy",
        ),
        (patch(type="Merge", merge="{spec: 1}"), "InvalidPatch", "spec.action.patch.merge: is no JSON"),
        (
            patch(type="Merge", merge='{"data": {"a": "\\ud800"}}'),
            "InvalidPatch",
            "spec.action.patch.merge: is no JSON: 'utf-8' codec can't encode",
        ),
        (patch(type="Merge", merge='{"data": {"a": NaN}}'), "InvalidPatch", "is no JSON: nan is not JSON"),
        (patch(type="Merge", merge='{"data": {"a": 1e999}}'), "InvalidPatch", "is no JSON: inf is not JSON"),
        (patch(type="Merge", merge='{"data": ' + '{"a": ' * 2000 + "1" + "}" * 2001), "InvalidPatch", DEEP),
        (patch(type="Merge", merge='{"data": {"a": ' + "[" * 64 + "]" * 64 + "}}"), "InvalidPatch", DEEP),
        (
            patch(ops=[{"op": "add", "path": "/data/a", "value": nested(9000)}]),
            "InvalidPatch",
            f"spec.action.patch.ops[0].value: {DEEP}",
        ),
        (patch(type="Merge", merge="[]"), "InvalidPatch", "must be a JSON object that changes something"),
        (patch(type="Merge", merge="{}"), "InvalidPatch", "must be a JSON object that changes something"),
        (
            webhook(url="https://user:pass@hooks.example/"),
            "InlineSecret",
            "spec.action.webhook.url: a user and password in a URL are for everyone to read",
        ),
        (
            webhook(revertURL="http://169.254.169.254/latest"),
            "RefusedAddress",
            "spec.action.webhook.revertURL: is in 169.254.0.0/16, which no webhook may reach",
        ),
        (webhook(url="http://[fe80::1]:80/"), "RefusedAddress", "is in fe80::/10"),
        (webhook(url="http://[::1"), "InvalidSpec", "spec.action.webhook.url: is no URL that can be called"),
        (webhook(revertURL="http://x:99999"), "InvalidSpec", "spec.action.webhook.revertURL: is no URL"),
        (webhook(timeout="31s"), "InvalidSpec", "spec.action.webhook.timeout: 31s is longer than 30s"),
        (
            {**webhook(), "spec.gitOps": "PauseObject"},
            "InvalidSpec",
            "spec.gitOps: PauseObject needs an object that is paused, and a webhook has no target",
        ),
        (
            {"spec.revert": {"ttl": "8d"}},
            "InvalidSpec",
            "spec.revert.ttl: 8d is longer than 7d, the most that is allowed here",
        ),
        ({"spec.revert": {"maxHold": "1w1d"}}, "InvalidSpec", "spec.revert.maxHold: 1w1d is longer than 7d"),
        ({"spec.revert": {"healthyFor": "25h"}}, "InvalidSpec", "spec.revert.healthyFor: 25h is longer"),
        (
            {"spec.approval": {"expiresAfter": "2d"}},
            "InvalidSpec",
            "spec.approval.expiresAfter: 2d is longer",
        ),
        ({"spec.verify": {"within": "2d"}}, "InvalidSpec", "spec.verify.within: 2d is longer than 1d"),
        (
            {
                "spec.target": DEPLOYMENT,
                "spec.action": UNDO,
                "spec.trigger": {"rolloutFailed": {"within": "2d"}},
            },
            "InvalidSpec",
            "spec.trigger.rolloutFailed.within: 2d is longer than 1d",
        ),
        (
            {"spec.trigger": {"slo": "checkout", "minTraffic": "-1"}},
            "InvalidSpec",
            "spec.trigger.minTraffic: must be above zero, found -1",
        ),
        ({"spec.trigger": {"slo": "checkout", "minTraffic": "0"}}, "InvalidSpec", "must be above zero"),
        ({"spec.revert": {"ttll": "1h"}}, "InvalidSpec", "unknown field, did you mean ttl?"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_mitigation_is_refused_with_these_words(
    edits: dict[str, Any], reason: str, words: str
) -> None:
    given, found = issues(edits)

    assert given is None
    assert [one.reason for one in found if not one.note] == [reason]
    assert words in str(found[0])


@pytest.mark.parametrize(
    ("edits", "reason", "words"),
    [
        ({"spec.serviceAccountName": "default"}, "SharedAccount", "make one of its own"),
        (
            {"spec.revert": {"ttl": "10m"}, "spec.verify": {"within": "5m"}},
            "NeverRecovers",
            "spec.revert.healthyFor: 10m is not shorter",
        ),
        ({"spec.verify": {"within": "1h"}}, "EndsEarly", "spec.verify.within: 1h is not shorter"),
        ({"spec.approval": {"expiresAfter": "30s"}}, "ShortApproval", "30s is short for a person"),
        (
            {"spec.target": DEPLOYMENT, "spec.action": UNDO, "spec.revert": {"ttl": "2h"}},
            "NeverReverted",
            "spec.revert: rolloutUndo is never taken back by itself",
        ),
        (
            {"spec.target": ABSENT, "spec.action": {"webhook": {"url": "https://a.example/"}}}
            | {"spec.revert": {"ttl": "2h"}},
            "NeverReverted",
            "a webhook without revertURL cannot be taken back",
        ),
        (
            {"spec.target": DEPLOYMENT, "spec.action": {"restart": {}}, "spec.gitOps": "PauseObject"},
            "StaysPaused",
            "Flux would leave the object alone",
        ),
        (
            webhook(url="http://hooks.example/", bearerToken={"name": "hook", "key": "token"}),
            "TokenInTheClear",
            "spec.action.webhook.url: the bearer token would be sent in the clear",
        ),
        (
            {"spec.mode": "Auto", "metadata.namespace": "other"},
            "AutoNotAllowed",
            "spec.mode: namespace other is not among mitigations.auto_namespaces",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_only_worth_knowing_is_a_note(edits: dict[str, Any], reason: str, words: str) -> None:
    given, found = issues(edits)

    assert given is not None
    assert [(one.reason, one.note) for one in found] == [(reason, True)]
    assert words in str(found[0])


def test_mode_auto_is_no_note_where_the_settings_allow_it_everywhere() -> None:
    assert issues({"spec.mode": "Auto"}, MitigationSettings(auto_namespaces=("*",)))[1] == []


def test_all_mistakes_are_told_at_once_and_notes_come_last() -> None:
    edits = {
        "spec.serviceAccountName": "default",
        "spec.trigger": {"query": "up > 0"},
        "spec.revert": {"ttl": "8d"},
    }

    assert [one.reason for one in issues(edits)[1]] == ["NeverFalse", "InvalidSpec", "SharedAccount"]


def test_a_source_that_the_operator_does_not_know_is_refused_and_anything_goes_where_nobody_knows() -> None:
    manifest = a_mitigation({"spec.prometheus": "mian"})
    given, found = read(manifest, settings=SETTINGS, sources={"main", "default"})

    assert given is None
    assert [str(one) for one in found] == [
        "spec.prometheus: 'mian' is no source of this operator; known: default, main"
    ]
    assert read(manifest, settings=SETTINGS)[1] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("(a > bool 1) and (b > bool 2)", "and"),
        ("a > bool 1 or b > bool 2", "or"),
        ("sum(a > bool 1 unless b == bool 2)", "unless"),
        ("a > bool 1 or vector(0)", None),
        ("a > 1 and b > 2", None),
        ("(a > bool 1) * (b > bool 2)", None),
        ("a and on (x) b", None),
        ("not promql (", None),
    ],
)
def test_set_operators_between_truths_are_found(query: str, found: str | None) -> None:
    assert set_operator_on_truths(query) == found
