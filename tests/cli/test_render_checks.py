"""``fireline render`` and ``validate`` of SyntheticChecks: what the operator would write, and say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.cli.check_statuses import Outside, an_object
from tests.cli.policy_statuses import a_policy
from tests.cli.statuses import an_slo
from tests.seen import World
from tests.unit.synthetic.checks import MIDNIGHT

from fireline.api.plan import Key
from fireline.api.resources import ALERT_POLICY, SYNTHETIC_CHECK
from fireline.api.stamp import stamp
from fireline.cli.main import main
from fireline.cli.output import to_yaml
from fireline.settings import Settings
from fireline.synthetic.plan import CheckPlanner
from fireline.synthetic.prober_plan import ProberPlanner

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "synthetic").rglob("*.yaml"))
Manifest = dict[str, Any]
GIVEN: Manifest = {
    "instance": "second",
    "runbook_url": "https://runbooks.example/{alertname}",
    "sources": {
        "default": {"rule_labels": {"prometheus": "main"}},
        "thanos": {"rule_labels": {"ruler": "eu"}},
    },
    "checks": {
        "image": "registry.example/fireline:1",
        "image_pull_secrets": ["pull"],
        "refuse": ["10.0.0.0/8"],
    },
}
POLICY = a_policy("on-call", runbookURL="https://policy.example/{alertname}")


def fireline(tmp_path: Path, command: str, *options: str, objects: list[Manifest]) -> Result:
    (tmp_path / "fireline.yaml").write_text(yaml.safe_dump(GIVEN))
    text = yaml.safe_dump_all(objects)
    return CliRunner().invoke(main, [command, "-", *options], input=text, catch_exceptions=False)


def render(tmp_path: Path, *options: str, objects: list[Manifest]) -> Result:
    config = ["--config", str(tmp_path / "fireline.yaml")]
    return fireline(tmp_path, "render", *config, *options, objects=objects)


def planned(check: Manifest, *owners: Manifest) -> str:
    """What the operator's planner wants for a check, as text."""
    settings = Settings.model_validate(GIVEN)
    world = World(objects=[(ALERT_POLICY, one) for one in owners])
    metadata = check["metadata"]
    key = Key(SYNTHETIC_CHECK.kind, metadata["namespace"], metadata["name"])
    plan = CheckPlanner(settings, Outside()).plan(key, parent=check, seen=world, now=MIDNIGHT, problem=None)
    assert plan is not None
    assert isinstance(plan.children, tuple)
    children = [stamp(one, key=key, parent=check, instance=settings.instance) for one in plan.children]
    return "".join(f"---\n{to_yaml(one)}" for one in children)


def without_probers(text: str) -> str:
    """Probers are planned by themselves."""
    kept = [one for one in yaml.safe_load_all(text) if one["kind"] not in {"Deployment", "ConfigMap"}]
    return "".join(f"---\n{to_yaml(one)}" for one in kept)


@pytest.mark.parametrize(
    ("changes", "owners"),
    [
        ({}, []),
        ({"prometheus": "thanos"}, []),
        ({"location": "eu-1", "alert": {"severity": "sev2", "consecutiveFailures": 5}}, []),
        ({"alert": {"disabled": True}}, []),
        ({"runner": "Prober", "schedule": {"every": "10s"}, "timeout": "5s"}, []),
        ({"suspend": True, "schedule": {"cron": "*/10 6-22 * * *"}}, []),
        ({"variables": [{"name": "key", "secretKeyRef": {"name": "probe", "key": "key"}}]}, []),
        ({}, [POLICY]),
    ],
    ids=str,
)
def test_it_is_byte_for_byte_what_the_operator_writes(
    tmp_path: Path, changes: Manifest, owners: list[Manifest]
) -> None:
    check = an_object("login", **changes)
    check["metadata"]["labels"] = {"team": "shop"}

    rendered = render(tmp_path, objects=[check, *owners]).stdout

    # The policy has no rules of its own.
    assert without_probers(rendered) == planned(check, *owners)
    if check["spec"].get("runner") != "Prober":
        assert rendered == planned(check, *owners)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_every_example_is_rendered_as_the_operator_would(tmp_path: Path, file: Path) -> None:
    checks = [one for one in yaml.safe_load_all(file.read_text()) if one["kind"] == SYNTHETIC_CHECK.kind]
    for check in checks:
        metadata = {
            **check["metadata"],
            "uid": "u",
            "generation": 1,
            "creationTimestamp": "2026-11-22T00:00:00Z",
        }
        applied = {**check, "metadata": metadata}
        assert render(tmp_path, objects=[applied]).stdout == planned(applied)


def test_the_order_of_keys_in_a_file_is_not_that_of_the_api_server_and_does_not_matter(
    tmp_path: Path,
) -> None:
    """The API server returns the keys of a JSON body in order, whatever the file had."""
    body = {"b": [{"d": 1, "c": 2}], "a": "${run.id}"}
    http = {
        "url": "https://shop.example/",
        "method": "POST",
        "headers": {"X-B": "2", "X-A": "1"},
        "json": body,
    }
    check = an_object("login", steps=[{"name": "it", "http": http, "assert": [{"status": [201]}]}])
    text = yaml.safe_dump(check, sort_keys=False)
    (tmp_path / "fireline.yaml").write_text(yaml.safe_dump(GIVEN))

    config = ["--config", str(tmp_path / "fireline.yaml")]
    from_file = CliRunner().invoke(main, ["render", "-", *config], input=text).stdout

    assert from_file == planned(yaml.safe_load(yaml.safe_dump(check, sort_keys=True)))


def test_checks_of_the_prober_are_rendered_together_as_the_operator_would(tmp_path: Path) -> None:
    spec = {"runner": "Prober", "schedule": {"every": "10s"}, "timeout": "5s"}
    checks = [
        an_object("login", **spec),
        an_object("feed", **spec),
        an_object("far", location="us-1", **spec),
        an_object("rests", suspend=True, **spec),
    ]
    settings = Settings.model_validate(GIVEN)
    world = World(objects=[(SYNTHETIC_CHECK, one) for one in checks])
    wanted: list[Manifest] = []
    for key in (Key("Prober", "shop", "default"), Key("Prober", "shop", "us-1")):
        plan = ProberPlanner(settings).plan(key, parent=None, seen=world, now=MIDNIGHT, problem=None)
        assert plan is not None
        assert isinstance(plan.children, tuple)
        wanted += [stamp(one, key=key, parent=None, instance=settings.instance) for one in plan.children]

    rendered = list(yaml.safe_load_all(render(tmp_path, objects=checks).stdout))

    found = [one for one in rendered if one["kind"] in {"Deployment", "ConfigMap"}]
    assert [one["metadata"]["name"] for one in found if one["kind"] == "Deployment"] == [
        "fireline-prober",
        "fireline-prober-us-1",
    ]
    assert found == wanted


def test_without_a_uid_the_file_of_a_repository_reads_the_same_but_for_it(tmp_path: Path) -> None:
    check = an_object("login")
    rendered = render(tmp_path, objects=[check]).stdout
    del check["metadata"]["uid"]
    plain = render(tmp_path, objects=[check]).stdout

    assert "fireline.dev/owner-uid" in rendered
    assert "owner-uid" not in plain
    assert "ownerReferences" not in plain


@pytest.mark.parametrize(
    ("form", "kinds"),
    [
        ("objects", ["PrometheusRule", "PrometheusRule", "CronJob", "PrometheusRule"]),
        ("cronjob", ["CronJob"]),
        ("prometheusrule", ["PrometheusRule", "PrometheusRule", "PrometheusRule"]),
    ],
)
def test_each_form_has_what_belongs_to_it(tmp_path: Path, form: str, kinds: list[str]) -> None:
    done = render(tmp_path, "--as", form, objects=[an_slo("pay", namespace="shop"), an_object("login")])

    assert [one["kind"] for one in yaml.safe_load_all(done.stdout)] == kinds


def test_rule_files_have_the_alerts_of_checks_too(tmp_path: Path) -> None:
    done = render(tmp_path, "--as", "rules", objects=[an_object("login")])
    (group,) = yaml.safe_load(done.stdout)["groups"]

    assert group["rules"][0]["alert"] == "SyntheticCheckFailing"


def test_a_folder_gets_a_file_for_each_object(tmp_path: Path) -> None:
    render(tmp_path, "-o", str(tmp_path / "out"), objects=[an_object("login")])

    files = sorted(str(one.relative_to(tmp_path / "out")) for one in (tmp_path / "out").rglob("*.yaml"))
    assert files == ["shop/cronjob-login.yaml", "shop/syntheticcheck-login.yaml"]


def test_an_image_that_nobody_named_is_said_to_stand_for_another(tmp_path: Path) -> None:
    done = fireline(tmp_path, "render", objects=[an_object("login")])
    (job, _) = yaml.safe_load_all(done.stdout)
    image = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["image"]

    assert image.startswith("fireline:")
    assert f"{image} stands for it here" in done.stderr
    assert "FIRELINE_CHECKS__IMAGE" in done.stderr
    assert "stands for it" not in render(tmp_path, objects=[an_object("login")]).stderr


def test_nothing_is_rendered_when_a_check_is_wrong(tmp_path: Path) -> None:
    done = render(tmp_path, objects=[an_object("login"), an_object("typo", schedule={"every": "7m"})])

    assert done.exit_code == 1
    assert done.stdout == ""
    assert "spec.schedule.every: found 7m" in done.stderr


def test_only_what_is_written_for_a_source_is_rendered(tmp_path: Path) -> None:
    objects = [an_object("login"), an_object("feed", prometheus="thanos")]
    done = render(tmp_path, "--source", "thanos", "--as", "cronjob", objects=objects)

    assert [one["metadata"]["name"] for one in yaml.safe_load_all(done.stdout)] == ["feed"]


def validate(tmp_path: Path, *objects: Manifest) -> Result:
    return fireline(tmp_path, "validate", objects=list(objects))


def test_a_right_check_is_valid_without_settings(tmp_path: Path) -> None:
    done = validate(tmp_path, an_object("login"))

    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "valid: 1 SyntheticCheck\n"


def test_a_wrong_one_is_told_with_file_line_path_and_what_is_allowed(tmp_path: Path) -> None:
    done = validate(tmp_path, an_object("login"), an_object("typo", schedule={"every": "7m"}))
    text = yaml.safe_dump_all([an_object("login"), an_object("typo", schedule={"every": "7m"})])
    line = text.splitlines().index("    every: 7m") + 1

    assert done.exit_code == 1
    assert done.stdout.startswith(
        f"<stdin>:{line}: error: spec.schedule.every: found 7m; allowed with runner Job"
    )
    assert "(document 2, shop/typo)" in done.stdout


def test_two_of_one_name_are_one_too_many(tmp_path: Path) -> None:
    done = validate(tmp_path, an_object("login"), an_object("login"))

    assert done.exit_code == 1
    assert "shop/login is already defined in <stdin>:1" in done.stdout


def test_a_check_and_an_slo_may_share_a_name(tmp_path: Path) -> None:
    assert validate(tmp_path, an_object("login"), an_slo("login", namespace="shop")).exit_code == 0


def on_check(name: str, namespace: str = "shop") -> Manifest:
    slo = an_slo("journeys", namespace=namespace)
    slo["spec"]["indicator"] = {"synthetic": {"check": name}}
    return slo


@pytest.mark.parametrize(
    ("slo", "words"),
    [
        (on_check("login"), None),
        (on_check("logn"), "there is no SyntheticCheck 'logn' in these files; did you mean login?"),
        (on_check("orders"), "there is no SyntheticCheck 'orders' in these files; there are login"),
        (on_check("login", "post"), "there is no SyntheticCheck 'login' in these files"),
    ],
    ids=["there", "misspelt", "another", "elsewhere"],
)
def test_an_slo_on_a_check_that_is_not_there_is_noted(
    tmp_path: Path, slo: Manifest, words: str | None
) -> None:
    done = validate(tmp_path, an_object("login"), slo)

    assert done.exit_code == 0
    assert (words in done.stdout) if words else ("no SyntheticCheck" not in done.stdout)
