"""Whatever receiver we let through, API server, prometheus-operator and Alertmanager take.

300 receivers of all kinds, with strings that try to break out of YAML, of Go templates and of HTML.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed.waiting import wait_for
from tests.routes import alertmanagers, amtool, drawn_receivers
from tests.routes.conftest import Merging

from fireline.alerting.effective import breaks_everything, refused
from fireline.alerting.receivers import (
    amc_receiver,
    check_receiver,
    lost_in_amc,
    native_receiver,
    not_in_files,
    secrets_of,
)
from fireline.api.alert_policy_receivers import KINDS, Receiver
from fireline.api.alert_policy_receivers_parts import SecretKey

pytestmark = pytest.mark.bed

NAMESPACE = "receivers-shop"
COUNT = 300
PER_CONFIG = 30
BASE = {"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}
_ELSEWHERE = frozenset({"http_config", "tls_config", "sigv4", "retry", "expire", "timeout"})
"""Written differently by prometheus-operator, or with secrets in them."""


def mount(secret: SecretKey) -> str:
    return f"/etc/alertmanager/secrets/{secret.name}/{secret.key}"


def native(receiver: Receiver) -> dict[str, Any]:
    return native_receiver(receiver, name=receiver.name, mount=mount)


@pytest.fixture(scope="module")
def drawn() -> list[Receiver]:
    source = random.Random(11)
    found: list[Receiver] = []
    while len(found) < COUNT:
        kind = KINDS[len(found) % len(KINDS)]
        one = drawn_receivers.receiver(source, kind, f"r{len(found)}-{kind}")
        if not [*check_receiver(one, ("spec",))]:
            found.append(one)
    return found


@pytest.fixture(scope="module")
def configs(drawn: list[Receiver]) -> list[dict[str, Any]]:
    """All of them in AlertmanagerConfigs."""
    parts = [drawn[start : start + PER_CONFIG] for start in range(0, len(drawn), PER_CONFIG)]
    return [
        {
            "apiVersion": "monitoring.coreos.com/v1alpha1",
            "kind": "AlertmanagerConfig",
            "metadata": {"name": f"drawn-{number}", "namespace": NAMESPACE},
            "spec": {
                "route": {"receiver": part[0].name},
                "receivers": [amc_receiver(receiver) for receiver in part],
            },
        }
        for number, part in enumerate(parts)
    ]


def test_our_own_rules_find_nothing_against_them(configs: list[dict[str, Any]]):
    assert [words for config in configs for words in refused(config)] == []
    assert [words for config in configs for words in breaks_everything(config)] == []


def test_alertmanager_takes_the_raw_configuration_with_all_of_them(drawn: list[Receiver], tmp_path: Path):
    whole = {**BASE, "receivers": [*BASE["receivers"], *(native(r) for r in drawn if not not_in_files(r))]}
    assert amtool.check(amtool.write(whole, tmp_path)) == ""


def test_what_cannot_stand_in_files_is_not_written_as_a_file(drawn: list[Receiver]):
    unable = [receiver for receiver in drawn if not_in_files(receiver)]
    assert {receiver.kind for receiver in unable} == {"wechat", "sns"}
    for receiver in unable:
        with pytest.raises(ValueError, match="from no file"):
            native(receiver)


def test_credentials_are_references_in_one_notation_and_files_in_the_other(drawn: list[Receiver]):
    for receiver in drawn:
        refs = secrets_of(receiver)
        written = json.dumps(amc_receiver(receiver))
        assert all(json.dumps({"name": ref.name, "key": ref.key}) in written for ref in refs)
        if not not_in_files(receiver):
            files = json.dumps(native(receiver))
            assert all(f"/etc/alertmanager/secrets/{ref.name}/{ref.key}" in files for ref in refs)


def test_prometheus_operator_merges_all_of_them_as_they_are(
    drawn: list[Receiver],
    configs: list[dict[str, Any]],
    merging: Merging,
    tmp_path: Path,
):
    client, cluster = merging.client, merging.cluster
    client.namespace(NAMESPACE)
    for secret in drawn_receivers.secrets(NAMESPACE, Path(cluster.ca_file).read_text()):
        client.apply(secret)
    for config in configs:
        kept = client.apply(config)
        assert kept["spec"]["receivers"] == config["spec"]["receivers"], "the API server pruned a field"
    alertmanagers.create(client, NAMESPACE, BASE)

    wait_for(
        lambda: alertmanagers.generated(client, NAMESPACE).count(f"name: {NAMESPACE}/drawn-") == len(drawn),
        what="the merged configuration",
    )
    merged = yaml.safe_load(alertmanagers.generated(client, NAMESPACE))

    assert amtool.check(amtool.write(merged, tmp_path)) == ""
    theirs = {entry["name"].rpartition("/")[2]: entry for entry in merged["receivers"]}
    for receiver in drawn:
        if not not_in_files(receiver):
            assert differences(receiver, theirs[receiver.name]) == {}, receiver


def differences(receiver: Receiver, theirs: dict[str, Any]) -> dict[str, Any]:
    """Fields that reach Alertmanager otherwise by prometheus-operator than by the raw configuration."""
    ours = native(receiver)
    (kind,) = ours.keys() - {"name"}
    (own,), (other,) = ours[kind], theirs[kind]
    if receiver.kind == "rocketchat":  # prometheus-operator 0.85 keeps nothing of it but this
        own = {"send_resolved": own["send_resolved"]}
    lost = {field.partition(".")[2] for field in lost_in_amc(receiver)}
    skipped = _ELSEWHERE | ({"disable_notifications"} if "disableNotifications" in lost else set()) | lost
    compared = {key for key in own if key not in skipped and not key.endswith("_file")}
    return {key: (own[key], other.get(key)) for key in compared if own[key] != other.get(key)}
