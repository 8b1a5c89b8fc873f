"""What a receiver is: its secrets, where it leads, what is behind it, what each way of delivery loses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.alerting.receiver_cases import LEAST, OTHER, SECRET, receiver

from fireline.alerting.receivers import (
    address,
    amc_receiver,
    integration,
    is_chat,
    is_provider,
    lost_in_amc,
    native_receiver,
    not_in_files,
    secrets_of,
    service_key,
)
from fireline.api.alert_policy_receivers import KINDS, Receiver
from fireline.api.alert_policy_receivers_parts import SecretKey
from fireline.api.alert_policy_severities import ProviderSeverity

CREDENTIALS = {
    "bearerTokenSecret": {"name": "http", "key": "token"},
    "tls": {"caSecret": {"name": "http", "key": "ca.crt"}, "serverName": "x"},
}


def made(kind: str, **changes: Any) -> Receiver:
    return Receiver.model_validate(receiver(kind, **changes))


def mount(secret: SecretKey) -> str:
    return f"/mounted/{secret.name}/{secret.key}"


def test_secrets_are_listed_with_the_field_that_names_them_and_what_they_must_hold():
    found = secrets_of(made("slack", http=CREDENTIALS))

    assert [(".".join(map(str, ref.at)), ref.name, ref.key, ref.holds) for ref in found] == [
        ("slack.apiURLSecret", "keys", "key", "URL"),
        ("slack.http.bearerTokenSecret", "http", "token", "Text"),
        ("slack.http.tls.caSecret", "http", "ca.crt", "Certificates"),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_each_secret_the_author_names_is_listed_and_written(kind: str):
    given = json.dumps(LEAST[kind])
    refs = secrets_of(made(kind))

    assert len(refs) == given.count('"name": "keys"')
    assert json.dumps(amc_receiver(made(kind))).count('"name": "keys"') == len(refs)


def test_only_what_alertmanager_cannot_read_from_files_keeps_a_receiver_out_of_the_raw_configuration():
    unable = {kind: not_in_files(made(kind)) for kind in KINDS if not_in_files(made(kind))}
    assert unable == {"wechat": ["wechat.apiSecret"]}
    assert not_in_files(made("sns", accessKeySecret=SECRET, secretKeySecret=OTHER)) == [
        "sns.accessKeySecret",
        "sns.secretKeySecret",
    ]
    with pytest.raises(
        ValueError, match=r"receiver a-wechat: Alertmanager 0.28 reads wechat.apiSecret from no"
    ):
        native_receiver(made("wechat"), name="x", mount=mount)


def test_what_prometheus_operator_drops_is_named_only_if_someone_asked_for_it():
    assert [kind for kind in KINDS if lost_in_amc(made(kind))] == []
    assert lost_in_amc(made("rocketchat", channel="#shop", emoji=":fire:")) == [
        "rocketchat.channel",
        "rocketchat.emoji",
    ]
    assert lost_in_amc(made("telegram", disableNotifications=True)) == ["telegram.disableNotifications"]
    assert lost_in_amc(made("telegram", disableNotifications=False)) == []
    assert lost_in_amc(made("pushover", sound="siren")) == ["pushover.sound"]


@pytest.mark.parametrize("kind", KINDS)
def test_whether_the_end_is_told_is_always_written_out(kind: str):
    for resolved in (True, False):
        one = made(kind, sendResolved=resolved)
        (config,) = (value[0] for key, value in amc_receiver(one).items() if key != "name")
        assert config["sendResolved"] is resolved
        if not not_in_files(one):
            written = native_receiver(one, name="shop/alertpolicy-checkout/x", mount=mount)
            assert written.pop("name") == "shop/alertpolicy-checkout/x"
            ((native,),) = written.values()
            assert native["send_resolved"] is resolved


def test_credentials_of_the_http_client_become_files():
    basic = {
        "usernameSecret": {"name": "http", "key": "user"},
        "passwordSecret": {"name": "http", "key": "pass"},
    }
    bearer = native_receiver(made("slack", http=CREDENTIALS), name="x", mount=mount)["slack_configs"][0]
    both = native_receiver(made("slack", http={"basicAuth": basic}), name="x", mount=mount)["slack_configs"][
        0
    ]

    assert bearer["api_url_file"] == "/mounted/keys/key"
    assert bearer["http_config"] == {
        "authorization": {"type": "Bearer", "credentials_file": "/mounted/http/token"},
        "tls_config": {"ca_file": "/mounted/http/ca.crt", "server_name": "x"},
    }
    assert both["http_config"] == {
        "basic_auth": {"username_file": "/mounted/http/user", "password_file": "/mounted/http/pass"}
    }


def test_severities_of_the_policy_reach_providers_as_a_choice_by_label():
    severities = {"sev0": ProviderSeverity(pagerduty="error"), "sev2": ProviderSeverity(opsgenie="P5")}
    (pagerduty,) = amc_receiver(made("pagerduty"), severities=severities)["pagerdutyConfigs"]
    (opsgenie,) = amc_receiver(made("opsgenie"), severities=severities)["opsgenieConfigs"]

    choice = (
        '{{{{ if eq .CommonLabels.sev "sev0" }}}}{}{{{{ else if eq .CommonLabels.sev "sev1" }}}}{}'
        "{{{{ else }}}}{}{{{{ end }}}}"
    )
    assert pagerduty["severity"] == choice.format("error", "error", "warning")
    assert opsgenie["priority"] == choice.format("P1", "P2", "P5")


def test_two_routes_to_one_service_of_a_provider_have_one_key():
    assert service_key(made("pagerduty")) == service_key(made("pagerduty", client="other"))
    assert service_key(made("pagerduty")) != service_key(made("pagerduty", routingKeySecret=OTHER))
    assert service_key(made("victorops")) != service_key(made("victorops", routingKey="other"))
    named = Receiver.model_validate({**receiver("slack"), "name": "second"})
    assert service_key(made("slack")) != service_key(named)


def test_providers_and_chats_are_told_apart():
    assert [kind for kind in KINDS if is_provider(made(kind))] == ["pagerduty", "opsgenie", "victorops"]
    assert [kind for kind in KINDS if is_chat(made(kind))] == [
        "slack",
        "msteamsv2",
        "msteams",
        "discord",
        "telegram",
        "webex",
        "wechat",
        "rocketchat",
    ]


ADDRESSES = {
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "victorops": "Splunk On-Call, routing key shop",
    "pushover": "Pushover",
    "email": "mail to ops@example.com by smtp.example.com:587",
    "webhook": "webhook http://gateway.shop:8080/alerts",
    "slack": "Slack",
    "msteamsv2": "Microsoft Teams",
    "msteams": "Microsoft Teams",
    "discord": "Discord",
    "telegram": "Telegram chat -1001234567890",
    "webex": "Webex room room",
    "sns": "Amazon SNS arn:aws:sns:eu-central-1:123456789012:alerts",
    "wechat": "WeChat",
    "rocketchat": "Rocket.Chat",
}


def test_where_a_receiver_leads_is_said_in_words():
    assert {kind: address(made(kind)) for kind in KINDS} == ADDRESSES
    assert {integration(made(kind)) for kind in KINDS} == set(KINDS)
    assert address(made("slack", channel="#shop")) == "Slack channel #shop"
    hidden = made("webhook", url=None, urlSecret=SECRET)
    assert address(hidden) == "webhook named in Secret keys, key key"
