"""``fireline check run``: the engine of the pods, on the real demo shop, as a person sees it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.bed.ports import free_port
from tests.bed.shopapi.accounts import Accounts
from tests.bed.shopserver import ShopServer

from fireline.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples" / "synthetic"
CANARY = "cAnary/9a+b c?"
"""A password that every encoding spells differently."""
TOKEN = "canary-token-51f0c9"
GONE = re.compile(r"run [0-9a-f]{16}|:\d+\b|\d+ ms|(?<=event=)\w+|(?<=events/)\w+|\d+ms")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopServer]:
    accounts = Accounts(user="probe", password=CANARY, api_token=TOKEN)
    with ShopServer(tmp_path_factory.mktemp("shop"), rate=0, accounts=accounts) as shop:
        yield shop


@pytest.fixture
def shop(running: ShopServer, monkeypatch: pytest.MonkeyPatch) -> ShopServer:
    """The shop, whole and empty; its secrets are in the environment."""
    running.heal()
    running.clear()
    for name, value in (("USER", "probe"), ("PASSWORD", CANARY), ("APITOKEN", TOKEN)):
        monkeypatch.setenv(f"FIRELINE_VAR_{name}", value)
    return running


def run(shop: ShopServer, example: str, *more: str) -> Result:
    given = ["check", "run", str(EXAMPLES / f"{example}.yaml"), "--var", f"base={shop.url}", *more]
    return CliRunner().invoke(main, given, catch_exceptions=False)


def run_these(*checks: dict[str, Any], options: tuple[str, ...] = ()) -> Result:
    return CliRunner().invoke(
        main, ["check", "run", "-", *options], input=yaml.safe_dump_all(checks), catch_exceptions=False
    )


def a_check(*steps: dict[str, Any], name: str = "mine", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "fireline.dev/v1alpha1",
        "kind": "SyntheticCheck",
        "metadata": {"name": name},
        "spec": {"schedule": {"every": "5m"}, "steps": list(steps), **spec},
    }


def told(text: str) -> list[str]:
    """The lines without what differs from run to run."""
    return [re.sub(r"(?<=\S) {2,}", "  ", GONE.sub("…", line)).rstrip() for line in text.splitlines()]


def test_a_journey_that_holds_is_told_step_by_step(shop: ShopServer) -> None:
    done = run(shop, "event")

    assert done.exit_code == 0, done.output
    assert told(done.stdout) == [
        f"shop/shop-event  {EXAMPLES}/event.yaml…, …",
        "  sweep",
        "  ✓ find-left  …",
        "  ✓ remove-left  …  nothing to do",
        "  steps",
        "  ✓ login  …  session=***",
        "  ✓ create  …  event=…",
        "  ✓ verify  …",
        "  ✓ delete  …",
        "  ✓ gone  …",
        "  cleanup",
        "  ✓ remove-event  …",
        "✓ success after …",
    ]
    assert shop.left()["events"] == 0


def test_a_failure_says_what_was_expected_and_shows_the_answer(shop: ShopServer) -> None:
    shop.breaks("events.get", status=500)
    done = run(shop, "event")
    lines = told(done.stdout)

    assert done.exit_code == 1
    at = lines.index("  ✗ verify  …")
    assert lines[at + 1] == "      StatusMismatch: expected status 200, found 500"
    assert lines[at + 2] == "      │ GET http://127.0.0.1…/api/events/…"
    assert '      │ {"error": "broken on purpose"}' in lines
    assert lines[-5:-3] == ["  - delete  not reached", "  - gone  not reached"]
    assert lines[-3:] == [
        "  cleanup",
        "  ✓ remove-event  …",
        "✗ failure at verify (StatusMismatch) after …: expected status 200, found 500",
    ]
    assert shop.left()["events"] == 0, "the cleanup was not done"


def test_attempts_are_told_before_the_one_that_holds(shop: ShopServer) -> None:
    shop.breaks("health", status=503, times=1)
    done = run(shop, "health")
    lines = told(done.stdout)

    assert done.exit_code == 0
    at = lines.index("  ✓ health  …  2 attempts")
    assert lines[at - 1].startswith("      attempt 1: ")
    assert lines[at - 1].endswith("; again in 2 s")
    assert lines[-1] == "✓ success after …, flaky: it was tried again"


def test_a_right_answer_that_is_slow_is_a_success_and_says_so(shop: ShopServer) -> None:
    shop.breaks("health", latency_ms=600)
    done = run(shop, "health")
    lines = told(done.stdout)

    assert done.exit_code == 0
    assert "  ~ health  …  slow" in lines
    assert any(line.startswith("      TooSlow: expected an answer within …, it took …") for line in lines)
    assert lines[-1] == "~ success after …, but slow at health"


def test_a_target_that_cannot_be_reached_is_an_error(shop: ShopServer) -> None:
    done = run(shop, "feed", "--var", f"base=http://127.0.0.1:{free_port()}")

    assert done.exit_code == 1
    assert re.search(r"✗ error at feed \(Connect\) after \d+ ms: .* connection refused", done.stdout)


def test_a_network_that_is_refused_is_not_asked(shop: ShopServer) -> None:
    done = run(shop, "feed", "--refuse", "127.0.0.0/8")

    assert done.exit_code == 1
    assert "AddressRefused: 127.0.0.1 is in 127.0.0.0/8" in done.stdout


def test_json_is_the_result_of_a_pod_with_its_name(shop: ShopServer) -> None:
    shop.breaks("events.get", status=500)
    done = run(shop, "event", "-o", "json")
    found = json.loads(done.stdout)

    assert done.exit_code == 1
    assert (found["namespace"], found["name"], found["v"]) == ("shop", "shop-event", 1)
    assert (found["outcome"], found["step"], found["reason"]) == ("failure", "verify", "StatusMismatch")
    assert [step["name"] for step in found["steps"]] == ["login", "create", "verify"]
    assert [step["name"] for step in found["cleanup"]] == ["find-left", "remove-left", "remove-event"]
    assert "answered 500" in found["evidence"]


def test_several_runs_are_a_list_and_a_line_of_their_own(shop: ShopServer) -> None:
    listed = json.loads(run(shop, "health", "--repeat", "3", "-o", "json").stdout)
    text = run(shop, "health", "--repeat", "3").stdout.splitlines()

    assert [one["outcome"] for one in listed] == ["success"] * 3
    assert len({one["run"] for one in listed}) == 3
    assert re.fullmatch(
        r"shop/shop-health: 3 runs: 3 success; \d+ ms at best, \d+ median, \d+ at worst", text[-1]
    )


def test_every_example_holds_on_a_shop_that_is_well(shop: ShopServer) -> None:
    done = CliRunner().invoke(
        main, ["check", "run", *map(str, sorted(EXAMPLES.glob("*.yaml"))), "--var", f"base={shop.url}"]
    )

    assert done.exit_code == 0, done.output
    # On a busy computer one may be slow, which is told with another sign.
    assert len(re.findall("^[✓~] success after", done.stdout, re.MULTILINE)) == 8
    assert set(shop.left().values()) == {0}


def test_what_was_made_can_be_kept_to_look_at_it(shop: ShopServer) -> None:
    shop.breaks("events.delete", status=503)
    done = run(shop, "event", "--no-cleanup")

    assert done.exit_code == 1
    assert "note: remove-event: left out; what was made stays" in done.stdout
    assert shop.left()["events"] == 1


def test_a_secret_of_a_file_loses_the_line_break_of_editors(
    shop: ShopServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIRELINE_VAR_APITOKEN")
    monkeypatch.setenv("MY_TOKEN", TOKEN)
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    assert run(shop, "feed", "--secret", f"apiToken=file:{tmp_path / 'token'}").exit_code == 0
    assert run(shop, "feed", "--secret", "apiToken=env:MY_TOKEN").exit_code == 0


def spellings(secret: str) -> set[str]:
    """A secret as it may come back."""
    return {
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
        secret.encode().hex(),
    }


def found_in(text: str, secret: str) -> set[str]:
    return {spelling for spelling in spellings(secret) if spelling in text}


def echoing(shop: ShopServer) -> dict[str, Any]:
    """A check whose secrets come back in a header, a URL, a body and a message."""
    basic = base64.b64encode(f"probe:{CANARY}".encode()).decode()
    return a_check(
        {
            "name": "echo",
            "http": {
                "url": f"{shop.url}/nowhere/${{password}}",
                "query": {"q": "${password}", "t": "${apiToken}"},
                "headers": {"X-Echo": "${apiToken}", "Authorization": f"Basic {basic}${{empty}}"},
            },
            "assert": [
                {"body": {"contains": "${password}"}},
                {"header": {"name": "X", "equals": "${apiToken}"}},
            ],
        },
        variables=[
            {"name": "empty", "value": "-"},
            {"name": "password", "secretKeyRef": {"name": "s", "key": "p"}},
            {"name": "apiToken", "secretKeyRef": {"name": "s", "key": "t"}},
        ],
    )


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_secret_is_ever_shown(shop: ShopServer, output: str) -> None:
    shop.breaks("events.get", status=500)
    shown = [
        run(shop, "event", "-o", output),
        run_these(echoing(shop), options=("-o", output)),
        run(shop, "event", "-o", output, "--var", "base=http://127.0.0.1:1"),
    ]

    for done in shown:
        assert done.exit_code == 1
        assert found_in(done.output, CANARY) == found_in(done.output, TOKEN) == set()
    assert "***" in shown[1].stdout


def test_the_search_for_secrets_would_find_one(shop: ShopServer) -> None:
    """The same value given as a plain variable is shown in evidence."""
    check = echoing(shop)
    check["spec"]["variables"][1:] = [{"name": "shown", "value": "canary-in-plain-sight"}]
    text = yaml.safe_dump(check).replace("password", "shown").replace("apiToken", "shown")
    done = CliRunner().invoke(main, ["check", "run", "-"], input=text)

    assert done.exit_code == 1
    assert found_in(done.stdout, "canary-in-plain-sight")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--secret", f"password={CANARY}"], "--secret password: a value on the command line is seen by"),
        (["--secret", CANARY], "write NAME=env:VARIABLE or NAME=file:PATH"),
        (["--var", f"password={CANARY}"], "--var password: shop-event takes it from a Secret"),
        (["--secret", "password=env:NO_SUCH"], "NO_SUCH is not set in the environment"),
        (["--secret", "password=file:/no/such"], "No such file or directory"),
        (["--var", "bas=x"], "no variable is called bas; there are: apiToken, base, password, user"),
        (["--var", "base"], "--var: write it like NAME=VALUE"),
        (["--var", "user=x", "--secret", "user=env:HOME"], "--var and --secret both name user"),
        (["--name", "shop-evnt"], "there is no SyntheticCheck shop-evnt; there are shop-event"),
        (["--refuse", "10.0.0"], "write a network like 10.0.0.0/8"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_usage_is_told_and_no_value_repeated(
    monkeypatch: pytest.MonkeyPatch, options: list[str], words: str
) -> None:
    monkeypatch.delenv("FIRELINE_VAR_PASSWORD", raising=False)
    done = CliRunner().invoke(main, ["check", "run", str(EXAMPLES / "event.yaml"), *options])

    assert done.exit_code == 2
    assert words in done.stderr
    assert CANARY not in done.output


def test_a_secret_nobody_gave_is_asked_for_by_name_and_not_guessed() -> None:
    done = CliRunner().invoke(main, ["check", "run", str(EXAMPLES / "feed.yaml")])

    assert done.exit_code == 2
    assert "shop-feed has no value for apiToken" in done.stderr
    assert "set FIRELINE_VAR_APITOKEN in the environment" in done.stderr


def test_only_the_checks_that_are_meant_are_run(shop: ShopServer) -> None:
    well = a_check({"name": "health", "http": {"url": f"{shop.url}/health"}}, name="well")
    wrong = a_check({"name": "health", "http": {"url": "nowhere"}}, name="wrong")

    assert run_these(well, wrong, options=("--name", "well")).exit_code == 0
    refused = run_these(well, wrong)
    assert refused.exit_code == 2
    assert "spec.steps[0].http.url: 'nowhere' is not an http or https URL" in refused.stderr
    assert "success" not in refused.stdout


def test_an_image_of_ones_own_is_left_out_and_that_is_said(shop: ShopServer) -> None:
    well = a_check({"name": "health", "http": {"url": f"{shop.url}/health"}}, name="well")
    own = a_check(name="own", container={"image": "registry.example/checks:1"})
    del own["spec"]["steps"]

    both, alone = run_these(well, own), run_these(own)

    assert (both.exit_code, alone.exit_code) == (0, 2)
    for done in (both, alone):
        assert "left out: own: an image of its own is run by its CronJob only" in done.stderr


def test_one_failure_among_several_checks_decides(shop: ShopServer) -> None:
    well = a_check({"name": "health", "http": {"url": f"{shop.url}/health"}}, name="well")
    bad = a_check({"name": "gone", "http": {"url": f"{shop.url}/gone"}}, name="bad")

    assert run_these(well, bad).exit_code == 1
    assert run_these(bad, well).exit_code == 1


def test_an_object_of_the_cluster_runs_as_it_is(shop: ShopServer) -> None:
    """``kubectl get syn login -o yaml | fireline check run -``, as ``fireline explain`` advises."""
    check = a_check(
        {"name": "health", "http": {"url": f"{shop.url}/health", "ipFamily": "Auto"}}, suspend=True
    )
    check["metadata"] |= {"uid": "0a1b", "generation": 3, "managedFields": [{"manager": "kubectl"}]}
    done = run_these(check | {"status": {"observedGeneration": 3, "conditions": []}})

    assert done.exit_code == 0
    assert "note: spec.suspend is true: in the cluster it does not run" in done.stdout
