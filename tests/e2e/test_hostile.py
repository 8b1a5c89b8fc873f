"""Servers that mean no good: each run ends in time, with the right outcome, and goes nowhere it must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.bed.kubeclient import Manifest
from tests.bed.podbed.world import World
from tests.e2e.asking import Checks
from tests.e2e.stranger import GARBAGE_PORT, METADATA, PORT
from tests.e2e.strangers import stranger

pytestmark = pytest.mark.bed

TIMEOUT, PATIENT = 6, 30
"""Seconds: where the time-out is what is tested, and where a busy computer must not come to one."""


@dataclass(frozen=True, slots=True)
class Case:
    """A step, and what it comes to. ``words`` are in the message."""

    name: str
    step: dict[str, Any]
    outcome: str
    reason: str
    words: str


def get(url: str, **more: Any) -> dict[str, Any]:
    """A step that asks once; ``base`` stands for the stranger."""
    asserted = {"assert": more.pop("asserted")} if "asserted" in more else {}
    return {"name": "ask", "http": {"url": url, **more}, **asserted}


def tcp(address: str) -> dict[str, Any]:
    """A step that only connects."""
    return {"name": "ask", "tcp": {"address": address}}


REFUSED = "checks may not reach that network"
CASES = (
    Case("address", get(METADATA), "error", "AddressRefused", REFUSED),
    Case("decimal", get("http://2852039166/"), "error", "AddressRefused", REFUSED),
    Case("mapped", get("http://[::ffff:169.254.169.254]/"), "error", "AddressRefused", REFUSED),
    Case("name", get("http://metadata.${ns}.svc.cluster.local/"), "error", "AddressRefused", "fd00:ec2::254"),
    Case(
        "redirect",
        get("${base}/redirect", query={"to": METADATA}, followRedirects=True),
        "error",
        "AddressRefused",
        REFUSED,
    ),
    Case(
        "redirect-to-name",
        get("${base}/redirect", query={"to": "http://metadata.${ns}.svc/"}, followRedirects=True),
        "error",
        "AddressRefused",
        REFUSED,
    ),
    Case("captured", get("${where}"), "error", "AddressRefused", REFUSED),
    Case(
        "tcp", {"name": "ask", "tcp": {"address": "169.254.169.254:80"}}, "error", "AddressRefused", REFUSED
    ),
    Case("loop", get("${base}/loop", followRedirects=True), "error", "TooManyRedirects", "more than 10"),
    Case(
        "big",
        get("${base}/big", asserted=[{"body": {"matches": "^x+$"}}]),
        "failure",
        "TooLarge",
        "1048576 bytes",
    ),
    Case("drip", get("${base}/drip"), "error", "Timeout", f"{TIMEOUT}s"),
    Case("headers", get("${base}/headers"), "error", "Timeout", f"{TIMEOUT}s"),
    Case("silence", get("${base}/silence"), "error", "Timeout", f"{TIMEOUT}s"),
    Case("garbage", get(f"https://${{host}}:{GARBAGE_PORT}/"), "error", "TLS", "TLS"),
    Case("not-tls", get(f"https://${{host}}:{PORT}/"), "error", "TLS", "TLS"),
)


@pytest.fixture(scope="module")
def runs(pods: World, make_checks: Callable[[], Checks]) -> dict[str, dict[str, Any]]:
    """The run of each case."""
    checks = make_checks()
    host = stranger(pods, checks.namespace)
    for manifest in metadata_of_aws(checks.namespace):
        pods.client.apply(manifest)
    values = {"base": f"http://{host}:{PORT}", "host": host, "ns": checks.namespace}
    variables = [{"name": name, "value": value} for name, value in values.items()]
    where = {**get("${base}/where"), "name": "where", "capture": [{"variable": "where", "jsonPath": "$.url"}]}
    for case in CASES:
        steps = [where, case.step] if case.name == "captured" else [case.step]
        timeout = TIMEOUT if case.reason == "Timeout" else PATIENT
        checks.apply(case.name, {"timeout": f"{timeout}s", "variables": variables, "steps": steps})
    return checks.ran(*(case.name for case in CASES))


def metadata_of_aws(namespace: str) -> list[Manifest]:
    """A name that leads to the address where AWS tells instances their credentials, by IPv6. (Kubernetes
    itself refuses to give a Service the one of IPv4.)"""
    about = {"name": "metadata", "namespace": namespace}
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": about,
            "spec": {
                "clusterIP": "None",
                "ipFamilies": ["IPv6"],
                "ipFamilyPolicy": "SingleStack",
                "ports": [{"name": "http", "port": 80}],
            },
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**about, "labels": {"kubernetes.io/service-name": "metadata"}},
            "addressType": "IPv6",
            "endpoints": [{"addresses": ["fd00:ec2::254"], "conditions": {"ready": True}}],
            "ports": [{"name": "http", "port": 80}],
        },
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hostile_server_gets_the_outcome_it_earns_and_no_more_time_than_it_may_have(
    runs: dict[str, dict[str, Any]], case: Case
):
    run = runs[case.name]
    assert (run["outcome"], run.get("reason"), run.get("step")) == (case.outcome, case.reason, "ask"), run
    assert case.words in run["message"]
    assert run["durationMs"] < (TIMEOUT + 5 if case.reason == "Timeout" else PATIENT) * 1000
