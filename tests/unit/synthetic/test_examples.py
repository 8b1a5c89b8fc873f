"""The examples on a real shop: whole, all succeed; with each fault exactly the one fails that must."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.bed.certs import Authority
from tests.bed.shopapi.accounts import Accounts
from tests.bed.shopserver import ShopServer
from tests.bed.waiting import wait_for
from tests.unit.synthetic.example_faults import JOURNEYS, ROWS, Row
from tests.unit.synthetic.walking import EXAMPLES, OLDER, as_a_process, documents, one, secrets, told, walk

from fireline.settings import Settings
from fireline.slo.checks import read as read_slo
from fireline.synthetic.checks import read

NOTHING = {"events": 0, "orders": 0, "posts": 0, "media": 0, "devices": 0}
SCHEDULES = {
    "health": "1m",
    "graphql": "5m",
    "feed": "5m",
    "event": "10m",
    "checkout": "30m",
    "post": "10m",
    "media": "15m",
    "push": "10m",
}
CREATING = {
    "event": ("events", "events.get"),
    "checkout": ("orders", "checkout.get"),
    "post": ("posts", "posts.get"),
    "media": ("media", "media.finalize"),
    "push": ("devices", "push.unregister"),
}
"""What a journey makes, and the endpoint at which it hangs with that in its hands."""


def test_there_is_an_example_for_every_journey_at_the_pace_it_needs():
    found = {file.stem: documents(file.name)[0] for file in EXAMPLES.glob("*.yaml")}
    checks = {name: one for name, one in found.items() if one["kind"] == "SyntheticCheck"}
    assert {name: one["spec"]["schedule"]["every"] for name, one in checks.items()} == SCHEDULES
    assert set(JOURNEYS) == set(SCHEDULES)
    assert found.keys() - checks.keys() == {"secret", "shop", "slo"}


@pytest.mark.parametrize("file", [*(f"{name}.yaml" for name in JOURNEYS), "tls/certificate.yaml"])
def test_nothing_is_to_be_said_of_an_example(file: str):
    settings = Settings(checks={"image": "fireline:1"})
    assert [read(one, settings=settings.checks)[1] for one in documents(file)] == [[]]


def test_nothing_is_to_be_said_of_the_objectives():
    objectives = documents("slo.yaml")
    assert [read_slo(one, sources=["default"])[1] for one in objectives] == [[], []]
    (health,) = documents("health.yaml")
    assert {one["spec"]["indicator"]["synthetic"]["check"] for one in objectives} == {
        health["metadata"]["name"]
    }


def test_the_secret_is_that_of_the_demo_shop_and_every_check_finds_its_variables_there():
    known = Accounts()
    assert secrets() == {"user": known.user, "password": known.password, "apiToken": known.api_token}
    for name in JOURNEYS:
        for variable in documents(f"{name}.yaml")[0]["spec"].get("variables", []):
            if "secretKeyRef" in variable:
                assert variable["secretKeyRef"] == {"name": "shop-probe", "key": variable["name"]}


def test_the_checks_ask_the_shop_that_is_deployed_beside_them():
    deployment, service = documents("shop.yaml")
    meta, (port,) = service["metadata"], service["spec"]["ports"]
    base = f"http://{meta['name']}.{meta['namespace']}.svc:{port['port']}"
    for name in JOURNEYS:
        variables = {
            one["name"]: one.get("value") for one in documents(f"{name}.yaml")[0]["spec"]["variables"]
        }
        assert variables["base"] == base
    pod = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert port["targetPort"] in [one["name"] for one in pod["spec"]["containers"][0]["ports"]]


def test_on_a_whole_shop_every_journey_succeeds_and_leaves_nothing(shop: ShopServer):
    found = walk(JOURNEYS, shop)
    assert {name: (one.outcome, one.message) for name, one in found.items()} == dict.fromkeys(
        JOURNEYS, ("success", "")
    )
    assert not any(one.cleanup_failed for one in found.values())
    assert shop.left() == NOTHING


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_fault_fails_exactly_this_journey_at_this_step(shop: ShopServer, row: Row):
    shop.breaks(row.endpoint, **row.fault)
    found = walk(JOURNEYS, shop)
    failed = {
        name: (one.outcome, one.step, one.reason) for name, one in found.items() if one.outcome != "success"
    }
    assert failed == {row.example: (row.outcome, row.step, row.reason)}
    assert found[row.example].message.startswith(row.step)
    assert not [name for name in ("password", "apiToken") if secrets()[name] in repr(found)]
    assert shop.left() == {**NOTHING, **({row.left: 1} if row.left else {})}

    shop.heal()
    shop.age(OLDER)
    assert walk([row.example], shop)[row.example].outcome == "success"
    assert shop.left() == NOTHING, "what the cleanup could not take away is swept by the next run"


def test_every_journey_has_a_fault_of_its_own():
    assert {row.example for row in ROWS} == set(JOURNEYS)


def test_a_shop_that_is_down_fails_them_all(shop: ShopServer):
    shop.faults(down=True)
    assert {one.outcome for one in walk(JOURNEYS, shop).values()} == {"failure"}


def test_slow_but_right_is_a_degraded_success(shop: ShopServer):
    slow = {
        "health": 550,
        "graphql": 1050,
        "feed": 850,
        "login": 850,
        "checkout.create": 1050,
        "posts.create": 850,
        "media.upload": 2050,
        "push.register": 850,
    }
    shop.faults(endpoints={endpoint: {"latency_ms": added} for endpoint, added in slow.items()})
    found = walk(JOURNEYS, shop)
    assert {name: (one.outcome, one.degraded) for name, one in found.items()} == dict.fromkeys(
        JOURNEYS, ("success", True)
    )


def test_what_works_at_the_second_try_is_a_flaky_success(shop: ShopServer):
    first = {
        "health": "health",
        "graphql": "graphql",
        "feed": "feed",
        "event": "login",
        "post": "posts.create",
        "media": "media.upload",
        "push": "push.register",
    }
    shop.faults(endpoints={endpoint: {"status": 503, "times": 1} for endpoint in first.values()})
    found = walk(first, shop)
    assert {name: (one.outcome, one.flaky, one.attempts) for name, one in found.items()} == dict.fromkeys(
        first, ("success", True, 2)
    )


@pytest.mark.parametrize(
    ("example", "endpoint"),
    [
        ("event", "events.create"),
        ("post", "posts.create"),
        ("media", "media.plan"),
        ("push", "push.register"),
    ],
)
def test_an_answer_lost_on_its_way_makes_no_second_object(shop: ShopServer, example: str, endpoint: str):
    shop.breaks(endpoint, close=True, late=True, times=1)
    found = walk([example], shop)[example]
    assert (found.outcome, found.flaky) == ("success", True)
    assert shop.left() == NOTHING


@contextmanager
def stopped_midway(example: str, shop: ShopServer) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has made its object and waits for an answer that never comes."""
    kind, endpoint = CREATING[example]
    shop.breaks(endpoint, hang=True)
    with as_a_process(example, shop) as process:
        try:
            wait_for(lambda: shop.left()[kind] == 1, what=f"{example} has made one of {kind}")
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("example", CREATING)
def test_what_a_killed_run_left_is_swept_by_the_next(shop: ShopServer, example: str):
    with stopped_midway(example, shop) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    left = {**NOTHING, CREATING[example][0]: 1}
    shop.heal()
    assert shop.left() == left
    assert walk([example], shop)[example].outcome == "success"
    assert shop.left() == left, "as young as this it may belong to a run that is at work"
    shop.age(OLDER)
    assert walk([example], shop)[example].outcome == "success"
    assert shop.left() == NOTHING


@pytest.mark.parametrize("example", CREATING)
def test_a_run_that_is_told_to_stop_cleans_up(shop: ShopServer, example: str):
    with stopped_midway(example, shop) as process:
        shop.heal()  # the request that hangs goes on hanging
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert shop.left() == NOTHING


def test_a_sweep_takes_nothing_of_another_check(shop: ShopServer):
    with stopped_midway("post", shop):
        pass
    shop.heal()
    shop.age(OLDER)
    assert {one.outcome for one in walk(set(JOURNEYS) - {"post"}, shop).values()} == {"success"}
    assert shop.left() == {**NOTHING, "posts": 1}


def certificate(shop: ShopServer, ca: Path, *, valid_for: str = "14d") -> tuple[str, str, str]:
    """Outcome, step and reason of the check of certificates on this shop."""
    host, _, port = shop.address.partition(":")
    said = told("tls/certificate", host=host, port=port)
    text = json.dumps(said)
    assert text.count('"validFor": "14d"') == 2
    journey = json.loads(text.replace('"validFor": "14d"', f'"validFor": "{valid_for}"'))
    found = asyncio.run(one(journey, ca=ca.read_text()))
    return found.outcome, found.step, found.reason


def test_the_check_of_certificates_tells_good_from_ending_and_from_untrusted(tmp_path: Path):
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "other")
    with ShopServer(tmp_path, rate=0, serving=authority.server("shop"), ca=authority.ca_file) as shop:
        assert certificate(shop, authority.ca_file) == ("success", "", "")
        assert certificate(shop, authority.ca_file, valid_for="60d") == (
            "failure",
            "certificate",
            "CertificateExpires",
        )
        assert certificate(shop, stranger.ca_file) == ("error", "certificate", "TLS")


def test_the_readme_shows_every_fault_and_what_comes_of_it():
    readme = (EXAMPLES / "README.md").read_text()
    rows = re.findall(
        r"^\| \[(\w+)\]\(\1\.yaml\) \| `(\{.*\})` \| (\S+) \| (\w+), (\w+) \|$", readme, re.MULTILINE
    )
    assert [(name, json.loads(fault), *rest) for name, fault, *rest in rows] == [
        (row.example, {row.endpoint: row.fault}, row.step, row.outcome, row.reason) for row in ROWS
    ]
    paces = dict(re.findall(r"^\| \[(\w+)\]\(\1\.yaml\) \| (\w+) \|", readme, re.MULTILINE))
    assert paces == SCHEDULES
