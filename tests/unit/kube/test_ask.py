"""One request to the API server for a plan: its headers, and answers that are none."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from tests.unit.kube.receiver import Receiver

from fireline.api.plan import Answer
from fireline.api.resources import CONFIG_MAP
from fireline.kube.auth import Connection
from fireline.kube.client import Client, correlation_id
from fireline.kube.metrics import Metrics


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(autouse=True)
def _empty(receiver: Receiver) -> None:
    receiver.received.clear()


def ask(receiver: Receiver, path: str, **more: Any) -> Answer:
    async def story() -> Answer:
        connector = aiohttp.TCPConnector()
        session = aiohttp.ClientSession(connector=connector)
        connection = Connection(receiver.url, session, connector, (), None)
        try:
            client = Client(connection, Metrics())
            return await client.ask("create", CONFIG_MAP, path, body={"a": 1}, seconds=5.0, **more)
        finally:
            await connection.close()

    return asyncio.run(story())


def test_a_request_is_made_in_the_name_of_the_user_and_of_nobody_else(receiver: Receiver):
    assert ask(receiver, "/ok", user="system:serviceaccount:shop:mitigator") == Answer(200, {"done": True})
    assert ask(receiver, "/ok").ok
    named, unnamed = receiver.received
    assert named.headers["Impersonate-User"] == "system:serviceaccount:shop:mitigator"
    assert not [name for name in unnamed.headers if name.lower().startswith("impersonate")]


def test_the_correlation_id_goes_into_the_audit_log(receiver: Receiver):
    token = correlation_id.set("traced")
    try:
        ask(receiver, "/ok")
    finally:
        correlation_id.reset(token)
    assert receiver.received[0].headers["Audit-ID"] == "traced"


def test_a_redirect_is_not_followed_in_anybodys_name(receiver: Receiver):
    answer = ask(receiver, "/redirect", user="somebody")
    assert (answer.status, answer.ok) == (302, False)
    assert [one.path for one in receiver.received] == ["/redirect"]


def test_a_success_that_cannot_be_read_leaves_open_what_happened(receiver: Receiver):
    answer = ask(receiver, "/page")
    assert (answer.status, answer.body, answer.sent) == (0, None, True)
    assert "no usable answer" in answer.message


def test_an_answer_that_breaks_off_leaves_open_what_happened(receiver: Receiver):
    answer = ask(receiver, "/half")
    assert (answer.status, answer.sent) == (0, True)


def test_a_refusal_in_plain_text_is_kept_in_words(receiver: Receiver):
    answer = ask(receiver, "/quote")
    assert (answer.status, answer.body) == (503, None)
    assert answer.message.startswith("no: /quote")
