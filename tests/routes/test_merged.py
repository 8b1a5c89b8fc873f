"""What we say prometheus-operator makes of many objects is what the real one makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.bed.waiting import wait_for
from tests.routes import alertmanagers, amtool, everything
from tests.routes.conftest import Merging

from fireline.alerting.effective import STRATEGIES, Strategy, breaks_everything, merged, refused, refused_base

pytestmark = pytest.mark.bed

MONITORING = "truth-monitoring"
LABEL = {"truth": "yes"}


@pytest.fixture(scope="module")
def configs(merging: Merging) -> list[dict[str, Any]]:
    """Objects in three namespaces, one of them the Alertmanager's own; names that sort surprisingly."""
    client, cluster = merging.client, merging.cluster
    pair = cluster.authority.client("hooks")
    authority = Path(cluster.ca_file).read_text()
    made = []
    for namespace in ("truth-shop", "truth-shop-2", MONITORING):
        client.namespace(namespace, LABEL)
        for one in everything.secrets(namespace, pair, authority):
            client.apply(one)
        made.append(everything.full(namespace, "checkout"))
        made.append(everything.only_inhibition(namespace, "a.b"))
    for one in made:
        assert refused(one) == []
        assert breaks_everything(one, base=everything.BASE) == []
        client.apply(one)
    return made


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_merged_configuration_is_the_one_prometheus_operator_writes(
    strategy: Strategy, configs: list[dict[str, Any]], merging: Merging, tmp_path: Path
) -> None:
    client = merging.client
    ours = merged(everything.BASE, configs, strategy=strategy, alertmanager_namespace=MONITORING)
    name = strategy.lower()[:12]
    alertmanagers.create(client, MONITORING, everything.BASE, name=name, strategy=strategy, namespaces=LABEL)

    wait_for(
        lambda: alertmanagers.generated(client, MONITORING, name).count("name: truth-") >= 3,
        what="the merged configuration",
    )
    theirs = yaml.safe_load(alertmanagers.generated(client, MONITORING, name))

    # As text, so that the order of fields counts as well.
    assert json.dumps(theirs, indent=1) == json.dumps(ours, indent=1)
    assert refused_base(everything.BASE) == []
    assert amtool.check(amtool.write(ours, tmp_path)) == ""
