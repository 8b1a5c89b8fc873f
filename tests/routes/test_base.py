"""A base configuration that we say prometheus-operator cannot merge into stops it; another one does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.bed.waiting import wait_for
from tests.routes import alertmanagers, broken
from tests.routes.conftest import Merging

from fireline.alerting.effective import DEFAULT_BASE, refused_base

pytestmark = pytest.mark.bed

_RECEIVERS = [{"name": "null"}]
_INTERVALS = [{"name": "i", "time_intervals": [{"years": ["2026"]}]}]
REFUSED: Mapping[str, tuple[dict[str, Any], str]] = {
    "of-a-newer-alertmanager": (
        {
            "route": {"receiver": "null"},
            "receivers": [{"name": "null", "webhook_configs": [{"url": "http://h.example", "payload": "x"}]}],
        },
        "receivers[0].webhook_configs[0].payload",
    ),
    "root-that-goes-on": (
        {"route": {"receiver": "null", "continue": True}, "receivers": _RECEIVERS},
        "route.continue",
    ),
    "root-that-matches": (
        {"route": {"receiver": "null", "matchers": ["a=b"]}, "receivers": _RECEIVERS},
        "route.matchers",
    ),
    "root-that-is-muted": (
        {
            "route": {"receiver": "null", "mute_time_intervals": ["i"]},
            "receivers": _RECEIVERS,
            "time_intervals": _INTERVALS,
        },
        "route.mute_time_intervals",
    ),
    "root-to-nobody": ({"route": {"receiver": "x"}, "receivers": _RECEIVERS}, "route.receiver"),
    "root-without-receiver": ({"route": {"group_by": ["a"]}, "receivers": _RECEIVERS}, "route.receiver"),
}


@pytest.fixture(scope="module")
def started(merging: Merging) -> None:
    """An Alertmanager with each base, and a route to merge."""
    for name, base in {**{name: base for name, (base, _) in REFUSED.items()}, "sound": DEFAULT_BASE}.items():
        merging.client.namespace(f"base-{name}")
        merging.client.apply(broken.config(f"base-{name}", "alerts"))
        alertmanagers.create(merging.client, f"base-{name}", base)


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("name", REFUSED)
def test_prometheus_operator_cannot_merge_into_what_we_refuse(name: str, merging: Merging) -> None:
    base, at = REFUSED[name]
    reasons = refused_base(base)

    assert [reason.partition(":")[0] for reason in reasons] == [at]
    wait_for(lambda: f"base-{name}/main" in _gave_up(merging), what="a failed attempt")
    assert alertmanagers.generated(merging.client, f"base-{name}") == ""


@pytest.mark.usefixtures("started")
def test_it_merges_into_another_one(merging: Merging) -> None:
    assert refused_base(DEFAULT_BASE) == []
    wait_for(lambda: alertmanagers.generated(merging.client, "base-sound"), what="the merged configuration")


def _gave_up(merging: Merging) -> str:
    lines = merging.log().splitlines()
    return "\n".join(line for line in lines if "failed to initialize from secret" in line)
