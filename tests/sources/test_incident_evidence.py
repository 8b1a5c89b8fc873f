"""What a real Prometheus tells of an incident: exemplars lead to traces, ReplicaSets say what was rolled out.

The page that is scraped is written here, as a service with traces and kube-state-metrics write it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from fireline.api.conditions import timestamp
from fireline.api.plan import Key, Manifest
from fireline.prometheus.replicas import Replicas
from fireline.refresh.evidence import EvidenceGatherer
from fireline.settings import IncidentSettings, Source
from tests.bed.prometheus import Prometheus, Scrape
from tests.bed.toolchain import Tools
from tests.bed.waiting import wait_for
from tests.builders import an_objective

pytestmark = pytest.mark.bed

INCIDENT = "inc-1234567890"
TRACE, OTHER = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
LINKS = {"trace": "https://traces.example/{trace_id}", "logs": "https://logs.example/{service}"}
STARTED = datetime.now(UTC).replace(microsecond=0)


def page(scrapes: int) -> str:
    """OpenMetrics: pages that fail, with an exemplar; good ones with another; ReplicaSets, new and old."""
    request, now = 'http_requests_total{service="checkout",code=', STARTED.timestamp()
    made = {"checkout-new": now - 600, "checkout-old": now - 86_400}
    lines = [
        "# TYPE http_requests counter",
        f'{request}"500"}} {7 * scrapes} # {{trace_id="{TRACE}"}} 1.0',
        f'{request}"200"}} {90 * scrapes} # {{trace_id="{OTHER}"}} 1.0',
        "# TYPE kube_replicaset_created gauge",
        *(
            f'kube_replicaset_created{{namespace="shop",replicaset="{name}"}} {at}'
            for name, at in made.items()
        ),
        "# TYPE kube_replicaset_owner gauge",
        *(
            f'kube_replicaset_owner{{namespace="shop",replicaset="{name}",owner_kind="Deployment",'
            'owner_name="checkout"} 1'
            for name in made
        ),
        "# EOF\n",
    ]
    return "\n".join(lines)


class _Handler(BaseHTTPRequestHandler):
    scrapes = 0

    def do_GET(self) -> None:
        type(self).scrapes += 1
        data = page(self.scrapes).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def prometheus(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        scrape = Scrape("shop", f"127.0.0.1:{server.server_port}")
        with Prometheus(
            tools,
            tmp_path_factory.mktemp("evidence"),
            scrapes=(scrape,),
            scrape_interval="1s",
            flags=("--enable-feature=exemplar-storage",),
        ) as running:
            wait_for(
                lambda: running.query('rate(http_requests_total{code="500"}[5m]) > 0'), what="pages that fail"
            )
            yield running
        server.shutdown()


@pytest.fixture(scope="module")
def evidence(prometheus: Prometheus) -> Manifest:
    """What was gathered."""
    enqueued: list[Key] = []

    async def gathered() -> Any:
        source = Replicas.of(Source(urls=(prometheus.url,)), name="default")
        gatherer = EvidenceGatherer(
            IncidentSettings(links=LINKS), {"default": source}, enqueue=enqueued.extend
        )
        begun = timestamp(STARTED + timedelta(seconds=1))
        gatherer.planned(an_objective(), [{"id": INCIDENT, "state": "Open", "startedAt": begun}])
        await gatherer.once()
        return gatherer.gathered(INCIDENT)

    found = asyncio.run(gathered())
    assert found is not None
    assert len(enqueued) == 1
    document: Manifest = found.document
    return document


def test_exemplars_of_what_fails_lead_to_its_traces_and_not_to_those_of_what_is_well(evidence: Manifest):
    assert evidence["traceIds"] == [TRACE]
    links = {one["name"]: one["url"] for one in evidence["links"]}
    assert links == {"trace": f"https://traces.example/{TRACE}", "logs": "https://logs.example/checkout"}


def test_what_was_rolled_out_within_the_hour_is_told_and_nothing_older(evidence: Manifest):
    made = timestamp(STARTED - timedelta(minutes=10))
    assert evidence["rollouts"] == [
        {"workload": "Deployment/checkout", "replicaSet": "checkout-new", "at": made}
    ]


def test_the_worst_series_is_the_one_that_fails(evidence: Manifest):
    (worst,) = evidence["topSeries"]
    assert (worst["labels"]["code"], worst["labels"]["job"]) == ("500", "shop")
