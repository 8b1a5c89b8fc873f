"""A namespace that goes takes its mitigations with it, whatever their targets and the operator's calls do."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from tests.bed.cluster import Cluster
from tests.bed.faults import Answer
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.bed.workdir import workdir
from tests.cluster.rig import Rig
from tests.mitigations.scene import CONFIG_MAPS, QUICK, Aid

from fireline.api.labels import FINALIZER
from fireline.api.resources import MITIGATION, NAMESPACE

pytestmark = pytest.mark.bed
SETTINGS = {"mitigations": QUICK | {"delete_seconds": 600.0, "delete_tries": 100}, "watch_namespaces": []}
"""With bounds that nobody waits for here: it is let go because its namespace goes."""


def test_a_namespace_goes_though_nothing_can_be_taken_back_in_it(tools: Tools, tmp_path: Path):
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(workdir("namespace"))
        cluster = stack.enter_context(Cluster(tools, directory, controllers=True))
        rig = stack.enter_context(contextlib.closing(Rig(cluster, tmp_path, toy=False, settings=SETTINGS)))
        rig.operator.start()
        rig.await_idle()
        aid = Aid(rig)
        aid.namespace = rig.client.namespace("going")
        aid.may(CONFIG_MAPS)
        aid.config_map("shop", mode="fast")
        aid.apply("safe")
        aid.propose("safe")
        aid.approve("safe")
        aid.phase("safe", "Active")
        assert aid.client.get(MITIGATION, "safe", aid.namespace)["metadata"]["finalizers"] == [FINALIZER]
        rig.proxy.inject(
            Answer(503),
            when=lambda call: call.resource == "configmaps" and call.namespace == aid.namespace,
            times=None,
        )
        aid.client.request("DELETE", f"/api/v1/namespaces/{aid.namespace}")
        wait_for(
            lambda: aid.client.find(NAMESPACE, aid.namespace, None) is None, what="the namespace is gone"
        )
