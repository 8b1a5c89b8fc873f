"""Which Prometheus the options of a command mean: the same for all commands."""

from __future__ import annotations

import click
import pytest

from fireline.cli.reach import Reach
from fireline.cli.sources import chosen, place
from fireline.settings import Settings, Source

SETTINGS = Settings(
    sources={
        "eu": Source(urls=("http://eu.example:9090", "http://eu-2.example:9090"), tenant="shop"),
        "us": Source(),
    }
)


def test_nothing_said_means_no_server() -> None:
    assert chosen(None, None, SETTINGS) is None


def test_a_url_alone_is_a_server_without_credentials() -> None:
    found = chosen("http://here:9090", None, SETTINGS)

    assert found is not None
    assert (found.urls, found.tenant) == (("http://here:9090",), None)


def test_a_name_brings_replicas_and_tenant() -> None:
    assert chosen(None, "eu", SETTINGS) == SETTINGS.sources["eu"]


def test_a_url_beside_a_name_takes_the_place_of_the_sources_own() -> None:
    found = chosen("http://localhost:9090", "eu", SETTINGS)

    assert found is not None
    assert (found.urls, found.tenant) == (("http://localhost:9090",), "shop")


@pytest.mark.parametrize(
    ("url", "name", "words"),
    [
        (None, "asia", "--source: 'asia' is no source of the settings; known: eu, us"),
        ("http://here:9090", "asia", "--source: 'asia' is no source of the settings; known: eu, us"),
        (None, "us", "no Prometheus to ask: give --prometheus URL, or --config with sources.us.urls"),
        ("here:9090", None, "--prometheus: "),
        ("here:9090", "eu", "--prometheus: "),
    ],
)
def test_what_cannot_be_asked_is_refused_alike_by_all_commands(
    url: str | None, name: str | None, words: str
) -> None:
    with pytest.raises(click.UsageError) as by_gate:
        chosen(url, name, SETTINGS)
    with pytest.raises(click.UsageError) as by_backtest:
        Reach(SETTINGS, url=url, name=name).named("eu")

    assert by_gate.value.message == by_backtest.value.message
    assert by_gate.value.message.startswith(words)


def test_without_options_an_objective_is_read_from_its_own_source() -> None:
    with pytest.raises(click.UsageError, match=r"sources\.us\.urls"):
        Reach(SETTINGS, url=None, name=None).named("us")

    assert Reach(SETTINGS, url=None, name=None).named("eu") is not None


def test_a_password_in_a_url_is_not_shown() -> None:
    found = chosen("http://me:secret@here:9090/prom", None, SETTINGS)

    assert found is not None
    assert "secret" not in place(found)
