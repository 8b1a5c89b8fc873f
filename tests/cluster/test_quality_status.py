"""The API server keeps every word of ``status.quality``: what it dropped would be written for ever."""

from __future__ import annotations

import pytest
from tests.bed.cluster import Cluster
from tests.truth.test_quality import STATUS

from fireline.api.resources import ALERT_POLICY

pytestmark = pytest.mark.bed


def test_the_api_server_keeps_all_of_it(cluster: Cluster):
    client = cluster.client()
    client.namespace("quality-status")
    client.apply(
        {
            "apiVersion": "fireline.dev/v1alpha1",
            "kind": "AlertPolicy",
            "metadata": {"name": "checkout", "namespace": "quality-status"},
            "spec": {
                "selector": {},
                "severities": [{"name": "sev0", "page": True, "receivers": ["chat"]}],
                "receivers": [{"name": "chat", "slack": {"apiURLSecret": {"name": "slack", "key": "url"}}}],
            },
        }
    )
    quality = STATUS | {"neverFired": 3}
    status = {"status": {"quality": quality}}
    kept = client.patch(ALERT_POLICY, "checkout", "quality-status", status, subresource="status")
    assert kept["status"]["quality"] == quality
