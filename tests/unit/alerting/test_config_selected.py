"""Would an Alertmanager take the routes, and if not, what has to be done about it?"""

from __future__ import annotations

from typing import Any

import pytest
from tests.seen import World

from fireline.api.resources import ALERTMANAGER
from fireline.selection.configs import config_selected
from fireline.settings import Alertmanager

ALL: dict[str, Any] = {"alertmanagerConfigSelector": {}, "alertmanagerConfigNamespaceSelector": {}}


def selected(*specs: dict[str, Any], settings: Alertmanager | None = None) -> Any:
    objects = [
        (ALERTMANAGER, {"metadata": {"name": f"am-{n}", "namespace": "monitoring"}, "spec": spec})
        for n, spec in enumerate(specs)
    ]
    return config_selected(
        "shop",
        {"team": "shop"},
        name="alertpolicy-checkout",
        entry="default",
        settings=settings or Alertmanager(),
        seen=World(objects=objects),
    )


@pytest.mark.parametrize(
    ("specs", "status", "words"),
    [
        ([ALL], "True", "am-0 selects these routes"),
        ([{}, ALL], "True", "am-1 selects these routes"),
        ([{}], "False", "has no spec.alertmanagerConfigSelector"),
        ([{"alertmanagerConfigSelector": {}}], "False", "of its own namespace monitoring only"),
        ([], "Unknown", "there is no Alertmanager object"),
    ],
)
def test_the_condition_tells_who_takes_the_routes_or_why_nobody_does(specs, status, words):
    found = selected(*specs)

    assert found.status == status
    assert words in found.message


def test_labels_of_the_settings_are_the_advice_only_where_a_label_is_missing():
    wanted = {**ALL, "alertmanagerConfigSelector": {"matchLabels": {"alerting": "main"}}}

    lacking, without = selected(wanted), selected({})

    assert "wants label alerting=main on AlertmanagerConfig alertpolicy-checkout" in lacking.message
    assert "config_labels of alertmanagers.default" in lacking.message
    assert "config_labels" not in without.message
    assert "give it one, {} for all" in without.message


def test_only_the_alertmanager_of_the_settings_counts():
    found = selected({}, ALL, settings=Alertmanager(namespace="monitoring", name="am-0"))

    assert found.status == "False"
