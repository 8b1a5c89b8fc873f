"""Settings that cannot be used end in one clear message, and never quote what may be a secret."""

from __future__ import annotations

import json

import pytest

from fireline.errors import SettingsInvalid
from fireline.settings import load_settings


@pytest.fixture(autouse=True)
def _no_file(monkeypatch):
    monkeypatch.delenv("FIRELINE_CONFIG", raising=False)


def refused(**given) -> str:
    with pytest.raises(SettingsInvalid) as error:
        load_settings(given)
    return str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "user:SECRET@prometheus:9090",
        "http://user:SECRET@",
        "http://user:SECR/ET@prometheus",
        "http://user:SE#CRET@prometheus",
        "http://user:SECRET@[::1",
        "ftp://user:SECRET@prometheus",
        "http://user:SECRET@prometheus:port",
        "http://user:SECRET@prometheus?tenant=1",
    ],
)
def test_a_wrong_url_is_named_by_its_place_and_not_quoted(url):
    said = refused(sources={"default": {"urls": [url]}})
    assert said.startswith("sources.default.urls.0: ")
    assert "http://prometheus-operated.monitoring:9090" in said
    assert "SECR" not in said


def test_urls_with_credentials_and_a_path_are_fine():
    url = "https://user:se%2Fcret@prometheus:9090/tenant"
    assert load_settings({"sources": {"default": {"urls": [url]}}}).sources["default"].urls == (url,)


def test_json_that_does_not_parse_names_the_setting(monkeypatch):
    monkeypatch.setenv("FIRELINE_SOURCES", "{bad")
    assert '"sources"' in refused()


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"instance": "my prod"}, "instance: "),
        ({"sources": {"My Source": {}}}, "sources.My Source.[key]: "),
        ({"watch_namespaces": ["Shop"]}, "watch_namespaces.0: "),
        ({"refresh_seconds": 0}, "refresh_seconds: "),
        ({"resync_seconds": -1}, "resync_seconds: "),
        ({"workers": 0}, "workers: "),
        ({"port": 65_536}, "port: "),
        ({"exact_core_share": 0}, "exact_core_share: "),
        ({"lease": {"renew_deadline_seconds": 20}}, "lease: "),
        ({"sorces": {}}, "sorces: "),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_its_path(given, path):
    assert refused(**given).startswith(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", ":2: "),
        ("- a", "must be a map"),
        ("1: a", "must be a map"),
        ("sorces: {}", "sorces: "),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, monkeypatch, text, message):
    file = tmp_path / "fireline.yaml"
    file.write_text(text + "\n")
    monkeypatch.setenv("FIRELINE_CONFIG", str(file))
    assert message in refused()


def test_a_file_that_is_not_there_is_never_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("FIRELINE_CONFIG", str(tmp_path / "fireline.yaml"))
    assert "fireline.yaml: No such file" in refused()


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    file = tmp_path / "fireline.yaml"
    file.write_text(json.dumps({"workers": 3, "instance": "file"}))
    monkeypatch.setenv("FIRELINE_CONFIG", str(file))
    monkeypatch.setenv("FIRELINE_WORKERS", "4")
    settings = load_settings({})
    assert (settings.workers, settings.instance) == (4, "file")
