"""How an Alertmanager is reached, and what its own base configuration may hold."""

from __future__ import annotations

import pytest
import yaml

from fireline.api.inline_secrets import inline_secrets
from fireline.errors import SettingsInvalid
from fireline.settings import Alertmanager, Settings, load_settings


def alertmanager(**given) -> Alertmanager:
    return load_settings({"alertmanagers": {"main": given}}).alertmanagers["main"]


def refused(**given) -> str:
    with pytest.raises(SettingsInvalid) as error:
        alertmanager(**given)
    said = str(error.value)
    assert said.startswith("alertmanagers.main")
    assert "SECRET" not in said
    return said


def test_there_is_none_until_one_is_set():
    assert Settings().alertmanagers == {}


def test_it_is_reached_as_a_source_is():
    one = alertmanager(
        urls=["http://am-0:9093", "http://am-1:9093"], bearer_token_file="/t", tenant="a", namespace="mon"
    )
    assert one.tenant_headers == {"X-Scope-OrgID": "a"}
    assert one.product == "Alertmanager"
    assert "exclude each other" in refused(bearer_token_file="/t", username="u", password_file="/p")
    assert "am-0" not in repr(one), "an address may carry a password"


def test_a_merged_configuration_needs_a_place():
    assert "merged_secret needs namespace beside it" in refused(merged_secret="merged")
    assert "base needs merged_secret" in refused(base={"route": {"receiver": "null"}})


CONFIG = """
global:
  smtp_auth_password: SECRET
  slack_api_url_file: /etc/alertmanager/secrets/slack/url
  opsgenie_api_key: ""
  http_config: {tls_config: {key: SECRET, ca: not secret}}
route:
  receiver: chat
  routes: [{match: {token: not secret}, receiver: chat}]
receivers:
- name: chat
  slack_configs: [{api_url: SECRET, channel: "#x"}]
  pagerduty_configs: [{routing_key: SECRET, url: https://not-secret}]
  webhook_configs:
  - {url: SECRET}
  - url_file: /x
    http_config: {proxy_url: "http://u:SECRET@proxy", http_headers: {X-Key: {secrets: [SECRET]}}}
  sns_configs: [{sigv4: {access_key: a, secret_key: SECRET}}]
  opsgenie_configs: [{api_url: https://not-secret, api_key_file: /x}]
"""


def test_every_credential_in_plain_sight_is_found_and_nothing_else():
    assert dict(inline_secrets(yaml.safe_load(CONFIG))) == {
        "global.smtp_auth_password": "use smtp_auth_password_file",
        "global.http_config.tls_config.key": "use key_file",
        "receivers[0].slack_configs[0].api_url": "use api_url_file",
        "receivers[0].pagerduty_configs[0].routing_key": "use routing_key_file",
        "receivers[0].webhook_configs[0].url": "use url_file",
        "receivers[0].webhook_configs[1].http_config.proxy_url": (
            "leave user and password out of the URL and use basic_auth with password_file"
        ),
        "receivers[0].webhook_configs[1].http_config.http_headers.X-Key.secrets": "use files",
        "receivers[0].sns_configs[0].sigv4.access_key": (
            "leave it out, there is no way to read it from a file"
        ),
        "receivers[0].sns_configs[0].sigv4.secret_key": (
            "leave it out, there is no way to read it from a file"
        ),
    }


def test_a_base_with_a_credential_is_refused_without_quoting_it():
    said = refused(base=yaml.safe_load(CONFIG), merged_secret="merged", namespace="monitoring")
    assert "base.receivers[0].slack_configs[0].api_url holds a credential: use api_url_file" in said
