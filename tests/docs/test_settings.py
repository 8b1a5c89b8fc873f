"""docs/reference/settings.md says what the settings are, all of them, and its example works."""

from __future__ import annotations

import re

import pytest

from fireline.settings import Alertmanager, LeaseSettings, Settings, Source
from tests.docs.settings import PAGE, descriptions, page


def test_the_page_is_fresh():
    assert PAGE.read_text() == page(), "run: python -m tests.docs.settings"


@pytest.mark.parametrize("model", [Settings, Source, Alertmanager, LeaseSettings])
def test_every_setting_is_described(model):
    assert descriptions(model).keys() == model.model_fields.keys()


def test_the_example_on_the_page_is_valid(tmp_path, monkeypatch):
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "fireline.yaml"
    file.write_text(example)
    monkeypatch.setenv("FIRELINE_CONFIG", str(file))
    settings = Settings()
    assert settings.copied_labels == ("release", "team")
    assert settings.sources["default"].rule_labels == {"release": "kube-prometheus-stack"}


def test_flags_win_over_the_environment_and_the_environment_over_the_file(tmp_path, monkeypatch):
    file = tmp_path / "fireline.yaml"
    file.write_text("{workers: 1, port: 1, instance: from-file}")
    monkeypatch.setenv("FIRELINE_CONFIG", str(file))
    monkeypatch.setenv("FIRELINE_PORT", "2")
    monkeypatch.setenv("FIRELINE_WORKERS", "2")
    settings = Settings(workers=3)
    assert (settings.workers, settings.port, settings.instance) == (3, 2, "from-file")


def test_one_nested_setting_can_be_set_alone(monkeypatch):
    monkeypatch.setenv("FIRELINE_LEASE__DURATION_SECONDS", "30")
    lease = Settings().lease
    assert (lease.duration_seconds, lease.renew_deadline_seconds) == (30, 10)


def test_an_unknown_name_in_the_file_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "fireline.yaml"
    file.write_text("{workrs: 1}")
    monkeypatch.setenv("FIRELINE_CONFIG", str(file))
    with pytest.raises(ValueError, match="workrs"):
        Settings()
