"""What people read at night: the messages of a running Alertmanager, as their receivers get them.

The golden files show them whole. Times since and addresses are replaced, all else is what was sent.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.bed.alertmanager import Alertmanager
from tests.bed.smtp import Mailbox
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.routes.capture import Messengers
from tests.unit.alerting.receiver_cases import receiver

from fireline.alerting.receivers import native_receiver
from fireline.api.alert_policy_receivers import Receiver
from fireline.api.alert_policy_receivers_parts import SecretKey
from fireline.api.alert_policy_severities import ProviderSeverity, Sev

pytestmark = pytest.mark.bed

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
BY_URL = {"slack": "apiURLSecret", "discord": "webhookURLSecret", "msteams": "webhookURLSecret"} | {
    "msteamsv2": "webhookURLSecret",
    "webhook": "urlSecret",
}
"""Kind → the field whose Secret holds the address."""
BY_ADDRESS = {"pagerduty": "url"} | dict.fromkeys(
    ("opsgenie", "victorops", "telegram", "webex", "rocketchat"), "apiURL"
)
"""Kind → the field with the address itself."""
KINDS = sorted([*BY_URL, *BY_ADDRESS, "email"])
START, END = "2026-01-02T03:04:05Z", "2026-01-02T04:05:06Z"
SUMMARY = 'SLO shop/checkout burns its error budget 14 times too fast over 1h, "limit" <14.4> & more'
ALERT = {
    "labels": {
        "alertname": "SLOErrorBudgetBurnPage",
        "namespace": "shop",
        "slo": "checkout",
        "service": "web",
        "severity": "critical",
        "sev": "sev1",
        "alert_policy": "shop/checkout",
        "region": "eu",
    },
    "annotations": {
        "summary": SUMMARY,
        "description": "Over the last 1h and the last 5m bad events came too fast. <!channel>",
        "runbook_url": "https://runbooks.example/checkout?a=1&b=2",
        "dashboard_url": "https://grafana.example/d/checkout",
    },
    "generatorURL": "http://prometheus.example/graph?g0.expr=up",
    "startsAt": START,
}


@dataclass(frozen=True)
class Sent:
    """What came where."""

    messengers: Messengers
    mailbox: Mailbox

    def bodies(self, kind: str) -> list[Any]:
        """The messages of a kind, in order; of a mail its subject and its two parts."""
        if kind != "email":
            return self.messengers.bodies(kind)
        return [_mail(mail) for _, mail in self.mailbox.received()]


def _mail(mail: EmailMessage) -> dict[str, Any]:
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    parts = {part.get_content_type(): part.get_content().splitlines() for part in leaves}
    return {"To": mail["To"], "From": mail["From"], "Subject": mail["Subject"], **parts}


@pytest.fixture(scope="module")
def sent(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    """What every messenger was sent for one alert: that it fires, then that it is over."""
    folder = tmp_path_factory.mktemp("messages")
    with Messengers() as messengers, Mailbox() as mailbox:
        config = configuration(messengers.url, mailbox.address, folder)
        bodies = Sent(messengers, mailbox).bodies
        with Alertmanager(tools, folder / "am", config=config) as running:
            post(running, endsAt="2126-01-01T00:00:00Z")
            wait_for(lambda: all(len(bodies(kind)) == 1 for kind in KINDS), what="messages")
            post(running, endsAt=END)
            wait_for(lambda: all(len(bodies(kind)) == 2 for kind in KINDS), what="the end")
            yield Sent(messengers, mailbox)


def post(running: Alertmanager, **fields: str) -> None:
    url = f"{running.url}/api/v2/alerts"
    requests.post(url, json=[{**ALERT, **fields}], timeout=30).raise_for_status()


def configuration(url: str, mail: str, folder: Path) -> dict[str, Any]:
    """One receiver of each kind below one route; secrets as files in ``folder``."""
    severities: dict[Sev, ProviderSeverity] = {"sev1": ProviderSeverity(pagerduty="critical", opsgenie="P2")}

    def mount(secret: SecretKey) -> str:
        file = folder / secret.key
        file.write_text(f"{url}/{secret.key}" if secret.name == "urls" else "a-key")
        return str(file)

    given = [
        receiver(kind, url=None, **{field: {"name": "urls", "key": kind}}) for kind, field in BY_URL.items()
    ]
    given += [receiver(kind, **{field: f"{url}/{kind}"}) for kind, field in BY_ADDRESS.items()]
    given.append(receiver("email", smarthost=mail, requireTLS=False, sendResolved=True))
    written = [
        native_receiver(Receiver.model_validate(one), name=one["name"], mount=mount, severities=severities)
        for one in given
    ]
    routes = [{"receiver": one["name"], "continue": True} for one in written]
    return {
        "route": {
            "receiver": "none",
            "group_by": ["alertname"],
            "group_wait": "1s",
            "group_interval": "1s",
            "routes": routes,
        },
        "receivers": [{"name": "none"}, *written],
    }


def plain(body: Any, url: str) -> str:
    """A body without what differs from run to run."""
    text = json.dumps(body, indent=1, ensure_ascii=False, sort_keys=True)
    text = text.replace(url, "http://messenger.example")
    text = re.sub(r"http://[\w.-]+:\d+/#/", "http://alertmanager.example/#/", text)
    text = re.sub(r"\bfor \d[0-9dhms. ]*s\b", "for 1h 2m 3s", text)
    text = re.sub(r'"(dedup_key|alias|entity_id)": "[0-9a-f]{64}"', r'"\1": "…"', text)
    return re.sub(r'"(externalURL|fingerprint)": "[^"]*"', r'"\1": "…"', text) + "\n"


@pytest.mark.parametrize("kind", KINDS)
def test_messages_are_those_of_the_golden_file(sent: Sent, kind: str):
    firing, resolved = (plain(body, sent.messengers.url) for body in sent.bodies(kind))
    file = GOLDEN / f"{kind}.json"
    if os.environ.get("FIRELINE_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(firing + resolved)

    words = "if this was meant, run this test with FIRELINE_GOLDEN=write and read what changed"
    assert file.read_text() == firing + resolved, words


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"webhook"}))
def test_a_message_says_what_how_bad_what_to_do_and_where_to_look(sent: Sent, kind: str):
    firing = json.dumps(sent.bodies(kind)[0], ensure_ascii=False)

    assert "SEV1" in firing
    assert "SLO shop/checkout burns its error budget" in firing
    assert "https://runbooks.example/checkout?a=1" in firing
    assert "https://grafana.example/d/checkout" in firing
    assert "/#/silences/new?filter=%7Bnamespace%3D%22shop%22%2Cslo%3D%22checkout%22%2Calertname" in firing


def test_providers_get_the_severity_the_policy_gives_them(sent: Sent):
    assert sent.bodies("pagerduty")[0]["payload"]["severity"] == "critical"
    assert sent.bodies("opsgenie")[0]["priority"] == "P2"
    assert sent.bodies("victorops")[0]["message_type"] == "CRITICAL"


def test_providers_close_what_they_opened(sent: Sent):
    opened, closed = sent.bodies("pagerduty")
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"]
    assert sent.bodies("victorops")[1]["message_type"] == "RECOVERY"
    paths = [path for name, path, _ in sent.messengers.received if name == "opsgenie"]
    assert paths[1].endswith("/close?identifierType=alias")


def test_no_text_of_an_alert_becomes_markup(sent: Sent):
    slack, telegram = (json.dumps(sent.bodies(kind), ensure_ascii=False) for kind in ("slack", "telegram"))
    assert "<!channel>" not in slack
    assert "&lt;!channel&gt;" in slack
    assert "<14.4>" not in telegram
