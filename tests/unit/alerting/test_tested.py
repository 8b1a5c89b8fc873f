"""Which receivers a test alert goes to, and where it says to look."""

from __future__ import annotations

from typing import Any

from fireline.alerting.checks import read
from fireline.alerting.compile import compile_policy
from fireline.alerting.tested import tested as asked_of
from fireline.api.delivery import TestedReceiver
from fireline.settings import Settings

RECEIVERS = [
    {"name": "pager", "pagerduty": {"routingKeySecret": {"name": "pd", "key": "key"}}},
    {"name": "hook", "webhook": {"url": "http://hook.shop.svc:8080/alerts"}},
    {
        "name": "mail",
        "email": {
            "to": "a@shop.example",
            "from": "b@shop.example",
            "smarthost": "smtp.shop.example:587",
            "authUsername": "u",
            "authPasswordSecret": {"name": "smtp", "key": "password"},
        },
    },
]


def of(receivers: list[dict[str, Any]]) -> list[TestedReceiver]:
    manifest = {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "AlertPolicy",
        "metadata": {"name": "checkout", "namespace": "shop"},
        "spec": {
            "selector": {},
            "receivers": receivers,
            "severities": [{"name": "sev0", "page": True, "receivers": [receivers[0]["name"]]}],
        },
    }
    policy, issues = read(manifest, settings=Settings())
    assert policy is not None, issues
    return asked_of(compile_policy(policy, settings=Settings()))


def test_every_receiver_is_tested_under_its_name_in_alertmanager():
    found = of(RECEIVERS)
    assert {(one.name, one.full_name, one.integrations) for one in found} == {
        ("pager", "shop/alertpolicy-checkout/pager", ("pagerduty",)),
        ("hook", "shop/alertpolicy-checkout/hook", ("webhook",)),
        ("mail", "shop/alertpolicy-checkout/mail", ("email",)),
    }


def test_secrets_are_named_and_addresses_never_shown():
    places = {one.name: one.address for one in of(RECEIVERS)}
    assert places == {
        "pager": "secret pd, key key",
        "hook": "receiver hook of the policy",
        "mail": "secret smtp, key password",
    }
