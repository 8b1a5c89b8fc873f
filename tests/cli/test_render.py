"""``fireline render``: the operator's rules without a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from tests import promtool

from fireline.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "examples" / "quickstart"


def fireline(*arguments: str | Path, stdin: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.bed
def test_plain_rules_of_the_examples_please_promtool() -> None:
    done = fireline("render", "--as", "rules", EXAMPLES)

    assert done.exit_code == 0
    assert promtool.check(yaml.safe_load(done.stdout)) == ""
    assert done.stderr == "rendered 2 ServiceLevelObjectives\n"


def test_objects_carry_what_the_operator_stamps_and_the_sources_labels(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("sources: {default: {rule_labels: {prometheus: main}}}\n")

    rules = list(yaml.safe_load_all(fireline("render", "--config", config, EXAMPLES).stdout))

    assert [rule["metadata"]["name"] for rule in rules] == [
        "slo-checkout-availability",
        "slo-checkout-latency",
        "fireline-windows-default",
    ]
    for rule in rules:
        assert rule["kind"] == "PrometheusRule"
        assert rule["metadata"]["namespace"] == "shop"
        assert rule["metadata"]["labels"]["prometheus"] == "main"
        assert rule["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "fireline"
        assert "ownerReferences" not in rule["metadata"]


def test_every_namespace_gets_windows_of_its_own() -> None:
    text = (EXAMPLES / "availability.yaml").read_text()
    both = f"{text}---\n{text.replace(', namespace: shop', '')}"

    rules = list(yaml.safe_load_all(fireline("render", "-n", "cart", "-", stdin=both).stdout))

    assert [
        (r["metadata"]["namespace"], r["metadata"]["name"])
        for r in rules
        if "windows" in r["metadata"]["name"]
    ] == [
        ("cart", "fireline-windows-default"),
        ("shop", "fireline-windows-default"),
    ]


def test_a_folder_receives_one_file_per_object(tmp_path: Path) -> None:
    done = fireline("render", "-o", tmp_path, EXAMPLES)

    written = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.yaml"))
    assert written == [
        "shop/fireline-windows-default.yaml",
        "shop/slo-checkout-availability.yaml",
        "shop/slo-checkout-latency.yaml",
    ]
    assert sorted(done.stdout.split()) == [str(tmp_path / name) for name in written]
    assert (tmp_path / written[1]).read_text() in fireline("render", EXAMPLES).stdout


def test_the_same_input_renders_the_same_bytes() -> None:
    assert fireline("render", EXAMPLES).stdout == fireline("render", EXAMPLES).stdout


def test_nothing_is_rendered_when_anything_is_wrong() -> None:
    good = (EXAMPLES / "availability.yaml").read_text()
    bad = (EXAMPLES / "latency.yaml").read_text().replace("300ms", "300 ms")

    done = fireline("render", "-", stdin=f"{good}---\n{bad}")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "error: spec.indicator.latency.below: '300 ms' is not a Prometheus duration" in done.stderr


def test_nothing_to_render_is_wrong_usage() -> None:
    done = fireline("render", "-", stdin="apiVersion: v1\nkind: Service\n")

    assert done.exit_code == 2
    assert "nothing to render: 0 ServiceLevelObjectives; 1 document of other kinds passed by" in done.stderr


def test_the_version_is_the_packages() -> None:
    from fireline import __version__

    assert fireline("--version").stdout == f"fireline, version {__version__}\n"
