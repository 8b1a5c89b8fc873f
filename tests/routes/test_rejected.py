"""What we say prometheus-operator leaves out, it leaves out; and says so only in events and its log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bed.waiting import wait_for
from tests.routes import alertmanagers, broken, everything
from tests.routes.conftest import Merging
from tests.routes.rejected import REJECTED

from fireline.alerting.effective import DEFAULT_BASE, refused

pytestmark = pytest.mark.bed

NAMESPACE = "rejected"


@pytest.fixture(scope="module")
def skipped(merging: Merging) -> str:
    """prometheus-operator's log after it saw every object, and one that works last of all."""
    client, cluster = merging.client, merging.cluster
    client.namespace(NAMESPACE)
    for one in everything.secrets(
        NAMESPACE, cluster.authority.client("hooks"), Path(cluster.ca_file).read_text()
    ):
        client.apply(one)
    for name in REJECTED:
        client.apply(changed(name))
    client.apply(broken.config(NAMESPACE, "sound"))
    alertmanagers.create(client, NAMESPACE, DEFAULT_BASE)
    text = wait_for(lambda: alertmanagers.generated(client, NAMESPACE), what="the merged configuration")
    assert f"{NAMESPACE}/sound/one" in text
    return merging.log()


def changed(name: str) -> dict[str, Any]:
    """The object of a case."""
    made = broken.config(NAMESPACE, name)
    REJECTED[name][0](made)
    return made


@pytest.mark.parametrize("name", REJECTED)
def test_prometheus_operator_leaves_out_what_we_refuse(name: str, skipped: str) -> None:
    reasons = refused(changed(name))

    assert len(reasons) == 1
    assert reasons[0].startswith(f"{REJECTED[name][1]}: ")
    assert f"alertmanagerconfig={NAMESPACE}/{name} " in skipped
