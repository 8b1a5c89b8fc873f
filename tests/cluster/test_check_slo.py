"""An SLO follows its SyntheticCheck on a real API server: as that comes, changes, pauses, and goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.bed.cluster import Cluster
from tests.bed.waiting import wait_for
from tests.cluster.rig import Rig, a_rig

from fireline.api.labels import TIER_WINDOWS
from fireline.api.plan import Manifest
from fireline.api.resources import SLO, SYNTHETIC_CHECK

pytestmark = pytest.mark.bed

SETTINGS = {"checks": {"image": "registry.example/fireline:1"}}


@pytest.fixture(scope="module")
def rig(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """The real operator in a namespace of its own."""
    with a_rig(cluster, tmp_path_factory.mktemp("check-slo"), toy=False, settings=SETTINGS) as running:
        yield running


def a_check(rig: Rig, every: str = "30m", **spec: Any) -> Manifest:
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": "flow", "namespace": rig.namespace},
        "spec": {
            "schedule": {"every": every},
            "steps": [{"name": "home", "http": {"url": "http://shop.example/health"}}],
            **spec,
        },
    }


def an_slo(rig: Rig) -> Manifest:
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "ServiceLevelObjective",
        "metadata": {"name": "flow", "namespace": rig.namespace},
        "spec": {"service": "shop", "objective": "99.9", "indicator": {"synthetic": {"check": "flow"}}},
    }


def await_note(rig: Rig, words: str) -> str:
    """Wait until condition Valid of the SLO holds these words."""

    def told() -> str | None:
        conditions = rig.client.get(SLO, "flow", rig.namespace).get("status", {}).get("conditions", ())
        found = [str(one["message"]) for one in conditions if one["type"] == "Valid"]
        return found[0] if found and words in found[0] else None

    return str(wait_for(told, what=f"Valid says {words!r}"))


def await_windows(rig: Rig, windows: str | None) -> None:
    """Wait until the SLO's rule asks for these windows besides the standard ones."""

    def asked() -> bool:
        rule = rig.find_rule("slo-flow")
        return rule is not None and rule["metadata"]["annotations"].get(TIER_WINDOWS) == windows

    wait_for(asked, what=f"the rule asks for {windows}")


def test_an_slo_follows_its_check(rig: Rig):
    rig.client.apply(an_slo(rig))
    await_note(rig, "SyntheticCheck flow does not exist in this namespace")
    await_windows(rig, None)

    rig.client.apply(a_check(rig))
    note = await_note(rig, "1440 runs in 30d, of which 99.9 % lets 1.4 fail")
    assert "does not exist" not in note
    await_windows(rig, "1h30m,3h")

    rig.client.apply(a_check(rig, "1h"))
    await_note(rig, "720 runs in 30d")
    await_windows(rig, "3h")

    rig.client.apply(a_check(rig, "1h", suspend=True))
    await_note(rig, "SyntheticCheck flow is suspended")

    rig.client.apply(a_check(rig, "1m"))
    await_note(rig, "the spec is valid")
    await_windows(rig, None)

    rig.client.delete(SYNTHETIC_CHECK, "flow", rig.namespace)
    await_note(rig, "SyntheticCheck flow does not exist in this namespace")


def test_what_a_run_came_to_writes_nothing_to_the_slo(rig: Rig):
    rig.client.apply(an_slo(rig))
    rig.client.apply(a_check(rig, "24h"))
    await_note(rig, "30 runs in 30d")
    rig.await_idle()
    rig.proxy.log.clear()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rig.client.patch(
        SYNTHETIC_CHECK,
        "flow",
        rig.namespace,
        {"metadata": {"annotations": {"fireline.dev/run-now": now}}},
    )

    def started() -> bool:
        status = rig.client.get(SYNTHETIC_CHECK, "flow", rig.namespace)["status"]
        return bool(status.get("manual", {}).get("nonce") == now)

    wait_for(started, what="a run on demand is in the check's status")
    rig.await_idle()
    assert [write for write in rig.writes() if "servicelevelobjectives" in write or "slo-flow" in write] == []
